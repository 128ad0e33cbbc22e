"""What reads files is a process of its own: bounded, knowing nothing, killed without a trace."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import duckdb
import openpyxl
import pytest

from core.sheets import Bounds, File, FileRefused, load, process
from tests.core.sheets.reading import workbook


def file(tmp_path: Path, body: bytes, filename: str = "a.csv") -> File:
    path = tmp_path / filename
    path.write_bytes(body)
    return File(path, filename)


def children() -> set[str]:
    """Return the processes that this one has begun; on Linux alone, elsewhere none."""
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(found.read_text("utf-8").split()) if found.exists() else set()


@asynccontextmanager
async def ticking() -> AsyncIterator[list[float]]:
    """Measure how long the loop is away from its other work."""
    gaps: list[float] = []

    async def tick() -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - before)
            before = time.perf_counter()

    task = asyncio.create_task(tick())
    try:
        yield gaps
    finally:
        task.cancel()


async def test_cells_far_apart_end_the_process_and_nothing_else(tmp_path: Path) -> None:
    def far(book: openpyxl.Workbook) -> None:
        book.worksheets[0]["A1"], book.worksheets[0]["XFD1048576"] = 1, 2

    good = file(tmp_path, b"a,b\n1,2\n")
    with pytest.raises(FileRefused, match=r"far.xlsx: It cannot be read; its cells lie too far"):
        await load(
            [good, file(tmp_path, workbook(far), "far.xlsx")], tmp_path, tmp_path / "made.duckdb"
        )


async def test_a_row_without_an_end_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refusal:
        await load([file(tmp_path, b"," * 20_000_000 + b"\n")], tmp_path, tmp_path / "made.duckdb")

    assert "a row is too long" in refusal.value.message
    assert ",,," not in refusal.value.message


async def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="takes more than 0 seconds"):
        await load(
            [file(tmp_path, b"a,b\n1,2\n")],
            tmp_path,
            tmp_path / "made.duckdb",
            bounds=Bounds(seconds=0),
        )


async def test_whoever_leaves_takes_the_process_along(tmp_path: Path) -> None:
    before = children()
    reading = asyncio.create_task(
        load([file(tmp_path, b"a,b\n" + b"1,2\n" * 500_000)], tmp_path, tmp_path / "made.duckdb")
    )
    await asyncio.sleep(0.05)
    reading.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert children() <= before


async def test_the_process_is_handed_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_SECRET_KEY", "a secret")
    code = "import json, os; print(json.dumps(dict(made=[], told=dict(os.environ))))"

    _at, answer = await process.ask(b"", Bounds(), code)

    assert "TRELLIS_SECRET_KEY" not in answer["told"]
    assert set(answer["told"]) <= {*process.PASSED_ON, "LC_CTYPE"}


async def test_a_million_rows_are_read_while_the_loop_goes_on(tmp_path: Path) -> None:
    line = b"%d,R%d,%d.25,2025-03-%02d\n"
    many = b"".join(line % (n, n % 7, n % 1000, n % 28 + 1) for n in range(100_000))
    body = b"id,region,amount,day\n" + many * 10
    rows = file(tmp_path, body, "rows.csv")
    async with ticking() as gaps:
        (made,) = await load([rows], tmp_path, tmp_path / "made.duckdb")

    assert (made.tables[0].rows, made.tables[0].columns) == (1_000_000, 4)
    assert sorted(gaps)[-2] < 0.25  # a busy machine stalls a loop now and then by itself
    with duckdb.connect(str(tmp_path / "made.duckdb"), read_only=True) as database:
        found = database.execute("SELECT count(*), sum(id), min(day) FROM rows").fetchall()
    assert found[0][:2] == (1_000_000, 10 * sum(range(100_000)))
