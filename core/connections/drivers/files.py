"""What SQLite and DuckDB share: a database that is one file, and SQL that quotes alike."""

import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from stat import S_ISREG
from time import monotonic
from typing import NamedTuple

from core.connections.driver import TableName
from core.connections.drivers.cells import few
from core.connections.errors import ConnectionFailed
from core.connections.records import Ceilings, Result, Statement
from core.errors import CoreError

HEAD = Ceilings(rows=1000, cell=60)
"""How much of a table is read for its sample values."""
UNSAMPLED = frozenset({"binary", "json"})

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^\]]*\]|`[^`]*`|\w+|\S", re.DOTALL
)


class Mark(NamedTuple):
    """Which file stands at a path; another one has another mark."""

    device: int
    inode: int


def mark(path: Path) -> Mark:
    """Return the mark of the file that is to be read.

    Raises:
        ConnectionFailed: there is none; the message names the path.
    """
    try:
        seen = os.stat(path)  # noqa: PTH116 - asked before every statement
    except FileNotFoundError:
        raise ConnectionFailed(f"There is no file {path}") from None
    except (OSError, ValueError) as error:
        raise ConnectionFailed(f"{path} cannot be read: {error}") from None
    if not S_ISREG(seen.st_mode):
        raise ConnectionFailed(f"{path} is no file but a folder or a device.")
    return Mark(seen.st_dev, seen.st_ino)


def readable(path: Path) -> None:
    """Pass if we may read the file.

    Raises:
        ConnectionFailed: we may not; the message names the path.
    """
    if not os.access(path, os.R_OK):
        raise ConnectionFailed(f"Permission to read {path} is missing.")


def quote(name: str) -> str:
    """Write *name* as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def question(sql: str) -> str:
    """Return the bare SELECT of a `CREATE VIEW … AS SELECT …`."""
    for token in _TOKEN.finditer(sql):
        # Before it stand the view's name and columns, where an unquoted AS cannot.
        if token.group().lower() == "as":
            return sql[token.end() :].strip().rstrip(";").rstrip()
    return sql


async def heads(
    execute: Callable[[Statement, Ceilings], Awaitable[Result]],
    columns: Mapping[TableName, Sequence[str]],
    seconds: float,
) -> dict[TableName, dict[str, tuple[str, ...]]]:
    """Return the few different values of columns, from the head of each table.

    What is not read within *seconds* in all is left out, and so is what cannot be read. No table
    takes more than a quarter of the time that is left: a slow view shall not cost all others.
    """
    until = monotonic() + seconds
    samples: dict[TableName, dict[str, tuple[str, ...]]] = {}
    for table, names in columns.items():
        left = until - monotonic()
        if left <= 0:
            break
        if not names:
            continue
        # Qualified, or SQLite would read the name of a column that is gone as a text.
        chosen = ", ".join(f"t.{quote(name)}" for name in names)
        origin = ".".join(map(quote, table))
        sql = f"SELECT {chosen} FROM {origin} AS t LIMIT {HEAD.rows}"  # noqa: S608 - quoted names
        try:
            ceilings = HEAD.model_copy(update={"seconds": max(left / 4, 0.05)})
            result = await execute(Statement(sql), ceilings)
        except CoreError:
            continue
        found = dict(zip(names, _few(result), strict=True))
        samples[table] = {name: values for name, values in found.items() if values}
    return {table: found for table, found in samples.items() if found}


def _few(result: Result) -> list[tuple[str, ...] | None]:
    cells = zip(*result.rows, strict=True) if result.rows else [() for _ in result.columns]
    return [
        None if column.type in UNSAMPLED else few(map(_text, values))
        for column, values in zip(result.columns, cells, strict=True)
    ]


def _text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return None if cell is None else str(cell)
