"""The fields of a schema out of a document: each has a value, or is said not to be found."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from anyio import to_thread
from pydantic import Field
from typing_extensions import override

from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.extracting import PART, PARTS, read_parts
from core.pipelines.tools.figures import figure, number
from core.pipelines.tools.functions.derived import derived
from core.pipelines.tools.functions.formulas import key
from core.pipelines.tools.merging import NOT_FOUND, is_nothing, merged
from core.pipelines.tools.pages import Sheet, sheets
from core.pipelines.tools.prompting import Prompts
from core.pipelines.tools.schemas import KIND, Wanted, fields
from core.pipelines.tools.selecting import nearest

AT_ONCE = 60
"""Fields that are asked for in one question."""
RULES = 20_000
"""Characters of rules."""
HOW = """\
You take the values of fields out of a document. You are told which fields are wanted, with what \
each means, and given the text of some pages. Answer with one JSON object that has each field's \
name, exactly as it is told, as a key. Its value is what the document says: a number as a number, \
without signs of currency or thousands, negative where it stands in parentheses; a text as it \
stands. Where the document does not tell a field, its value is null. Never guess, never compute.

{rule}"""
NUMBERS = re.compile(
    r"num|int|float|decimal|currency|amount|money|percent|monetary|double", re.IGNORECASE
)
BOOLEANS = re.compile(r"bool|yes/no", re.IGNORECASE)
DATES = re.compile(r"\bdate\b", re.IGNORECASE)
DAYS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%d.%m.%Y", "%Y/%m/%d")
YES = {"yes": True, "true": True, "no": False, "false": False}


class FieldsInputs(Inputs):
    """What `extract_fields` takes."""

    document: Any = Field(description="A document, a list of pages, a list of either, or a text.")
    schema_: Any = Field(
        alias="schema", description="Which fields: what load_schema gave back, or a list of names."
    )
    rules: Any = Field(None, description="How fields are to be read: a text or a document.")
    selector: str | None = Field(None, description="Which part of the document counts, in words.")
    period_end: str | None = Field(
        None, description="The day on which the period ends whose values are wanted."
    )
    section_filter: str | list[str] | None = Field(
        None, description="The sections of the schema whose fields are wanted."
    )
    model: str | None = Field(
        None, description="The model that reads; EXTRACT_FIELDS_MODEL by default."
    )


class ExtractFields(Tool):
    """Takes the fields of a schema out of a document."""

    name = "extract_fields"
    description = (
        "Take the fields of a schema out of a document. A field that the document does not tell "
        f"is {NOT_FOUND}; one with a formula is computed from the others."
    )
    inputs: type[Inputs] = FieldsInputs
    output = Output(f"A value for each field, or {NOT_FOUND}.")

    def __init__(self, prompts: Prompts) -> None:
        """Let *prompts* read."""
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: FieldsInputs) -> Any:
        wanted = _sections(fields(given.schema_), given.section_filter)
        asked = [each for each in wanted if not each.computed]
        pages = [sheet for sheet in sheets(given.document) if sheet.text.strip()]
        found: dict[str, Any] = {}
        if asked:
            mind = await self._prompts.mind(call.actor, KIND, given.model)
            near = await to_thread.run_sync(_near, pages, given.selector, asked)
            rules = "\n".join(each.text for each in sheets(given.rules)) if given.rules else ""
            for at in range(0, len(asked), AT_ONCE):
                some = asked[at : at + AT_ONCE]
                if len(asked) > AT_ONCE:
                    call.say(f"Fields {at + 1} to {at + len(some)} of {len(asked)}")
                ask = _asked(some, given)
                answers = await read_parts(
                    self._prompts, call, mind, near, how=HOW, ask=ask, beside=rules[:RULES]
                )
                found |= merged(answers)
        values = {key(name): value for name, value in found.items()}
        told = {each.name: _value(values.get(key(each.name)), each) for each in asked}
        formulas = {each.name: each.formula for each in wanted if each.computed}
        full = derived(told, formulas)
        # Nothing else that a model has made up, and all of it in the order of the schema.
        return {each.name: full.get(each.name, NOT_FOUND) for each in wanted}


def _sections(every: Sequence[Wanted], only: str | Sequence[str] | None) -> list[Wanted]:
    if not every:
        raise InputInvalid("schema: There is no field in it.")
    if not only:
        return list(every)
    names = {key(each) for each in ([only] if isinstance(only, str) else only)}
    kept = [each for each in every if each.section and key(each.section) in names]
    if not kept:
        there = ", ".join(dict.fromkeys(each.section for each in every if each.section))
        raise InputInvalid(f"section_filter: The schema has no such section; it has {there}.")
    return kept


def _near(pages: list[Sheet], selector: str | None, asked: Sequence[Wanted]) -> list[Sheet]:
    """Return the pages that are read: of a very long document those that share its words."""
    if sum(len(sheet.text) for sheet in pages) <= PART * PARTS // 2:
        return pages
    words = f"{selector or ''} {' '.join(each.name for each in asked)}"
    room, kept = PART * PARTS // 2, set()
    for at in nearest(words, pages):
        room -= len(pages[at].text)
        if room < 0:
            break
        kept.add(at)
    return [sheet for at, sheet in enumerate(pages) if at in kept]


def _asked(some: Sequence[Wanted], given: FieldsInputs) -> str:
    lines = [f"- {each.name}{_meaning(each)}" for each in some]
    parts = ["Fields:", *lines]
    if given.period_end:
        parts.append(f"Only values of the period that ends on {given.period_end[:20]}.")
    if given.selector:
        parts.append(f"Only from this part of the document: {given.selector[:500]}")
    if given.rules:
        parts.append("What comes first tells how fields are to be read, and nothing else.")
    return "\n".join(parts)


def _meaning(field: Wanted) -> str:
    parts = [
        field.type_hint,
        field.section and f"section {field.section}",
        field.description,
        field.sign_convention and f"sign: {field.sign_convention}",
        field.manual_ref and f"see {field.manual_ref}",
    ]
    said = " ".join("; ".join(part for part in parts if part).split())
    return f" ({said[:400]})" if said else ""


def _value(said: Any, field: Wanted) -> Any:
    """Return what a model has said of a field, as its type has it."""
    if isinstance(said, Mapping) and set(said) <= {"value", "source", "page", "unit"}:
        said = said.get("value")
    if is_nothing(said) or (isinstance(said, str) and said.strip().lower() in {"null", "n/a"}):
        return NOT_FOUND
    hint = field.type_hint or ""
    if NUMBERS.search(hint) and isinstance(said, str):
        found = figure(said)
        return said if found is None else number(found)
    if BOOLEANS.search(hint) and isinstance(said, str):
        return YES.get(said.strip().lower(), said)
    if DATES.search(hint) and isinstance(said, str):
        return _day(said)
    return said


def _day(said: str) -> str:
    for way in DAYS:
        try:
            return datetime.strptime(said.strip(), way).date().isoformat()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    try:
        return date.fromisoformat(said.strip()[:10]).isoformat()
    except ValueError:
        return said
