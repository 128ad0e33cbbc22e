"""What documents say: text in its order, tables as Markdown, pages where they break."""

from collections.abc import Sequence
from pathlib import Path

from core.documents import Document, Form, read
from tests.core.documents.papers import INCOME, book, memo, packed, pdf, picture, report, scan, word

TABLE = """\
| Item | 2024 | 2023 |
| --- | --- | --- |
| Revenue | 1,250 | 1,100 |
| Net income | (35) | 80 |"""


async def said(tmp_path: Path, body: bytes, filename: str, pictures: int = 0) -> Document:
    path = tmp_path / "document"
    path.write_bytes(body)
    return await read(path, filename, tmp_path, pictures=pictures)


async def test_a_pdf_has_its_text_and_its_tables_where_they_stand(tmp_path: Path) -> None:
    document = await said(tmp_path, pdf(report), "report.pdf")

    assert (document.form, document.page_count, document.notes) == (Form.PDF, 2, ())
    assert document.pages[0].text == "Annual report\nAcme sold more anvils than ever."
    expected = f"Income statement (in thousands)\n\n{TABLE}\n\nThe auditors agree."
    assert document.pages[1].text == expected


async def test_a_scanned_page_is_flagged_and_its_picture_is_made(tmp_path: Path) -> None:
    document = await said(tmp_path, pdf(scan), "scan.pdf", pictures=5)

    cover, page = document.pages
    assert (cover.is_scanned, page.is_scanned) == (False, True)
    assert page.picture is not None
    assert page.picture.read_bytes().startswith(b"\x89PNG")
    assert cover.picture is None


async def test_no_picture_is_made_that_nobody_looks_at(tmp_path: Path) -> None:
    document = await said(tmp_path, pdf(scan), "scan.pdf")

    assert document.pages[1].is_scanned
    assert document.pages[1].picture is None


async def test_a_word_document_has_headings_lists_tables_and_pages(tmp_path: Path) -> None:
    document = await said(tmp_path, word(memo), "memo.docx")

    assert (document.form, document.page_count) == (Form.DOCX, 2)
    expected = f"# Credit memo\nAcme asks for a loan.\n- Secured\n\n{TABLE}"
    assert document.pages[0].text == expected
    assert document.pages[1].text == "日本語の結論。"


async def test_what_was_struck_out_of_a_word_document_is_not_said(tmp_path: Path) -> None:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = (
        f'<w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>kept </w:t></w:r>'
        "<w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>added</w:t></w:r></w:ins></w:p></w:body></w:document>"
    )
    document = await said(tmp_path, packed({"word/document.xml": body.encode()}), "memo.docx")

    assert document.pages[0].text == "kept added"


async def test_each_sheet_of_a_workbook_is_a_page(tmp_path: Path) -> None:
    sheets: dict[str, list[Sequence[object]]] = {
        "Income": [["In thousands"], [], *INCOME],
        "Other": [["a|b", 1], ["x", 2.5]],
    }
    document = await said(tmp_path, book(sheets), "book.xlsx")

    assert document.form is Form.XLSX
    assert [page.sheet_name for page in document.pages] == ["Income", "Other"]
    assert document.pages[0].text == f"In thousands\n\n{TABLE}"
    assert document.pages[1].text == "| a\\|b | 1 |\n| --- | --- |\n| x | 2.5 |"


async def test_a_csv_file_is_a_table_whatever_its_delimiter(tmp_path: Path) -> None:
    document = await said(tmp_path, "name;zahl\nMüller;1,5\n".encode("cp1252"), "a.csv")

    assert document.form is Form.TEXT
    assert document.pages[0].text == "| name | zahl |\n| --- | --- |\n| Müller | 1,5 |"


async def test_text_breaks_at_form_feeds_and_where_it_is_long(tmp_path: Path) -> None:
    long = "\n\n".join(f"Paragraph {number}. " + "word " * 200 for number in range(30))
    document = await said(tmp_path, f"first\f{long}".encode(), "a.txt")

    assert document.pages[0].text == "first"
    assert document.page_count == len(document.pages) > 2
    assert all(len(page.text) <= 12_000 for page in document.pages)
    assert document.pages[1].text.startswith("Paragraph 0.")
    assert document.pages[2].text.startswith("Paragraph ")


async def test_a_web_page_says_what_a_reader_sees(tmp_path: Path) -> None:
    markup = """<!doctype html><html><head><title>t</title><style>p{color:red}</style></head>
    <body><div style="display:none">hidden</div><h1>10-K</h1>
    <p>Hello&nbsp;<b>world</b> &amp; all<script>alert("no")</script></p>
    <table><tr><td>Item</td><td colspan="3">2024</td><td colspan="3">2023</td></tr>
    <tr><td>Revenue</td><td>$</td><td>1,250</td><td></td><td>$</td><td>1,100</td><td></td></tr>
    <tr><td>Net income</td><td></td><td>(35</td><td>)</td><td></td><td>80</td><td></td></tr>
    </table><hr style="page-break-after:always"><p>Second<br>line</p><ul><li>one<li>two</ul>
    <table><tr><td>only lays out</td></tr></table></body></html>"""
    document = await said(tmp_path, markup.encode(), "10k.htm")

    table = TABLE.replace("1,250", "$1,250").replace("1,100", "$1,100")
    assert document.pages[0].text == f"# 10-K\n\nHello world & all\n\n{table}"
    assert document.pages[1].text == "Second\nline\n- one\n- two\nonly lays out"


async def test_cells_that_span_rows_say_the_same_in_each(tmp_path: Path) -> None:
    markup = (
        "<html><table><tr><th>Region</th><th>Year</th></tr><tr><td rowspan=2>EU</td><td>1</td>"
        "</tr><tr><td>2</td></tr></table></html>"
    )
    document = await said(tmp_path, markup.encode(), "a.html")

    assert document.pages[0].text.endswith("| EU | 1 |\n| EU | 2 |")


async def test_a_picture_is_one_page_that_nobody_has_read(tmp_path: Path) -> None:
    document = await said(tmp_path, picture(), "p.png")

    assert (document.form, document.page_count) == (Form.IMAGE, 1)
    assert document.pages[0].is_scanned
    assert document.pages[0].mime_type == "image/png"


async def test_a_pdf_that_only_forbids_to_be_changed_is_read(tmp_path: Path) -> None:
    document = await said(tmp_path, pdf(report, password=""), "report.pdf")

    assert document.pages[0].text.startswith("Annual report")
