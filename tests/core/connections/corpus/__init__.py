"""The statements that the policy is tried on, each dialect's in a file for people to read.

A line `=== kind: what it does` begins a statement; ` | passes: why` says that the engine, asked
without the policy, does not refuse it, and why that is no breach. `FOLDER` is where files would go.
"""

from pathlib import Path
from typing import NamedTuple

from core.connections.records import Dialect

HERE = Path(__file__).parent
FILES = {
    Dialect.SQLITE: "sqlite",
    Dialect.DUCKDB: "duckdb",
    Dialect.POSTGRESQL: "postgresql",
    Dialect.MYSQL: "mysql",
    Dialect.MARIADB: "mysql",
}


class Case(NamedTuple):
    """A statement, and what is to be known about it."""

    dialect: Dialect
    kind: str
    title: str
    passes: str
    """Why the engine lets it pass; empty where it refuses."""
    sql: str

    @property
    def name(self) -> str:
        """What the test is called."""
        return f"{self.dialect}: {self.title}"


def read(name: str, dialect: Dialect) -> tuple[Case, ...]:
    """Return the statements of the corpus *name* in a dialect."""
    text = (HERE / f"{name}.{FILES[dialect]}.sql").read_text(encoding="utf-8")
    cases = []
    for block in ("\n" + text).split("\n=== ")[1:]:
        head, _, sql = block.partition("\n")
        title, _, passes = head.partition(" | passes: ")
        kind = title.partition(": ")[0]
        cases.append(Case(dialect, kind, title, passes, sql.removesuffix("\n")))
    return tuple(cases)
