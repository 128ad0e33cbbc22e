"""Answers on the wire: once, compact, exact; and their head as text for hosts that show no more."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mcp_server.call import Reply

if TYPE_CHECKING:
    from core.connections import Answer

ROWS = 200
"""Rows that a tool hands out unless it is asked for another number."""
BYTES = 60_000
"""Bytes of cells in one answer: hosts refuse a result of more than about 25,000 tokens."""
CELLS = 5_000
"""Cells of an answer whose marks between them weigh nothing worth counting."""
LARGEST = 80_000
"""Characters of an answer's rows, marks and all."""
HEAD_ROWS = 50
HEAD = 4_000
"""Characters of the head of an answer."""
WHOLE = 80_000
"""Characters of an answer for a client that reads text alone; more than `BYTES`, so all fits."""
WIDE = 300
"""Characters of one cell in the head."""


Asking = Callable[[int], Awaitable["Answer"]]
"""Asks for so many rows."""


async def fitting(ask: Asking, limit: int | None) -> "Answer":
    """Return as many rows as are wanted and fit into what hosts take.

    Bytes are counted by the database's driver while it reads. Only where there are so many small
    cells that the marks between them outweigh them is a statement asked once more, for fewer rows.
    """
    answer = await ask(limit or ROWS)
    if answer.row_count * len(answer.columns) > CELLS:
        size = len(compact(answer.rows))
        if size > LARGEST:
            answer = await ask(max(1, answer.row_count * LARGEST // size))
    return answer


def structured(answer: "Answer") -> dict[str, Any]:
    """Return what travels as structured content."""
    return {
        "connection": answer.connection,
        "columns": [{"name": name, "type": type} for name, type in answer.columns],
        "rows": answer.rows,
        "row_count": answer.row_count,
        "truncated": None if answer.truncated is None else answer.truncated.model_dump(),
        "cursor": answer.cursor,
        "duration_ms": answer.duration_ms,
    }


def text(answer: "Answer", *, whole: bool) -> str:
    """Return a line that sums it up and the rows as tab-separated lines.

    Args:
        answer: whose rows.
        whole: whether this is all that the client will see, so that as much as may be is here.
    """
    most, room = (answer.row_count, WHOLE) if whole else (HEAD_ROWS, HEAD)
    wide = room if whole else WIDE
    lines, shown = ["\t".join(cell(name, wide) for name, _ in answer.columns)], 0
    left = room - len(lines[0])
    for row in answer.rows[:most]:
        line = "\t".join(cell(value, wide) for value in row)
        left -= len(line) + 1
        if left < 0 and shown:
            break
        lines.append(line[:room])
        shown += 1
    return "\n".join([_summary(answer, shown, whole=whole), *lines])


def _summary(answer: "Answer", shown: int, *, whole: bool) -> str:
    count, truncated = answer.row_count, answer.truncated
    said = f"{count} row{'' if count == 1 else 's'} from {answer.connection}"
    said += f" in {answer.duration_ms:.0f} ms."
    if shown < count:
        where = "" if whole else " All of them are in structuredContent."
        said += f" The first {shown} follow.{where}"
    if answer.cursor is not None:
        said += f" There are more rows: call again with cursor {answer.cursor!r}."
    if truncated is not None and truncated.cells:
        said += f" {truncated.cells} long cell{'s were' if truncated.cells > 1 else ' was'} cut."
    return said


def cell(value: Any, wide: int) -> str:
    """Return one cell of a tab-separated line, at most so *wide*."""
    match value:
        case None:
            return "NULL"
        case str():
            said = value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            said = compact(value)
    if len(said) > wide:
        said = said[:wide] + "…"
    if "\t" in said or "\n" in said or "\r" in said:
        said = said.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return said


def compact(value: Any) -> str:
    """Return *value* as JSON without a space too many."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def lines(first: str, rest: Iterable[str], *, most: int = HEAD) -> str:
    """Return *first* and as many of *rest* as fit into *most* characters, and how many do not."""
    every: Sequence[str] = list(rest)
    kept, room = [first], most
    for n, line in enumerate(every):
        room -= len(line) + 1
        if room < 0:
            kept.append(f"… and {len(every) - n} more in structuredContent.")
            break
        kept.append(line)
    return "\n".join(kept)


def reply(answer: "Answer") -> Reply:
    """Return an answer as a tool gives it."""
    return Reply(structured(answer), lambda whole: text(answer, whole=whole))
