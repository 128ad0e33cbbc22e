"""Who somebody is on Slack and Discord, and where: codes, the links they made, the workspaces."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.page.chats import around
from api.page.door import Paged, Visitor, enter, field, heard
from api.page.render import HEADERS, page
from core.channels import WorkspaceUnknown
from core.identity import Permission, Surface
from core.links import LinkCode, LinkNotFound
from core.page import PageAsked

router = APIRouter(route_class=Paged, include_in_schema=False)

SHOWN = 100
"""Links on the page."""
INSTALL = "/slack/install"
"""Where an admin lets a workspace of Slack in, where that is on."""


@router.get("/links")
async def show_links(request: Request) -> Response:
    """Show who is linked."""
    return await _room(request, await enter(request))


@router.post("/links")
async def make_code(request: Request) -> Response:
    """Show a new code; reloading makes another one."""
    visitor, _form = await heard(request)
    return await _room(request, visitor, await visitor.core.links.code(visitor.actor))


@router.post("/links/remove")
async def remove_link(request: Request) -> Response:
    """Forget who a person is."""
    visitor, form = await heard(request)
    surface = field(form, "surface")
    if surface not in set(Surface):
        raise LinkNotFound
    await visitor.core.links.unlink(visitor.actor, Surface(surface), field(form, "person"))
    return RedirectResponse("/links", 303, headers=HEADERS)


@router.post("/links/workspaces/remove")
async def remove_workspace(request: Request) -> Response:
    """Forget a workspace, its token, and what its channels ask."""
    visitor, form = await heard(request)
    surface = field(form, "surface")
    if surface not in set(Surface):
        raise WorkspaceUnknown
    await visitor.core.channels.remove(visitor.actor, Surface(surface), field(form, "workspace"))
    return RedirectResponse("/links", 303, headers=HEADERS)


async def _room(request: Request, visitor: Visitor, made: LinkCode | None = None) -> Response:
    found = await visitor.core.links.list(visitor.actor, PageAsked(size=SHOWN))
    may_add = visitor.actor.may(Permission.CONNECTIONS_WRITE)
    return page(
        "links.html",
        **await around(visitor, "links"),
        links=found.items,
        total=found.total,
        code=None if made is None else made.code.get_secret_value(),
        workspaces=await visitor.core.channels.list(visitor.actor),
        may_add=may_add,
        install=INSTALL if may_add and INSTALL in request.app.state.guests else None,
    )
