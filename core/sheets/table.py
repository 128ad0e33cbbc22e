"""From a text to a table: its header found, its columns named and typed."""

# ruff: noqa: S608 - every name and text is quoted, and every number is ours

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.sheets import infer
from core.sheets.names import columns as named

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = 500
"""Columns of a table; the rest is cut, and that is said."""
HEAD = 1000
"""Rows at the head that are looked at, and as many between there and the end."""
ABOVE = 20
"""Lines that may stand above a header."""
CELLS = 300_000
"""Cells that are looked at in all, so that a wide table has fewer rows looked at."""
FEWEST = 400
"""Rows that are looked at, however wide the table is."""
BATCH = 10
"""Columns that are looked at in one statement: planning takes the square of their number."""
LONGEST_LINE = 8 * 1024 * 1024
EXACT_SCALE = 6
"""Decimals up to which a number is kept exactly: money is, measurements are not."""
EXACT_DIGITS = 18
DOUBLE_DIGITS = 15
"""Digits before the point up to which a double is the number that was written."""

BLANKS = "' ' || chr(9) || chr(10) || chr(160) || chr(12288)"

Row = Sequence[str | None]


class Try(NamedTuple):
    """A way to read a column."""

    form: str
    clean: bool
    """Whether blanks around the values, and words for no value, have to be taken away."""


class Laid(NamedTuple):
    """A table that was made."""

    rows: int
    columns: int
    notes: tuple[str, ...]
    void: bool
    """Whether there is neither a header nor a value in it."""


def lay(
    database: "DuckDBPyConnection",
    source: Path,
    target: str,
    *,
    delimiter: str,
    quoted: bool,
    width: int,
    keywords: Collection[str],
    about: str,
) -> Laid:
    """Read the text at *source* into the table *target* of the database `made`.

    Args:
        delimiter: the sign between cells.
        quoted: whether quotes hold cells together.
        width: the cells of the longest row.
        about: the comment on the table.
    """
    number = min(width, COLUMNS)
    _read(database, source, number, delimiter, quoted=quoted)
    head = database.execute(f"SELECT * FROM raw WHERE rowid < {HEAD}").fetchall()
    top, headed = _top(head)
    count = _one(database, "SELECT count(*) FROM raw")
    some = _spread(head[top + headed :] + _further(database, count), number)
    filled = _filled(database, number, top + headed)
    headers = [(cell or "").strip() for cell in head[top]] if headed and head else [""] * number
    places = [at for at in range(number) if filled[at] or headers[at]] or [0]
    values = [[cell for row in some if (cell := row[at]) is not None] for at in places]
    typed = _typed(database, places, values, top + headed)
    names = named([headers[at] for at in places], keywords)
    chosen = ", ".join(
        f"{expression} AS {identifier(name)}" for expression, name in zip(typed, names, strict=True)
    )
    empty = " AND ".join(f"c{at} IS NULL" for at in places)
    database.execute(
        f"CREATE TABLE made.main.{identifier(target)} AS SELECT {chosen} FROM raw "
        f"WHERE rowid >= {top + headed} AND NOT ({empty})"
    )
    _comment(database, target, about, names, [headers[at] for at in places])
    rows = _one(database, f"SELECT count(*) FROM made.main.{identifier(target)}")
    database.execute("DROP TABLE raw")
    notes = _notes(top, headed=headed, width=width)
    return Laid(rows, len(names), notes, void=not (headed or rows))


def _read(
    database: "DuckDBPyConnection", source: Path, number: int, delimiter: str, *, quoted: bool
) -> None:
    wanted = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(number))
    quote = '"' if quoted else ""
    database.execute(
        f"CREATE TABLE raw AS SELECT * FROM read_csv({_text(str(source))}, "
        f"columns = {{{wanted}}}, auto_detect = false, header = false, "
        f"delim = {_text(delimiter)}, quote = '{quote}', escape = '{quote}', comment = '', "
        f"new_line = '\\n', null_padding = true, strict_mode = false, "
        f"max_line_size = {LONGEST_LINE}, parallel = {str(not quoted).lower()})"
    )


def _top(head: Sequence[Row]) -> tuple[int, bool]:
    """Return the row at which the table begins, and whether that is a header."""
    if not head:
        return 0, False
    widths = [sum(1 for cell in row if cell and cell.strip()) for row in head[:ABOVE]]
    widest = max(widths)
    # Titles, dates of export and empty lines stand above many a table.
    least = max(2, (widest + 1) // 2) if widest > 1 else 1
    top = next((at for at, width in enumerate(widths) if width >= least), 0)
    return top, _is_header(head[top], head[top + 1 : top + 1 + 100])


def _is_header(first: Row, body: Sequence[Row]) -> bool:
    cells = [cell.strip() for cell in first if cell and cell.strip()]
    data = [cell for cell in cells if infer.is_data(cell)]
    if not data:
        # All texts: no header says what stands again below it, cell by cell.
        return list(first) not in [list(row) for row in body]
    # A year may head a column, unless years stand below it: then it is somebody's birth.
    return len(cells) > len(data) and all(
        _is_year(cell) and not all(_is_year(row[at]) for row in body if row[at])
        for at, cell in enumerate(first)
        if cell and cell.strip() in data
    )


def _is_year(cell: str | None) -> bool:
    year = (cell or "").strip()
    return year.isascii() and year.isdigit() and 1900 <= int(year[:9]) <= 2100  # noqa: PLR2004


def _further(database: "DuckDBPyConnection", count: int) -> list[tuple[str | None, ...]]:
    if count <= HEAD:
        return []
    step = max(1, (count - HEAD) // HEAD)
    return database.execute(
        f"SELECT * FROM raw WHERE rowid >= {HEAD} AND rowid % {step} = 0 LIMIT {HEAD * 2}"
    ).fetchall()


def _filled(database: "DuckDBPyConnection", number: int, begin: int) -> Sequence[int]:
    counted = ", ".join(f"count(c{at})" for at in range(number))
    found = database.execute(f"SELECT {counted} FROM raw WHERE rowid >= {begin}").fetchone()
    return found or ()


def _spread(rows: list[tuple[str | None, ...]], number: int) -> list[tuple[str | None, ...]]:
    """Return as many of *rows* as are looked at, from all over."""
    most = max(FEWEST, CELLS // number)
    return rows[:: -(-len(rows) // most)] if len(rows) > most else rows


def _typed(
    database: "DuckDBPyConnection",
    places: Sequence[int],
    values: Sequence[Sequence[str]],
    begin: int,
) -> list[str]:
    """Return an expression for each column, of the narrowest type that all its values have."""
    german = infer.is_german(values)
    known = dict(zip(places, map(list, values), strict=True))
    # Whatever a look at all rows finds that does not fit is known from then on: a column of
    # numbers with a word at its end is text after one look, not after one for each form.
    failed: dict[int, set[str]] = {at: set() for at in places}
    open = {at: _tries(known[at], failed[at], german=german) for at in places}
    decided: dict[int, str] = {}
    while waiting := [(at, tries[0]) for at, tries in open.items() if tries]:
        asked = waiting[:BATCH]
        checks = ", ".join(_check(at, each) for at, each in asked)
        row = database.execute(f"SELECT {checks} FROM raw WHERE rowid >= {begin}").fetchone() or ()
        for number, (at, each) in enumerate(asked):
            first, last, scale, digits = row[number * 4 : number * 4 + 4]
            wrong = [] if first is None else [first, last]
            expression = None if wrong else _expression(at, each, scale or 0, digits or 0)
            if expression is not None:
                decided[at] = expression
                open[at] = []
                continue
            known[at] += wrong
            if each.clean or not wrong or not all(map(infer.is_unclean, wrong)):
                failed[at].add(each.form)
            open[at] = _tries(known[at], failed[at], german=german)
    return [decided.get(at, f"c{at}") for at in places]


def _tries(some: Sequence[str], failed: Collection[str], *, german: bool) -> list[Try]:
    """Return the ways to read a column with *some* values, but for the forms that *failed*."""
    forms = [form for form in infer.candidates(some, german=german) if form not in failed]
    # Most files need no cleaning, which takes longer than all the rest.
    unclean = bool(forms) and any(map(infer.is_unclean, some))
    return [Try(form, unclean) for form in forms]


def _check(at: int, tried: Try) -> str:
    value, known = _value(at, tried), infer.FORMS[tried.form]
    inner = known.value.format(v=value)
    apart = (
        f"FILTER (WHERE {value} IS NOT NULL AND NOT "
        f"(regexp_full_match({value}, {_text(known.pattern)}) AND ({inner}) IS NOT NULL))"
    )
    wrong = f"min(c{at}) {apart}, max(c{at}) {apart}"
    if tried.form not in infer.SCALED and tried.form != "float":
        return f"{wrong}, 0, 0"
    number = inner if tried.form in infer.SCALED else value
    return (
        f"{wrong}, max(length(split_part({number}, '.', 2))), "
        f"max(length(ltrim(split_part({number}, '.', 1), '+-')))"
    )


def _expression(at: int, tried: Try, scale: int, digits: int) -> str | None:
    value = infer.FORMS[tried.form].value.format(v=_value(at, tried))
    if tried.form not in infer.SCALED:
        # Long numbers of accounts would lose their last digits.
        return None if tried.form == "float" and digits > DOUBLE_DIGITS else value
    if not scale and digits <= EXACT_DIGITS:
        # `12.` and `1,000` are whole numbers.
        return f"CAST(try_cast({value} AS DECIMAL({EXACT_DIGITS}, 0)) AS BIGINT)"
    if scale <= EXACT_SCALE and digits + scale <= EXACT_DIGITS:
        return f"try_cast({value} AS DECIMAL({EXACT_DIGITS}, {scale}))"
    return f"try_cast({value} AS DOUBLE)" if scale and digits <= DOUBLE_DIGITS else None


def _value(at: int, tried: Try) -> str:
    if not tried.clean:
        return f"c{at}"
    trimmed = f"trim(c{at}, {BLANKS})"
    nothing = ", ".join(_text(each) for each in infer.NOTHING)
    return f"(CASE WHEN lower({trimmed}) IN ({nothing}) THEN NULL ELSE {trimmed} END)"


def _comment(
    database: "DuckDBPyConnection",
    target: str,
    about: str,
    names: Sequence[str],
    headers: Sequence[str],
) -> None:
    table = f"made.main.{identifier(target)}"
    database.execute(f"COMMENT ON TABLE {table} IS {_text(about)}")
    for name, header in zip(names, headers, strict=True):
        if header and header != name:
            shown = " ".join(header.split())[:300]
            database.execute(f"COMMENT ON COLUMN {table}.{identifier(name)} IS {_text(shown)}")


def _notes(top: int, *, headed: bool, width: int) -> tuple[str, ...]:
    notes = []
    if top:
        notes.append(f"Lines above the header were left out: {top}.")
    if not headed:
        notes.append("There is no header; the columns are numbered.")
    if width > COLUMNS:
        notes.append(f"Only the first {COLUMNS:,} of {width:,} columns were read.")
    return tuple(notes)


def _one(database: "DuckDBPyConnection", sql: str) -> int:
    row = database.execute(sql).fetchone()
    return int(row[0]) if row else 0


def identifier(name: str) -> str:
    """Write *name* as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
