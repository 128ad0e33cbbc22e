"""Values on their way to a MySQL or MariaDB server, and rows on their way back.

Rows come in the binary protocol. The connector builds objects cell by cell, at some 30 µs a row,
cannot tell a zero date from NULL, and reads YEAR as text; here a row costs two or three.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from struct import Struct, pack, unpack
from typing import Any, NamedTuple

from core.connections.drivers import cells
from core.connections.drivers.cells import Convert
from core.connections.drivers.harvest import NUMBER, Field, Row
from core.connections.errors import StatementFailed
from core.connections.records import ResultColumn

TINY, SHORT, LONG, FLOAT, DOUBLE, NOTHING, TIMESTAMP, LONGLONG, INT24 = range(1, 10)
DATE, TIME, DATETIME, YEAR = range(10, 14)
BIT, JSON, NEWDECIMAL, GEOMETRY, VECTOR, DECIMAL = 16, 245, 246, 255, 242, 0
INTEGERS = {TINY: "b", SHORT: "h", YEAR: "h", INT24: "i", LONG: "i", LONGLONG: "q"}
"""How integers of a fixed width travel; unsigned ones as the capital letter."""
UNSIGNED = 32
"""The flag of a column whose integers have no sign."""
BYTES = 63
"""The character set of what is no text."""
DAY = 10
MOMENT = 19
"""Characters of a date, and of a date with a time."""
DAYS = "{:04}-{:02}-{:02}"
MOMENTS = DAYS + " {:02}:{:02}:{:02}"
WIDTHS = {252: 2, 253: 3, 254: 8}
"""How many bytes hold the length of a long cell, by what stands before it."""

_DATE = Struct("<HBB").unpack_from
_MOMENT = Struct("<HBBBBB").unpack_from
_SPAN = Struct("<BIBBB").unpack_from
_MICROSECONDS = Struct("<I").unpack_from


class Step(NamedTuple):
    """The next cells of a row: some of fixed width at once, or one that tells its length."""

    unpack: Callable[[bytes, int], tuple[Any, ...]] | None
    size: int = 0
    text: bool = False


class Reader:
    """Reads the rows of one result."""

    def __init__(self, described: Sequence[tuple[Any, ...]]) -> None:
        """Expect columns as the connector describes them."""
        kinds = [(str(each[0]), int(each[1]), int(each[7]), int(each[8])) for each in described]
        self.fields = [_field(name, kind, charset) for name, kind, _, charset in kinds]
        self._codes = [_code(kind, flags) for _, kind, flags, _ in kinds]
        self._texts = [
            kind in {DECIMAL, NEWDECIMAL, JSON} or (not _bare(kind) and charset != BYTES)
            for _, kind, _, charset in kinds
        ]
        self._bitmap = (len(kinds) + 9) // 8
        self._clean = bytes(self._bitmap)
        self._steps = list(self._planned())
        self._single = [Struct("<" + code).unpack_from if code else None for code in self._codes]
        self._sizes = [Struct("<" + (code or "")).size for code in self._codes]

    def row(self, data: bytes, at: int) -> Row:
        """Read the row whose map of NULLs stands at *at*."""
        start, at = at, at + self._bitmap
        if data[start:at] != self._clean:
            return self._sparse(data, start)
        row: list[Any] = []
        for read, size, text in self._steps:
            if read is not None:
                row += read(data, at)
                at += size
                continue
            length = data[at]
            at += 1
            if length > 250:  # noqa: PLR2004 - the protocol's own
                length, at = _length(data, length, at)
            end = at + length
            row.append(data[at:end].decode("utf-8", "replace") if text else data[at:end])
            at = end
        return tuple(row)

    def _sparse(self, data: bytes, at: int) -> Row:
        """Read a row that has NULLs in it."""
        nulls = int.from_bytes(data[at : at + self._bitmap], "little") >> 2
        at += self._bitmap
        row: list[Any] = []
        for read, size, text in zip(self._single, self._sizes, self._texts, strict=True):
            null, nulls = nulls & 1, nulls >> 1
            if null:
                row.append(None)
            elif read is not None:
                row += read(data, at)
                at += size
            else:
                length, at = _length(data, data[at], at + 1)
                cell = data[at : at + length]
                row.append(cell.decode("utf-8", "replace") if text else cell)
                at += length
        return tuple(row)

    def _planned(self) -> list[Step]:
        steps: list[Step] = []
        run = ""
        for code, text in zip(self._codes, self._texts, strict=True):
            if code:
                run += code
                continue
            if run:
                steps.append(_together(run))
            run = ""
            steps.append(Step(None, text=text))
        return [*steps, _together(run)] if run else steps


def bound(value: Any) -> Any:
    """Write a value as one that the binary protocol can carry.

    Raises:
        StatementFailed: there is no such value in these databases.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return Decimal(value)
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise StatementFailed(f"{value} is no number here; there are neither NaN nor infinity.")
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, timedelta):
        return _span(value)
    if value is None or isinstance(value, (bytes, int, float, Decimal, date)):
        return value
    return _text(value.isoformat() if isinstance(value, time) else str(value))


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise StatementFailed(f"A value cannot be bound: {error.reason}.") from None
    return value


def _span(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micro:06}"


def _together(codes: str) -> Step:
    struct = Struct("<" + codes)
    return Step(struct.unpack_from, struct.size)


def _length(data: bytes, first: int, at: int) -> tuple[int, int]:
    width = WIDTHS.get(first)
    if width is None:
        return first, at
    return int.from_bytes(data[at : at + width], "little"), at + width


def _code(kind: int, flags: int) -> str | None:
    if kind in INTEGERS:
        code = INTEGERS[kind]
        return code.upper() if flags & UNSIGNED else code
    return {FLOAT: "f", DOUBLE: "d"}.get(kind)


def _bare(kind: int) -> bool:
    """Say whether the cells of a type are bytes, whatever their character set is said to be."""
    return kind in {DATE, TIME, DATETIME, TIMESTAMP, BIT, GEOMETRY, VECTOR}


def _field(name: str, kind: int, charset: int) -> Field:
    if kind in FIXED:
        word, width, convert = FIXED[kind]
        return Field(ResultColumn(name, word), width, convert)
    if kind in {DECIMAL, NEWDECIMAL}:
        return Field(ResultColumn(name, "decimal"), None, cells.decimals, whole=True)
    if kind == JSON:
        return Field(ResultColumn(name, "json"), None, cells.documents)
    if charset == BYTES or _bare(kind):
        return Field(ResultColumn(name, "binary"), None, cells.binary)
    return Field(ResultColumn(name, "text"))


def _singles(column: Sequence[float | None]) -> Sequence[Any]:
    """Write each number of single precision with no more digits than it has."""
    return cells.floats([number if number is None else _single(number) for number in column])


def _single(number: float) -> float:
    if not math.isfinite(number):
        return number
    for digits in (6, 7, 8):
        short = float(f"{number:.{digits}g}")
        try:
            if unpack("<f", pack("<f", short))[0] == number:
                return short
        except OverflowError:
            continue
    return float(f"{number:.9g}")


def _bits(column: Sequence[bytes | None]) -> Sequence[Any]:
    return cells.integers([b if b is None else int.from_bytes(b, "big") for b in column])


def _dates(column: Sequence[bytes | None]) -> list[str | None]:
    return [
        None if cell is None else DAYS.format(*_DATE(cell)) if cell else "0000-00-00"
        for cell in column
    ]


def _moments(column: Sequence[bytes | None]) -> list[str | None]:
    return [None if cell is None else _moment(cell) for cell in column]


def _moment(cell: bytes) -> str:
    if len(cell) >= 7:  # noqa: PLR2004 - a date and a time
        text = MOMENTS.format(*_MOMENT(cell))
        return text + _fraction(cell, 7)
    return (DAYS.format(*_DATE(cell)) if cell else "0000-00-00") + " 00:00:00"


def _spans(column: Sequence[bytes | None]) -> list[str | None]:
    return [None if cell is None else _clock(cell) for cell in column]


def _clock(cell: bytes) -> str:
    if not cell:
        return "00:00:00"
    negative, days, hours, minutes, seconds = _SPAN(cell)
    sign = "-" if negative else ""
    return f"{sign}{days * 24 + hours:02}:{minutes:02}:{seconds:02}{_fraction(cell, 8)}"


def _fraction(cell: bytes, at: int) -> str:
    if len(cell) <= at:
        return ""
    (micro,) = _MICROSECONDS(cell, at)
    return f".{micro:06}".rstrip("0") if micro else ""


FIXED: dict[int, tuple[str, int, Convert | None]] = {
    **dict.fromkeys(INTEGERS, ("integer", NUMBER, None)),
    LONGLONG: ("integer", NUMBER, cells.integers),
    FLOAT: ("number", NUMBER, _singles),
    DOUBLE: ("number", NUMBER, cells.floats),
    BIT: ("integer", NUMBER, _bits),
    DATE: ("date", DAY, _dates),
    TIMESTAMP: ("timestamp", MOMENT, _moments),
    DATETIME: ("timestamp", MOMENT, _moments),
    TIME: ("time", DAY, _spans),
    NOTHING: ("other", NUMBER, None),
}
"""What is said of the types whose cells need no measuring: word, width, how they are converted."""
