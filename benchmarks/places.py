"""Scratch databases: found on this machine or absent by name, and dropped afterwards."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from mysql import connector as mysql
from psycopg import sql
from sqlalchemy.engine import make_url

from benchmarks.processes import Absent

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
MARIADB = os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test")

MOST = 100_000
FACTS = (
    "CREATE TABLE facts (i integer PRIMARY KEY, n decimal(12,2) NOT NULL, "
    "t timestamp NOT NULL, s varchar(40) NOT NULL)"
)
Fact = tuple[int, str, str, str]


def facts(count: int) -> list[Fact]:
    """Return *count* rows: an integer, a decimal, a timestamp, a text."""
    rows = []
    for i in range(1, count + 1):
        time = f"20{i % 25:02}-{i % 12 + 1:02}-{i % 28 + 1:02} {i % 24:02}:{i % 60:02}:{i % 59:02}"
        rows.append((i, f"{i * 7919 % 1_000_000}.{i % 100:02}", time, f"fact{i:06} of the scratch"))
    return rows


@contextmanager
def postgres(name: str, *, wanted: bool = True) -> Iterator[str]:
    """Lend the URL of an empty PostgreSQL database; drop it afterwards.

    Raises:
        Absent: there is no server, it does not let us in, or it is not *wanted*.
    """
    if not wanted:
        raise Absent("a quick run asks SQLite alone")
    name = f"trellis_bench_{name}_{os.getpid()}"
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        raise Absent(f"no PostgreSQL at TEST_POSTGRES_URL: {str(error).strip()[:120]}") from None
    with admin:
        database = sql.Identifier(name)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
        try:
            yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))


@contextmanager
def mariadb(name: str) -> Iterator[str]:
    """Lend the URL of an empty MariaDB database; drop it afterwards.

    Raises:
        Absent: there is no server, or it does not let us in.
    """
    name = f"trellis_bench_{name}_{os.getpid()}"
    url = make_url(MARIADB)
    try:
        admin = mysql.connect(
            host=url.host,
            port=url.port or 3306,
            user=url.username,
            password=url.password or "",
            connection_timeout=3,
            collation="utf8mb4_general_ci",
        )
    except mysql.Error as error:
        raise Absent(f"no MariaDB at TEST_MARIADB_URL: {str(error).strip()[:120]}") from None
    cursor = admin.cursor()
    cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
        cursor.close()
        admin.close()


def fill_sqlite(path: Path, count: int) -> str:
    """Write the facts into a SQLite file; return its URL."""
    with sqlite3.connect(path) as session:
        session.execute(FACTS)
        session.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", facts(count))
    session.close()
    return f"sqlite:///{path}"


def fill_duckdb(path: Path, count: int) -> str:
    """Write the facts into a DuckDB file; return its URL."""
    import duckdb  # noqa: PLC0415 - only where it is asked for

    with duckdb.connect(str(path)) as session:
        session.execute(FACTS)
        session.execute(
            "INSERT INTO facts SELECT unnest($1), unnest($2)::decimal(12,2), "
            "unnest($3)::timestamp, unnest($4)",
            [list(column) for column in zip(*facts(count), strict=True)],
        )
    return f"duckdb:///{path}"


def fill_postgres(url: str, count: int) -> str:
    """Write the facts into a PostgreSQL database; return its URL."""
    with psycopg.connect(url) as session:
        session.execute(FACTS)
        with session.cursor().copy("COPY facts FROM STDIN") as copy:
            for row in facts(count):
                copy.write_row(row)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM ANALYZE facts")
    return url


def fill_mariadb(url: str, count: int) -> str:
    """Write the facts into a MariaDB database; return its URL."""
    at = make_url(url)
    session = mysql.connect(
        host=at.host,
        port=at.port or 3306,
        user=at.username,
        password=at.password or "",
        database=at.database,
        collation="utf8mb4_general_ci",
    )
    cursor = session.cursor()
    cursor.execute(FACTS.replace("t timestamp", "t datetime"))
    rows = facts(count)
    for start in range(0, count, 5000):
        cursor.executemany("INSERT INTO facts VALUES (%s, %s, %s, %s)", rows[start : start + 5000])
    session.commit()
    cursor.close()
    session.close()
    return url
