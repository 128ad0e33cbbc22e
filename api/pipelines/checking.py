"""Looking whether a pipeline or a plan keeps the rules, without running it."""

from fastapi import APIRouter
from starlette.responses import Response

from api.actor import TheCore
from api.pipelines.door import Caller
from api.pipelines.refused import Checked, checked
from api.pipelines.wire import CheckedOut, PlanIn, RunIn, nay
from api.wire import failing
from core.errors import Invalid
from core.pipelines import problems_of

router = APIRouter(tags=["pipelines"], route_class=Checked, responses=failing(401, 403, 503))


@router.post("/pipelines/validate", response_model=CheckedOut, responses=nay(413, 422))
async def validate_pipeline(core: TheCore, caller: Caller, asked: RunIn) -> Response:
    """Look whether a pipeline keeps every rule, without running it.

    What is wrong is told in `errors`, each problem with its place; the status is 200 all the same.
    """
    try:
        await core.pipelines.validate(caller, asked.pipeline)
    except Invalid as refusal:
        return checked("", problems_of(refusal))
    return checked("Pipeline is valid", ())


@router.post("/plans/validate", response_model=CheckedOut, responses=nay(413, 422))
async def validate_plan(core: TheCore, caller: Caller, asked: PlanIn) -> Response:
    """Look whether a plan keeps the rules, without running it.

    Whether its pipelines can follow from each other is looked at when it is run.
    """
    try:
        await core.plans.check(caller, asked.plan, ordered=False)
    except Invalid as refusal:
        return checked("", problems_of(refusal))
    return checked("Plan is valid", ())
