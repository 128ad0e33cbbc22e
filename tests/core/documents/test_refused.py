"""Documents that are broken, locked, no documents, or made to hurt whoever reads them."""

import asyncio
import os
import zlib
from pathlib import Path

import pytest

from core.documents import Bounds, read
from core.sheets import FileRefused
from tests.core.documents.papers import memo, packed, pdf, report, word

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


async def refused(tmp_path: Path, body: bytes, filename: str, bounds: Bounds | None = None) -> str:
    path = tmp_path / "document"
    path.write_bytes(body)
    with pytest.raises(FileRefused) as refusal:
        await read(path, filename, tmp_path, bounds=bounds or Bounds())
    assert refusal.value.message.startswith(f"{filename}: ")
    return refusal.value.message.removeprefix(f"{filename}: ")


async def outcome(tmp_path: Path, body: bytes, filename: str, seconds: int = 30) -> str:
    """Return what a document says, or why it is refused."""
    path = tmp_path / "document"
    path.write_bytes(body)
    try:
        document = await read(path, filename, tmp_path, bounds=Bounds(seconds=seconds))
    except FileRefused as refusal:
        return refusal.message
    return "\f".join(page.text for page in document.pages)


@pytest.mark.parametrize(
    ("body", "filename", "said"),
    [
        (b"", "a.pdf", "The file is empty"),
        (b"%PDF-1.7 and then nothing", "a.pdf", "The PDF is broken"),
        (pdf(report)[:400], "a.pdf", "The PDF is broken"),
        (pdf(report, password="secret"), "a.pdf", "A password protects the PDF"),
        (word(memo)[:2000], "a.docx", "The archive breaks off"),
        (packed({"word/document.xml": b"<w:document"}), "a.docx", "The document is broken"),
        (packed({"a.txt": b"hello"}), "a.docx", "It is a ZIP archive"),
        (packed({"ppt/presentation.xml": b"<a/>"}), "a.pptx", "It is a PowerPoint presentation"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", "It is an old Office file"),
        (b"MZ" + bytes(range(256)) * 4, "a.pdf", "It is a program"),
        (b"\x00\x01\x02" * 50, "a.txt", "It is binary data"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(
    tmp_path: Path, body: bytes, filename: str, said: str
) -> None:
    assert said in await refused(tmp_path, body, filename)


async def test_a_bomb_of_a_word_document_does_not_go_off(tmp_path: Path) -> None:
    bomb = packed({"word/document.xml": b" " * 120_000_000})

    assert "more than is sane" in await refused(tmp_path, bomb, "a.docx")


async def test_a_bomb_of_a_workbook_does_not_go_off(tmp_path: Path) -> None:
    bomb = packed({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": b" " * 120_000_000})

    assert "more than is sane" in await refused(tmp_path, bomb, "a.xlsx")


async def test_entities_that_unfold_are_refused(tmp_path: Path) -> None:
    body = (
        b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
        b"<w:document><w:body>&b;</w:body></w:document>"
    )

    said = await refused(tmp_path, packed({"word/document.xml": body}), "a.docx")

    assert "declares entities" in said


async def test_entities_behind_a_long_comment_do_not_unfold_either(tmp_path: Path) -> None:
    layers = b"".join(b'<!ENTITY e%d "%s">' % (at, b"&e%d;" % (at - 1) * 10) for at in range(1, 9))
    body = (
        b"<!--" + b"x" * 5000 + b'--><!DOCTYPE w [<!ENTITY e0 "0123456789">' + layers + b"]>"
        b'<w:document xmlns:w="' + W.encode() + b'"><w:body><w:p><w:r><w:t>&e8;</w:t></w:r></w:p>'
        b"</w:body></w:document>"
    )

    said = await refused(tmp_path, packed({"word/document.xml": body}), "a.docx")

    assert "broken" in said or "memory" in said


async def test_a_stream_that_unpacks_to_gigabytes_ends_the_reading_alone(tmp_path: Path) -> None:
    def stream(number: int, body: bytes) -> bytes:
        head = b"%d 0 obj<</Length %d/Filter/FlateDecode>>stream\n" % (number, len(body))
        return head + body + b"\nendstream endobj\n"

    packer = zlib.compressobj(9)
    tight = b"".join(packer.compress(b"0 0 m 1 1 l S\n" * 100_000) for _ in range(100))
    tight += packer.flush()
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        + stream(4, tight)
        + b"trailer<</Root 1 0 R>>\n%%EOF"
    )

    said = await outcome(tmp_path, body, "a.pdf", seconds=2)

    assert said == "" or "seconds" in said or "memory" in said


async def test_elements_that_stand_very_deep_break_nothing(tmp_path: Path) -> None:
    deep = b"<w:ins>" * 50_000 + b"<w:t>x</w:t>" + b"</w:ins>" * 50_000
    body = (
        b'<w:document xmlns:w="' + W.encode() + b'"><w:body><w:p>' + deep + b"</w:p></w:body>"
        b"</w:document>"
    )

    said = await outcome(tmp_path, packed({"word/document.xml": body}), "a.docx")

    assert said == "x"


async def test_tags_without_an_end_are_read_in_time(tmp_path: Path) -> None:
    body = b"<html><table>" + b"<tr><td><table>" * 20_000 + b"said"

    assert "said" in await outcome(tmp_path, body, "a.html")


async def test_what_takes_too_long_is_killed_and_the_process_with_it(tmp_path: Path) -> None:
    said = await refused(tmp_path, pdf(report), "a.pdf", Bounds(seconds=0))

    assert "takes more than 0 seconds" in said


async def test_whoever_leaves_takes_the_process_along(tmp_path: Path) -> None:
    def children() -> set[str]:
        found = Path(f"/proc/self/task/{os.getpid()}/children")
        return set(found.read_text("utf-8").split()) if found.exists() else set()

    path = tmp_path / "document"
    path.write_bytes(pdf(report))
    before = children()
    reading = asyncio.create_task(read(path, "a.pdf", tmp_path))
    async with asyncio.timeout(10):
        while not reading.done() and children() <= before:  # noqa: ASYNC110 - the kernel tells
            await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert children() <= before
