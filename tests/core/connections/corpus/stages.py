"""A shop in every kind of database, with traps in it, for the corpora to run on."""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import psycopg
from mysql import connector as mysql
from sqlalchemy.engine import URL, make_url

from core.connections.address import parse
from core.connections.driver import Driver
from core.connections.drivers.duckdb import DuckDB
from core.connections.drivers.mysql import MySQL
from core.connections.drivers.postgres import Postgres
from core.connections.drivers.sqlite import SQLite
from core.connections.records import Dialect
from tests.core.connections.corpus import FILES, HERE
from tests.services import mariadb_database, postgres_database

NAME = f"trellis_policy_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}_{os.getpid()}"
FAILURES = (sqlite3.Error, duckdb.Error, psycopg.Error, mysql.Error)
FOLDER = tempfile.gettempdir()
"""Where the servers may write, and a statement that got through would."""


class Stage(NamedTuple):
    """A database, and what can be seen of it from outside."""

    dialect: Dialect
    reader: Callable[[], Driver]
    """Opens a driver for somebody who may only read, with one session."""
    owner: Callable[[], Driver] | None
    """The same for somebody who may do everything, where there is a difference."""
    state: Callable[[], Any]
    """Returns all that a statement could have changed."""
    change: Callable[[str], None]
    """Lets somebody else change the database."""
    session: str
    """What a session would give away of the statements before."""


def _setup(dialect: Dialect) -> list[str]:
    text = (HERE / f"setup.{FILES[dialect]}.sql").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


def _stolen() -> list[str]:
    return sorted(path.name for path in Path(FOLDER).glob("stolen*"))


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@contextmanager
def sqlite(folder: Path) -> Iterator[Stage]:
    """Lend the stage in a SQLite file."""
    file = folder / "shop.db"
    connection = sqlite3.connect(file)
    connection.executescript("\n".join(_setup(Dialect.SQLITE)))
    connection.close()
    address = parse(f"sqlite:///{file}")

    def change(sql: str) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(sql)

    yield Stage(
        Dialect.SQLITE,
        lambda: SQLite(address, sessions=1),
        None,
        lambda: (_bytes(folder), _stolen()),
        change,
        "SELECT count(*), group_concat(name) FROM pragma_table_list",
    )


@contextmanager
def duck(folder: Path) -> Iterator[Stage]:
    """Lend the stage in a DuckDB file."""
    file = folder / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        for statement in _setup(Dialect.DUCKDB):
            connection.execute(statement)
    address = parse(f"duckdb:///{file}")

    def change(sql: str) -> None:
        with duckdb.connect(str(file)) as connection:
            connection.execute(sql)

    yield Stage(
        Dialect.DUCKDB,
        lambda: DuckDB(address, sessions=1),
        None,
        lambda: (_bytes(folder), _stolen()),
        change,
        "SELECT current_setting('threads'), current_setting('enable_external_access'), "
        "current_schema(), (SELECT count(*) FROM duckdb_functions()), "
        "(SELECT list(table_name) FROM duckdb_tables()), getvariable('x')",
    )


POSTGRES_STATE = (
    "SELECT relname, relkind, reltuples FROM pg_class WHERE relnamespace >= 2200 ORDER BY 1",
    "SELECT proname, proargtypes::text FROM pg_proc WHERE pronamespace = 2200 ORDER BY 1, 2",
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1",
    "SELECT oid FROM pg_largeobject_metadata ORDER BY 1",
    "SELECT * FROM orders ORDER BY id",
    "SELECT * FROM customers ORDER BY id",
    "SELECT last_value, is_called FROM tickets",
    "SELECT count(*) FROM pg_roles WHERE rolname = 'stolen'",
    "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'x'",
    """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
    "SELECT name, setting FROM pg_settings WHERE source <> 'session' ORDER BY 1",
    "SELECT setconfig FROM pg_db_role_setting ORDER BY 1",
    "SELECT count(*) FROM pg_collation",
    "SELECT relacl::text FROM pg_class WHERE relname = 'orders'",
)
POSTGRES_SESSION = """
SELECT session_user, current_user, current_setting('transaction_read_only'),
  current_setting('default_transaction_read_only'), current_setting('search_path'),
  current_setting('standard_conforming_strings'), current_setting('row_security'),
  (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
  (SELECT count(*) FROM pg_cursors WHERE name = 'c'),
  (SELECT count(*) FROM pg_prepared_statements WHERE name = 'plan'),
  (SELECT count(*) FROM pg_listening_channels()),
  (SELECT count(*) FROM pg_class WHERE relname = 'stolen')
"""


@contextmanager
def postgres() -> Iterator[Stage]:
    """Lend the stage in a PostgreSQL database, and a role that may only read it."""
    with postgres_database(NAME) as url:
        with psycopg.connect(url, autocommit=True) as admin:
            for statement in _setup(Dialect.POSTGRESQL):
                admin.execute(statement)
            admin.execute(f"CREATE ROLE {NAME} NOLOGIN")
            for right in (
                "SELECT ON ALL TABLES IN SCHEMA public",
                "SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public",
                "USAGE ON SCHEMA evil",
            ):
                admin.execute(f"GRANT {right} TO {NAME}")
        address = parse(url)

        def state() -> list[Any]:
            with psycopg.connect(url, autocommit=True) as admin:
                rows = [admin.execute(sql).fetchall() for sql in POSTGRES_STATE]
            return [rows, _stolen()]

        def change(sql: str) -> None:
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(sql)

        try:
            yield Stage(
                Dialect.POSTGRESQL,
                lambda: Postgres(address, sessions=1, role=NAME),
                lambda: Postgres(address, sessions=1),
                state,
                change,
                POSTGRES_SESSION,
            )
        finally:
            with psycopg.connect(url, autocommit=True) as admin:
                admin.execute(f"DROP OWNED BY {NAME}")
                admin.execute(f"DROP ROLE {NAME}")


MARIADB_STATE = (
    "CHECKSUM TABLE orders, customers, `lines`, employees",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    """SELECT routine_name FROM information_schema.routines
    WHERE routine_schema = DATABASE() ORDER BY 1""",
    """SELECT index_name FROM information_schema.statistics
    WHERE table_schema = DATABASE() ORDER BY 1""",
    """SELECT column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() ORDER BY table_name, 1""",
    "SELECT next_not_cached_value FROM tickets",
    "SELECT count(*) FROM mysql.global_priv WHERE user = 'stolen'",
    """SELECT @@global.max_connections, @@global.sql_mode, @@global.read_only,
    @@global.max_statement_time""",
)
MARIADB_SESSION = """
SELECT @@sql_mode, @@tx_read_only, @@character_set_client, database(), current_user(), @x,
  is_used_lock('x'), last_insert_id(), @@max_statement_time > 0
"""


@contextmanager
def mariadb() -> Iterator[Stage]:
    """Lend the stage in a MariaDB database, and a login that may only read it."""
    with mariadb_database(NAME) as text:
        url = make_url(text)
        admin = _admin(url)
        cursor = admin.cursor()
        for statement in _setup(Dialect.MARIADB):
            cursor.execute(statement)
        cursor.execute(f"CREATE OR REPLACE USER {NAME}@'%' IDENTIFIED BY 'reads'")
        cursor.execute(f"GRANT SELECT, EXECUTE, SHOW VIEW ON `{NAME}`.* TO {NAME}@'%'")
        reader = url.set(username=NAME, password="reads")
        addresses = [parse(each.render_as_string(hide_password=False)) for each in (reader, url)]

        def state() -> list[Any]:
            rows = []
            for sql in MARIADB_STATE:
                cursor.execute(sql)
                rows.append(cursor.fetchall())
            return [rows, _stolen()]

        try:
            yield Stage(
                Dialect.MARIADB,
                lambda: MySQL(addresses[0], sessions=1),
                lambda: MySQL(addresses[1], sessions=1),
                state,
                cursor.execute,
                MARIADB_SESSION,
            )
        finally:
            cursor.execute(f"DROP USER {NAME}@'%'")
            cursor.close()
            admin.close()


def _admin(url: URL) -> Any:
    return mysql.connect(
        host=url.host,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.database,
        collation="utf8mb4_general_ci",
        autocommit=True,
    )
