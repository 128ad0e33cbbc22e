"""Workbooks as people have them, and as those make them who mean harm."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import openpyxl
import pytest

from core.sheets import FileRefused
from tests.core.sheets.reading import Reader, workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def archive(parts: Mapping[str, bytes | str]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return body.getvalue()


def rewritten(book: bytes, name: str, content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        parts: dict[str, bytes | str] = {each: packed.read(each) for each in packed.namelist()}
    return archive(parts | {name: content})


def simple(book: openpyxl.Workbook) -> None:
    for row in (["region", "n"], ["EU", 1], ["US", 2.5]):
        book.worksheets[0].append(row)


def test_a_sheet_keeps_what_its_cells_are(read: Reader) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        sheet.append(["n", "price", "day", "at", "ok", "code", "took", "hour"])
        moment = datetime(2025, 1, 31, 9, 30)  # noqa: DTZ001 - workbooks know no zones
        for n in (1, 2):
            sheet.append(
                [n, 1.5 * n, date(2025, 1, n), moment, True, f"00{n}", timedelta(hours=30), time(9)]
            )

    made = read(workbook(fill), "stock.xlsx")

    assert made.tables[0] == {"name": "stock", "title": "Sheet", "rows": 2, "columns": 8}
    assert list(made.columns().values()) == [
        *("BIGINT", "DECIMAL(18,1)", "DATE", "TIMESTAMP", "BOOLEAN"),
        *("VARCHAR", "VARCHAR", "TIME"),
    ]
    moment = datetime(2025, 1, 31, 9, 30)  # noqa: DTZ001
    first = (1, Decimal("1.5"), date(2025, 1, 1), moment, True, "001", "30:00:00", time(9))
    assert made.rows()[0] == first


def test_every_visible_sheet_is_a_table_and_hidden_ones_are_named(read: Reader) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        simple(book)
        book.worksheets[0].title = "2024"
        orders = book.create_sheet("注文")
        orders.append(["id", "name"])
        orders.append([1, "本"])
        secret = book.create_sheet("Secret")
        secret.append(["x"])
        secret.sheet_state = "veryHidden"
        book.create_sheet("Empty")

    made = read(workbook(fill), "shop.xlsx")

    assert [each["name"] for each in made.tables] == ["shop_2024", "shop_注文"]
    assert made.rows("shop_注文") == [(1, "本")]
    assert made.notes == ["Hidden sheets were left out: Secret."]


def test_titles_above_and_merged_cells_are_understood(read: Reader) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        for row in (
            ["Quarter 1"],
            [],
            ["region", "city", "n"],
            ["EU", "Köln", 1],
            [None, "Rom", 2],
        ):
            sheet.append(row)
        sheet.append(["US", "Boston", 3])
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("A4:A5")

    made = read(workbook(fill), "q.xlsx")

    assert made.rows() == [("EU", "Köln", 1), ("EU", "Rom", 2), ("US", "Boston", 3)]
    assert list(made.columns()) == ["region", "city", "n"]


def test_formulas_are_what_they_were_when_it_was_saved(read: Reader) -> None:
    book = workbook(simple)
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData>'
        '<row r="1"><c r="A1" t="str"><v>sum</v></c><c r="B1" t="str"><v>bad</v></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c>'
        '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3"><f>2+2</f><v>4</v></c><c r="B3"><v>7</v></c></row>'
        "</sheetData></worksheet>"
    )
    made = read(rewritten(book, "xl/worksheets/sheet1.xml", sheet), "f.xlsx")

    assert [row[0] for row in made.rows()] == [2, 4]
    assert made.columns()["sum"] == "BIGINT"


def test_sixteen_thousand_columns_are_cut_and_that_is_said(read: Reader) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["A1"], book.worksheets[0]["XFD1"] = "a", "z"
        book.worksheets[0]["A2"] = 1

    made = read(workbook(fill), "wide.xlsx")

    assert made.notes == ["Sheet: Only the first 500 of 16,384 columns were read."]


def test_a_bomb_is_not_unpacked(read: Reader) -> None:
    body = archive({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": "A" * 50_000_000})

    with pytest.raises(FileRefused, match="unpacks to"):
        read(body, "bomb.xlsx")


def test_a_directory_that_lies_about_sizes_is_not_believed(read: Reader) -> None:
    body = bytearray(archive({"xl/workbook.xml": "<workbook/>", "xl/sheet.xml": "A" * 5_000_000}))
    size = (5_000_000).to_bytes(4, "little")
    while (at := body.find(size)) >= 0:
        body[at : at + 4] = (100).to_bytes(4, "little")

    with pytest.raises(FileRefused, match="broken"):
        read(bytes(body), "lie.xlsx")


def test_many_parts_are_too_many(read: Reader) -> None:
    body = archive({"xl/workbook.xml": ""} | {f"xl/{'x' * 90}{n}": "" for n in range(16_000)})

    with pytest.raises(FileRefused, match="too many parts"):
        read(body, "parts.xlsx")


def test_entities_are_not_expanded(read: Reader) -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        f'<workbook xmlns="{MAIN}">&b;</workbook>'
    )
    with pytest.raises(FileRefused, match="entities"):
        read(rewritten(workbook(simple), "xl/workbook.xml", bomb), "x.xlsx")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("a.txt", "ZIP archive and no Excel"),
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("xl/workbook.bin", "xlsb"),
        ("xl/vbaProject.bin", "xlsm"),
        ("content.xml", "OpenDocument"),
    ],
)
def test_other_archives_are_called_what_they_are(read: Reader, part: str, said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        read(archive({part: "x"}), "a.xlsx")


def test_a_broken_workbook_is_refused(read: Reader) -> None:
    whole = workbook(simple)
    empty = workbook(lambda _book: None)
    for body, said in (
        (whole[: len(whole) // 2], "breaks off"),
        (whole[:300] + b"\x00" * 400 + whole[700:], "broken"),
        (rewritten(whole, "xl/workbook.xml", "<workbook"), "broken"),
        (rewritten(whole, "xl/worksheets/sheet1.xml", "no XML at all"), "broken|holds anything"),
        (empty, "holds anything"),
        (b"PK\x03\x04" + b"\x00" * 100, "breaks off"),
    ):
        with pytest.raises(FileRefused, match=said):
            read(body, "broken.xlsx")
