"""The nouns of connections: what we may ask, what a database holds, what it answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, SecretStr, SkipValidation, StringConstraints
from pydantic_core import PydanticCustomError

from core.identity import Audience, Role
from core.ids import ConnectionId, MemberId, OrganizationId
from core.record import Record, Storable

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$"
    ),
]

LENT = "uploads"
"""What the tables of a chat's files are called, wherever a connection is named."""


def _free(name: str) -> str:
    if name.lower() == LENT:
        told = f"{LENT} is what a chat's files are called; choose another name"
        raise PydanticCustomError("name_taken", "{told}", {"told": told})
    return name


class Dialect(StrEnum):
    """The kind of database, by the name its users give it."""

    SQLITE = "sqlite"
    DUCKDB = "duckdb"
    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    MARIADB = "mariadb"


class Status(StrEnum):
    """What we last saw of a connection."""

    PENDING = "pending"
    ACTIVE = "active"
    ERROR = "error"


class Ceilings(Record):
    """How much one statement may take; what is over is cut and said, or stopped and said."""

    rows: int = Field(default=1000, ge=1)
    """Rows that are handed out."""

    bytes: int = Field(default=8 * 1024 * 1024, ge=1024)
    """Bytes of all cells together, measured as text."""

    cell: int = Field(default=256 * 1024, ge=16)
    """Characters of one text cell (bytes of one binary cell); the rest of it is cut."""

    seconds: float = Field(default=30.0, gt=0)
    """How long the database may work."""


class ConnectionDraft(Record):
    """What a member writes: a name and the address, which may hold a password."""

    name: Annotated[Name, AfterValidator(_free)]
    url: SecretStr
    description: Annotated[str, StringConstraints(max_length=2000), Storable] | None = None
    role: str | None = Field(default=None, max_length=63)
    """PostgreSQL: the role every statement runs as."""
    max_rows: int | None = Field(default=None, ge=1)
    max_bytes: int | None = Field(default=None, ge=1024)
    timeout: float | None = Field(default=None, gt=0)
    """Lower ceilings than the server's; higher ones change nothing."""
    least: Role = Role.VIEWER
    audience: Audience = Audience.PUBLIC


class Connection(Record):
    """What an organization may ask: everything but the secrets."""

    id: ConnectionId
    organization_id: OrganizationId
    name: str
    dialect: Dialect
    address: str
    """Where it is, without any password, for people to recognise it by."""
    description: str | None
    status: Status
    problem: str | None
    """What was wrong when it last failed, in words."""
    warnings: tuple[str, ...]
    """Rights of its login that a reader should not have."""
    tables: int | None
    """How many tables and views discovery found; None before the first."""
    discovered_at: datetime | None
    created_by: MemberId
    created_at: datetime
    updated_at: datetime
    least: Role = Role.VIEWER
    """The least role that sees it."""
    audience: Audience = Audience.PUBLIC
    """The widest that may hear what it answers."""


class Health(Record):
    """What a test found."""

    version: str
    """The server's own version text."""
    latency_ms: float
    warnings: tuple[str, ...] = ()


# A catalogue of 10,000 tables is 100,000 columns: named tuples cost a tenth of a validated record.


class Column(NamedTuple):
    """A column as the database's catalogue describes it."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    comment: str | None = None


class ForeignKey(NamedTuple):
    """Columns that point at another table's, in the same order."""

    columns: tuple[str, ...]
    schema: str
    table: str
    targets: tuple[str, ...]


class Table(NamedTuple):
    """A table or view as the database's catalogue describes it."""

    schema: str
    name: str
    kind: Literal["table", "view", "materialized view", "foreign table"]
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str | None = None
    rows: int | None = None
    """The database's own estimate; None where it has none."""
    samples: Mapping[str, tuple[str, ...]] = {}
    """Values seen in columns that hold few different ones, most frequent first."""


class Schema(NamedTuple):
    """Everything a connection can see."""

    tables: tuple[Table, ...]
    default: str
    """The schema whose tables need no qualification: `public`, `main`, the database's name."""


class Statement(NamedTuple):
    """SQL in the database's own dialect, and the values that travel beside it.

    The n-th value belongs to the n-th placeholder: `$n` on PostgreSQL and DuckDB, `?` elsewhere.
    """

    sql: str
    values: tuple[Any, ...] = ()


class ResultColumn(NamedTuple):
    """A column of an answer."""

    name: str
    type: str
    """One of: integer, decimal, number, text, boolean, date, time, timestamp, interval, json,
    binary, other."""


class Truncated(Record):
    """What is missing from an answer."""

    rows: bool = False
    """There are more rows than were handed out: exactly true or false."""
    bytes: bool = False
    """The byte ceiling, not the row ceiling, ended it."""
    cells: int = 0
    """How many cells were cut."""


class Result(Record):
    r"""What a database answered, fit for any wire: `rows` hold JSON values only.

    A number is a JSON number where a double carries it exactly, else its digits as a string
    (decimals beyond 15 digits, integers beyond 2**53, NaN and Infinity). Dates and times are the
    databases' own text: `2025-01-31`, `2025-01-31 09:30:00`, `2025-01-31 09:30:00+00`. Binary is
    `\x` and hexadecimal digits. JSON, arrays and structs are JSON.
    """

    columns: Annotated[Sequence[ResultColumn], SkipValidation]
    rows: Annotated[Sequence[Sequence[Any]], SkipValidation]
    truncated: Truncated | None
    """None when everything is here."""
    duration_ms: float


class Answer(Result):
    """A result, and what it answers."""

    row_count: int
    """How many rows are here."""
    sql: str
    """The statement as it ran, with placeholders where the values were bound."""
    connection: str
    """The connection's name."""
    cursor: str | None
    """Given back with the same statement, it brings the rows after these; None when there are
    none. The statement runs again for it, so an ORDER BY keeps the pages in step."""


class Found(Record):
    """The tables that a question is about, best first, and how they are joined."""

    connection: str
    dialect: Dialect
    tables: Annotated[tuple[Any, ...], SkipValidation]
    """`core.connections.search.Hit`s."""
    joins: Annotated[tuple[Any, ...], SkipValidation]
    """`core.connections.search.Join`s."""
    total: int
    """How many tables the connection has."""
