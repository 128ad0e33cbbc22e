"""Small shops with what is peculiar to SQLite and to DuckDB, and how their owners write to them."""

import contextlib
import sqlite3
from pathlib import Path

import duckdb

from core.connections.address import Address
from core.connections.records import Dialect

SQLITE = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, joined DATE, shout AS (upper(name)));
CREATE TABLE tag (word TEXT PRIMARY KEY, customer_id REFERENCES customer) WITHOUT ROWID;
CREATE VIRTUAL TABLE note USING fts5(body);
CREATE VIRTUAL TABLE place USING rtree(id, low, high);
CREATE TABLE gone (i INTEGER);
CREATE VIEW broken AS SELECT i FROM gone;
DROP TABLE gone;
CREATE INDEX customer_name ON customer (name);
INSERT INTO customer (id, name, joined) VALUES (1, 'Ada', '2025-01-31'), (2, 'Bo', NULL);
INSERT INTO tag VALUES ('new', 1);
INSERT INTO note VALUES ('hello world');
INSERT INTO place VALUES (1, 0, 5);
ANALYZE;
"""
DUCKDB = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR, joined TIMESTAMPTZ);
INSERT INTO customer VALUES (1, 'Ada', '2025-01-31 09:30:00+02'), (2, 'Bo', NULL);
CREATE TABLE sale (day DATE, region VARCHAR, amount DECIMAL(18, 2));
INSERT INTO sale SELECT DATE '2025-01-01' + i::INTEGER, ['EU', 'US', 'JP'][i % 3 + 1], i * 1.25
FROM range(300) AS r(i);
CREATE TABLE big AS SELECT range AS i, hash(range) AS h FROM range(300000);
CREATE MACRO twice(x) AS x * 2;
CREATE MACRO lucky(x) AS x + random();
CREATE MACRO peek(file) AS TABLE SELECT * FROM read_csv(file);
CREATE MACRO peek_again(file) AS TABLE SELECT * FROM peek(file);
CREATE SEQUENCE counter;
CREATE TYPE mood AS ENUM ('glad', 'sad');
"""


def sqlite_at(file: Path) -> Address:
    return Address(Dialect.SQLITE, str(file))


def write_sqlite(file: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as admin:
        admin.executescript("PRAGMA synchronous = OFF;" + sql)


def duckdb_at(file: Path, **options: str) -> Address:
    return Address(Dialect.DUCKDB, str(file), options=options)


def write_duckdb(file: Path, sql: str) -> None:
    with duckdb.connect(str(file)) as admin:
        admin.execute(sql)
