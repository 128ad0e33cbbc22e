"""The nouns of queries."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints

from core.connections.template import parameters
from core.identity import Actor
from core.ids import ConnectionId, MemberId, OrganizationId, QueryId
from core.record import Record, Storable

_TEXT = StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]
Prompt = Annotated[str, _TEXT, Storable]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), Storable]
Sql = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200_000), Storable
]
Keywords = Annotated[
    tuple[
        Annotated[
            str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Storable
        ],
        ...,
    ],
    Field(max_length=100),
]


class QueryDraft(Record):
    """What a member writes."""

    title: Title
    prompt: Prompt
    sql: Sql | None = None
    description: Description | None = None
    keywords: Keywords = ()
    connection: str | None = None
    """The name or id of the connection it is written for; None means the only one there is."""


class QueryChange(Record):
    """What a member rewrites: only the fields that are set; `sql` null makes it prompt-only."""

    title: Title = Field(default="…")
    prompt: Prompt = Field(default="…")
    sql: Sql | None = None
    description: Description | None = None
    keywords: Keywords = ()
    connection: str | None = None


class Query(Record):
    """What an organization keeps."""

    id: QueryId
    organization_id: OrganizationId
    title: str
    description: str | None
    prompt: str
    sql: str | None
    keywords: tuple[str, ...]
    parameters: tuple[str, ...]
    connection_id: ConnectionId | None
    last_updated_by: MemberId
    last_updated_by_name: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_draft(
        cls,
        draft: QueryDraft,
        actor: Actor,
        *,
        id: QueryId,
        connection_id: ConnectionId | None,
        now: datetime,
    ) -> "Query":
        """Return the query that *actor* saves *now*."""
        return cls(
            **draft.model_dump(exclude={"connection"}),
            id=id,
            organization_id=actor.organization_id,
            parameters=parameters(draft.sql),
            connection_id=connection_id,
            last_updated_by=actor.member_id,
            last_updated_by_name=actor.name,
            created_at=now,
            updated_at=now,
        )

    def changed(
        self,
        change: QueryChange,
        actor: Actor,
        *,
        connection_id: ConnectionId | None,
        now: datetime,
    ) -> "Query":
        """Return the query as *actor* rewrites it *now*."""
        fields = change.model_dump(exclude_unset=True, exclude={"connection"})
        return self.model_copy(
            update=fields
            | {
                "parameters": parameters(fields.get("sql", self.sql)),
                "connection_id": connection_id,
                "last_updated_by": actor.member_id,
                "last_updated_by_name": actor.name,
                "updated_at": now,
            }
        )


class Match(NamedTuple):
    """A saved query that a message asks for, and what it says for its parameters."""

    query: Query
    parameters: dict[str, Any]
    """JSON values: a year as text or number, days as `2025-01-31`."""
    missing: tuple[str, ...]
    """Parameters to ask back for; without any, the query may run."""
    invalid: dict[str, str]
    """Why what was said for a missing one will not do."""
    score: float
    """0 to 1."""
    values: dict[str, tuple[str, ...]]
    """Known values of the missing ones."""
