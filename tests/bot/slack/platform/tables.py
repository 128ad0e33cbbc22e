"""Tables: rows, columns, cells, and how much text they may hold together.

https://docs.slack.dev/reference/block-kit/blocks/table-block
https://docs.slack.dev/reference/block-kit/blocks/data-table-block
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.bot.slack.platform.rich import RICH_TEXT_CELL
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    Json,
    anything,
    array,
    boolean,
    by_type,
    integer,
    members,
    number,
    one_of,
    words,
)

MOST_ROWS = 100
MOST_COLUMNS = 20
MOST_CHARACTERS = {"table": 10_000, "data_table": 20_000}
"""table-block: 100 rows, 20 cells to a row, 10,000 characters in all cells of a message.

data-table-block: 200 rows below the header, 20,000 characters
(https://github.com/slackapi/slack-skills-plugin, data-display-design).
"""

CELLS: dict[str, Check] = {
    "raw_text": members({"type": anything, "text": words(least=1)}, ("text",)),
    "raw_number": members(
        {"type": anything, "value": number, "text": words(least=1)}, ("value", "text")
    ),
    "rich_text": RICH_TEXT_CELL,
}
"""An empty cell is refused («must be more than 0 characters»): a space has to stand there."""

SETTINGS = members({"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def text_within(value: Any) -> Iterator[str]:
    """Yield every text of a cell."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "text" and isinstance(each, str):
                yield each
            else:
                yield from text_within(each)
    elif isinstance(value, list):
        for each in value:
            yield from text_within(each)


def size(tables: Iterable[Json]) -> int:
    """Return how many characters stand in all cells."""
    return sum(len(text) for table in tables for text in text_within(table["rows"]))


def even(value: Json, pointer: str, faults: Faults) -> None:
    """Note rows that are not as wide as the first."""
    wide = {len(row) for row in value["rows"]}
    if len(wide) > 1:
        faults.add("all rows must have the same number of cells", f"{pointer}/rows")


HEADINGS = by_type({kind: check for kind, check in CELLS.items() if kind != "rich_text"})


def headed(value: Json, pointer: str, faults: Faults) -> None:
    """Note a data table whose head is rich text, or whose rows differ in width."""
    even(value, pointer, faults)
    for index, cell in enumerate(value["rows"][0]):
        HEADINGS(cell, f"{pointer}/rows/0/{index}", faults)


ROW = array(by_type(CELLS), least=1, most=MOST_COLUMNS)
TABLE_FIELDS: dict[str, Check] = {
    "rows": array(ROW, least=1, most=MOST_ROWS),
    "column_settings": array(SETTINGS, most=MOST_COLUMNS),
}
DATA_TABLE_FIELDS: dict[str, Check] = {
    "rows": array(ROW, least=2, most=2 * MOST_ROWS + 1),
    "caption": words(least=1),
    "page_size": integer(1, 100),
    "row_header_column_index": integer(0),
}
