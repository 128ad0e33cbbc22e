"""The parts of a job, as DBOS remembers them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from dbos import DBOS, PortableWorkflowError
from typing_extensions import override

from core.ids import JobId, OrganizationId
from core.jobs.errors import PartFailed
from core.jobs.records import Job, JobState, Retry
from core.jobs.runner import Steps

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
    """Each part is a step of DBOS; its number is drawn when the part is begun."""

    @override
    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
    ) -> T:
        async def step() -> T:
            return await _tried(part, seconds, retry or ONCE)

        try:
            return await DBOS.run_step_async({"name": name, "preemptible": True}, step)
        except PortableWorkflowError as before:
            raise PartFailed(before.name, before.message) from None
        except Exception as error:
            raise PartFailed(type(error).__name__, str(error)) from error


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
