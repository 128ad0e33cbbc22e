"""Links over HTTP: people of Slack and Discord, and the members that they are. They are our own."""

from datetime import datetime

from fastapi import APIRouter

from api.actor import Caller, TheCore
from api.body import Guarded
from api.wire import failing, page_of, shown
from core.identity import Surface
from core.ids import MemberId
from core.links import Link, LinkNotFound
from core.record import Record

router = APIRouter(
    prefix="/v1/links",
    tags=["links"],
    route_class=Guarded,
    responses=failing(401, 403, 503),
)

LONGEST = 200
"""Characters of a platform's id."""


class Code(Record):
    """What is typed on a platform to be known there."""

    code: str
    """Good once, for ten minutes: `/link CODE` on Discord, `/trellis link CODE` in Slack."""
    expires_at: datetime

    model_config = shown({"code": "7K3M-Q9TX", "expires_at": "2026-01-31T09:10:00Z"})


class Linked(Record):
    """A person of a platform who is a member."""

    surface: Surface
    workspace: str
    """The Slack workspace; `discord` for Discord."""
    person: str
    """The platform's own id of them."""
    name: str
    member_id: MemberId
    created_at: datetime

    @classmethod
    def of(cls, link: Link) -> "Linked":
        """Return a link without what its reader knows."""
        return cls(**link.model_dump(include=set(cls.model_fields)))


class LinkPage(Record):
    """A page of links."""

    links: tuple[Linked, ...]
    total: int
    page: int
    has_more: bool

    model_config = shown(
        {
            "links": [
                {
                    "surface": "discord",
                    "workspace": "discord",
                    "person": "80351110224678912",
                    "name": "ada",
                    "member_id": "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11",
                    "created_at": "2026-01-31T09:01:00Z",
                }
            ],
            "total": 1,
            "page": 1,
            "has_more": False,
        }
    )


@router.post("", status_code=201)
async def create_link_code(core: TheCore, caller: Caller) -> Code:
    """Make a code that links whoever types it on Slack or Discord to you; the newest three count"""
    made = await core.links.code(caller)
    return Code(code=made.code.get_secret_value(), expires_at=made.expires_at)


@router.get("", responses=failing(400))
async def list_links(core: TheCore, caller: Caller, page: int = 1) -> LinkPage:
    """List who is linked to you, 100 on a page; whoever manages members sees everybody's."""
    found = await core.links.list(caller, page_of(page))
    return LinkPage(
        links=tuple(Linked.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )


@router.delete("/{surface}/{person}", status_code=204, responses=failing(404))
async def delete_link(core: TheCore, caller: Caller, surface: str, person: str) -> None:
    """Forget that a person is linked to you, or to anybody if you manage members.

    Whoever has a member's address in Slack is known by it still.
    """
    if surface not in set(Surface) or len(person) > LONGEST or not person.isprintable():
        raise LinkNotFound
    await core.links.unlink(caller, Surface(surface), person)
