"""The process that reads files of people: bounded, with nothing of ours in its environment.

It takes a job as JSON on its standard input, and answers with lines of JSON: which file it is at,
then what it made, or which file it refuses and why.
"""

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from core.sheets import names, table, text, workbook
from core.sheets.errors import FileRefused
from core.sheets.kinds import ZIP, Kind

DATABASE_MEMORY = "768MB"
BLOCK = 16384
"""Bytes of a block: most tables are small, and a block of the usual size is larger than they."""


def main() -> None:
    """Do one job."""
    job = json.load(sys.stdin)
    # What a library prints must not be taken for what we say.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _do(job, answers)


def _do(job: dict[str, Any], answers: TextIO) -> None:
    bound(job["memory"], job["seconds"])
    import duckdb  # noqa: PLC0415 - after the bounds are set

    folder = Path(job["folder"])
    made: list[dict[str, Any]] = []
    database = _open(folder, Path(job["target"]), job["base"])
    keywords = _keywords(database)
    taken = {str(each).casefold() for each in job["taken"]}
    for number, file in enumerate(job["files"]):
        _say(answers, at=number)
        try:
            made.append(_load(database, folder, file, taken, keywords))
        except FileRefused as refusal:
            _say(answers, refused=refusal.message)
            return
        except duckdb.Error:  # its message would repeat what is in the file
            words = "It cannot be read as a table: a row is too long, or it takes too much memory."
            _say(answers, refused=words)
            return
    database.execute("DETACH made")
    _say(answers, made=made)


def bound(memory: int, seconds: int) -> None:
    """Let the kernel stop us, whatever the parsers do."""
    with suppress(OSError):
        os.nice(5)  # whoever waits for a web page goes first
    try:
        import resource  # noqa: PLC0415 - not every system has it
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds * 2),
        (resource.RLIMIT_FSIZE, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _open(folder: Path, target: Path, base: str | None) -> Any:
    """Open a database that can touch nothing but *folder*, and begin the one to be made."""
    import duckdb  # noqa: PLC0415 - here alone

    if base is not None:
        shutil.copyfile(base, target)
    database = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
            "memory_limit": DATABASE_MEMORY,
            "temp_directory": str(folder / "spill"),
            "threads": 2,
        },
    )
    inside = str(folder).replace("'", "''")
    database.execute(f"SET allowed_directories = ['{inside}']")
    database.execute("SET enable_external_access = false")
    database.execute("SET enable_progress_bar = false")
    database.execute("SET TimeZone = 'UTC'")
    database.execute("SET lock_configuration = true")
    path = str(target).replace("'", "''")
    database.execute(f"ATTACH '{path}' AS made (BLOCK_SIZE {BLOCK})")
    return database


def _keywords(database: Any) -> frozenset[str]:
    rows = database.execute(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'"
    ).fetchall()
    # Words that read oddly without quotes, in this database or in others.
    return frozenset(str(name) for (name,) in rows) | {"date", "time", "timestamp", "values", "key"}


def _load(
    database: Any, folder: Path, file: dict[str, Any], taken: set[str], keywords: frozenset[str]
) -> dict[str, Any]:
    path, filename = Path(file["path"]), str(file["filename"])
    given = [str(each) for each in file["tables"]]
    taken.update(each.casefold() for each in given)
    with path.open("rb") as opened:
        packed = opened.read(4) == ZIP
    return (_book if packed else _csv)(database, folder, path, filename, given, taken, keywords)


def _csv(
    database: Any,
    folder: Path,
    path: Path,
    filename: str,
    given: list[str],
    taken: set[str],
    keywords: frozenset[str],
) -> dict[str, Any]:
    body, notes = text.decoded(path.read_bytes())
    sheet = text.sheet(body)
    source = folder / "text.csv"
    source.write_text(sheet.text, "utf-8", newline="")
    name = given[0] if given else names.table(Path(filename).stem, taken, keywords)
    laid = table.lay(
        database,
        source,
        name,
        delimiter=sheet.delimiter,
        quoted=sheet.quoted,
        width=sheet.width,
        keywords=keywords,
        about=filename,
    )
    source.unlink()
    if laid.void:
        raise FileRefused("It holds nothing but delimiters.")
    made = {"name": name, "title": filename, "rows": laid.rows, "columns": laid.columns}
    return {"kind": Kind.CSV, "tables": [made], "notes": [*notes, *sheet.notes, *laid.notes]}


def _book(
    database: Any,
    folder: Path,
    path: Path,
    filename: str,
    given: list[str],
    taken: set[str],
    keywords: frozenset[str],
) -> dict[str, Any]:
    workbook.check(path)
    pages, notes = workbook.pages(path, folder)
    stem = Path(filename).stem
    tables = []
    for number, page in enumerate(pages):
        title = f"{stem} {page.title}" if len(pages) > 1 else stem
        name = given[number] if number < len(given) else names.table(title, taken, keywords)
        laid = table.lay(
            database,
            page.path,
            name,
            delimiter=",",
            quoted=True,
            width=page.width,
            keywords=keywords,
            about=f"{filename}, sheet {page.title}",
        )
        page.path.unlink()
        if laid.void:
            database.execute(f"DROP TABLE made.main.{table.identifier(name)}")
            continue
        notes += [f"{page.title}: {note}" for note in laid.notes]
        tables.append(
            {"name": name, "title": page.title, "rows": laid.rows, "columns": laid.columns}
        )
    if not tables:
        raise FileRefused("No visible sheet of the workbook holds anything.")
    return {"kind": Kind.XLSX, "tables": tables, "notes": notes}


def _say(answers: TextIO, **said: Any) -> None:
    answers.write(json.dumps(said) + "\n")
    answers.flush()
