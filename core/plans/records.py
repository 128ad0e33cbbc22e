"""The nouns of plans that were run; those of plans themselves are pipelines' own."""

from typing import Annotated, Any

from pydantic import SkipValidation

from core.pipelines import RunEvent, RunResult
from core.record import Record


class PlanResult(Record):
    """What a plan came to."""

    plan_id: str
    sub_results: dict[str, RunResult]
    """What each of its pipelines came to, by its id."""
    blackboard: Annotated[dict[str, Any], SkipValidation]
    """What they have left there."""
    total_tasks_executed: int
    total_waves: int
    events: tuple[RunEvent, ...]
    """Of one pipeline after the other, each in its order."""
