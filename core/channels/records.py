"""The nouns of channels."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from core.identity import Audience, Surface
from core.ids import ChatId, ConnectionId, MemberId, MessageId, OrganizationId
from core.links import Foreign
from core.record import Record, Storable

DIRECT = "@me"
"""The workspace of Discord's direct messages; people are the same everywhere on Discord."""


class Spot(Record):
    """Where on a platform somebody speaks, and who hears the answer there."""

    surface: Surface
    workspace: Foreign
    """Slack's workspace, Discord's server, or `DIRECT`."""
    channel: Foreign
    thread: str | None = None
    """The thread that is a chat; None where none is begun yet."""
    audience: Audience

    @property
    def place(self) -> str | None:
        """The chat's place: one thread of one channel, by a name that no other has."""
        if self.thread is None:
            return None
        return f"{self.surface}:{self.workspace}:{self.channel}:{self.thread}"


class WorkspaceDraft(Record):
    """What a platform tells of a workspace that lets us in."""

    surface: Surface
    id: Foreign
    name: Annotated[str, StringConstraints(max_length=200), Storable] = ""
    bot: str | None = None
    scopes: tuple[str, ...] = ()


class Workspace(Record):
    """A workspace or server of a platform that an organization has let us into."""

    surface: Surface
    id: str
    name: str
    organization_id: OrganizationId
    installed_by: MemberId | None
    bot: str | None = None
    """Our own id there: what is said by it is never answered."""
    scopes: tuple[str, ...] = ()
    created_at: datetime


class Hearing(Record):
    """Something that was heard and is not answered yet; it outlives the process that heard it."""

    id: str
    """By it a second delivery of the same thing is known."""
    surface: Surface
    workspace: str
    payload: dict[str, object]
    """What was heard, as the surface wants it back to begin again."""
    anchor: dict[str, object] | None = None
    """Where the answer is being written, as the surface wants it back to finish it."""
    organization_id: OrganizationId | None = None
    member_id: MemberId | None = None
    chat_id: ChatId | None = None
    message_id: MessageId | None = None
    """The answer that is being written, once there is one."""
    heard_at: datetime


class Default(Record):
    """The connection that a channel asks unless another is named."""

    connection_id: ConnectionId
    set_by: MemberId
    set_at: datetime
