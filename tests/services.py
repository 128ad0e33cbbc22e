"""The servers that some tests need: found on this machine or skipped by name, never silently."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from mysql import connector as mysql
from psycopg import sql
from sqlalchemy.engine import make_url

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
MARIADB = os.environ.get("TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306/test")


def absent(name: str, why: Exception) -> None:
    """Skip by name on a laptop; fail where the servers were promised."""
    message = f"no {name} here: {why}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def postgres_database(name: str) -> Iterator[str]:
    """Lend the URL of an empty PostgreSQL database of this *name*; it is dropped afterwards."""
    try:
        admin = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        absent("PostgreSQL", error)
        raise
    with admin:
        database = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
        url = make_url(POSTGRES).set(database=name)
        yield url.render_as_string(hide_password=False)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))


@contextmanager
def mariadb_database(name: str) -> Iterator[str]:
    """Lend the URL of an empty MariaDB database of this *name*; it is dropped afterwards."""
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
        absent("MariaDB", error)
        raise
    cursor = admin.cursor()
    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
    cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
    yield url.set(database=name).render_as_string(hide_password=False)
    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
    cursor.close()
    admin.close()
