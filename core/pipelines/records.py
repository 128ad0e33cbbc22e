"""The nouns of pipelines."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation

from core.record import Record

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

    per_task_timeout: float | None = Field(default=None, ge=0)
    """Seconds that one attempt may take; None, or 0, is as long as the run itself."""
    fan_out_concurrency: int | None = Field(default=None, ge=1)
    """Items of a list that are worked on at once; None is the server's own number."""
    backoff_jitter: float = Field(default=0.0, ge=0.0, le=1.0)
    """The part of a wait before another attempt that is left to chance."""


class RunEvent(Record):
    """Something that happened in a run, as the contract tells it."""

    type: Literal["on_task_started", "on_task_finished", "on_task_failed"]
    task_id: str
    tool: str
    error: str | None = None
    duration_ms: float | None = None


class RunResult(Record):
    """What a run came to."""

    outputs: Annotated[dict[str, Any], SkipValidation]
    """What each task gave back, by its id; a list where it ran over one."""
    waves_executed: int
    tasks_executed: int
    """Tasks, each item of a list for itself."""
    events: tuple[RunEvent, ...] = ()


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
