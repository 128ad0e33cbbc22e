"""One statement on a cursor of DuckDB: bound, wrapped so that cells come out fit, and fetched."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from core.connections.drivers import cells
from core.connections.drivers.cells import Convert
from core.connections.drivers.harvest import NUMBER, Field, Harvest
from core.connections.drivers.threads import Watch
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from duckdb.sqltypes import DuckDBPyType

BATCH = 512
"""Rows that are in our memory beyond those that are kept."""

CANDIDATES = 8
"""Semicolons from the end that may be the one that ends a statement; the others are in comments."""

READS = frozenset({"SELECT", "EXPLAIN", "MULTI"})
"""Kinds of statements, as DuckDB's parser tells them; a PIVOT that looks up its values is MULTI."""


class Rows(NamedTuple):
    """An answer, and its columns."""

    columns: list[ResultColumn]
    harvest: Harvest


class Cast(NamedTuple):
    """How DuckDB writes a column of some type, so that few cells need our hands.

    Python's own decimals, dates and time zones cost more than all the rest of a fetch.
    """

    word: str
    """The type's name in `ResultColumn`."""
    sql: str = "{}"
    """The column's expression; `{most}` is how many characters a cell may have, and one."""
    width: int | None = NUMBER
    """Characters of a cell, where it is no text."""
    convert: Convert | None = None


INTEGER = Cast("integer", convert=cells.integers)
NUMBERS = Cast("number", convert=cells.floats)
TEXT = Cast("text", "left({}::VARCHAR, {most})", None)
OTHER = TEXT._replace(word="other")
JSON = Cast("json", "left(to_json({})::VARCHAR, {most})", None, cells.documents)
MOMENT = Cast("timestamp", "{}::VARCHAR", 26)

CASTS = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "hugeint"), INTEGER),
    **dict.fromkeys(("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"), INTEGER),
    "bignum": Cast("integer", "left({}::VARCHAR, {most})", None, cells.decimals),
    "double": NUMBERS,
    # Through its text: a float of four bytes is 0.1 there, and 0.10000000149011612 as a double.
    "float": NUMBERS._replace(sql="{}::VARCHAR::DOUBLE"),
    "boolean": Cast("boolean"),
    "varchar": TEXT,
    "enum": TEXT,
    "bit": TEXT,
    "uuid": Cast("text", "{}::VARCHAR", 36),
    "date": Cast("date", "{}::VARCHAR", 10),
    **dict.fromkeys(("time", "time_ns", "time with time zone"), Cast("time", "{}::VARCHAR", 15)),
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"), MOMENT),
    **dict.fromkeys(("timestamp with time zone", "timestamptz_ns"), MOMENT),
    "interval": Cast("interval", "{}::VARCHAR", 26),
    "blob": Cast("binary", "array_slice({}, 1, {most})", None, cells.binary),
    **dict.fromkeys(("list", "array", "struct", "tuple", "map", "union", "variant"), JSON),
    "null": Cast("other"),
}


def answer(
    cursor: "DuckDBPyConnection", watch: Watch, statement: Statement, ceilings: Ceilings, skip: int
) -> Rows:
    """Run *statement*, and keep the rows after the first *skip*.

    Raises:
        duckdb.Error: DuckDB refused it.
        StatementFailed: it is not one statement that reads.
        Stopped: nobody wants it any more.
    """
    try:
        statement.sql.encode()
    except UnicodeEncodeError:
        raise StatementFailed("The statement holds half a character.") from None
    parsed = cursor.extract_statements(statement.sql)
    if len(parsed) != 1:
        told = "One statement may run at a time." if parsed else "There is no statement."
        raise StatementFailed(told)
    if parsed[0].type.name not in READS:
        raise StatementFailed(
            f"A statement of the kind {parsed[0].type.name} cannot run here; only reading is "
            "possible."
        )
    values = list(statement.values) or None
    relation = cursor.sql(parsed[0], params=values)
    if relation is None:
        return Rows([], Harvest((), ceilings))
    names, types = relation.columns, relation.types
    casts = [_cast(type) for type in types]
    wrapped = _wrapped(_bare(cursor, relation.sql_query()), casts, ceilings, skip)
    watch.check()
    cursor.execute(wrapped, values if parsed[0].type.name == "SELECT" else None)
    columns = [ResultColumn(name, cast.word) for name, cast in zip(names, casts, strict=True)]
    fields = [
        Field(column, cast.width, cast.convert) for column, cast in zip(columns, casts, strict=True)
    ]
    harvest = Harvest(fields, ceilings)
    while not harvest.full:
        watch.check()
        rows = cursor.fetchmany(BATCH)
        if not rows:
            break
        harvest.add(rows)
    return Rows(columns, harvest)


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
        cast.sql.format(name, most=ceilings.cell + 1)
        for name, cast in zip(names, casts, strict=True)
    )
    return (
        f"FROM (\n{sql}\n) AS t({', '.join(names)}) "
        f"SELECT {chosen} LIMIT {ceilings.rows + 1} OFFSET {skip}"
    )


def _cast(type: "DuckDBPyType") -> Cast:
    if type.id == "decimal":
        return _decimal(dict(type.children))
    if str(type) == "JSON":
        return TEXT._replace(word="json", convert=cells.documents)
    return CASTS.get(type.id, OTHER)


def _decimal(shape: dict[str, Any]) -> Cast:
    """Let DuckDB make doubles of decimals that fit into one, exactly."""
    if shape["precision"] > cells.DIGITS:
        return Cast("decimal", "{}::VARCHAR", shape["precision"], cells.decimals)
    return Cast("decimal", "{}::DOUBLE" if shape["scale"] else "{}::BIGINT")
