"""Every address of the page."""

from fastapi import APIRouter
from starlette.responses import Response

from api.page import (
    chats,
    connections,
    files,
    links,
    live,
    pictures,
    pipelines,
    queries,
    runs,
    sign,
)
from api.page.door import Paged
from api.page.render import assets
from core.errors import NotFound

router = APIRouter(include_in_schema=False)
static = APIRouter(route_class=Paged, include_in_schema=False)

YEAR = {"cache-control": "public, max-age=31536000, immutable"}


class AssetNotFound(NotFound):
    """There is no such file; reload the page."""


@static.get("/assets/{name}")
async def show_asset(name: str) -> Response:
    """Show a style, a script or a picture of ours, for as long as its content is what it is."""
    for each in assets().values():
        if each.address == f"/assets/{name}":
            return Response(each.body, media_type=each.kind, headers=YEAR)
    raise AssetNotFound


for room in (sign, chats, files, live, pictures, queries, pipelines, runs, connections, links):
    router.include_router(room.router)
router.include_router(static)
