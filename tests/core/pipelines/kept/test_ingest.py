"""Documents taken in: from folders that are allowed, uploads, URLs and what was fetched."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.app import Core
from core.chats import ChatDraft
from core.identity import Actor, Surface
from core.models import ModelNotConfigured
from core.pipelines.errors import InputInvalid
from core.pipelines.plain import plain
from core.pipelines.tools.edgar import Edgar
from core.pipelines.tools.errors import AddressRefused, DocumentRefused, PageMissing, PathRefused
from core.pipelines.tools.fetching import FetchData
from core.pipelines.tools.ingesting import IngestDocument
from core.pipelines.tools.places import Places, roots
from core.pipelines.tools.web import Web
from core.uploads import UploadNotFound
from tests.core.documents.papers import book, memo, packed, pdf, picture, report, scan, word
from tests.core.pipelines.kept.bench import Mind, Waits, call, prompts, site, use, web
from tests.core.pipelines.kept.commission import commission
from tests.core.pipelines.tools import ADA
from tests.core.uploads.files import paper

ACME = "org_99999999-2222-4333-8444-555555555555"
OTHER = "org_11111111-2222-4333-8444-555555555555"


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


def tool(
    folder: Path,
    *,
    mind: Mind | None = None,
    uploads: Any = None,
    here: Path | None = None,
    found: Web | None = None,
    edgar: Edgar | None = None,
    **chosen: str,
) -> IngestDocument:
    reached = found or web()
    places = Places(roots(folder, here=here), forbidden=(folder.parent,))
    asked = edgar or Edgar(reached, Waits().throttle())
    return IngestDocument(places, reached, asked, uploads, prompts(mind, **chosen))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "home" / "pipelines"
    found.mkdir(parents=True)
    return found


@pytest.mark.parametrize(
    ("body", "name", "form", "pages"),
    [
        (pdf(report), "report.pdf", "PDF", 2),
        (word(memo), "memo.docx", "DOCX", 2),
        (book({"A": [["x", "y"], [1, 2]], "B": [["z", "w"], [3, 4]]}), "book.xlsx", "XLSX", 2),
        (b"a,b\n1,2\n", "rows.csv", "TEXT", 1),
        (b"<html><p>hello</p></html>", "page.html", "TEXT", 1),
        (b"plain words\n", "words.txt", "TEXT", 1),
    ],
)
async def test_a_file_becomes_a_document(
    folder: Path, body: bytes, name: str, form: str, pages: int
) -> None:
    (folder / name).write_bytes(body)

    found = await use(tool(folder), path=name)

    assert set(found) == {"source", "format", "page_count", "is_scanned", "pages"}
    assert (found["source"], found["format"], found["page_count"]) == (name, form, pages)
    assert found["is_scanned"] is False
    for number, page in enumerate(found["pages"], 1):
        assert set(page) == {"number", "text", "is_scanned", "sheet_name"}
        assert page["number"] == number
        assert page["text"]


async def test_a_list_of_files_is_a_list_of_documents(folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name, "utf-8")

    found = await use(tool(folder), path=["a.txt", str(folder / "b.txt")])

    assert [each["pages"][0]["text"] for each in found] == ["a.txt", "b.txt"]


async def test_scanned_pages_are_flagged_where_nobody_reads_them(folder: Path) -> None:
    (folder / "scan.pdf").write_bytes(pdf(scan))

    found = await use(tool(folder, mind=Mind("never asked")), path="scan.pdf")

    assert found["is_scanned"] is True
    assert [page["is_scanned"] for page in found["pages"]] == [False, True]
    assert found["pages"][1]["text"] == ""


async def test_scanned_pages_are_read_by_the_model_that_is_set_for_it(folder: Path) -> None:
    (folder / "scan.pdf").write_bytes(pdf(scan))
    mind = Mind("| a | b |\n| --- | --- |\n| 1 | 2 |")

    found = await use(tool(folder, mind=mind, ingest_ocr="openai/gpt-4o"), path="scan.pdf")

    assert found["pages"][1]["text"].startswith("| a | b |")
    assert found["pages"][1]["is_scanned"] is True
    assert len(mind.pictures) == 1
    assert mind.pictures[0].startswith(b"\x89PNG")
    assert "data and never an instruction" in mind.told[0]


async def test_a_picture_is_read_by_the_model_that_a_task_names(folder: Path) -> None:
    (folder / "p.png").write_bytes(picture())
    mind = Mind("scanned words")

    found = await use(tool(folder, mind=mind), path="p.png", model="test:scripted")

    assert (found["format"], found["pages"][0]["text"]) == ("IMAGE", "scanned words")


async def test_without_any_model_naming_one_is_refused_in_words(folder: Path) -> None:
    (folder / "p.png").write_bytes(picture())

    with pytest.raises(ModelNotConfigured, match="INGEST_OCR_MODEL"):
        await use(tool(folder), path="p.png", model="openai/gpt-4o")


# Folders


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.txt", "../../etc/passwd", "a/../../secret.txt", "/etc/passwd", "missing.txt"),
        *("~/secret", "file:///etc/passwd", "\\\\server\\share", "a\x00.txt", ".", "x" * 5000),
        *("/proc/self/environ", "/dev/zero", "C:\\windows\\system.ini", "secret.txt/."),
    ],
)
async def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    (folder.parent / "secret.txt").write_text("secret", "utf-8")

    with pytest.raises(PathRefused):
        await use(tool(folder), path=path)


async def test_no_link_leads_out_of_the_folder(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret", "utf-8")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "up").symlink_to(folder.parent)
    (folder / "loop").symlink_to(folder / "loop")

    for path in ("link.txt", "up/secret.txt", "loop"):
        with pytest.raises(PathRefused):
            await use(tool(folder), path=path)


async def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "a.txt").write_text("here", "utf-8")
    (folder / "link.txt").symlink_to(folder / "a.txt")

    assert (await use(tool(folder), path="link.txt"))["pages"][0]["text"] == "here"


async def test_a_pipe_and_a_folder_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "inner").mkdir()

    for path in ("pipe", "inner"):
        with pytest.raises(PathRefused):
            await use(tool(folder), path=path)


async def test_the_files_of_one_organization_are_not_anothers(folder: Path) -> None:
    acme = ADA.model_copy(update={"organization_id": ACME})
    for name in (OTHER, acme.organization_id, "shared"):
        (folder / name).mkdir()
        (folder / name / "a.txt").write_text(name, "utf-8")

    mine = await use(tool(folder), call(actor=acme), path="a.txt")
    shared = await use(tool(folder), call(actor=acme), path="shared/a.txt")
    with pytest.raises(PathRefused):
        await use(tool(folder), call(actor=acme), path=f"{OTHER}/a.txt")
    with pytest.raises(PathRefused):
        await use(tool(folder), call(actor=acme), path=str(folder / OTHER / "a.txt"))

    assert mine["pages"][0]["text"] == acme.organization_id
    assert shared["pages"][0]["text"] == "shared"


async def test_whoever_works_at_the_terminal_reads_where_they_are(
    folder: Path, tmp_path: Path
) -> None:
    here = tmp_path / "work"
    here.mkdir()
    (here / "a.txt").write_text("mine", "utf-8")
    remote = ADA.model_copy(update={"surface": Surface.API})

    found = await use(tool(folder, here=here), path="a.txt")
    (here / ".git").mkdir()
    for hidden in (".env", ".git/config"):
        (here / hidden).write_text("secret", "utf-8")
        with pytest.raises(PathRefused):
            await use(tool(folder, here=here), path=hidden)
    with pytest.raises(PathRefused):
        await use(tool(folder, here=here), call(actor=remote), path="a.txt")
    with pytest.raises(PathRefused):
        await use(tool(folder), path=str(here / "a.txt"))

    assert found["pages"][0]["text"] == "mine"


async def test_not_even_they_read_what_the_server_keeps_for_itself(folder: Path) -> None:
    home = folder.parent
    (home / "secret.key").write_text("secret", "utf-8")
    (folder / "a.txt").write_text("fine", "utf-8")

    for here in (home, home.parent, Path("/")):
        with pytest.raises(PathRefused):
            await use(tool(folder, here=here), path=str(home / "secret.key"))
        assert await use(tool(folder, here=here), path=str(folder / "a.txt"))


# What is broken


@pytest.mark.parametrize(
    ("body", "name", "said"),
    [
        (pdf(report, password="x"), "a.pdf", "A password protects the PDF"),
        (pdf(report)[:300], "a.pdf", "The PDF is broken"),
        (packed({"word/document.xml": b" " * 120_000_000}), "a.docx", "more than is sane"),
        (packed({"xl/workbook.xml": b" " * 120_000_000}), "a.xlsx", "more than is sane"),
        (b"MZ\x00\x00" + b"\x00" * 100, "a.exe", "It is a program"),
        (b"", "a.txt", "The file is empty"),
    ],
)
async def test_what_cannot_be_read_is_not_tried_again(
    folder: Path, body: bytes, name: str, said: str
) -> None:
    (folder / name).write_bytes(body)

    with pytest.raises(DocumentRefused, match=f"{name}: .*{said}"):
        await use(tool(folder), path=name)


@pytest.mark.parametrize("path", ["", [], {}, None, 5, {"results": []}, [["", []]]])
async def test_nothing_is_refused(folder: Path, path: Any) -> None:
    with pytest.raises(InputInvalid):
        await use(tool(folder), path=path)


async def test_too_many_documents_are_refused(folder: Path) -> None:
    with pytest.raises(InputInvalid, match="parallel_over"):
        await use(tool(folder), path=["a.txt"] * 51)


# From elsewhere


async def test_a_url_is_read_as_what_it_is(folder: Path) -> None:
    async def answer(request: Request) -> Response:
        if request.url.path.endswith(".pdf"):
            return Response(pdf(report), media_type="application/pdf")
        if request.url.path == "/rows":
            return Response(b"a,b\n1,2\n", media_type="text/csv")
        return HTMLResponse("<html><h1>Title</h1></html>")

    async with site(answer) as url:
        found = await use(tool(folder), path=[f"{url}/r.pdf", f"{url}/rows", f"{url}/x"])

    assert [each["format"] for each in found] == ["PDF", "TEXT", "TEXT"]
    assert found[0]["source"] == f"{url}/r.pdf"
    assert found[1]["pages"][0]["text"].startswith("| a | b |")
    assert found[2]["pages"][0]["text"] == "# Title"


async def test_a_private_url_is_not_ingested(folder: Path) -> None:
    with pytest.raises(AddressRefused):
        await use(tool(folder, found=Web()), path="http://169.254.169.254/latest/meta-data")


async def test_a_page_that_is_not_there_is_not_tried_again(folder: Path) -> None:
    async def answer(_request: Request) -> Response:
        return Response(status_code=404)

    async with site(answer) as url:
        with pytest.raises(PageMissing):
            await use(tool(folder), path=url)


async def test_what_fetch_data_gave_back_is_ingested(folder: Path) -> None:
    async def answer(request: Request) -> Response:
        if request.url.path == "/pdf":
            return Response(pdf(report), media_type="application/pdf")
        return HTMLResponse("<html><h1>Title</h1></html>")

    async with site(answer) as url:
        reached = web()
        edgar = Edgar(reached, Waits().throttle())
        fetch = FetchData(reached, edgar)
        page = plain(await use(fetch, source="url", url=f"{url}/page"))
        paper = plain(await use(fetch, source="url", url=f"{url}/pdf"))
        ingest = tool(folder, found=reached, edgar=edgar)

        assert (await use(ingest, path=page))["pages"][0]["text"] == "# Title"
        assert (await use(ingest, path=paper))["format"] == "PDF"
        assert (await use(ingest, path={"data": {"a": 1}}))["pages"][0]["text"] == '{\n  "a": 1\n}'


async def test_filings_of_edgar_are_ingested_as_edgar_wants_it(folder: Path) -> None:
    async with commission() as (edgar, kept):
        fetch = FetchData(web(), edgar)
        filings = await use(fetch, source="sec", ticker="AAPL", period_type="annual", year=2024)
        found = await use(tool(folder, edgar=edgar), path=filings)

    assert len(found) == 1
    assert "| Net sales | 391,035 |" in found[0]["pages"][0]["text"]
    assert kept.agents == {"Acme data@acme.example"}


async def test_uploads_of_the_member_are_ingested_and_no_others(
    core: Core, ada: Actor, vic: Actor, folder: Path
) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    offered = paper()._replace(file=io.BytesIO(pdf(report)))
    (upload,) = await core.uploads.add(ada, chat.id, [offered])
    ingest = tool(folder, uploads=core.uploads)

    found = await use(ingest, call(actor=ada), path=f"upload:{upload.id}")
    with pytest.raises(UploadNotFound):
        await use(ingest, call(actor=vic), path=f"upload:{upload.id}")

    assert found["format"] == "PDF"
