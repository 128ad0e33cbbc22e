"""PostgreSQL's types: how values travel there, and how its cells are made fit for any wire."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import AdaptersMap, Loader, PyFormat, Transformer
from psycopg.pq import Format
from psycopg.pq.abc import PGresult
from psycopg.types.array import ArrayLoader
from psycopg.types.bool import BoolLoader
from psycopg.types.composite import RecordLoader
from psycopg.types.numeric import FloatLoader, IntLoader
from psycopg.types.string import TextLoader
from typing_extensions import override

from core.connections.drivers import cells
from core.connections.drivers.cells import Convert
from core.connections.drivers.harvest import Field, Row
from core.connections.drivers.postgres_session import Ask
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

NAMES = {
    "integer": "int2 int4 int8 oid xid cid xid8",
    "decimal": "numeric",
    "number": "float4 float8",
    "text": "text varchar bpchar name char uuid xml",
    "boolean": "bool",
    "date": "date",
    "time": "time timetz",
    "timestamp": "timestamp timestamptz",
    "interval": "interval",
    "json": "json jsonb record",
    "binary": "bytea",
}
"""Our word for PostgreSQL's; what is not here is `other`."""
WIDTHS = {"integer": 8, "number": 12, "boolean": 5, "date": 10, "time": 15, "timestamp": 26}
"""Characters of a cell, near enough; other cells are measured."""

BOOL, BYTEA, INT8, OID, INT4, TEXT, FLOAT8, NUMERIC, RECORD = (
    16,
    17,
    20,
    26,
    23,
    25,
    701,
    1700,
    2249,
)
ANY, LENIENT = 0, 1
"""Not types of the server: what is loaded as text, and as text whatever its bytes."""
TINY, HUGE = 1e-15, 1e15
"""Between them, a number's digits are few enough to travel as a decimal."""
INTS = (20, 21, 23, 26)
FLOATS = (700, 701)


class Kind(NamedTuple):
    """What a type is to us."""

    type: str
    """As in `ResultColumn`."""
    element: int | None = None
    """Of an array: the type in it."""
    record: bool = False
    delimiter: str = ","


def _known() -> dict[int, Kind]:
    words = {name: word for word, names in NAMES.items() for name in names.split()}
    kinds = {}
    for info in psycopg.adapters.types:
        word = words.get(info.name.strip('"'), "other")
        kinds[info.oid] = Kind(word, record=info.oid == RECORD)
        if info.array_oid:
            kinds[info.array_oid] = Kind("json", info.oid, delimiter=info.delimiter)
    return kinds


KINDS: Mapping[int, Kind] = _known()
"""By number; what is not here is looked up in the server's catalogue, once."""

LOOKUP = """
WITH RECURSIVE wanted AS (
  SELECT * FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])
  UNION
  SELECT t.* FROM pg_catalog.pg_type t, wanted w WHERE t.oid IN (w.typelem, w.typbasetype)
)
SELECT oid, typtype::text, typcategory::text, typelem, typbasetype, typdelim::text FROM wanted
"""


def looked_up(rows: Sequence[Row]) -> dict[int, Kind]:
    """Return what `LOOKUP` found out."""
    kinds: dict[int, Kind] = {}
    bases = {}
    for oid, typtype, category, element, base, delimiter in rows:
        if category == "A" and element:
            kinds[oid] = Kind("json", element, delimiter=delimiter)
        elif typtype == "c":
            kinds[oid] = Kind("json", record=True)
        elif typtype == "d":
            bases[oid] = base
        else:
            kinds[oid] = KINDS.get(oid) or Kind("text" if category in {"S", "E"} else "other")
    for oid, base in bases.items():
        kinds[oid] = kinds.get(base) or Kind("other")
    return kinds


class _Lenient(Loader):
    """Loads text of a database that does not know its own encoding."""

    @override
    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).decode("utf-8", "replace")


class _Array(ArrayLoader):
    base_oid = ANY


_loaders = AdaptersMap()
_loaders.register_loader(ANY, TextLoader)
_loaders.register_loader(LENIENT, _Lenient)
for _oid in INTS:
    _loaders.register_loader(_oid, IntLoader)
for _oid in FLOATS:
    _loaders.register_loader(_oid, FloatLoader)
_loaders.register_loader(BOOL, BoolLoader)


class Reader:
    """Reads the rows of one result, which come in portions."""

    def __init__(self, kinds: Mapping[int, Kind], first: PGresult) -> None:
        """Settle from the *first* portion how each column is read.

        Args:
            kinds: what is known of types; columns of others are read as text, and `unknown`.
        """
        oids = [first.ftype(index) for index in range(first.nfields)]
        self.unknown = {index: oid for index, oid in enumerate(oids) if oid not in kinds}
        self.fields = [
            field(_name(first, index), kinds.get(oid, Kind("other")), oid, first.fmod(index), kinds)
            for index, oid in enumerate(oids)
        ]
        self._transformer = Transformer(_loaders)
        self._loads = [
            FLOAT8 if oid == NUMERIC and each.width else oid if oid in _LOADED else ANY
            for oid, each in zip(oids, self.fields, strict=True)
        ]
        self._transformer.set_loader_types(self._loads, Format.TEXT)

    def read(self, result: PGresult) -> list[Row]:
        """Return the rows of a portion."""
        transformer = self._transformer
        transformer.set_pgresult(result, set_loaders=False)
        try:
            return transformer.load_rows(0, result.ntuples, tuple)
        except UnicodeDecodeError:
            self._be_lenient()
            return transformer.load_rows(0, result.ntuples, tuple)
        finally:
            # A reader outlives the result, whose rows may be wide.
            transformer.set_pgresult(None, set_loaders=False)

    def read_wide(self, result: PGresult, ceilings: Ceilings) -> list[Row]:
        """Return the only row of a portion, its long cells cut before they are decoded."""
        if not result.ntuples:
            return []
        longest = 4 * ceilings.cell + 4
        row: list[bytes | None] = []
        for index in range(result.nfields):
            cell = result.get_value(0, index)
            if cell is not None and len(cell) > longest and self.fields[index].width is None:
                cell = cell[:longest].decode("utf-8", "ignore").encode()
            row.append(cell)
        try:
            return [self._transformer.load_sequence(row)]
        except UnicodeDecodeError:
            self._be_lenient()
            return [self._transformer.load_sequence(row)]

    def _be_lenient(self) -> None:
        self._loads = [LENIENT if load == ANY else load for load in self._loads]
        self._transformer.set_loader_types(self._loads, Format.TEXT)


_LOADED = frozenset((*INTS, *FLOATS, BOOL))


def _name(result: PGresult, index: int) -> str:
    return (result.fname(index) or b"").decode("utf-8", "replace")


def field(name: str, kind: Kind, oid: int, modifier: int, kinds: Mapping[int, Kind]) -> Field:
    """Say how cells of a column are measured and converted."""
    column = ResultColumn(name, kind.type)
    if kind.type == "decimal":
        precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
        if modifier >= 0 and 0 < scale <= precision <= cells.DIGITS:
            return Field(column, precision + 2, cells.floats)
        return Field(column, None, cells.decimals, whole=True)
    if kind.type == "integer" and oid in INTS:
        return Field(column, WIDTHS["integer"], cells.integers if oid == INT8 else None)
    if oid in FLOATS:
        return Field(column, WIDTHS["number"], cells.floats)
    if kind.type in WIDTHS and kind.type not in {"integer", "number"} and oid in KINDS:
        return Field(column, WIDTHS[kind.type])
    return Field(column, None, converter(kind, kinds), hexadecimal=kind.type == "binary")


def converter(kind: Kind, kinds: Mapping[int, Kind]) -> Convert | None:
    """Return how a column that came as text is made fit; None if it is."""
    if kind.element is not None:
        inner = converter(kinds.get(kind.element, Kind("other")), kinds)
        array = type("Array", (_Array,), {"delimiter": kind.delimiter.encode()})
        return _each(array(0, Transformer(_loaders)).load, inner)
    if kind.record:
        return _each(RecordLoader(0, Transformer(_loaders)).load, None)
    return _FROM_TEXT.get(kind.type)


def _each(load: Callable[[bytes], Any], inner: Convert | None) -> Convert:
    """Read arrays and records, which come as text, into lists of converted elements."""

    def convert(value: Sequence[Any]) -> list[Any]:
        if any(isinstance(item, list) for item in value):
            return [convert(item) for item in value]
        return list(inner(value) if inner else value)

    def read(text: str) -> Any:
        try:
            return convert(load(text.encode()))
        except (psycopg.Error, ValueError):  # one that was cut
            return text

    return lambda column: [None if text is None else read(text) for text in column]


def _booleans(column: Sequence[str | None]) -> list[bool | None]:
    return [None if text is None else text == "t" for text in column]


_FROM_TEXT: dict[str, Convert] = {
    "integer": cells.digits,
    "number": cells.numbers,
    "decimal": cells.decimals,
    "boolean": _booleans,
    "json": cells.documents,
}


def ask(statement: Statement) -> Ask:
    """Return *statement* as it travels.

    A number has the type that it would have if it stood in the statement; text has none, so that
    the server gives it the one its place asks for.

    Raises:
        StatementFailed: a value has no place, is of no type that PostgreSQL knows, or holds what
            its text cannot.
    """
    sql = _encoded(statement.sql, "The statement")
    if not statement.values:
        return Ask(sql)
    if (last := f"${len(statement.values)}") not in statement.sql:
        raise StatementFailed(f"There is a value for {last}, which the statement does not have.")
    dumped = [_dump(value, number) for number, value in enumerate(statement.values, start=1)]
    types, values, formats = zip(*dumped, strict=True)
    return Ask(sql, types, values, formats)


def _dump(value: Any, number: int) -> tuple[int, bytes | None, int]:
    if value is None:
        return 0, None, Format.TEXT
    if isinstance(value, str):
        return 0, _encoded(value, f"Value {number}"), Format.TEXT
    transformer = Transformer()
    try:
        if isinstance(value, bool | int | float | Decimal):
            return _number_type(value), str(value).encode(), Format.TEXT
        (data,) = transformer.dump_sequence([value], [PyFormat.AUTO])
    except (psycopg.Error, ValueError, TypeError, OverflowError) as error:
        raise StatementFailed(f"Value {number} cannot be sent to PostgreSQL: {error}") from None
    types, formats = transformer.types or (0,), transformer.formats or [Format.TEXT]
    return types[0], None if data is None else bytes(data), formats[0]


def _number_type(value: float | Decimal) -> int:
    """Return the type that the parser would give to the same digits."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT4 if -(2**31) <= value < 2**31 else INT8 if -(2**63) <= value < 2**63 else NUMERIC
    if isinstance(value, float) and not (value == 0 or TINY < abs(value) < HUGE):
        return FLOAT8
    return NUMERIC


def _encoded(text: str, what: str) -> bytes:
    # libpq would end the text there, unseen, and run what stands before.
    if "\0" in text:
        raise StatementFailed(f"{what} holds the character NUL, which PostgreSQL's text cannot.")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise StatementFailed(f"{what} holds half of a surrogate pair, which is no text.") from None
