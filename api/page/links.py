"""Who somebody is on Slack and Discord: codes that say so, and the links that they made."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.page.chats import around
from api.page.door import Paged, Visitor, enter, field, heard
from api.page.render import HEADERS, page
from core.identity import Surface
from core.links import LinkCode, LinkNotFound
from core.page import PageAsked

router = APIRouter(route_class=Paged, include_in_schema=False)

SHOWN = 100
"""Links on the page."""


@router.get("/links")
async def show_links(request: Request) -> Response:
    """Show who is linked."""
    return await _room(await enter(request))


@router.post("/links")
async def make_code(request: Request) -> Response:
    """Show a new code; reloading makes another one."""
    visitor, _form = await heard(request)
    return await _room(visitor, await visitor.core.links.code(visitor.actor))


@router.post("/links/remove")
async def remove_link(request: Request) -> Response:
    """Forget who a person is."""
    visitor, form = await heard(request)
    surface = field(form, "surface")
    if surface not in set(Surface):
        raise LinkNotFound
    await visitor.core.links.unlink(visitor.actor, Surface(surface), field(form, "person"))
    return RedirectResponse("/links", 303, headers=HEADERS)


async def _room(visitor: Visitor, made: LinkCode | None = None) -> Response:
    found = await visitor.core.links.list(visitor.actor, PageAsked(size=SHOWN))
    return page(
        "links.html",
        **await around(visitor, "links"),
        links=found.items,
        total=found.total,
        code=None if made is None else made.code.get_secret_value(),
    )
