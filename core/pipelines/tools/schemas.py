"""Schemas: the fields that are wanted, with what each means, out of whatever says so."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from anyio import to_thread
from pydantic import Field
from typing_extensions import override

from core.documents import tables_in
from core.models import ModelNotConfigured
from core.pipelines.document import read
from core.pipelines.errors import DocumentInvalid, InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.extracting import read_parts
from core.pipelines.tools.ingesting import IngestDocument, IngestInputs
from core.pipelines.tools.pages import is_handle, sheets
from core.pipelines.tools.prompting import Prompts

KIND = "extract_fields"
FIELDS = 2_000
"""Fields of a schema."""
NAMES = ("name", "field", "field name", "field_name", "key", "column", "line item", "item")
"""What the column of a table is called that names fields."""
KEYS = {
    "type_hint": ("type_hint", "type", "format", "datatype", "data type"),
    "section": ("section", "group", "statement"),
    "required": ("required", "mandatory"),
    "description": ("description", "definition", "notes", "meaning"),
    "computed": ("computed", "calculated"),
    "formula": ("formula", "calculation"),
    "sign_convention": ("sign_convention", "sign convention", "sign"),
    "manual_ref": ("manual_ref", "manual ref", "reference"),
}
"""What each part of a field may be called."""
YES = {"yes", "true", "y", "1", "x", "required", "mandatory"}
HOW = """\
You read which fields a template, a form or a manual wants to be filled in. Answer with a JSON \
list with one object for each field, in their order: "name", "type_hint" (text, number, date, \
boolean), "section", "required" (true or false), "description"; null where it is not said.

{rule}"""


class Wanted(NamedTuple):
    """A field that is wanted."""

    name: str
    type_hint: str | None = None
    section: str | None = None
    required: bool = False
    description: str | None = None
    computed: bool = False
    formula: str | None = None
    sign_convention: str | None = None
    manual_ref: str | None = None


class SchemaInputs(Inputs):
    """What `load_schema` takes."""

    source: Any = Field(
        description="A file (JSON, YAML, CSV, XLSX …), a dictionary or list of fields, a document, "
        "or a schema."
    )
    hint: str | None = Field(None, description="Where the fields stand in a document.")


class LoadSchema(Tool):
    """Reads which fields are wanted."""

    name = "load_schema"
    description = "Read which fields are wanted, out of a file, a document or a definition."
    inputs: type[Inputs] = SchemaInputs
    output = Output("A schema: fields, source, task_id.")

    def __init__(self, ingest: IngestDocument, prompts: Prompts) -> None:
        """Read files by *ingest*; *prompts* read what is no table."""
        self._ingest = ingest
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: SchemaInputs) -> Any:
        source = given.source
        if is_schema(source):
            return dict(source)
        named = "inline"
        if isinstance(source, str):
            named = source[:200]
            written = await to_thread.run_sync(_written, source)
            source = written if written is not None else await self._file(call, source)
        if is_handle(source) or _is_documents(source):
            named = str(source["source"]) if is_handle(source) else named
            found = await self._from_document(call, source, given.hint)
        else:
            found = fields(source)
        if not found:
            raise InputInvalid("source: There is no field in it.")
        return {
            "fields": [each._asdict() for each in found[:FIELDS]],
            "source": named,
            "task_id": call.task_id,
        }

    async def _file(self, call: Call, path: str) -> Any:
        document = await self._ingest.run(call, IngestInputs(path=path))
        if path.lower().endswith((".json", ".yaml", ".yml")):
            text = "\n".join(sheet.text for sheet in sheets(document))
            written = await to_thread.run_sync(_written, text)
            if written is not None:
                return written
        return document

    async def _from_document(self, call: Call, document: Any, hint: str | None) -> list[Wanted]:
        pages = sheets(document)
        if hint is None or "column header" in hint.lower():
            for table in (each for sheet in pages for each in tables_in(sheet.text)):
                listed = table.headers if hint else None
                if found := _from_table(table.headers, table.rows, listed):
                    return found
        for sheet in pages:
            written = await to_thread.run_sync(_written, sheet.text)
            if written is not None:
                return fields(written)
        try:
            mind = await self._prompts.mind(call.actor, KIND)
        except ModelNotConfigured as refusal:
            raise ModelNotConfigured(
                f"No table of the document has a column for the names of fields, so a model has "
                f"to read it. {refusal.message}"
            ) from None
        ask = f"Where they stand: {hint}" if hint else "Which fields are wanted?"
        answers = await read_parts(self._prompts, call, mind, pages, how=HOW, ask=ask)
        unique: dict[str, Wanted] = {}
        for answer in answers:
            for each in fields(answer):
                unique.setdefault(each.name, each)
        return list(unique.values())


def is_schema(value: Any) -> bool:
    """Return whether a value is a schema that was loaded before."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("fields"), list)
        and "pages" not in value
        and all(isinstance(each, Mapping) and "name" in each for each in value["fields"])
    )


def fields(value: Any) -> list[Wanted]:
    """Return the fields that a value defines: a schema, JSON Schema, names, or names with parts.

    Raises:
        InputInvalid: it is nothing of the kind.
    """
    if is_schema(value):
        return [_field(str(each["name"]), each) for each in value["fields"]]
    if isinstance(value, Mapping):
        if isinstance(value.get("properties"), Mapping):
            required = value.get("required")
            named = set(required) if isinstance(required, list) else set()
            return [
                _field(str(name), {**_parts(each), "required": name in named})
                for name, each in value["properties"].items()
            ]
        inner = value.get("fields")
        if isinstance(inner, Mapping | list):
            return fields(inner)
        return [_field(str(name), _parts(each)) for name, each in value.items()]
    if isinstance(value, list | tuple):
        return [_listed(each) for each in value]
    if isinstance(value, str) and value.strip():
        return [Wanted(each.strip()) for each in value.split(",") if each.strip()]
    raise InputInvalid("schema: Give what load_schema gave back, a dictionary or a list of fields.")


def _listed(each: Any) -> Wanted:
    if isinstance(each, str) and each.strip():
        return Wanted(each.strip())
    if isinstance(each, Mapping):
        told = {str(key).strip().lower(): value for key, value in each.items()}
        named = next((told[key] for key in NAMES if told.get(key)), None)
        if named is not None:
            return _field(str(named), told)
    raise InputInvalid(f"schema: {str(each)[:80]!r} is no field; each needs a name.")


def _parts(each: Any) -> Mapping[str, Any]:
    if isinstance(each, Mapping):
        return each
    return {"type_hint": each} if isinstance(each, str) else {}


def _field(name: str, parts: Mapping[str, Any]) -> Wanted:
    told = {str(key).strip().lower(): value for key, value in parts.items()}
    found: dict[str, Any] = {}
    for key, names in KEYS.items():
        value = next((told[each] for each in names if told.get(each) not in {None, ""}), None)
        if key in {"required", "computed"}:
            found[key] = value is True or str(value).strip().lower() in YES
        else:
            found[key] = None if value is None else str(value)
    if found["formula"]:
        found["computed"] = True
    return Wanted(name.strip(), **found)


def _from_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], listed: Sequence[str] | None
) -> list[Wanted]:
    """Return the fields of a table that defines some; where its headers are them, those."""
    lower = [header.strip().lower() for header in headers]
    at = next((lower.index(name) for name in NAMES if name in lower), None)
    if listed is None and at is not None and len(headers) > 1:
        return [
            _field(row[at], dict(zip(lower, row, strict=True))) for row in rows if row[at].strip()
        ]
    if listed is not None:
        return [Wanted(header) for header in listed if not header.startswith("column_")]
    return []


def _written(text: str) -> Any:
    """Return the definition that a text is, as JSON or YAML; None if it is none.

    Others wrote it, and may have meant to keep us: it is read as a pipeline is.
    """
    stripped = text.strip()
    if stripped[:1] in {"{", "["}:
        try:
            return json.loads(stripped)
        except (ValueError, RecursionError):
            return None
    if "\n" not in stripped or ":" not in stripped or "|" in stripped:
        return None
    try:
        found = read(stripped).data
    except DocumentInvalid:
        return None
    return found if isinstance(found, dict | list) else None


def _is_documents(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_handle, value))
