"""The nouns of links."""

from datetime import datetime
from typing import Annotated

from pydantic import SecretStr, StringConstraints

from core.identity import Surface
from core.ids import MemberId, OrganizationId
from core.record import Record, Storable

Foreign = Annotated[str, StringConstraints(min_length=1, max_length=200), Storable]
"""An id that a platform gave: ours to compare, never to read."""


class Person(Record):
    """Somebody on a platform, as the platform itself vouches for them."""

    surface: Surface
    workspace: Foreign
    """The Slack workspace that they belong to; `discord` for Discord, where people are the same
    everywhere."""
    id: Foreign
    name: str = ""
    email: str | None = None
    """An address that the platform has confirmed, of somebody who belongs to that very workspace:
    it makes its owner the member that has it. None for guests of another workspace, and for bots"""
    joins: bool = True
    """Whether they may become a member by asking, where that is how it is done; a guest may not."""


class Link(Record):
    """A person who is a member."""

    surface: Surface
    workspace: str
    person: str
    name: str
    organization_id: OrganizationId
    member_id: MemberId
    created_at: datetime


class LinkCode(Record):
    """What a member types on a platform to be known there; good once, for ten minutes."""

    code: SecretStr
    expires_at: datetime
