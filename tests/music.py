"""A record shop in every dialect, its rows from a fixed seed, and ten questions about it.

The tables have the shape of the Chinook sample database, so that the same questions can be asked
there too: name a folder that holds its scripts in TEST_CHINOOK.
"""

import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb
import psycopg
from mysql import connector as mysql
from sqlalchemy.engine import make_url

TABLES = {
    "artist": "artist_id INT PRIMARY KEY, name VARCHAR(120)",
    "album": "album_id INT PRIMARY KEY, title VARCHAR(160) NOT NULL, artist_id INT NOT NULL",
    "track": (
        "track_id INT PRIMARY KEY, name VARCHAR(200) NOT NULL, album_id INT, "
        "composer VARCHAR(220), milliseconds INT NOT NULL, unit_price NUMERIC(10,2) NOT NULL"
    ),
    "employee": (
        "employee_id INT PRIMARY KEY, last_name VARCHAR(20) NOT NULL, "
        "first_name VARCHAR(20) NOT NULL, reports_to INT, hire_date {moment}"
    ),
    "customer": (
        "customer_id INT PRIMARY KEY, first_name VARCHAR(40) NOT NULL, "
        "last_name VARCHAR(20) NOT NULL, company VARCHAR(80), country VARCHAR(40), "
        "support_rep_id INT"
    ),
    "invoice": (
        "invoice_id INT PRIMARY KEY, customer_id INT NOT NULL, invoice_date {moment} NOT NULL, "
        "billing_country VARCHAR(40), total NUMERIC(10,2) NOT NULL"
    ),
    "invoice_line": (
        "invoice_line_id INT PRIMARY KEY, invoice_id INT NOT NULL, track_id INT NOT NULL, "
        "unit_price NUMERIC(10,2) NOT NULL, quantity INT NOT NULL"
    ),
}
"""`{moment}` is what each dialect calls a date with a time of day."""

COUNTRIES = ("Brazil", "Canada", "Sverige", "日本", "Česko", "Ελλάδα")
NAMES = ("Ana", "Björn", "花子", "François", "O'Brien", 'Zoë "Zed"', "Иван", "Søren\\", "Li")


class Question(NamedTuple):
    """What is asked, in words and in SQL that every dialect reads."""

    words: str
    sql: str
    parameters: Mapping[str, Any] = MappingProxyType({})


QUESTIONS = (
    Question("How many tracks?", "SELECT count(*) AS tracks FROM track"),
    Question(
        "Sales by country",
        "SELECT billing_country AS country, count(*) AS invoices, ROUND(SUM(total), 2) AS sales "
        "FROM invoice GROUP BY billing_country ORDER BY sales DESC, invoices, country LIMIT 10",
    ),
    Question(
        "Which artists sell best?",
        "SELECT a.artist_id AS id, a.name AS artist, SUM(l.quantity) AS sold FROM invoice_line l "
        "JOIN track t ON t.track_id = l.track_id JOIN album b ON b.album_id = t.album_id "
        "JOIN artist a ON a.artist_id = b.artist_id "
        "GROUP BY a.artist_id, a.name ORDER BY sold DESC, id LIMIT 5",
    ),
    Question(
        "Who lives in a country?",
        "SELECT customer_id AS id, first_name AS given, last_name AS family, company AS firm "
        "FROM customer WHERE country = {{country}} ORDER BY customer_id",
        {"country": "Brazil"},
    ),
    Question(
        "How many tracks name no composer?",
        "SELECT count(*) AS tracks, count(composer) AS composers FROM track WHERE composer IS NULL",
    ),
    Question(
        "Who reports to whom?",
        "SELECT e.last_name AS employee, m.last_name AS boss FROM employee e "
        "LEFT JOIN employee m ON m.employee_id = e.reports_to ORDER BY e.employee_id",
    ),
    Question(
        "Who was hired since?",
        "SELECT employee_id AS id, hire_date AS hired FROM employee WHERE hire_date >= {{since}} "
        "ORDER BY hire_date, employee_id",
        {"since": "2003-01-01 00:00:00"},
    ),
    Question(
        "Which prices are there?",
        "SELECT DISTINCT unit_price AS price FROM track ORDER BY unit_price",
    ),
    Question(
        "Which tracks have a word in their name?",
        "SELECT track_id AS id, name AS track FROM track WHERE lower(name) LIKE '%{{word}}%' "
        "ORDER BY track_id LIMIT 20",
        {"word": "love"},
    ),
    Question(
        "The three best months' customers",
        "SELECT id, spent, place FROM (SELECT customer_id AS id, ROUND(SUM(total), 2) AS spent, "
        "RANK() OVER (ORDER BY ROUND(SUM(total), 2) DESC, customer_id) AS place FROM invoice "
        "WHERE invoice_date >= {{start}} AND invoice_date < {{end}} GROUP BY customer_id) ranked "
        "WHERE place <= 3 ORDER BY place",
        {"start": "2009-01-01 00:00:00", "end": "2024-01-01 00:00:00"},
    ),
)

CAMEL = re.compile(rf"\b(?:{'|'.join(TABLES)})\b|\b[a-z]+(?:_[a-z]+)+\b")


def camel(sql: str) -> str:
    """Return *sql* with the names that Chinook has on SQLite and MySQL: `InvoiceLine`."""
    words = {"artist", "track", "customer", "album", "employee", "invoice"}

    def name(found: re.Match[str]) -> str:
        word = found.group()
        alias = sql[: found.start()].rstrip().endswith(" AS")
        if alias or (word in words and not re.search(r"(FROM|JOIN) $", sql[: found.start()])):
            return word
        return "".join(part.capitalize() for part in word.split("_"))

    sql = CAMEL.sub(name, sql)
    for column in ("name", "title", "composer", "company", "country", "total", "quantity"):
        sql = re.sub(rf"(?<!AS )(?<!{{)\b{column}\b(?!}})", column.capitalize(), sql)
    return sql


def rows(seed: int = 2026) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is in each table."""
    pick = random.Random(seed)
    prices = [Decimal("0.99"), Decimal("1.99"), Decimal("12.50")]
    tracks = [
        (
            n,
            f"{pick.choice(['Love', 'Rain', '愛', 'Night 100%', 'Snake_case'])} {n}",
            pick.randint(1, 40),
            pick.choice([*NAMES, None]),
            pick.randint(60_000, 900_000),
            pick.choice(prices),
        )
        for n in range(1, 301)
    ]
    lines = [
        (n, pick.randint(1, 200), track[0], track[5], pick.randint(1, 3))
        for n in range(1, 901)
        for track in [pick.choice(tracks)]
    ]
    totals = [
        sum((line[3] * line[4] for line in lines if line[1] == n), Decimal(0)) for n in range(201)
    ]
    customers = [
        (
            n,
            pick.choice(NAMES),
            f"Family {n}",
            pick.choice([None, "", "Acme"]),
            pick.choice(COUNTRIES),
            pick.choice([3, 4, None]),
        )
        for n in range(1, 31)
    ]
    buyers = [customers[pick.randrange(30)] for _ in range(201)]
    return {
        "artist": [(n, pick.choice(NAMES) + f" {n}") for n in range(1, 21)],
        "album": [(n, f"Album {n}", pick.randint(1, 20)) for n in range(1, 41)],
        "track": tracks,
        "employee": [
            (n, f"Boss {n}", pick.choice(NAMES), boss, f"200{n}-05-0{n} 0{n}:30:00")
            for n, boss in enumerate([None, 1, 2, 2, 1], start=1)
        ],
        "customer": customers,
        "invoice": [
            (
                n,
                buyers[n][0],
                f"{2021 + n % 4}-{n % 12 + 1:02}-{n % 28 + 1:02} 00:00:00",
                buyers[n][4],
                totals[n],
            )
            for n in range(1, 201)
        ],
        "invoice_line": lines,
    }


def statements(mark: str, moment: str) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Return the statements that make the shop, each with the rows to run it for."""
    for table, everything in rows().items():
        yield f"CREATE TABLE {table} ({TABLES[table].format(moment=moment)})", []
        marks = ", ".join([mark] * len(everything[0]))
        yield f"INSERT INTO {table} VALUES ({marks})", everything


def _as_number(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row)


def sqlite_shop(folder: Path) -> str:
    """Make the shop in SQLite, and return its URL."""
    handle = sqlite3.connect(folder / "music.db")
    for sql, values in statements("?", "TEXT"):
        if values:
            handle.executemany(sql, [_as_number(row) for row in values])
        else:
            handle.execute(sql)
    handle.commit()
    handle.close()
    return f"sqlite:///{folder}/music.db"


def duckdb_shop(folder: Path) -> str:
    """Make the shop in DuckDB, and return its URL."""
    with duckdb.connect(folder / "music.duckdb") as handle:
        for sql, values in statements("?", "TIMESTAMP"):
            if values:
                handle.executemany(sql, values)
            else:
                handle.execute(sql)
    return f"duckdb:///{folder}/music.duckdb"


def postgres_shop(url: str) -> str:
    """Make the shop in PostgreSQL, and return its URL."""
    with psycopg.connect(url) as handle, handle.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        for sql, values in statements("%s", "TIMESTAMP"):
            if values:
                cursor.executemany(sql, values)
            else:
                cursor.execute(sql)
    return url


def mariadb_shop(url: str) -> str:
    """Make the shop in MariaDB, and return its URL."""
    with _mariadb(url) as handle:
        cursor = _emptied(handle)
        for sql, values in statements("%s", "DATETIME"):
            if values:
                cursor.executemany(sql, values)
            else:
                cursor.execute(sql)
        handle.commit()
        cursor.close()
    return url


def chinook(kind: str, folder: Path, url: str) -> str:
    """Load Chinook's own script into the database at *url*, and return the URL of it."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'Chinook_Sqlite.sqlite'}"
    if kind == "postgresql":
        text = (folder / "Chinook_PostgreSql.sql").read_text("utf-8-sig")
        body = re.sub(r"^(DROP DATABASE|CREATE DATABASE|\\c).*$", "", text, flags=re.MULTILINE)
        with psycopg.connect(url, autocommit=True) as handle:
            handle.execute("DROP SCHEMA public CASCADE")
            handle.execute("CREATE SCHEMA public")
            handle.execute(body)
        return url
    text = (folder / "Chinook_MySql.sql").read_text("utf-8-sig")
    body = re.sub(r"^(DROP DATABASE|CREATE DATABASE|USE) .*$", "", text, flags=re.MULTILINE)
    with _mariadb(url) as handle:
        cursor = _emptied(handle)
        for statement in re.split(r";\s*$", body, flags=re.MULTILINE):
            if statement.strip():
                cursor.execute(statement)
        handle.commit()
        cursor.close()
    return url


def _emptied(handle: Any) -> Any:
    """Return a cursor on the database, with nothing left in it."""
    cursor = handle.cursor()
    cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
    cursor.execute("SHOW TABLES")
    for (table,) in cursor.fetchall():
        cursor.execute(f"DROP TABLE `{table}`")
    return cursor


def _mariadb(url: str) -> Any:
    parsed = make_url(url)
    return mysql.connect(
        host=parsed.host,
        port=parsed.port or 3306,
        user=parsed.username,
        password=parsed.password or "",
        database=parsed.database,
        collation="utf8mb4_general_ci",
    )


SHOPS: dict[str, Callable[[Path, str], str]] = {
    "sqlite": lambda folder, _url: sqlite_shop(folder),
    "duckdb": lambda folder, _url: duckdb_shop(folder),
    "postgresql": lambda _folder, url: postgres_shop(url),
    "mariadb": lambda _folder, url: mariadb_shop(url),
}
