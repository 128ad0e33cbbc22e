"""The nouns of chats."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation, StringConstraints

from core.charts import Visualization
from core.identity import Audience, Surface
from core.ids import (
    ChatId,
    ConnectionId,
    MemberId,
    MessageId,
    OrganizationId,
    ProjectId,
    QueryId,
    UploadId,
)
from core.models import Usage
from core.record import Record, Storable

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40_000), Storable
]
ChatTitle = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000), Storable]


class Side(StrEnum):
    """Who said a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """How far a message is; a member's own is done when it is sent."""

    RUNNING = "running"
    DONE = "done"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a member thinks of an answer."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class ChatDraft(Record):
    """What a member begins a chat with."""

    title: ChatTitle | None = None
    connection: str | None = None
    """The name or id of the connection that its questions are asked of."""
    project_id: ProjectId | None = None


class Chat(Record):
    """A conversation of one member with the analyst."""

    id: ChatId
    organization_id: OrganizationId
    member_id: MemberId
    title: str
    preview: str
    """The head of the last thing said."""
    connection_id: ConnectionId | None
    project_id: ProjectId | None
    created_at: datetime
    updated_at: datetime
    """When something was last said."""
    place: str | None = None
    """Where on a platform it is held: whoever stands there may go on in it."""
    audience: Audience | None = None
    """The widest that has heard it there."""
    surface: Surface | None = None
    """The way in by which it was begun; None of chats from before that was kept."""


class Cited(Record):
    """A statement that an answer stands on."""

    result: str
    """Its mark in the answer: `r1`."""
    connection: str
    sql: str
    """As it ran, with placeholders where values were bound."""
    values: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    """The values of its parameters, by name."""
    written: str | None = None
    """As it was written, with {{parameters}}; None without values, or where that was not kept."""
    query_id: QueryId | None = None
    """The saved query that it is, where it is one."""
    title: str | None = None
    """That query's title."""
    row_count: int
    truncated: bool = False
    lent: bool | None = None
    """Whether it was asked of the chat's uploaded files, whatever a connection is called; None
    where that was not kept."""


class Failure(Record):
    """Why an answer did not come to its end."""

    error: str
    """For a person: what was wrong and what would work."""
    code: str
    """One of the contract's, such as MODEL_UNAVAILABLE."""
    retryable: bool
    debug_id: str
    error_type: str
    """The name of the refusal."""


class Pending(Record):
    """A saved query that waits for values which its asker has yet to give."""

    query_id: QueryId
    values: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    missing: tuple[str, ...]


class Named(Record):
    """What a question names beside its words, so that it can be asked again."""

    query_id: QueryId | None = None
    values: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    connection: str | None = None


class Message(Record):
    """One side of a turn."""

    id: MessageId
    chat_id: ChatId
    side: Side
    content: str
    status: MessageStatus
    created_at: datetime
    visualizations: tuple[Visualization, ...] = ()
    statements: tuple[Cited, ...] = ()
    failure: Failure | None = None
    pending: Pending | None = None
    named: Named | None = None
    """Of a question."""
    model: str | None = None
    usage: Usage | None = None
    uploads: tuple[UploadId, ...] = ()
    feedback: Verdict | None = None
    feedback_note: str | None = None
    member_id: MemberId | None = None
    """Who said it; of an answer, who asked for it."""
    followups: tuple[str, ...] = ()
    """Of an answer: what may be asked next, once somebody wanted to know."""
    author: str | None = None
    """What that member was called then."""


class Conversation(Record):
    """A chat with everything that was said in it, the oldest first."""

    chat: Chat
    messages: tuple[Message, ...]
    earlier: int = 0
    """How many messages stand before these: of a very long chat the last ones are told."""


class Question(Record):
    """What a member says, and how it is to be answered."""

    text: Text
    chat_id: ChatId | None = None
    """The chat that it goes on; None begins one."""
    connection: str | None = None
    project_id: ProjectId | None = None
    title: ChatTitle | None = None
    model: str | None = None
    """The id of a model; None is the default."""
    upload_ids: Annotated[tuple[UploadId, ...], Field(max_length=20)] = ()
    query_id: QueryId | None = None
    """A saved query that answers it."""
    parameters: Annotated[dict[str, Any], SkipValidation] = Field(default={})
    kept: bool = False
    """Whether the turn goes on when nobody listens to it any more."""


Status = Literal["starting", "thinking", "analyzing", "processing"]
