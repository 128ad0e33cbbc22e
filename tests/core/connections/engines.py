"""The four kinds of database by their plain drivers: a small shop, and their own complaints."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import NamedTuple

import duckdb
import psycopg
import pytest
from mysql import connector as mysql
from sqlalchemy.engine import make_url

from core.connections.drivers.duckdb_errors import failure
from core.connections.errors import StatementFailed
from core.connections.records import Column, Dialect, ForeignKey, Schema, Table

SHOP = """
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, full_name VARCHAR(80), email VARCHAR(80),
    country VARCHAR(40), signed_up DATE);
CREATE TABLE orders (order_id INTEGER PRIMARY KEY,
    customer_id INTEGER REFERENCES customers (customer_id), placed_at TIMESTAMP NULL,
    status VARCHAR(20), total_amount DECIMAL(12, 2));
CREATE TABLE order_items (order_item_id INTEGER PRIMARY KEY,
    order_id INTEGER REFERENCES orders (order_id), product_name VARCHAR(80), quantity INTEGER,
    unit_price DECIMAL(12, 2))
"""
MAKE = SHOP.split(";")


class Engine(NamedTuple):
    """A database and what it says of a statement: None where it answers."""

    dialect: Dialect
    complain: Callable[[str], StatementFailed | None]


def shop(schema: str) -> Schema:
    """Return what discovery finds in the shop."""

    def table(name: str, columns: str, points: str = "") -> Table:
        names = columns.split()
        keys: tuple[ForeignKey, ...] = ()
        if points:
            column, _, there = points.partition(">")
            keys = (ForeignKey((column,), schema, there, (column,)),)
        return Table(
            schema,
            name,
            "table",
            tuple(Column(each, "varchar") for each in names),
            (names[0],),
            keys,
        )

    tables = (
        table("customers", "customer_id full_name email country signed_up"),
        table(
            "orders", "order_id customer_id placed_at status total_amount", "customer_id>customers"
        ),
        table(
            "order_items",
            "order_item_id order_id product_name quantity unit_price",
            "order_id>orders",
        ),
    )
    return Schema(tables, schema)


@contextmanager
def sqlite() -> Iterator[Engine]:
    """Lend a SQLite database with the shop."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in MAKE:
            connection.execute(statement)

        def complain(sql: str) -> StatementFailed | None:
            try:
                connection.execute(sql).fetchall()
            except sqlite3.Error as error:
                return StatementFailed(str(error), state=error.sqlite_errorname)
            return None

        yield Engine(Dialect.SQLITE, complain)


@contextmanager
def duck() -> Iterator[Engine]:
    """Lend a DuckDB database with the shop."""
    with duckdb.connect(config={"errors_as_json": True}) as connection:
        for statement in MAKE:
            connection.execute(statement)

        def complain(sql: str) -> StatementFailed | None:
            try:
                # The rows stay where they are: some types need what Python has not.
                connection.execute(sql)
            except duckdb.Error as error:
                return failure(error, sql)
            return None

        yield Engine(Dialect.DUCKDB, complain)


@contextmanager
def postgres(url: str) -> Iterator[Engine]:
    """Lend a schema of the PostgreSQL database at *url* with the shop."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS repair CASCADE")
        connection.execute("CREATE SCHEMA repair")
        connection.execute("SET search_path TO repair")
        for statement in MAKE:
            connection.execute(statement.encode())

        def complain(sql: str) -> StatementFailed | None:
            try:
                connection.execute(sql.encode()).fetchall()
            except psycopg.Error as error:
                told = error.diag
                position = told.statement_position
                return StatementFailed(
                    told.message_primary or str(error),
                    position=int(position) if position else None,
                    hint=told.message_hint,
                    state=told.sqlstate,
                )
            return None

        yield Engine(Dialect.POSTGRESQL, complain)
        connection.execute("DROP SCHEMA repair CASCADE")


@contextmanager
def mariadb(url: str) -> Iterator[Engine]:
    """Lend the MariaDB database at *url* with the shop."""
    made = make_url(url)
    connection = mysql.connect(
        host=made.host,
        port=made.port or 3306,
        user=made.username,
        password=made.password or "",
        database=made.database,
        autocommit=True,
        collation="utf8mb4_general_ci",
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        for name in ("order_items", "orders", "customers"):
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in MAKE:
            cursor.execute(statement)

        def complain(sql: str) -> StatementFailed | None:
            try:
                cursor.execute(sql)
                cursor.fetchall()
            except mysql.Error as error:
                return StatementFailed(str(error.msg), state=str(error.errno))
            return None

        yield Engine(Dialect.MARIADB, complain)
        for name in ("order_items", "orders", "customers"):
            cursor.execute(f"DROP TABLE {name}")


class Lender:
    """Lends each engine when it is first asked for: a missing server skips its own tests alone."""

    def __init__(self, stack: ExitStack, request: pytest.FixtureRequest) -> None:
        """Close what is lent with *stack*; ask *request* for the servers' addresses."""
        self._stack = stack
        self._request = request
        self._lent: dict[Dialect, Engine] = {}

    def __call__(self, dialect: Dialect) -> Engine:
        """Return the engine of *dialect*."""
        if dialect not in self._lent:
            self._lent[dialect] = self._stack.enter_context(self._open(dialect))
        return self._lent[dialect]

    def _open(self, dialect: Dialect) -> AbstractContextManager[Engine]:
        match dialect:
            case Dialect.SQLITE:
                return sqlite()
            case Dialect.DUCKDB:
                return duck()
            case Dialect.POSTGRESQL:
                return postgres(self._request.getfixturevalue("postgres_url"))
            case _:
                return mariadb(self._request.getfixturevalue("mariadb_url"))
