"""The promise of whoever runs our jobs."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import JsonValue

from core.ids import JobId, OrganizationId
from core.jobs.records import Job, Retry

T = TypeVar("T")


class Steps(Protocol):
    """The parts of one job; a part that is done is not done again after a crash."""

    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> T:
        """Do *part* and remember its result, which must be plain JSON.

        A crash before the result is remembered lets it be done again, so a part that changes
        something outside has to know what it did. When the job is cancelled, so is the part,
        within about a second. Parts may run side by side, and be begun in any order.

        Args:
            name: of the part, by which it is known when the job is begun again; of several parts of
                one name, the second one begun is the second again.
            part: what is done.
            seconds: how long one attempt may take.
            retry: how often it is tried, and when; once by default.
            gate: what is passed before it begins, and left once its result is remembered; a
                semaphore lets so many parts be under way at once.

        Raises:
            PartFailed: it raised, and was not to be tried again; this is remembered, too.
        """
        ...


Work = Callable[[Job, Steps], Awaitable[JsonValue]]
"""What a job does: parts of the same names, whenever it is begun again."""
Tick = Callable[[datetime], Awaitable[None]]
"""What is done at a moment of a schedule; done again for the same moment, it changes nothing."""


class Runner(Protocol):
    """Takes jobs, and does them in the process that says so.

    A job belongs to an organization, survives whatever process runs it, and is done once: the
    worker of a dead process's job goes on after its last part, and one that is but slow and was
    taken for dead can remember nothing more of it.
    """

    def offer(self, name: str, work: Work, *, at_once: int = 8, each: int | None = None) -> None:
        """Say what a job of this name does, and how many this process does *at_once*.

        With *each*, it does so many of them at once for one member or organization: there is room
        left for the others, and they do not wait behind all that one has left.

        Before `begin`. Jobs of a name that a worker was not offered wait for one that was.
        """
        ...

    def each(self, name: str, cron: str, tick: Tick) -> None:
        """Say what is done at each moment of a *cron* in UTC, by one worker of them all.

        Before `begin`. One thread each: for a handful of schedules, not for those of members.
        Moments at which no worker lived are left out.
        """
        ...

    async def leave(
        self,
        organization_id: OrganizationId,
        name: str,
        given: Mapping[str, JsonValue],
        *,
        id: str | None = None,
        after: float = 0.0,
        whose: str | None = None,
    ) -> JobId:
        """Leave a job for a worker; nobody need work yet.

        Args:
            organization_id: whose it is.
            name: what kind of work.
            given: what the work is told; plain JSON.
            id: whatever makes it that one: left again for the same organization and name, it is
                the same job, done or not.
            after: seconds that it waits at least.
            whose: for whom it is done, where *each* has only so much room; the organization by
                default.

        Raises:
            JobsUnavailable: the store of jobs is out of reach.
        """
        ...

    async def get(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        """Return how far a job has come.

        Raises:
            JobNotFound: the organization left no such job, or it ended long ago.
        """
        ...

    async def wait(self, organization_id: OrganizationId, job_id: JobId, *, seconds: float) -> Job:
        """Return the job when it is done or cancelled.

        Raises:
            JobNotFound: the organization left no such job.
            JobFailed: it failed.
            TimeoutError: it has not ended after *seconds*.
        """
        ...

    async def cancel(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        """Let a job go no further, whichever process does it; one that has ended stays as it is.

        Raises:
            JobNotFound: the organization left no such job.
        """
        ...

    async def served(self) -> frozenset[str]:
        """Return the names of the jobs that some worker does now, in whichever process."""
        ...

    @property
    def offered(self) -> frozenset[str]:
        """The names of the jobs that this process would do as a worker."""
        ...

    @property
    def working(self) -> bool:
        """Whether this process is a worker."""
        ...

    async def begin(self) -> None:
        """Become a worker: take what waits, and what dead workers left unfinished.

        Raises:
            JobsUnfit: it cannot work here; the message says what would change that.
            JobsUnavailable: the store of jobs is out of reach.
        """
        ...

    async def close(self) -> None:
        """Stop working; what was begun is left for the next worker. Let go of every handle."""
        ...
