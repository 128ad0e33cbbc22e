"""Running plans over HTTP: pipelines that follow from each other. It is our own."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from api.actor import TheCore
from api.hangup import unless_gone
from api.pipelines.door import Caller
from api.pipelines.large import held
from api.pipelines.refused import Contract, invalid, json, no
from api.pipelines.wire import (
    GREET,
    PLAN,
    RESULT,
    EventOut,
    PlanIn,
    ResultOut,
    nay,
    result,
    told,
)
from api.wire import failing, shown
from core.errors import Invalid
from core.pipelines import Options
from core.plans import PlanFailed
from core.record import Record

router = APIRouter(
    prefix="/plans",
    tags=["pipelines"],
    route_class=Contract,
    responses=failing(401, 403, 503),
)


class PipelineMissing(Invalid):
    """The plan names a pipeline that was not sent."""


class PlanRunIn(PlanIn):
    """A plan with its pipelines."""

    pipelines: dict[str, dict[str, Any]] = Field(max_length=500)
    """The definition of each of its pipelines, by id."""
    inputs: dict[str, Any] = Field(default={})
    """Values in place of the plan's own."""
    options: Options = Options()

    model_config = shown(
        {"plan": {**PLAN}, "pipelines": {"fetch": {**GREET}, "tell": {**GREET}}, "inputs": {}}
    )


class PlanOut(Record):
    """What a plan came to."""

    plan_id: str
    sub_results: dict[str, ResultOut]
    blackboard: dict[str, Any]
    total_tasks_executed: int
    total_waves: int
    events: tuple[EventOut, ...]

    model_config = shown(
        {
            "plan_id": "report",
            "sub_results": {"fetch": {**RESULT}},
            "blackboard": {"sales": 1},
            "total_tasks_executed": 1,
            "total_waves": 1,
            "events": [],
        }
    )


@router.post("/run", response_model=PlanOut, responses=nay(400, 413, 422, 429, 500))
async def run_plan(request: Request, core: TheCore, caller: Caller, asked: PlanRunIn) -> Response:
    """Run the pipelines of a plan on one blackboard, and wait for them. Ours."""

    def load(id: str) -> Any:
        if id not in asked.pipelines:
            raise PipelineMissing
        return asked.pipelines[id]

    running = core.plans.run(caller, asked.plan, load, inputs=asked.inputs, options=asked.options)
    try:
        came = await unless_gone(request, running)
    except Invalid as refusal:
        return invalid(refusal.message)
    except PlanFailed as failure:
        return no(500, failure.message)
    answer = json(
        {
            "plan_id": came.plan_id,
            "sub_results": {id: result(each) for id, each in came.sub_results.items()},
            "blackboard": came.blackboard,
            "total_tasks_executed": came.total_tasks_executed,
            "total_waves": came.total_waves,
            "events": told(came.events),
        }
    )
    return held(request, caller, answer)
