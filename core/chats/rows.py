"""The rows behind an answer, had again: whole, and with the rights of whoever wants them."""

import re
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from core.chats.records import Cited
from core.connections import LENT, Answer, Connections, Lent
from core.errors import Conflict
from core.identity import Actor
from core.ids import ChatId
from core.queries import Queries
from core.sheets.written import header, lines
from core.uploads import Uploads

BOUND = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|(\?|\$\d+)""")
"""A placeholder, or what it cannot stand in."""


class Sources(Protocol):
    """What can be asked again."""

    @property
    def connections(self) -> Connections:
        """Customers' databases."""

    @property
    def queries(self) -> Queries:
        """Saved queries."""

    @property
    def uploads(self) -> Uploads:
        """Files of chats."""


class RowsGone(Conflict):
    """All of these rows cannot be had again: what they were read from is not known any more."""


class Source(NamedTuple):
    """Where a statement is asked again."""

    cited: Cited
    ref: str | Lent
    """The files of its chat, where it was asked of them."""


def repeatable(cited: Cited) -> bool:
    """Return whether a statement can be asked again with its values."""
    saved = cited.query_id is not None and not cited.lent
    return saved or not cited.values or cited.written is not None


async def source_of(sources: Sources, actor: Actor, cited: Cited, chat_id: ChatId) -> Source:
    """Return what a statement was asked of: never another database that happens to be called so.

    Raises:
        RowsGone: the chat's files are gone, or were perhaps never meant.
    """
    if cited.lent:
        lent = await sources.uploads.lent(actor, chat_id)
        if lent is None:
            raise RowsGone
        return Source(cited, lent)
    if cited.lent is None and cited.connection == LENT:
        raise RowsGone
    return Source(cited, cited.connection)


async def again(
    sources: Sources, actor: Actor, source: Source, cursor: str | None = None
) -> Answer:
    """Ask a statement again.

    Args:
        sources: what can be asked.
        actor: on whose behalf.
        source: the statement, and what it is asked of.
        cursor: from an answer that was cut, to go on after its rows.

    Raises:
        Whatever `Queries.run` and `Connections.run` raise.
    """
    cited, ref = source
    if cited.query_id is not None and isinstance(ref, str):
        return await sources.queries.run(
            actor, cited.query_id, parameters=cited.values, connection=ref, cursor=cursor
        )
    sql, values = cited.sql, {}
    if cited.values and cited.written is not None:
        sql, values = cited.written, cited.values
    return await sources.connections.run(actor, ref, sql, parameters=values, cursor=cursor)


async def written(
    sources: Sources, actor: Actor, source: Source, first: Answer, *, most: int
) -> AsyncIterator[str]:
    """Yield all that a statement answers as CSV, piece by piece; its first rows are known.

    Args:
        sources: what can be asked.
        actor: on whose behalf.
        source: the statement, and what it is asked of.
        first: what it has answered.
        most: rows after which no more are asked for.
    """
    columns = [(column.name, column.type) for column in first.columns]
    yield header(columns)
    answer, count = first, first.row_count
    yield lines(columns, answer.rows)
    while answer.cursor is not None and count < most:
        answer = await again(sources, actor, source, answer.cursor)
        count += answer.row_count
        yield lines(columns, answer.rows)


def slotted(cited: Cited) -> tuple[str, str]:
    """Return a statement with its parameters where values were bound, and what is left to do."""
    names = list(cited.values)
    if not names:
        return cited.sql, ""
    if cited.written is not None:
        return cited.written, ""
    if len(names) == 1:
        slot = f"{{{{{names[0]}}}}}"
        return BOUND.sub(lambda found: slot if found[1] else found[0], cited.sql), ""
    told = ", ".join(f"{{{{{name}}}}}" for name in names)
    return cited.sql, f"Values were bound where ? or $1 stands; write there, as it fits, {told}."
