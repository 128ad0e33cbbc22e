"""Files of people are read in a process of their own, which may be killed at any time."""

import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from core.sheets.errors import FileRefused

ROOT = Path(__file__).parent.parent.parent
"""Where our packages are."""
PASSED_ON = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")
"""What the process is told of our environment, which holds secrets."""
CODE = "import sys; sys.path.insert(0, {!r}); from core.sheets.child import main; main()"
ENDED = "It cannot be read; its cells lie too far apart, or it takes too much memory."
"""What is said when the process ended without a word."""


class Bounds(NamedTuple):
    """What reading the files of one upload may take."""

    memory: int = 3 * 1024**3
    """Bytes of addresses, of which half are ever used."""
    seconds: int = 45
    """In all."""


class File(NamedTuple):
    """A file to be read."""

    path: Path
    filename: str
    tables: tuple[str, ...] = ()
    """What its tables were called before; empty when it is new."""


class Made(NamedTuple):
    """A table that was made."""

    name: str
    title: str
    """The file's or the sheet's own name."""
    rows: int
    columns: int


class Loaded(NamedTuple):
    """What was in a file."""

    kind: str
    tables: tuple[Made, ...]
    notes: tuple[str, ...]


async def load(
    files: Sequence[File],
    folder: Path,
    target: Path,
    *,
    base: Path | None = None,
    taken: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> tuple[Loaded, ...]:
    """Make the tables of *files* in a DuckDB file, and return them in the same order.

    Args:
        files: CSV files and workbooks.
        folder: a folder of its own, which holds the files; nothing else can be read or written.
        target: the DuckDB file to be made, in that folder.
        base: another such file, whose tables are to be in it too.
        taken: the names of those tables.
        bounds: what it may take.

    Raises:
        FileRefused: one of them is no table, broken, or takes too much; its name comes first.
    """
    bounds = bounds or Bounds()
    job = {
        "folder": str(folder),
        "target": str(target),
        "base": None if base is None else str(base),
        "taken": list(taken),
        "memory": bounds.memory,
        "seconds": bounds.seconds,
        "files": [
            {"path": str(each.path), "filename": each.filename, "tables": each.tables}
            for each in files
        ],
    }
    at, answer = await ask(json.dumps(job).encode(), bounds)
    name = "The files" if at is None and len(files) > 1 else files[at or 0].filename
    if "refused" in answer:
        raise FileRefused(f"{name}: {answer['refused']}")
    if "made" not in answer:
        raise FileRefused(f"{name}: {answer['ended']}")
    return tuple(
        Loaded(
            each["kind"],
            tuple(Made(**made) for made in each["tables"]),
            tuple(each["notes"]),
        )
        for each in answer["made"]
    )


async def ask(
    job: bytes, bounds: Bounds, code: str = CODE, *, ended: str = ENDED
) -> tuple[int | None, dict[str, Any]]:
    """Return which file the process was at in the end, if it said so, and what it said last.

    Args:
        job: what it reads from its standard input.
        bounds: what it may take; it is killed when its time is up.
        code: what it runs, with a place for where our packages are.
        ended: what is said of the file when it ends without a word.
    """
    # That process imports this package, too, and has no use for these two.
    import asyncio  # noqa: PLC0415

    import structlog  # noqa: PLC0415

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", code.format(str(ROOT))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
    )
    try:
        async with asyncio.timeout(bounds.seconds):
            out, wrong = await process.communicate(job)
    except TimeoutError:
        out, wrong = b"", b""
        ended = f"It takes more than {bounds.seconds} seconds to read; send less of it."
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    at, answer = None, {"ended": ended}
    for line in out.splitlines():
        said = json.loads(line)
        if "at" in said:
            at = int(said["at"])
        else:
            answer = said
    if "ended" in answer:
        # Its own words may repeat what is in the file: only the kind of the fault is logged.
        kinds = re.findall(rb"^[\w.]*(?:Error|Exception)\b|memory allocation", wrong, re.MULTILINE)
        structlog.get_logger().warning(
            "a file could not be read",
            code=process.returncode,
            kinds=b" ".join(kinds[-3:]).decode(),
        )
    return at, answer
