"""Results as files in the organization's own folder, checked against a schema if one is given."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from anyio import to_thread
from pydantic import Field
from typing_extensions import override

from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.errors import ExportRefused
from core.pipelines.tools.functions.formulas import key
from core.pipelines.tools.merging import is_nothing
from core.pipelines.tools.outputs import DEFAULT, Outputs
from core.pipelines.tools.rendering import Content, render
from core.pipelines.tools.schemas import Wanted, fields

ENDINGS = {"markdown": ".md", "json": ".json", "csv": ".csv", "xlsx": ".xlsx"}


class ExportInputs(Inputs):
    """What `export` takes."""

    data: Any = Field(None, description="What is exported.")
    content: Any = Field(None, description="The same; data counts where both are given.")
    format: Literal["markdown", "json", "csv", "xlsx"] = Field(
        "markdown", description="markdown, json, csv or xlsx."
    )
    filename: str = Field(DEFAULT, description="The file's name, without folder and ending.")
    output_dir: str = Field(
        "outputs", description="A folder within that of the organization; it is made."
    )
    schema_: Any = Field(
        None, alias="schema", description="Which fields there must be, and in which order."
    )
    strict: bool = Field(
        False, description="Whether fields that the schema does not have are refused, not left out."
    )
    metadata: dict[str, Any] | None = Field(
        None, description="Facts about the data; a CSV file has no place for them."
    )
    periods: list[Any] | None = Field(
        None, description="The columns of figures by field and period, in their order."
    )
    analyst_notes: Any = Field(
        None, description="Words that go with it; a CSV file has no place for them."
    )


class Export(Tool):
    """Writes a file."""

    name = "export"
    description = "Write data as a Markdown, JSON, CSV or Excel file, and return where it is."
    inputs: type[Inputs] = ExportInputs
    output = Output("status, format, filename, path, size, schema_source.")

    def __init__(self, outputs: Outputs) -> None:
        """Write into *outputs*."""
        self._outputs = outputs

    @override
    async def run(self, call: Call, given: ExportInputs) -> Any:
        data = given.data if given.data is not None else given.content
        if data is None:
            raise ExportRefused("data: There is nothing to export.")
        wanted: list[Wanted] = []
        if given.schema_ is not None:
            wanted = fields(given.schema_)
            data = _fitted(call, data, wanted, strict=given.strict)
        if given.format == "csv" and (given.metadata or given.analyst_notes):
            call.say("A CSV file has no place for metadata and notes; they were left out")
        content = Content(
            data=data,
            fields=tuple(each.name for each in wanted),
            periods=tuple(_period(each) for each in given.periods or ()),
            metadata=given.metadata,
            notes=_notes(given.analyst_notes),
        )
        body = await to_thread.run_sync(render, given.format, content)
        path = await to_thread.run_sync(
            self._outputs.put,
            call,
            given.output_dir,
            given.filename,
            ENDINGS[given.format],
            body,
        )
        told: dict[str, Any] = {
            "status": "success",
            "format": given.format,
            "filename": path.name,
            "path": str(path),
            "size": len(body),
        }
        if given.schema_ is not None:
            source = given.schema_.get("source") if isinstance(given.schema_, Mapping) else None
            told["schema_source"] = str(source or "inline")
        return told


def _fitted(call: Call, data: Any, wanted: Sequence[Wanted], *, strict: bool) -> Any:
    """Return data as a schema has it: every required field, and no other one."""
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return [_fit(call, row, wanted, strict, f"row {at}: ") for at, row in enumerate(data, 1)]
    if isinstance(data, Mapping):
        return _fit(call, data, wanted, strict, "")
    raise ExportRefused("data: A schema is for an object of fields, or for a list of them.")


def _fit(
    call: Call, data: Mapping[Any, Any], wanted: Sequence[Wanted], strict: bool, where: str
) -> dict[str, Any]:
    by_key = {key(str(name)): value for name, value in data.items()}
    known = {key(each.name) for each in wanted}
    missing = [
        each.name for each in wanted if each.required and is_nothing(by_key.get(key(each.name)))
    ]
    if missing:
        raise ExportRefused(f"{where}Required fields are missing: {', '.join(missing)[:500]}.")
    more = [str(name) for name in data if key(str(name)) not in known]
    if more:
        said = f"{where}Fields that the schema does not have: {', '.join(more)[:500]}"
        if strict:
            raise ExportRefused(f"{said}.")
        call.say(f"{said}; they were left out")
    return {each.name: by_key.get(key(each.name)) for each in wanted}


def _period(each: Any) -> str:
    if isinstance(each, Mapping):
        return str(each.get("label") or each.get("period_end") or "")
    return str(each)


def _notes(said: Any) -> str:
    if said is None:
        return ""
    if isinstance(said, list | tuple):
        return "\n".join(f"- {each}" for each in said)
    if isinstance(said, Mapping):
        return "\n".join(f"- {name}: {each}" for name, each in said.items())
    return str(said)
