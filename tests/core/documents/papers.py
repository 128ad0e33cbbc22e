"""Documents made on the spot, as their own programs would write them."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence

import docx
import openpyxl
from docx.document import Document as Word
from fpdf import FPDF
from PIL import Image, ImageDraw

INCOME = (
    ("Item", "2024", "2023"),
    ("Revenue", "1,250", "1,100"),
    ("Net income", "(35)", "80"),
)


def pdf(fill: Callable[[FPDF], None], *, password: str | None = None, owner: str = "") -> bytes:
    """Return a PDF that *fill* wrote into."""
    paper = FPDF()
    paper.set_font("Helvetica", size=11)
    if password is not None:
        paper.set_encryption(owner_password=owner or "owner", user_password=password)
    fill(paper)
    return bytes(paper.output())


def report(paper: FPDF) -> None:
    """Write a page of text, and one with a table between lines."""
    paper.add_page()
    paper.multi_cell(0, 8, "Annual report\nAcme sold more anvils than ever.")
    paper.add_page()
    paper.multi_cell(0, 8, "Income statement (in thousands)", new_x="LMARGIN", new_y="NEXT")
    with paper.table() as table:
        for row in INCOME:
            line = table.row()
            for cell in row:
                line.cell(cell)
    paper.multi_cell(0, 8, "The auditors agree.")


def picture(text: str = "scanned") -> bytes:
    """Return a PNG that shows a text."""
    image = Image.new("L", (400, 560), 255)
    ImageDraw.Draw(image).text((40, 40), text, fill=0)
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


def scan(paper: FPDF) -> None:
    """Write a page of text, and one that is a picture."""
    paper.add_page()
    paper.multi_cell(0, 8, "A cover letter that was typed, with words enough.")
    paper.add_page()
    paper.image(io.BytesIO(picture()), x=0, y=0, w=210, h=297)


def word(fill: Callable[[Word], None]) -> bytes:
    """Return a Word document that *fill* wrote into."""
    paper = docx.Document()
    fill(paper)
    body = io.BytesIO()
    paper.save(body)
    return body.getvalue()


def memo(paper: Word) -> None:
    """Write a heading, a list, a table, and a second page."""
    paper.add_heading("Credit memo", level=1)
    paper.add_paragraph("Acme asks for a loan.")
    paper.add_paragraph("Secured", style="List Bullet")
    table = paper.add_table(rows=0, cols=3)
    for row in INCOME:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    paper.add_page_break()  # type: ignore[no-untyped-call]
    paper.add_paragraph("日本語の結論。")


def book(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook with these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    body = io.BytesIO()
    made.save(body)
    return body.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    """Return an archive with these parts, packed tight."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return body.getvalue()
