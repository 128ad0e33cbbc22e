"""The nouns of schedules."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, SkipValidation, StringConstraints

from core.identity import Audience, Surface
from core.ids import MemberId, OrganizationId, RunId, ScheduleId
from core.record import Record, Storable

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]


class ScheduleDraft(Record):
    """Which saved pipeline is to run, and when."""

    name: Words
    """Of the saved pipeline."""
    version: int | None = Field(default=None, ge=1)
    """The one that runs each time; None is whichever is the newest by then."""
    when: Words
    """In words, or five fields of cron; a time zone may stand at its end."""
    zone: Words = "UTC"
    """The time zone of whoever says so; one that is named in `when` counts more."""
    inputs: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    """The same every time; those that are called like a param are its value, too."""
    tenant: Words = "default"
    """Whose blackboard it is."""


class Schedule(Record):
    """A saved pipeline that runs whenever its time comes."""

    id: ScheduleId
    organization_id: OrganizationId
    name: str
    version: int | None
    inputs: Annotated[dict[str, Any], SkipValidation]
    tenant: str
    cron: str
    zone: str
    said: str
    """When it runs, in plain words: `every Monday at 09:00`."""
    surface: Surface
    """Where it was made; a run is heard by no more than those who heard that."""
    audience: Audience
    paused: bool
    problem: str | None
    """Why it did not run the last time, or why it paused by itself."""
    next_at: datetime | None
    """None while it is paused."""
    last_at: datetime | None
    """The time for which it last ran."""
    last_run: RunId | None
    created_by: MemberId
    created_by_name: str
    created_at: datetime
