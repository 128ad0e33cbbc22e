"""The nouns of jobs."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import JsonValue, SkipValidation

from core.ids import JobId, OrganizationId
from core.record import Record


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether it stays so."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class Job(Record):
    """One piece of work that was left."""

    id: JobId
    organization_id: OrganizationId
    name: str
    """What kind of work it is."""
    given: Annotated[dict[str, JsonValue], SkipValidation]
    """What it was left with."""
    state: JobState
    result: Annotated[JsonValue, SkipValidation] = None
    """What it came to, once it is done."""
    problem: str | None = None
    """What it failed of."""


class Retry(NamedTuple):
    """How often a part is tried, and how long one waits in between: each time twice as long."""

    attempts: int
    first: float = 1.0
    """Seconds before the second attempt; a quarter more or less, so that many do not come at once.
    """
    most: float = 60.0
    """Seconds that no wait is longer than."""
    worth: Callable[[Exception], bool] = lambda _error: True
    """Whether a failure may pass by itself; any other ends it at once."""
