"""Tables out of documents: those that their text holds, else those that a model sees in it."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field
from typing_extensions import override

from core.documents import Table, tables_in
from core.documents.tables import table
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.extracting import read_parts
from core.pipelines.tools.framing import Frame
from core.pipelines.tools.pages import Sheet, numbers, sheets, sources
from core.pipelines.tools.prompting import Prompts

KIND = "extract"
SHOWN = 12
"""Lines of a table that are shown to a model which is to choose."""
TABLES = 200
"""Tables that it chooses from."""
ROWS = 20_000
"""Rows that are handed out of one table."""
WORD = re.compile(r"\w+")
READ = """\
You find the tables in the text of documents. Answer with a JSON list with one object for each \
table: "page" (the number of its page), "title", "headers" (a list of texts) and "rows" (a list of \
lists of texts, each as long as the headers). Copy cells exactly as they stand; never compute or \
complete them. An empty list if there is no table.

{rule}"""
CHOOSE = """\
You choose those tables of a document that somebody looks for. You are told what they look for, \
and shown the beginning of each table under its number. Answer with a JSON list of the numbers of \
those that are meant; an empty list if none is.

{rule}"""


class ExtractTableInputs(Inputs):
    """What `extract_from_tables` takes."""

    document: Any = Field(description="A document, a list of pages, a list of either, or a text.")
    selector: str | None = Field(
        None, description="Which tables, in words: income statement; all of them by default."
    )
    model: str | None = Field(
        None, description="The model that reads and chooses; EXTRACT_MODEL by default."
    )


class ExtractFromTables(Tool):
    """Takes tables out of documents."""

    name = "extract_from_tables"
    description = (
        "Take the tables out of a document. Tables that were found when it was ingested are taken "
        "as they are; only where there is none, a model reads them out of the text."
    )
    inputs: type[Inputs] = ExtractTableInputs
    output = Output(
        "tables: headers, rows, source_page, sheet_name, selector; source_pages, model."
    )

    def __init__(self, prompts: Prompts) -> None:
        """Let *prompts* read and choose where that is needed."""
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: ExtractTableInputs) -> Any:
        pages = [sheet for sheet in sheets(given.document) if sheet.text.strip()]
        found = [(sheet, each) for sheet in pages for each in tables_in(sheet.text)]
        model: str | None = None
        able = await self._prompts.configured(call.actor, KIND, given.model)
        if not found:
            # There may be none, or it stands there without lines: a model has to look.
            mind = await self._prompts.mind(call.actor, KIND, given.model)
            model = mind.record.id
            ask = "Find the tables."
            if given.selector:
                ask = f"Find the tables that are meant by: {given.selector}"
            answers = await read_parts(self._prompts, call, mind, pages, how=READ, ask=ask)
            found = [one for answer in answers for one in _read(answer, pages)]
        elif given.selector and able:
            found, model = await self._choose(call, given, given.selector, found)
        elif given.selector:
            call.say("No model is set up: tables are chosen by their words")
            found = nearest(given.selector, found)
        return {
            "tables": [_told(call, sheet, each, given.selector) for sheet, each in found],
            "source_pages": numbers(sheet for sheet, _table in found),
            "sources": sources(pages),
            "model": model,
        }

    async def _choose(
        self,
        call: Call,
        given: ExtractTableInputs,
        selector: str,
        found: Sequence[tuple[Sheet, Table]],
    ) -> tuple[list[tuple[Sheet, Table]], str]:
        mind = await self._prompts.mind(call.actor, KIND, given.model)
        shown = list(found)
        if len(shown) > TABLES:
            shown = nearest(selector, found)[:TABLES] or list(found)[:TABLES]
        frame = Frame()
        heads = "\n\n".join(
            f"{number}: {_head(sheet, each)}" for number, (sheet, each) in enumerate(shown, 1)
        )
        said = f"Looked for: {selector}\n\n{frame(heads)}"
        how = CHOOSE.replace("{rule}", frame.rule)
        answer = await self._prompts.data(mind, how, [said], temperature=0.0)
        listed = answer if isinstance(answer, list) else []
        chosen = {int(each) for each in listed if str(each).strip().isdecimal()}
        kept = [one for number, one in enumerate(shown, 1) if number in chosen]
        return kept, mind.record.id


def nearest(selector: str, found: Sequence[tuple[Sheet, Table]]) -> list[tuple[Sheet, Table]]:
    """Return those tables that share the most words with a selector, in their order."""
    asked = {word.casefold() for word in WORD.findall(selector)}
    scores = []
    for sheet, each in found:
        head = {word.casefold() for word in WORD.findall(f"{each.title} {sheet.sheet_name or ''}")}
        body = {word.casefold() for word in WORD.findall(_head(sheet, each))}
        scores.append(3 * len(asked & head) + len(asked & body))
    best = max(scores, default=0)
    return [one for one, score in zip(found, scores, strict=True) if best and score == best]


def _head(sheet: Sheet, each: Table) -> str:
    lines = [" | ".join(each.headers), *(" | ".join(row) for row in each.rows[:SHOWN])]
    name = f" ({sheet.sheet_name})" if sheet.sheet_name else ""
    return "\n".join([f"{each.title}{name}", *(line[:300] for line in lines)])


def _told(call: Call, sheet: Sheet, each: Table, selector: str | None) -> dict[str, Any]:
    if len(each.rows) > ROWS:
        call.say(f"Page {sheet.number}: only the first {ROWS:,} rows of a table are kept")
    return {
        "headers": list(each.headers),
        "rows": [dict(zip(each.headers, row, strict=True)) for row in each.rows[:ROWS]],
        "source_page": sheet.number,
        "sheet_name": sheet.sheet_name,
        "selector": selector,
    }


def _read(answer: Any, pages: Sequence[Sheet]) -> list[tuple[Sheet, Table]]:
    """Return the tables that a model has read."""
    listed = answer.get("tables") if isinstance(answer, dict) else answer
    by_number = {sheet.number: sheet for sheet in reversed(pages)}
    found = []
    for each in listed if isinstance(listed, list) else []:
        if not isinstance(each, dict):
            continue
        headers = [str(cell) for cell in each.get("headers") or []]
        rows = [
            [str(row.get(name, "")) for name in headers]
            if isinstance(row, dict)
            else ["" if cell is None else str(cell) for cell in row]
            for row in each.get("rows") or []
            if isinstance(row, dict | list)
        ]
        said = str(each.get("page", "")).strip()
        sheet = by_number.get(int(said) if said.isdecimal() else -1, pages[0])
        if headers or rows:
            found.append((sheet, table(headers, rows, str(each.get("title") or ""))))
    return found
