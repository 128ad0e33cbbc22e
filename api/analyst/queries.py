"""Saved queries over HTTP, and their answers."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, JsonValue
from starlette.responses import Response

from api.actor import Caller, TheCore
from api.body import Guarded
from api.hangup import unless_gone
from api.wire import AnswerOut, answered, example, failing, plain, shown
from core.ids import ConnectionId, MemberId, OrganizationId, QueryId
from core.page import PageAsked
from core.queries import (
    Description,
    Keywords,
    Prompt,
    Query,
    QueryChange,
    QueryDraft,
    QueryNotFound,
    Sql,
    Title,
)
from core.record import Record

router = APIRouter(
    prefix="/v1/queries", tags=["queries"], route_class=Guarded, responses=failing(401, 403, 503)
)

INTEGRATION = (
    "The id of the connection that the SQL is written for; where there is one, it is that."
)
SQL: dict[str, JsonValue] = {
    "title": "Revenue by month",
    "prompt": "What did we sell each month of {{year}}?",
    "sql": "SELECT strftime('%m', ordered_at) AS month, count(*) FROM orders "
    "WHERE strftime('%Y', ordered_at) = {{year}} GROUP BY 1 ORDER BY 1",
    "description": "Orders by calendar month.",
    "keywords": ["revenue", "monthly"],
}
SAVED: dict[str, JsonValue] = {
    "id": "5f5c7d3e-9a53-4e0f-a7d4-0c4f1b1d8a10",
    "organization_id": "org_2d0a8a9e-5c0c-4b59-8c5c-4c9a0b7f1e22",
    **SQL,
    "parameters": ["year"],
    "last_updated_by": "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11",
    "last_updated_by_name": "Ada",
    "created_at": "2026-01-31T09:00:00Z",
    "updated_at": "2026-01-31T09:00:00Z",
    "integration_id": "7d1c4f0e-54c6-4a6b-8f54-0a4c2c9b7f33",
}

SqlText = Annotated[Sql, Field(json_schema_extra={"format": "sql"})]


def _without_default(schema: dict[str, Any]) -> None:
    """Leave the stand-in of a field that may be left out, but not be null, out of its schema."""
    schema.pop("default", None)


class QueryIn(Record):
    """What a member saves."""

    title: Title
    prompt: Prompt
    sql: SqlText | None = None
    description: Description | None = None
    keywords: Keywords | None = None
    integration_id: ConnectionId | None = Field(default=None, description=INTEGRATION)

    model_config = shown({**SQL})

    def draft(self) -> QueryDraft:
        """Return it in the words of the core."""
        return QueryDraft(
            title=self.title,
            prompt=self.prompt,
            sql=self.sql,
            description=self.description,
            keywords=self.keywords or (),
            connection=self.integration_id,
        )


class QueryPatch(Record):
    """What a member rewrites: only the fields that are given."""

    title: Title = Field(default="…", json_schema_extra=_without_default)
    prompt: Prompt = Field(default="…", json_schema_extra=_without_default)
    sql: SqlText | None = Field(default=None, description="Null makes the query prompt-only.")
    description: Description | None = None
    keywords: Keywords | None = Field(default=None, description="`[]` clears them.")
    integration_id: ConnectionId | None = Field(default=None, description=INTEGRATION)

    model_config = shown({"title": "Revenue, monthly"}, {"keywords": []}, {"sql": None})

    def change(self) -> QueryChange:
        """Return it in the words of the core, with only the fields that are given."""
        given = self.model_dump(exclude_unset=True)
        if "integration_id" in given:
            given["connection"] = given.pop("integration_id")
        if "keywords" in given:
            given["keywords"] = given["keywords"] or ()
        return QueryChange(**given)


class QueryOut(Record):
    """A saved query."""

    id: QueryId
    organization_id: OrganizationId
    title: str
    description: str | None
    prompt: str
    sql: str | None
    keywords: tuple[str, ...]
    parameters: tuple[str, ...]
    """The names of the `{{placeholders}}` in the SQL, in the order they are first seen."""
    last_updated_by: MemberId
    last_updated_by_name: str
    created_at: datetime
    updated_at: datetime
    integration_id: ConnectionId | None
    """The connection that the SQL is written for."""

    model_config = shown({**SAVED})

    @classmethod
    def of(cls, query: Query) -> "QueryOut":
        """Return a query in the words of the contract."""
        same = query.model_dump(exclude={"connection_id"})
        return cls.model_construct(**same, integration_id=query.connection_id)


class QueryList(Record):
    """Every saved query of the organization."""

    queries: tuple[QueryOut, ...]

    model_config = shown({"queries": [{**SAVED}]})


class RunIn(Record):
    """How a saved query is asked this time."""

    parameters: dict[str, JsonValue] = Field(
        default={}, description="A value for each `{{placeholder}}`; a list where the SQL has IN."
    )
    integration_id: ConnectionId | None = Field(
        default=None, description="Another connection than the one it was saved for."
    )
    limit: int | None = Field(
        default=None, ge=1, strict=True, description="How many rows at most, below the ceiling."
    )
    cursor: str | None = Field(
        default=None,
        max_length=200,
        description="From an answer that was cut, for the rows after it.",
    )

    model_config = shown({"parameters": {"year": "2025"}, "limit": 100}, {})


ANSWERED: dict[str, JsonValue] = {
    "columns": [{"name": "month", "type": "text"}, {"name": "orders", "type": "integer"}],
    "rows": [["01", 1412], ["02", 1377]],
    "row_count": 2,
    "truncated": False,
    "duration_ms": 12.4,
    "sql": "SELECT … WHERE strftime('%Y', ordered_at) = ? GROUP BY 1 ORDER BY 1",
    "truncation": None,
    "cursor": None,
    "connection": "sample",
}


@router.get("")
async def list_queries(core: TheCore, caller: Caller) -> QueryList:
    """List every saved query, by title."""
    page = await core.queries.list(caller, PageAsked(size=None))
    return QueryList.model_construct(queries=tuple(QueryOut.of(each) for each in page.items))


@router.post("", status_code=201, responses=failing(400, 404, 409, 413))
async def create_query(core: TheCore, caller: Caller, query: QueryIn) -> QueryOut:
    """Save a query; its `{{parameters}}` are read from the SQL, which must only read."""
    return QueryOut.of(await core.queries.create(caller, query.draft()))


@router.get("/{query_id}", responses=failing(404))
async def get_query(core: TheCore, caller: Caller, query_id: str) -> QueryOut:
    """Return one saved query."""
    return QueryOut.of(await core.queries.get(caller, _id(query_id)))


@router.patch("/{query_id}", responses=failing(400, 404, 409, 413))
async def update_query(
    core: TheCore, caller: Caller, query_id: str, change: QueryPatch
) -> QueryOut:
    """Rewrite the given fields; `keywords: []` clears, `sql: null` makes it prompt-only."""
    return QueryOut.of(await core.queries.update(caller, _id(query_id), change.change()))


@router.delete("/{query_id}", status_code=204, responses=failing(404))
async def delete_query(core: TheCore, caller: Caller, query_id: str) -> None:
    """Forget a saved query."""
    await core.queries.delete(caller, _id(query_id))


@router.post(
    "/{query_id}/run",
    response_class=Response,
    responses={
        200: {
            "description": "The answer",
            "model": AnswerOut,
            "content": {"application/json": {"example": example(ANSWERED)}},
        },
        **failing(400, 404, 409, 413, 429),
    },
)
async def run_query(
    request: Request, core: TheCore, caller: Caller, query_id: str, run: RunIn | None = None
) -> Response:
    """Run a saved query with its parameters bound.

    One statement, read-only, within the server's ceilings. Hanging up stops the database's work.
    """
    asked = run or RunIn()
    query = await core.queries.get(caller, _id(query_id))
    answer = await unless_gone(
        request,
        core.queries.run(
            caller,
            query.id,
            parameters=asked.parameters,
            connection=asked.integration_id,
            limit=asked.limit,
            cursor=asked.cursor,
        ),
    )
    return Response(answered(answer), media_type="application/json")


def _id(id: str) -> QueryId:
    return QueryId(plain(id, QueryNotFound))
