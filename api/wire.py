"""What every route says in the same way."""

import re
from typing import Any, Literal

import orjson
from pydantic import ConfigDict, JsonValue

from core.connections import Answer
from core.errors import NotFound
from core.page import PageAsked
from core.record import Record

PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""How every id of ours looks."""


def plain(id: str, absent: type[NotFound]) -> str:
    """Return an *id* from a path; what cannot be one of ours is *absent* without a look."""
    if not PLAIN.fullmatch(id):
        raise absent
    return id


SIZE = 100
"""Things on one page of a list."""
LAST_PAGE = 10**9
"""A page beyond this is as empty as this one, and a number that every store can hold."""


def page_of(number: int) -> PageAsked:
    """Return which page of a list is asked for; a number that none has is the nearest one."""
    return PageAsked(number=min(max(number, 1), LAST_PAGE), size=SIZE)


NULL = "\x00null"
"""Stands for null in an example: FastAPI would leave the field out of the description."""


def example(value: JsonValue) -> JsonValue:
    """Return an example as it may be put into the description of a route."""
    match value:
        case None:
            return NULL
        case list():
            return [example(each) for each in value]
        case dict():
            return {name: example(each) for name, each in value.items()}
    return value


def shown(*examples: JsonValue) -> ConfigDict:
    """Return the configuration of a record of the wire: its *examples*, its fields explained."""
    return ConfigDict(
        json_schema_extra={"examples": [example(each) for each in examples]} if examples else None,
        use_attribute_docstrings=True,
        # Or else a field may not begin with `model_`, as the contract's do.
        protected_namespaces=(),
    )


class Error(Record):
    """A no, in words and in a machine's word."""

    detail: str
    """What was wrong and what would work; for a wrong request it begins with the field."""
    code: str
    """The refusal's name, such as `query_not_found`."""
    debug_id: str | None = None
    """With 500 alone: find it in the server's log."""

    model_config = shown()


EXAMPLES: dict[int, tuple[str, str, str]] = {
    400: ("The request makes no sense as written", "title: Field required", "invalid"),
    401: ("Nobody knows who is asking", "Missing bearer token", "bearer_missing"),
    403: (
        "The member may not do this",
        "This needs the queries:write permission, which a viewer does not have; ask an admin.",
        "denied",
    ),
    404: ("There is none in this organization", "Query not found", "query_not_found"),
    409: (
        "Not in the present state",
        "There are several connections; name one of sample, shop.",
        "connection_ambiguous",
    ),
    413: ("The body is too large", "The body is larger than 2 MiB.", "body_too_large"),
    429: ("Too much or too fast", "Too many requests; try again in 20 s.", "too_often"),
    500: ("A fault of ours", "Something broke on our side.", "internal"),
    503: (
        "Someone we depend on failed",
        "The database cannot be reached.",
        "connection_failed",
    ),
}


def failing(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how these failures are described, for a route's `responses`."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 500}):
        meaning, detail, code = EXAMPLES[status]
        example = {"detail": detail, "code": code}
        described[status] = {
            "model": Error,
            "description": meaning,
            "content": {"application/json": {"example": example}},
        }
        if status in {429, 503}:
            described[status]["headers"] = {
                "Retry-After": {
                    "description": "Seconds after which to try again.",
                    "schema": {"type": "integer", "minimum": 1},
                }
            }
    return described


class AnswerColumn(Record):
    """A column of an answer."""

    name: str
    type: Literal[
        "integer",
        "decimal",
        "number",
        "text",
        "boolean",
        "date",
        "time",
        "timestamp",
        "interval",
        "json",
        "binary",
        "other",
    ]


class Truncation(Record):
    """What is missing from an answer."""

    rows: bool
    """There are more rows."""
    bytes: bool
    """The byte ceiling, not the row ceiling, ended it."""
    cells: int
    """How many cells were cut."""

    model_config = shown()


class AnswerOut(Record):
    """The description of what `answered` writes; no answer is ever read into it."""

    columns: tuple[AnswerColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    """JSON values; a number that a double cannot carry exactly comes as its digits in a string."""
    row_count: int
    truncated: bool
    """Whether anything is missing; `truncation` says what."""
    duration_ms: float
    sql: str
    """The statement as it ran, with placeholders where the values were bound."""
    truncation: Truncation | None
    cursor: str | None
    """Send it with the same request for the rows after these."""
    connection: str
    """The name of the connection that answered."""

    model_config = shown()


def answered(answer: Answer) -> bytes:
    """Return an answer as JSON, written once: 100,000 rows pass no second pair of hands."""
    cut = answer.truncated
    return orjson.dumps(
        {
            "columns": [{"name": column.name, "type": column.type} for column in answer.columns],
            "rows": answer.rows,
            "row_count": answer.row_count,
            "truncated": cut is not None,
            "duration_ms": answer.duration_ms,
            "sql": answer.sql,
            "truncation": None
            if cut is None
            else {"rows": cut.rows, "bytes": cut.bytes, "cells": cut.cells},
            "cursor": answer.cursor,
            "connection": answer.connection,
        }
    )
