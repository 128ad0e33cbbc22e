"""Reading a file in this very process: what the child does, without its start."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from core.sheets import child, table


class Reader:
    """Reads one file after the other; what was made of the last one can be asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._database = child._open(self._folder, self._folder / "made.duckdb", None)
        self._keywords = child._keywords(self._database)
        self.tables: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def __call__(self, body: bytes | str, filename: str = "sales.csv") -> "Reader":
        """Make the tables of a file."""
        for (name,) in self._database.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall():
            here = "main" if name == "raw" else "made.main"
            self._database.execute(f"DROP TABLE {here}.{table.identifier(name)}")
        path = self._folder / "file0"
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        job = {"path": str(path), "filename": filename, "tables": []}
        made = child._load(self._database, self._folder, job, set(), self._keywords)
        self.tables, self.notes = made["tables"], made["notes"]
        return self

    def rows(self, name: str | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a table; of the first one by default."""
        quoted = table.identifier(name or self.tables[0]["name"])
        rows: list[tuple[Any, ...]] = self._database.execute(
            f"SELECT * FROM made.main.{quoted}"
        ).fetchall()
        return rows

    def columns(self) -> dict[str, str]:
        """Return the columns of the first table and their types."""
        return dict(self._described("data_type"))

    def comments(self) -> dict[str, str]:
        """Return what is said of its columns."""
        return dict(self._described("comment"))

    def close(self) -> None:
        self._database.close()

    def _described(self, what: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = self._database.execute(
            f"SELECT column_name, {what} FROM duckdb_columns() "
            f"WHERE table_name = ? AND {what} IS NOT NULL ORDER BY column_index",
            [self.tables[0]["name"]],
        ).fetchall()
        return found


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    """Return a workbook that *fill* wrote into."""
    book = openpyxl.Workbook()
    fill(book)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()
