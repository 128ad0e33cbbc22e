"""The nouns of pipelines."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation, StringConstraints

from core.ids import MemberId, OrganizationId, RunId
from core.record import Record, Storable

Plain = Annotated[Any, SkipValidation]
"""Whatever JSON can say."""


class ParamType(StrEnum):
    """What a parameter of a pipeline takes."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    OBJECT = "object"


class Param(Record):
    """A value that whoever runs a pipeline may give."""

    type: ParamType = ParamType.STRING
    description: str = ""
    required: bool = True
    default: Plain = None


class Task(Record):
    """One node of a pipeline."""

    id: str
    tool: str
    inputs: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    parallel_over: str | None = None
    """A template that leads to a list; the task runs once for each of its items."""
    retry: int = 0
    """How often it is tried again after it failed."""
    waits_for: tuple[str, ...] = ()
    """Tasks that are over before it begins: those it names, and those its templates read."""


class Pipeline(Record):
    """A graph of tasks."""

    id: str
    goal: str
    inputs: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    params: dict[str, Param] = Field(default={})
    tasks: tuple[Task, ...]
    waves: tuple[tuple[str, ...], ...]
    """The ids of its tasks, those together that may run together."""


class Options(Record):
    """How a run goes about its tasks."""

    per_task_timeout: float | None = Field(default=None, ge=0, strict=True)
    """Seconds that one attempt may take; None, or 0, is as long as the run itself."""
    fan_out_concurrency: int | None = Field(default=None, ge=1, strict=True)
    """Items of a list that are worked on at once; None is the server's own number."""
    backoff_jitter: float = Field(default=0.0, ge=0.0, le=1.0, strict=True)
    """The part of a wait before another attempt that is left to chance."""


class RunEvent(Record):
    """Something that happened in a run, as the contract tells it."""

    type: Literal["on_task_started", "on_task_finished", "on_task_failed"]
    task_id: str
    tool: str
    error: str | None = None
    duration_ms: float | None = None


Tell = Callable[[RunEvent], None]
"""Hears each event of a run as it happens."""


class RunResult(Record):
    """What a run came to."""

    outputs: Annotated[dict[str, Any], SkipValidation]
    """What each task gave back, by its id; a list where it ran over one."""
    waves_executed: int
    tasks_executed: int
    """Tasks, each item of a list for itself."""
    events: tuple[RunEvent, ...] = ()
    run_id: str = ""
    """Of the run, where whoever waited for it is told."""


class RunState(StrEnum):
    """How far a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether it stays so."""
        return self in ENDED


ENDED = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})


class RunDraft(Record):
    """What is run, and with what."""

    pipeline: Plain = None
    """The definition, as data or as text; or None where `name` names a saved one."""
    name: str | None = None
    version: int | None = None
    """Of a saved pipeline; the newest by default."""
    inputs: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    """Those that are called like a param are its value, too."""
    params: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    session: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    """What stands on the blackboard before the first task."""
    options: Options = Options()
    collect_events: bool = False
    tenant: Annotated[str, StringConstraints(min_length=1, max_length=200), Storable] = "default"
    """Whose blackboard it is; only runs that are left for a worker share one."""


class Run(Record):
    """One execution of a pipeline."""

    id: RunId
    organization_id: OrganizationId
    tenant: str
    pipeline_id: str
    goal: str
    name: str | None
    """Of the saved pipeline that it is a run of, with its version."""
    version: int | None
    state: RunState
    result: RunResult | None = None
    """Once it has succeeded."""
    error: str | None = None
    """Why it failed."""
    collect_events: bool
    created_by: MemberId
    created_at: datetime
    began_at: datetime | None = None
    ended_at: datetime | None = None


class Saved(Record):
    """A version of a pipeline that an organization keeps; versions are never rewritten."""

    organization_id: OrganizationId
    name: str
    """The id of its definition."""
    version: int
    goal: str
    text: str
    """As it was written."""
    params: dict[str, Param]
    saved_by: MemberId
    saved_by_name: str
    saved_at: datetime


class SubPipeline(Record):
    """One pipeline of a plan: what it reads from the blackboard, and what it stores there."""

    id: str
    goal: str
    reads: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


class Plan(Record):
    """Pipelines that follow from each other by what they store and read."""

    id: str
    goal: str
    inputs: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    sub_pipelines: tuple[SubPipeline, ...]
