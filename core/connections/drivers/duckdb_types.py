"""How DuckDB is asked to write the cells of each type, so that few need our hands."""

from typing import TYPE_CHECKING, Any, NamedTuple

from core.connections.drivers import cells
from core.connections.drivers.cells import Convert
from core.connections.drivers.harvest import NUMBER

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType


class Cast(NamedTuple):
    """How DuckDB writes a column; decimals and dates made by Python cost more than the rest."""

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


def cast(type: "DuckDBPyType") -> Cast:
    """Return how a column of *type* is written."""
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
