"""Runs of pipelines: waited for, or left to a worker and looked after."""

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.actor import TheCore
from api.hangup import unless_gone
from api.pipelines.door import Caller
from api.pipelines.large import held
from api.pipelines.refused import Contract, broken, invalid, json, no
from api.pipelines.wire import (
    Queued,
    RunIn,
    RunOut,
    StatusOut,
    nay,
    result,
    status,
    told,
)
from api.wire import failing, plain
from core.app import Core
from core.errors import CoreError, Invalid
from core.identity import Actor
from core.models import ModelNotConfigured
from core.pipelines import Run, RunEnded, RunNotFound, TaskFailed

router = APIRouter(
    prefix="/pipelines",
    tags=["pipelines"],
    route_class=Contract,
    responses=failing(401, 403, 503),
)

UNSET = f"{ModelNotConfigured.__name__}: "
"""How the cause begins of a task that failed for want of a model."""


@router.post("/run", response_model=RunOut, responses=nay(400, 413, 422, 429, 500))
async def run_pipeline(request: Request, core: TheCore, caller: Caller, asked: RunIn) -> Response:
    """Run a pipeline, and answer when it has ended.

    It runs on a fresh blackboard. Who hangs up stops it. A language model that is not configured is
    a 400, a task that failed a 500. The header X-Run-Id says under which id the run is remembered.
    """
    try:
        came = await unless_gone(request, core.pipelines.run(caller, asked.draft()))
    except Invalid as refusal:
        return invalid(refusal.message)
    except TaskFailed as failure:
        if failure.cause.startswith(UNSET):
            return no(400, failure.cause.removeprefix(UNSET))
        return no(500, f"Task {failure.task_id} failed: {failure.cause}")
    except (CoreError, HTTPException, ClientDisconnect):
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a bug is logged, and told as the contract does
        return broken(error)
    events = told(came.events) if asked.collect_events else None
    answer = json({**result(came), "events": events})
    answer.headers["x-run-id"] = came.run_id
    return held(request, caller, answer)


@router.post("/run_async", response_model=Queued, responses=nay(400, 413, 422, 429))
async def run_in_background(core: TheCore, caller: Caller, asked: RunIn) -> Response:
    """Leave a pipeline to a worker, and answer at once with the id of the run.

    It comes to its end whatever process dies meanwhile. Runs of one tenant share a blackboard.
    """
    try:
        run = await core.pipelines.start(caller, asked.draft())
    except Invalid as refusal:
        return invalid(refusal.message)
    return json({"run_id": run.id, "status": run.state})


@router.get("/runs/{run_id}", response_model=StatusOut, responses=nay(404, 429))
async def get_run(request: Request, core: TheCore, caller: Caller, run_id: str) -> Response:
    """Tell how far a run is, and what it came to."""
    try:
        run = await core.pipelines.get(caller, plain(run_id, RunNotFound))
        return held(request, caller, json(await _status(core, caller, run)))
    except RunNotFound as refusal:
        return no(404, refusal.message)


@router.post("/runs/{run_id}/cancel", response_model=StatusOut, responses=nay(400, 404))
async def cancel_run(core: TheCore, caller: Caller, run_id: str) -> Response:
    """Let a run go no further; the tool that is at work is stopped.

    A run that has ended stays as it is: 400.
    """
    try:
        run = await core.pipelines.cancel(caller, plain(run_id, RunNotFound))
        return json(await _status(core, caller, run))
    except RunNotFound as refusal:
        return no(404, refusal.message)
    except RunEnded as refusal:
        return no(400, refusal.message)


async def _status(core: Core, caller: Actor, run: Run) -> object:
    events = await core.pipelines.events(caller, run.id) if run.collect_events else ()
    return status(run, events)
