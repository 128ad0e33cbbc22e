"""A core that nobody works for: jobs can be offered, and none can be left."""

from collections.abc import Mapping

from pydantic import JsonValue
from typing_extensions import override

from core.ids import JobId, OrganizationId
from core.jobs.errors import JobNotFound, JobsUnavailable
from core.jobs.records import Job
from core.jobs.runner import Runner, Tick, Work


class Nowhere(Runner):
    """Takes no job."""

    @override
    def offer(self, name: str, work: Work, *, at_once: int = 8, each: int | None = None) -> None:
        pass

    @override
    def each(self, name: str, cron: str, tick: Tick) -> None:
        pass

    @override
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
        raise JobsUnavailable

    @override
    async def get(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        raise JobNotFound

    @override
    async def wait(self, organization_id: OrganizationId, job_id: JobId, *, seconds: float) -> Job:
        raise JobNotFound

    @override
    async def cancel(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        raise JobNotFound

    @override
    async def served(self) -> frozenset[str]:
        return frozenset()

    @property
    @override
    def offered(self) -> frozenset[str]:
        return frozenset()

    @property
    @override
    def working(self) -> bool:
        return False

    @override
    async def begin(self) -> None:
        raise JobsUnavailable

    @override
    async def close(self) -> None:
        pass
