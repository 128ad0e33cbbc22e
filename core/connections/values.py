"""What a parameter may be, and how each dialect takes it."""

import json
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.connections.errors import ParameterInvalid
from core.connections.lexer import BACKSLASHED
from core.connections.records import Dialect

ITEMS = 10_000
"""Values in one list."""
DIGITS = {Dialect.DUCKDB: 38, Dialect.MYSQL: 65, Dialect.MARIADB: 65}
"""What a decimal may have; PostgreSQL's thousands are cut at `FAR`."""
SCALE = 30
"""Digits behind the point, on MySQL."""
FAR = 1000
"""Digits that no number in a question has."""
INT64 = range(-(2**63), 2**63)
INT128 = range(-(2**127), 2**127)

KINDS = "a text, a number, true or false, null, a date or a time, or a list of these"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def read_value(text: str) -> Any:
    """Return the value that a person typed, as in `year=2025`.

    JSON where it is a number, true, false, null, a text in quotes or a list of those; an ISO date
    or moment as such; anything else is the text itself. `"2025"` in quotes stays a text, `007`
    is none but one.
    """
    bare = text.strip()
    try:
        if DATE.fullmatch(bare):
            return date.fromisoformat(bare)
        if MOMENT.fullmatch(bare):
            return datetime.fromisoformat(bare)
        value = json.loads(bare, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):  # 2025-02-30 too
        return text
    nested = isinstance(value, list) and any(isinstance(each, list | dict) for each in value)
    return text if nested or isinstance(value, dict) else value


def _no_number(name: str) -> None:
    raise ValueError(name)


def items(name: str, value: Any) -> Sequence[Any] | None:
    """Return the items of a list, or None where *value* is a single one.

    Raises:
        ParameterInvalid: it is a list of lists, or too long.
    """
    if not isinstance(value, list | tuple):
        return None
    if len(value) > ITEMS:
        raise ParameterInvalid(f"{{{{{name}}}}} has {len(value)} values; at most {ITEMS} fit.")
    if any(isinstance(each, list | tuple) for each in value):
        raise ParameterInvalid(f"{{{{{name}}}}} holds a list within a list; give plain values.")
    return value


def bind(name: str, value: Any, dialect: Dialect) -> Any:
    """Return *value* as the dialect's driver takes it: what a literal of it would have been.

    A float becomes a decimal where a literal with a point is one. SQLite has no dates, decimals
    or booleans: they become text, numbers, and 1 or 0, which is what `TRUE` is there. A moment
    with an offset is text on DuckDB, which reads it as one.

    Raises:
        ParameterInvalid: it is of no kind that a database knows, or this one cannot hold it.
    """
    if value is None or isinstance(value, bool):
        return int(value) if value is not None and dialect is Dialect.SQLITE else value
    if isinstance(value, int | float | Decimal):
        return _number(name, value, dialect)
    if isinstance(value, str):
        return _text(name, value, dialect)
    if isinstance(value, datetime) and value.tzinfo is not None:
        if dialect in BACKSLASHED:
            raise ParameterInvalid(f"{{{{{name}}}}}: {dialect} has no time zones; leave it out.")
        return value if dialect is Dialect.POSTGRESQL else spell(name, value, dialect)
    if isinstance(value, date | time):
        return spell(name, value, dialect) if dialect is Dialect.SQLITE else value
    if isinstance(value, UUID):
        return str(value)
    raise _invalid(name, value)


def spell(name: str, value: Any, dialect: Dialect) -> str | None:
    """Return *value* as it is written inside quotes; None stays NULL.

    Raises:
        ParameterInvalid: it cannot be written.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _text(name, value, dialect)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        exact = _exact(name, value)
        short = not isinstance(value, Decimal) and _has_no_fraction(exact)
        return f"{exact:.0f}" if short else f"{exact:f}"
    if isinstance(value, date | time | UUID):
        return str(value)  # a moment has a space between date and time
    raise _invalid(name, value)


def whole(name: str, value: Any) -> int:
    """Return a number of rows.

    Raises:
        ParameterInvalid: it is none.
    """
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", value):
        return int(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        exact = _exact(name, value)
        if _has_no_fraction(exact) and 0 <= exact < 2**63:
            return int(exact)
    raise ParameterInvalid(f"{{{{{name}}}}} is a number of rows: 0 or more, without a fraction.")


def _invalid(name: str, value: Any) -> ParameterInvalid:
    kind = "an object" if isinstance(value, dict) else f"a {type(value).__name__}"
    return ParameterInvalid(f"{{{{{name}}}}} is {kind}; a parameter is {KINDS}.")


def _exact(name: str, value: float | Decimal) -> Decimal:
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterInvalid(f"{{{{{name}}}}} is no number.")
    if isinstance(value, int) and value.bit_length() > FAR * 3:
        raise ParameterInvalid(f"{{{{{name}}}}} has too many digits.")
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise ParameterInvalid(f"{{{{{name}}}}} is no number.")
    lowest = exact.as_tuple().exponent
    if abs(exact.adjusted()) > FAR or (isinstance(lowest, int) and -lowest > FAR):
        raise ParameterInvalid(f"{{{{{name}}}}} has too many digits.")
    return exact


def _has_no_fraction(exact: Decimal) -> bool:
    return exact == exact.to_integral_value()  # `%` fails beyond 28 digits


def _number(name: str, value: float | Decimal, dialect: Dialect) -> Any:
    exact = _exact(name, value)
    if isinstance(value, int):
        return _integer(name, value, dialect)
    if dialect is Dialect.SQLITE:
        return _real(name, value, exact)
    exponent = exact.as_tuple().exponent
    behind = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    before = max(exact.adjusted() + 1, 0) if exact else 0
    fits = before + behind <= DIGITS.get(dialect, 2 * FAR) and (
        dialect not in BACKSLASHED or behind <= SCALE
    )
    if fits:
        return exact
    if isinstance(value, float):
        return value
    raise ParameterInvalid(
        f"{{{{{name}}}}} has more digits than {dialect} keeps; give it as text or round it."
    )


def _integer(name: str, value: int, dialect: Dialect) -> Any:
    if value in INT64 or dialect is Dialect.POSTGRESQL:
        return int(value)
    if dialect is Dialect.DUCKDB and value in INT128:
        return int(value)
    if dialect in BACKSLASHED and len(str(abs(value))) <= DIGITS[dialect]:
        return Decimal(value)
    raise ParameterInvalid(
        f"{{{{{name}}}}} is beyond the integers of {dialect}; give it as text if it is an id."
    )


def _real(name: str, value: float | Decimal, exact: Decimal) -> Any:
    if isinstance(value, Decimal) and _has_no_fraction(exact) and int(exact) in INT64:
        return int(exact)
    real = float(exact)
    if not math.isfinite(real) or Decimal(repr(real)) != exact:
        raise ParameterInvalid(
            f"{{{{{name}}}}} has more digits than a number of SQLite keeps; round it."
        )
    return real


def _text(name: str, value: str, dialect: Dialect) -> str:
    if "\0" in value and dialect is Dialect.POSTGRESQL:
        raise ParameterInvalid(f"{{{{{name}}}}} holds a NUL character, which PostgreSQL cannot.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ParameterInvalid(f"{{{{{name}}}}} holds half a character.") from None
    return value
