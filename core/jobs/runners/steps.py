"""The parts of a job, as DBOS remembers them."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

from anyio import to_thread
from dbos import DBOS, DBOSClient, PortableWorkflowError
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import override

from core.ids import JobId, OrganizationId
from core.jobs.errors import PartFailed
from core.jobs.records import Job, JobState, Retry
from core.jobs.runner import Steps
from core.jobs.runners.fresh import Fresh

T = TypeVar("T")

ONCE = Retry(attempts=1)


def this(name: str, given: Any) -> Job:
    """Return the job of this *name* that is being done here, as it was left."""
    return Job(
        id=JobId(str(DBOS.workflow_id)),
        organization_id=OrganizationId(str(DBOS.authenticated_user)),
        name=name,
        given=given,
        state=JobState.RUNNING,
    )


class DurableSteps(Steps):
    """Each part is a step of DBOS, known by its name.

    DBOS knows steps by their number, drawn in the order in which they are begun. Of parts that run
    side by side that order may be another one after a crash; so what was done before is looked up
    by name, and whatever is new is counted on from there.
    """

    def __init__(self, job_id: JobId, client: DBOSClient, fresh: Fresh) -> None:
        """Begin a job, or begin it again; *client* knows what was done of it.

        Parts that are new are told to *fresh*.
        """
        self._job_id = job_id
        self._client = client
        self._fresh = fresh
        self._over = False
        self._looking: asyncio.Task[dict[str, int]] | None = None
        self._last = 0
        self._named: Counter[str] = Counter()

    @override
    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> T:
        # Before anything is awaited: of several parts of one name, the second is the second again.
        self._named[name] += 1
        often = self._named[name]
        name = name if often == 1 else f"{name}#{often}"

        async def step() -> T:
            if seconds is None and retry is None:
                return await part()
            return await _tried(part, seconds, retry or ONCE)

        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        done = (await asyncio.shield(self._looking)).get(name)
        if done is None:
            self._last += 1
        number = self._last if done is None else done
        reserved = DBOS.reserve_step()
        reserved._step_ctx.function_id = number  # noqa: SLF001 - nothing public numbers a step
        try:
            async with gate or nullcontext():
                # Once the job is known to go no further, DBOS is to say so before anything is done.
                new = done is None and not self._over
                with self._fresh.part(self._job_id, number) if new else nullcontext():
                    return await reserved.run_async({"name": name, "preemptible": True}, step)
        except PortableWorkflowError as before:
            raise PartFailed(before.name, before.message) from None
        except Exception as error:
            raise PartFailed(type(error).__name__, str(error)) from error
        except BaseException:  # cancelled, or another worker's
            self._over = True
            raise

    async def _look(self) -> dict[str, int]:
        """Return the numbers of the parts that were done before, by their names."""
        # Not by DBOS itself: within a job it would remember what it saw, as a part of the job.
        ask = partial(self._client.list_workflow_steps, self._job_id, load_output=False)
        wait = 0.5
        while True:
            try:
                found = await to_thread.run_sync(ask)
            except SQLAlchemyError:  # the store is away, and is waited for
                await asyncio.sleep(wait)
                wait = min(wait * 2, 30.0)
            else:
                done = {each["function_name"]: each["function_id"] for each in found}
                self._last = max(done.values(), default=0)
                return done


async def _tried(part: Callable[[], Awaitable[T]], seconds: float | None, retry: Retry) -> T:
    wait = retry.first
    for left in range(retry.attempts - 1, -1, -1):
        try:
            async with asyncio.timeout(seconds):
                return await part()
        except Exception as error:
            if left == 0 or not retry.worth(error):
                raise
        await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
        wait = min(wait * 2, retry.most)
    raise ValueError("a part is tried once at least")
