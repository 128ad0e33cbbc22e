"""Is it there, is it ready, and how is it doing."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api.actor import Caller, TheCore
from api.body import Door, Guarded
from api.errors import said
from api.figures import Figures
from api.wire import failing
from core.app import VERSION
from core.identity import Permission
from core.record import Record

router = APIRouter(tags=["operation"], route_class=Door)
figures = APIRouter(tags=["operation"], route_class=Guarded)


class Health(Record):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str = VERSION


class Ready(Record):
    """The server can do its work."""

    status: Literal["ready"] = "ready"
    store: Literal["ok"] = "ok"
    migrations: Literal["ok"] = "ok"


@router.head("/health", include_in_schema=False)
@router.get("/health", responses=failing(503))
async def health() -> Health:
    """Tell whether the process answers: what a supervisor asks before it starts it anew."""
    return Health()


@router.head("/ready", response_model=None, include_in_schema=False)
@router.get("/ready", response_model=Ready, responses=failing(503))
async def ready(core: TheCore) -> Ready | Response:
    """Tell whether the server can work: its store answers and has seen every migration.

    503 says what is missing: what a load balancer asks before it sends anybody here.
    """
    missing = await core.unready()
    if missing is not None:
        return said(503, missing, "not_ready", {"retry-after": "5"})
    return Ready()


@figures.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format", "content": {"text/plain": {}}},
        **failing(401, 403, 503),
    },
)
async def metrics(
    request: Request, caller: Caller, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Show counters and durations of this process, for Prometheus.

    Needs a bearer token of somebody who may read the audit trail.
    """
    caller.require(Permission.AUDIT_READ)
    reader: Figures = request.app.state.figures
    body, kind = reader.read(accept)
    return Response(body, media_type=kind)
