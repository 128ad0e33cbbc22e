"""The HTTP surface, assembled."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope
from typing_extensions import override

from api import describe, errors, health
from api.analyst import (
    authenticate,
    chats,
    integrations,
    links,
    models,
    notices,
    projects,
    queries,
    socket,
    turns,
    uploads,
    voice,
)
from api.figures import Figures
from api.gate import MOST, Gate, Line
from api.incoming import Patience
from api.limits import Limits
from api.page import router as page
from api.pipelines import checking, files, history, plans, runs, saved, schedules, tools
from api.stream import AGAIN, SILENCE
from core.app import VERSION, Core

REST = (
    *(authenticate, models, integrations, projects, queries, uploads, links, notices),
    *(chats, turns, socket, voice),
    *(checking, runs, files, history, tools, saved, schedules, plans),
)
IMPATIENCE = 10.0
"""Seconds within which a socket has to say whose it is."""
QUIET: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""Nothing is sent anywhere because some variable of the environment says so."""


class Guest(Route):
    """The route of another surface, by which its requests are logged and counted."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


def create_app(
    core: Core,
    guests: Mapping[str, ASGIApp] | None = None,
    *,
    lifespan: AbstractAsyncContextManager[None] | None = None,
    rest: bool = True,
    line: Line | None = None,
    most: int = MOST,
    patience: Patience | None = None,
    url: str = "",
    silence: float = SILENCE,
    impatience: float = IMPATIENCE,
    again: float = AGAIN,
    pipelines_open: bool = False,
) -> FastAPI:
    """Return the application that speaks for *core*.

    Args:
        core: what the routes call.
        guests: other surfaces that share the port, each at one exact path. A route, not a mount: a
            mount would answer `/mcp` with a redirect to `/mcp/`.
        lifespan: what the guests need to be entered while the application lives.
        rest: whether /v1, /pipelines and the page at / are served; /health, /ready and /metrics
            always are.
        line: writes the log's line of each request; structlog's `info` by default.
        most: requests that are worked on at once.
        patience: how slowly bodies may come, and how many of one address.
        url: where others reach us, for links; empty means wherever a request did.
        silence: seconds without a word after which a stream or a socket gives a sign of life.
        impatience: seconds within which a socket has to say whose it is.
        again: seconds after which a stream asks again whether its reader may still read.
        pipelines_open: whether programs of this machine may run pipelines without a key.
    """

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        async with lifespan or nullcontext():
            yield

    app = FastAPI(
        title="Trellis",
        version=VERSION,
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=QUIET,
    )
    app.state.core = core
    app.state.url = url
    app.state.figures = Figures(core.tally)
    app.state.limits = Limits()
    app.state.silence = silence
    app.state.impatience = impatience
    app.state.again = again
    app.state.pipelines_open = pipelines_open
    app.state.guests = frozenset(guests or ())
    # As they are: to include a router is to build each of its routes again, at the first request.
    rooms = (*(room.router for room in REST), page) if rest else ()
    app.router.routes += [
        # First: to be found behind the others would cost a call of MCP a tenth of its time.
        *(
            Guest(at, endpoint=guest, include_in_schema=False)
            for at, guest in (guests or {}).items()
        ),
        *(route for room in (*rooms, health.router, health.figures) for route in room.routes),
    ]
    app.add_middleware(Gate, tally=core.tally, line=line, most=most, patience=patience)
    errors.answer(app)
    describe.describe(app)
    return app
