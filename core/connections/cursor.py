"""Where to go on in an answer that was cut: an offset, tied to the statement it belongs to."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import orjson

from core.connections.errors import CursorInvalid
from core.connections.records import Statement
from core.ids import ConnectionId


def write(connection_id: ConnectionId, statement: Statement, offset: int) -> str:
    """Return the cursor that goes on after *offset* rows of *statement*."""
    return f"{offset}.{_mark(connection_id, statement, str(offset))}"


def read(cursor: str | None, connection_id: ConnectionId, statement: Statement) -> int:
    """Return after how many rows to go on; 0 without a cursor.

    Raises:
        CursorInvalid: it was not handed out for this statement and these values.
    """
    if cursor is None:
        return 0
    offset, _, mark = cursor.partition(".")
    if (
        not hmac.compare_digest(mark.encode(), _mark(connection_id, statement, offset).encode())
        or not (offset.isascii() and offset.isdigit())
        or len(offset) > 18  # noqa: PLR2004 - no database counts that far
    ):
        raise CursorInvalid
    return int(offset)


def _mark(connection_id: ConnectionId, statement: Statement, offset: str) -> str:
    values: Sequence[Any] = [connection_id, offset, statement.sql, *statement.values]
    body = orjson.dumps(values, default=str, option=orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(body).hexdigest()[:16]
