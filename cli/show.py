"""Answers in a terminal: tables for people, CSV and JSON for programs."""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import orjson
import typer
from pydantic import BaseModel
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.wire import answered
from core.connections import Answer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV (RFC 4180), with a header.")]

NUMBERS = frozenset({"integer", "decimal", "number"})
NARROW = 12
"""Cells of a column below which a table is no longer read; then each row stands by itself."""
WIDE = 60
"""Cells of a column above which its text is folded."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Say something beside the answer."""
    typer.echo(text, err=True)


def records(items: Iterable[BaseModel]) -> None:
    """Print records as a JSON array."""
    document([item.model_dump(mode="json") for item in items])


def document(value: Any) -> None:
    """Print a JSON document."""
    _write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def answer(result: Answer, *, json: bool, as_csv: bool) -> None:
    """Print an answer; what is missing from it is said on stderr."""
    if json and as_csv:
        raise typer.BadParameter("--json and --csv do not go together")
    if json:
        _write(answered(result) + b"\n")
    elif as_csv:
        _write(_csv(result))
    else:
        table(result.columns, result.rows)
        say(f"{result.row_count} row{'' if result.row_count == 1 else 's'}")
    cut = result.truncated
    if cut is not None and (cut.rows or cut.bytes):
        ceiling = "TRELLIS_MAX_RESULT_BYTES" if cut.bytes else "--limit or TRELLIS_MAX_ROWS"
        said = f"There are more rows: these are the first {result.row_count} ({ceiling})."
        say(f"{said} Go on with --cursor {result.cursor}")
    if cut is not None and cut.cells:
        say(f"{cut.cells} long cell{' was' if cut.cells == 1 else 's were'} cut.")


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows for people: columns are names and types; numbers stand to the right.

    On a terminal, amounts are written as 1,234.50; what is piped is exact.
    """
    cells = [[shown(value) for value in row] for row in rows]
    if out.is_terminal:
        _write_amounts(cells, columns, rows)
    names = [shown(name) for name, _type in columns]
    widths = [
        max([cell_len(name), *(cell_len(row[at]) for row in cells)])
        for at, name in enumerate(names)
    ]
    right = [type in NUMBERS for _name, type in columns]
    if not out.is_terminal:
        _plain(names, cells, widths, right)
        return
    room = out.width - 3 * len(names) - 1
    if sum(min(width, NARROW) for width in widths) > room:
        _by_row(names, rows, cells)
        return
    shape = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, at_right in zip(names, right, strict=True):
        justify: Literal["right", "left"] = "right" if at_right else "left"
        shape.add_column(Text(name), justify=justify, overflow="fold", max_width=WIDE)
    for row, texts in zip(rows, cells, strict=True):
        shape.add_row(*(_styled(value, text) for value, text in zip(row, texts, strict=True)))
    out.print(shape)


def _write_amounts(
    cells: Sequence[list[str]], columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> None:
    from core.charts import forms  # noqa: PLC0415 - what only a table on a terminal needs

    for at, form in enumerate(forms(columns, rows)):
        if form is not None:
            for texts, row in zip(cells, rows, strict=True):
                texts[at] = form.written(row[at]) or texts[at]


def shown(value: Any) -> str:
    """Return a value as text that cannot steer a terminal."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            text = value
        case _:
            text = orjson.dumps(value).decode()
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def _styled(value: Any, text: str) -> Text:
    return Text(text, style="dim" if value is None else "")


def _plain(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[bool],
) -> None:
    lines = []
    for row in [names, *cells]:
        parts = []
        for text, width, at_right in zip(row, widths, right, strict=True):
            space = " " * (width - cell_len(text))
            parts.append(space + text if at_right else text + space)
        lines.append("  ".join(parts).rstrip() + "\n")
    _write("".join(lines).encode("utf-8", "replace"))


def _by_row(
    names: Sequence[str], rows: Sequence[Sequence[Any]], cells: Sequence[Sequence[str]]
) -> None:
    """Print each row as a little table of its own: there are more columns than the screen holds."""
    for number, (row, texts) in enumerate(zip(rows, cells, strict=True), 1):
        shape = Table(box=None, show_header=False, pad_edge=False, title=f"row {number}")
        shape.add_column(style="bold", no_wrap=True)
        shape.add_column(overflow="fold")
        for name, value, text in zip(names, row, texts, strict=True):
            shape.add_row(Text(name), _styled(value, text))
        out.print(shape)


def _csv(result: Answer) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in result.columns])
    for row in result.rows:
        writer.writerow([_field(value) for value in row])
    return text.getvalue().encode("utf-8", "replace")


def _field(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict() | tuple():
            return orjson.dumps(value).decode()
    return value


def _write(body: bytes) -> None:
    # Always UTF-8: what programs read must not depend on the terminal's language.
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
