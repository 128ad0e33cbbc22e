"""One statement on a cursor of DuckDB: bound, wrapped so that cells come out fit, and fetched."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from core.connections.drivers.duckdb_errors import telling
from core.connections.drivers.duckdb_types import Cast, cast
from core.connections.drivers.harvest import Field, Harvest
from core.connections.drivers.threads import Watch
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation
    from duckdb import Statement as Parsed

BATCH = 512
"""Rows that are in our memory beyond those that are kept."""

CANDIDATES = 8
"""Semicolons from the end that may be the one that ends a statement; the others are in comments."""

READS = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Kinds of statements, as DuckDB's parser tells them; a PIVOT that looks up its values is MULTI."""

OPENING = "FROM (\n"


class Rows(NamedTuple):
    """An answer, and its columns."""

    columns: list[ResultColumn]
    harvest: Harvest


def answer(
    cursor: "DuckDBPyConnection", watch: Watch, statement: Statement, ceilings: Ceilings, skip: int
) -> Rows:
    """Run *statement*, and keep the rows after the first *skip*.

    Raises:
        StatementFailed: it is not one statement that reads, or DuckDB refused it.
        duckdb.Error: it was interrupted, or the instance broke down.
        Stopped: nobody wants it any more.
    """
    parsed = _parsed(cursor, statement.sql)
    values = list(statement.values) or None
    relation = _bound(cursor, parsed, values, statement.sql)
    if relation is None:
        return Rows([], Harvest((), ceilings))
    casts = [cast(type) for type in relation.types]
    columns = [
        ResultColumn(name, each.word) for name, each in zip(relation.columns, casts, strict=True)
    ]
    bare = _bare(cursor, relation.sql_query())
    harvest = Harvest(
        [
            Field(column, each.width, each.convert)
            for column, each in zip(columns, casts, strict=True)
        ],
        ceilings,
    )
    watch.check()
    with telling(statement.sql, begins=statement.sql.find(bare), at=len(OPENING)):
        cursor.execute(
            _wrapped(bare, casts, ceilings, skip),
            values if parsed.type.name == "SELECT" else None,
        )
        while not harvest.full:
            watch.check()
            rows = cursor.fetchmany(BATCH)
            if not rows:
                break
            harvest.add(rows)
    return Rows(columns, harvest)


def _parsed(cursor: "DuckDBPyConnection", sql: str) -> "Parsed":
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise StatementFailed("The statement holds half a character.") from None
    with telling(sql):
        parsed = cursor.extract_statements(sql)
    if len(parsed) != 1:
        told = "One statement may run at a time." if parsed else "There is no statement."
        raise StatementFailed(told)
    if parsed[0].type.name not in READS:
        raise StatementFailed(
            f"A statement of the kind {parsed[0].type.name} cannot run here; only reading is "
            "possible."
        )
    return parsed[0]


def _bound(
    cursor: "DuckDBPyConnection", parsed: "Parsed", values: list[Any] | None, sql: str
) -> "DuckDBPyRelation | None":
    """Ask for the columns of a SELECT; what is none runs now, and its rows are held for us."""
    import duckdb  # noqa: PLC0415 - who has a cursor has it already

    with telling(sql):
        try:
            return cursor.sql(parsed, params=values)
        except (duckdb.BinderException, duckdb.CatalogException):
            cursor.execute(parsed, values)  # it cannot run either, but says where it is wrong
            raise


def _bare(cursor: "DuckDBPyConnection", sql: str) -> str:
    """Leave out the semicolon at the end of one statement, after which only comments stand."""
    import duckdb  # noqa: PLC0415 - who has a cursor has it already

    end = len(sql)
    for _ in range(CANDIDATES):
        end = sql.rfind(";", 0, end)
        if end < 0:
            break
        # One in a text or a comment is none: what is left of it, or right of it, makes no sense.
        with suppress(duckdb.Error):
            if len(cursor.extract_statements(sql[:end])) == 1 and not cursor.extract_statements(
                sql[end + 1 :]
            ):
                return sql[:end]
    return sql


def _wrapped(sql: str, casts: list[Cast], ceilings: Ceilings, skip: int) -> str:
    """Ask for the rows of *sql* that are wanted and one more, each cell written as we need it."""
    names = [f"c{index}" for index in range(len(casts))]
    chosen = ", ".join(
        each.sql.format(name, most=ceilings.cell + 1)
        for name, each in zip(names, casts, strict=True)
    )
    return (
        f"{OPENING}{sql}\n) AS t({', '.join(names)}) "
        f"SELECT {chosen} LIMIT {ceilings.rows + 1} OFFSET {skip}"
    )
