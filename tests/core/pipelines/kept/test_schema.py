"""Schemas out of whatever says which fields are wanted."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.models import ModelNotConfigured
from core.pipelines.errors import InputInvalid
from core.pipelines.tools.edgar import Edgar
from core.pipelines.tools.ingesting import IngestDocument
from core.pipelines.tools.places import Places, roots
from core.pipelines.tools.schemas import LoadSchema
from tests.core.documents.papers import book
from tests.core.pipelines.kept.bench import Mind, Waits, prompts, use, web

FIELD = {
    "name": "revenue",
    "type_hint": None,
    "section": None,
    "required": False,
    "description": None,
    "computed": False,
    "formula": None,
    "sign_convention": None,
    "manual_ref": None,
}


def tool(folder: Path, mind: Mind | None = None) -> LoadSchema:
    reached = web()
    asks = prompts(mind)
    edgar = Edgar(reached, Waits().throttle())
    places = Places(roots(folder))
    ingest = IngestDocument(places, reached, edgar, None, asks)  # type: ignore[arg-type]
    return LoadSchema(ingest, asks)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (["revenue"], [FIELD]),
        ([{"name": "revenue", "required": "yes"}], [FIELD | {"required": True}]),
        ([{"Field": "revenue", "Type": "number"}], [FIELD | {"type_hint": "number"}]),
        ({"revenue": "number"}, [FIELD | {"type_hint": "number"}]),
        ({"revenue": None}, [FIELD]),
        (
            {"revenue": {"description": "Net sales", "formula": "a + b"}},
            [FIELD | {"description": "Net sales", "formula": "a + b", "computed": True}],
        ),
        (
            {"type": "object", "properties": {"revenue": {"type": "number"}}, "required": ["x"]},
            [FIELD | {"type_hint": "number"}],
        ),
        ('{"revenue": {"sign": "positive"}}', [FIELD | {"sign_convention": "positive"}]),
        ("revenue:\n  type: number\n", [FIELD | {"type_hint": "number"}]),
    ],
)
async def test_fields_are_read_however_they_are_written(
    tmp_path: Path, source: Any, expected: Any
) -> None:
    made = await use(tool(tmp_path), source=source)

    assert made["fields"] == expected
    assert made["task_id"] == "task"
    assert set(made) == {"fields", "source", "task_id"}


async def test_a_schema_passes_as_it_is(tmp_path: Path) -> None:
    schema = {"fields": [FIELD], "source": "x", "task_id": "earlier"}

    assert await use(tool(tmp_path), source=schema) == schema


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.json", json.dumps({"revenue": {"type": "number"}})),
        ("s.yaml", "fields:\n  - name: revenue\n    type: number\n"),
        ("s.csv", "Field,Type\nrevenue,number\n"),
    ],
)
async def test_a_file_is_read_by_what_it_is(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")

    made = await use(tool(tmp_path), source=name)

    assert made["fields"] == [FIELD | {"type_hint": "number"}]
    assert made["source"] == name


async def test_a_workbook_defines_fields_by_rows_or_by_its_headers(tmp_path: Path) -> None:
    rows = [["Line item", "Section", "Required"], ["revenue", "Income", "x"], ["costs", "", ""]]
    (tmp_path / "a.xlsx").write_bytes(book({"Fields": rows}))
    (tmp_path / "b.xlsx").write_bytes(book({"Data": [["Year", "Sales"], [2024, 5]]}))

    by_rows = await use(tool(tmp_path), source="a.xlsx")
    by_headers = await use(tool(tmp_path), source="b.xlsx", hint="The column headers are them")

    assert [(each["name"], each["section"], each["required"]) for each in by_rows["fields"]] == [
        ("revenue", "Income", True),
        ("costs", None, False),
    ]
    assert [each["name"] for each in by_headers["fields"]] == ["Year", "Sales"]


async def test_what_is_no_table_is_read_by_a_model(tmp_path: Path) -> None:
    (tmp_path / "form.txt").write_text("Please state revenue. Also state costs.", "utf-8")
    mind = Mind('[{"name": "revenue", "required": true}, {"name": "costs"}, {"name": "revenue"}]')

    made = await use(tool(tmp_path, mind), source="form.txt", hint="sentences")

    assert [each["name"] for each in made["fields"]] == ["revenue", "costs"]
    with pytest.raises(ModelNotConfigured, match="EXTRACT_FIELDS_MODEL"):
        await use(tool(tmp_path), source="form.txt")


@pytest.mark.parametrize("source", [[], {}, [5], [{"x": 1}], None, 5, [[]]])
async def test_what_defines_nothing_is_refused(tmp_path: Path, source: Any) -> None:
    with pytest.raises(InputInvalid):
        await use(tool(tmp_path), source=source)


async def test_anchors_that_unfold_are_not_read(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)}, *{chr(97 + at)}]\n" for at in range(24)
    )
    (tmp_path / "s.yaml").write_text(bomb, "utf-8")

    with pytest.raises(ModelNotConfigured):
        await use(tool(tmp_path), source="s.yaml")


async def test_a_number_that_would_be_multiplied_out_for_minutes_is_not_read(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputInvalid, match="no file"):
        await use(tool(tmp_path), source=f"revenue: number\ncosts: 1{':59' * 200}\n")
