"""Files that pipelines write: where, what they say, and that nothing in them computes."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.pipelines.tools.errors import ExportRefused, PathRefused
from core.pipelines.tools.exporting import Export
from core.pipelines.tools.outputs import Outputs
from core.pipelines.tools.rendering import Content, render
from tests.core.pipelines.kept.bench import call, use
from tests.core.pipelines.tools import ADA

ROWS = [{"region": "EU", "sales": 5.5, "note": None}, {"region": "日本", "sales": -2, "note": "x"}]
HOSTILE = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1"]


async def export(folder: Path, **given: Any) -> Any:
    return await use(Export(Outputs(folder)), **given)


def table(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def cells(body: bytes, sheet: int = 0) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows()]


async def test_markdown_is_the_default_and_text_stays_as_it_is(tmp_path: Path) -> None:
    made = await export(tmp_path, content="# Report\n\nAll well.")

    path = tmp_path / ADA.organization_id / "outputs" / "artifact.md"
    assert made == {
        "status": "success",
        "format": "markdown",
        "filename": "artifact.md",
        "path": str(path),
        "size": path.stat().st_size,
    }
    assert path.read_text("utf-8") == "# Report\n\nAll well.\n"
    assert path.stat().st_mode & 0o077 == 0


async def test_data_becomes_tables_with_metadata_and_notes(tmp_path: Path) -> None:
    made = await export(
        tmp_path,
        data=ROWS,
        metadata={"source": "a|b", "year": 2024},
        analyst_notes=["first", "second"],
    )

    text = Path(made["path"]).read_text("utf-8")
    _, head, body = text.split("---\n", 2)
    assert yaml.safe_load(head) == {"source": "a|b", "year": 2024}
    assert "| region | sales | note |" in body
    assert "| EU | 5.5 |  |" in body
    assert body.endswith("## Analyst notes\n\n- first\n- second\n")


async def test_json_says_the_data_and_nothing_else_unless_there_is_more(tmp_path: Path) -> None:
    bare = await export(tmp_path, data=ROWS, format="json", filename="bare")
    more = await export(
        tmp_path, data=ROWS, format="json", filename="more", periods=["FY 2024"], metadata={"a": 1}
    )

    assert json.loads(Path(bare["path"]).read_text("utf-8")) == ROWS
    assert json.loads(Path(more["path"]).read_text("utf-8")) == {
        "data": ROWS,
        "periods": ["FY 2024"],
        "metadata": {"a": 1},
    }


async def test_csv_and_workbook_hold_the_rows(tmp_path: Path) -> None:
    text = await export(tmp_path, data=ROWS, format="csv")
    book = await export(tmp_path, data=ROWS, format="xlsx", metadata={"a": 1}, analyst_notes="n")

    assert table(Path(text["path"]).read_bytes()) == [
        ["region", "sales", "note"],
        ["EU", "5.5", ""],
        ["日本", "-2", "x"],
    ]
    body = Path(book["path"]).read_bytes()
    assert cells(body) == [["region", "sales", "note"], ["EU", 5.5, None], ["日本", -2, "x"]]
    assert cells(body, 1) == [["name", "value"], ["a", 1]]
    assert cells(body, 2) == [["Analyst notes"], ["n"]]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("where", ["cell", "header"])
def test_no_spreadsheet_computes_what_a_row_says(hostile: str, where: str) -> None:
    data = [{"a": hostile, "b": 1}] if where == "cell" else [{hostile: "x", "b": 1}]

    text = render("csv", Content(data))
    body = render("xlsx", Content(data))

    for line in table(text):
        assert not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    book = openpyxl.load_workbook(io.BytesIO(body))
    for row in book.worksheets[0].iter_rows():
        assert all(cell.data_type != "f" for cell in row)


def test_a_negative_number_is_no_formula() -> None:
    text = render("csv", Content([{"a": "-1,250", "b": "(5)"}, {"a": "3", "b": ""}]))

    assert table(text)[1] == ["-1,250", "(5)"]


def test_figures_by_period_stand_in_columns() -> None:
    data = {"Revenue": {"FY 2024": 5, "FY 2023": 4}, "Costs": {"FY 2024": 3}}

    text = render("csv", Content(data, fields=("Costs",), periods=("FY 2023", "FY 2024")))

    assert table(text) == [
        ["field", "FY 2023", "FY 2024"],
        ["Costs", "", "3"],
        ["Revenue", "4", "5"],
    ]


def test_what_other_tools_give_back_is_a_table() -> None:
    sql = {"columns": [{"name": "a", "type": "integer"}], "rows": [{"a": 1}], "row_count": 1}
    tables = {
        "tables": [
            {"headers": ["x"], "rows": [{"x": "1"}], "sheet_name": "Income"},
            {"headers": ["y"], "rows": [["2"]]},
        ]
    }

    assert table(render("csv", Content(sql))) == [["a"], ["1"]]
    body = render("xlsx", Content(tables))
    assert openpyxl.load_workbook(io.BytesIO(body)).sheetnames == ["Income", "Table 2"]
    with pytest.raises(ExportRefused, match="2 tables"):
        render("csv", Content(tables))


@pytest.mark.parametrize(
    "data",
    [
        [{f"column {at}": 1} for at in range(3_000)],
        [[1], *[[1] * 100_000], *[[1]] * 100],
        {f"row {at}": {f"column {at}": 1} for at in range(3_000)},
    ],
    ids=["objects", "lists", "figures"],
)
def test_rows_that_share_no_column_are_no_table(data: Any) -> None:
    for format in ("csv", "xlsx", "markdown"):
        with pytest.raises(ExportRefused, match="more than 4,000,000 cells"):
            render(format, Content(data))
    assert render("json", Content(data))


def test_tables_in_a_text_are_found() -> None:
    text = "## Sales\n\n| a | b |\n| --- | --- |\n| 1 | x |\n"

    assert cells(render("xlsx", Content(text))) == [["a", "b"], ["1", "x"]]
    assert table(render("csv", Content("a,b\n1,2\n"))) == [["a", "b"], ["1", "2"]]
    assert table(render("csv", Content("only words"))) == [["text"], ["only words"]]


def test_what_a_workbook_cannot_hold_is_marked() -> None:
    data = [{"a": "x\x00\x0by", "b": 12345678901234567890, "c": "z" * 40_000, "d": {"e": [1]}}]

    row = cells(render("xlsx", Content(data)))[1]

    assert row[:2] == ["x\ufffd\ufffdy", "12345678901234567890"]
    assert len(row[2]) == 32_767
    assert row[3] == '{"e": [1]}'


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(ANYTHING, st.sampled_from(["markdown", "json", "csv", "xlsx"]))
def test_whatever_is_exported_becomes_a_file_or_is_refused(data: Any, format: str) -> None:
    try:
        assert isinstance(render(format, Content(data)), bytes)
    except ExportRefused as refusal:
        assert refusal.message  # noqa: PT017 - it may also be a file


# Schema


SCHEMA = {
    "fields": [
        {"name": "Revenue", "required": True},
        {"name": "Costs"},
    ],
    "source": "template.xlsx",
    "task_id": "load",
}


async def test_a_schema_orders_fields_and_leaves_out_others(tmp_path: Path) -> None:
    said: list[str] = []
    made = await use(
        Export(Outputs(tmp_path)),
        call(say=said.append),
        data={"invented": 1, "costs": 2, "revenue": 3},
        schema=SCHEMA,
        format="json",
    )

    assert made["schema_source"] == "template.xlsx"
    assert json.loads(Path(made["path"]).read_text("utf-8")) == {"Revenue": 3, "Costs": 2}
    assert "invented" in said[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": {"Costs": 1}}, "Required fields are missing: Revenue"),
        ({"data": {"Revenue": "__not_found__"}}, "Required fields are missing: Revenue"),
        ({"data": [{"Revenue": 1}, {}]}, "row 2: Required fields"),
        ({"data": {"Revenue": 1, "x": 2}, "strict": True}, "does not have: x"),
        ({"data": "text"}, "A schema is for an object"),
        ({}, "nothing to export"),
    ],
)
async def test_what_does_not_fit_its_schema_leaves_no_file(
    tmp_path: Path, given: Any, said: str
) -> None:
    with pytest.raises(ExportRefused, match=said):
        await export(tmp_path, schema=SCHEMA, **given)

    assert not list(tmp_path.rglob("*.*"))


def test_another_format_is_refused() -> None:
    with pytest.raises(ValidationError):
        Export(Outputs(Path())).inputs.model_validate({"data": 1, "format": "exe"})


# Where


@pytest.mark.parametrize(
    "folder",
    [
        *("../up", "a/../../up", "/etc", "/tmp/x", "~/x", "C:\\x", "\\\\server\\x", "..\\up"),
        *("a/b/c/d/e/f", "x\x00", "a/../b", "./../x"),
    ],
)
async def test_no_folder_leads_out(tmp_path: Path, folder: str) -> None:
    with pytest.raises(PathRefused):
        await export(tmp_path / "out", content="x", output_dir=folder)

    assert {each.name for each in tmp_path.iterdir()} <= {"out"}


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "", " ", "a\\b", "/etc/passwd", "\x00"])
async def test_no_name_is_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(PathRefused):
        await export(tmp_path, content="x", filename=name)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("report.md", "report.md"),
        ("Bericht März", "Bericht März.md"),
        ("日本" * 60, None),
        ('a<b>:"|?*', "a_b_.md"),
        (".hidden", "hidden.md"),
        ("con", "_con.md"),
        ("x\ny", "x_y.md"),
        ("-rf", "-rf.md"),
    ],
)
async def test_names_are_what_every_system_takes(
    tmp_path: Path, name: str, file: str | None
) -> None:
    made = await export(tmp_path, content="x", filename=name)

    assert len(made["filename"].encode()) < 256
    assert file is None or made["filename"] == file


async def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    home = tmp_path / "out" / ADA.organization_id
    home.mkdir(parents=True)
    (home / "outputs").symlink_to(tmp_path)
    (home / "fine").mkdir()
    (home / "fine" / "artifact.md").symlink_to(tmp_path / "victim.txt")
    (tmp_path / "victim.txt").write_text("whole", "utf-8")

    with pytest.raises(PathRefused, match="leads out"):
        await export(tmp_path / "out", content="x")
    await export(tmp_path / "out", content="x", output_dir="fine")

    assert (tmp_path / "victim.txt").read_text("utf-8") == "whole"


async def test_one_organization_does_not_write_over_anothers(tmp_path: Path) -> None:
    other = ADA.model_copy(update={"organization_id": "org_other"})
    mine = await export(tmp_path, content="mine")
    theirs = await use(Export(Outputs(tmp_path)), call(actor=other), content="theirs")

    assert mine["path"] != theirs["path"]
    assert Path(mine["path"]).read_text("utf-8") == "mine\n"


# Once


async def test_done_again_for_the_same_task_it_is_the_same_file(tmp_path: Path) -> None:
    tool = Export(Outputs(tmp_path))

    first = await use(tool, call(), content="one")
    again = await use(tool, call(), content="one")
    other = await use(tool, call(task="other"), content="two")
    later = await use(tool, call(run="run2"), content="three")

    assert first == again
    assert other["filename"] == "artifact-2.md"
    assert later["filename"] == "artifact.md"
    assert Path(first["path"]).read_text("utf-8") == "three\n"


async def test_each_item_of_a_list_has_a_file_of_its_own(tmp_path: Path) -> None:
    tool = Export(Outputs(tmp_path))

    made = await asyncio.gather(
        *(use(tool, call(item=at), content=f"item {at}") for at in range(20)),
        *(use(tool, call(item=at, task="x"), content=f"{at}", filename="x") for at in range(20)),
    )

    assert len({each["path"] for each in made}) == 40
    assert [each["filename"] for each in made[:2]] == ["artifact-1.md", "artifact-2.md"]
    for at, each in enumerate(made[20:]):
        assert Path(each["path"]).read_text("utf-8") == f"{at}\n"


async def test_no_half_of_a_file_is_left_behind(tmp_path: Path) -> None:
    tool = Export(Outputs(tmp_path))
    home = tmp_path / ADA.organization_id / "outputs"
    (home / "artifact.md").mkdir(parents=True)

    with pytest.raises(PathRefused, match="cannot be written"):
        await use(tool, content="x")

    assert [each.name for each in home.iterdir()] == ["artifact.md"]
