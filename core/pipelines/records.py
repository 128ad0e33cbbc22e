"""The nouns of pipelines."""

from enum import StrEnum
from typing import Annotated, Any

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
