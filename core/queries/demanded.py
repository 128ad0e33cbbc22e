"""Values that are not what a statement surely wants: a day, a year, so many rows.

A database compares `01/02/2025` with its days as text, and answers another question than was asked.
What the SQL does not tell for certain is left to the database.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.connections import ParameterInvalid
from core.queries.blanks import Blank
from core.queries.certain import DAYS
from core.queries.compared import Use

DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?", re.ASCII)
YEAR = re.compile(r"[1-9]\d{3}(?:\.0+)?", re.ASCII)
COUNT = re.compile(r"\s*0*[1-9]\d*(?:\.0+)?\s*", re.ASCII)


def demand(blanks: Sequence[Blank], given: Mapping[str, Any]) -> None:
    """Return quietly if what is *given* for a day, a year and a number of rows is one.

    Raises:
        ParameterInvalid: it is not.
    """
    for blank in blanks:
        if blank.sure and blank.name in given:
            _one(blank, given[blank.name])


def _one(blank: Blank, value: Any) -> None:
    name = f"{{{{{blank.name}}}}}"
    values = value if isinstance(value, list | tuple) else (value,)
    some = bool(values) or blank.many
    if blank.use in DAYS and not (some and all(_is_day(each) for each in values)):
        raise ParameterInvalid(f"{name} is a day; write it as 2025-03-31.")
    if blank.use is Use.YEAR and not (some and all(_is(YEAR, each) for each in values)):
        raise ParameterInvalid(f"{name} is a year; write it as 2025.")
    if blank.use is Use.COUNT and not _is(COUNT, value):
        raise ParameterInvalid(f"{name} is a number of rows: 1 or more, without a fraction.")


def _is_day(value: Any) -> bool:
    if isinstance(value, date):
        return True
    if not isinstance(value, str) or DAY.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # the 31st of February
        return False
    return True


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return not isinstance(value, bool | None) and pattern.fullmatch(str(value)) is not None
