"""Every way in that speaks HTTP, on one port."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from api.app import create_app
from config import Settings
from config.logs import lines
from core.app import Core
from mcp_server.door import guests


def assemble(
    core: Core,
    settings: Settings,
    *,
    rest: bool = True,
    mcp: bool = True,
    others: Mapping[str, ASGIApp] | None = None,
) -> FastAPI:
    """Return REST, MCP or both as one application, with the routes of *others* beside."""
    told: dict[str, Any] = {
        "rest": rest,
        "line": lines(settings),
        "url": settings.public_url.rstrip("/"),
        "pipelines_open": settings.pipelines_open,
    }
    if not mcp:
        return create_app(core, others, **told)
    offered = guests(core, url=settings.api_url, host=settings.api_host)
    return create_app(core, {**offered.routes, **(others or {})}, lifespan=offered.lifespan, **told)
