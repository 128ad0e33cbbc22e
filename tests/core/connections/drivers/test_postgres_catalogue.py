"""PostgreSQL's catalogue, read in bulk."""

from collections.abc import Iterator

import psycopg
import pytest

from core.connections.driver import Effect
from core.connections.drivers.postgres import Postgres
from core.connections.records import Column, ForeignKey, Table
from tests.core.connections.drivers.postgres import (
    LOGIN,
    VISITOR,
    opened,
)

SHELF = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE author (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'nobody',
    gone int, born date, mood mood, tags text[], age numeric(5, 2), full_name text
        GENERATED ALWAYS AS (name || '!') STORED);
ALTER TABLE author DROP gone;
CREATE TABLE book (
    a int, b int, author int REFERENCES author ON DELETE CASCADE, PRIMARY KEY (b, a));
CREATE TABLE loan (x int, y int, FOREIGN KEY (x, y) REFERENCES book (b, a));
CREATE TABLE event (at date NOT NULL, what text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO event SELECT date '2024-06-01' + g, 'x' FROM generate_series(1, 400) g;
CREATE VIEW young AS SELECT id, name FROM author WHERE born > '2000-01-01';
CREATE MATERIALIZED VIEW tally AS SELECT count(*) AS n FROM author;
CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE distant (id int OPTIONS (a '1')) SERVER far;
COMMENT ON TABLE author IS 'who writes'; COMMENT ON COLUMN author.name IS 'as on the cover';
COMMENT ON VIEW young IS 'born late';
"""


@pytest.fixture
def shelf(admin: psycopg.Connection, schema: str) -> Iterator[str]:
    admin.execute(SHELF)
    admin.execute("ANALYZE author, event, book")
    yield schema
    admin.execute("DROP FOREIGN DATA WRAPPER nothing CASCADE")


async def test_discovery_reads_everything_there_is(driver: Postgres, shelf: str) -> None:
    found = await driver.discover()

    tables = {table.name: table for table in found.tables if table.schema == shelf}
    assert found.default == "public"
    assert {name: table.kind for name, table in tables.items()} == {
        "author": "table",
        "book": "table",
        "loan": "table",
        "event": "table",
        "young": "view",
        "tally": "materialized view",
        "distant": "foreign table",
    }
    assert tables["author"] == Table(
        shelf,
        "author",
        "table",
        (
            Column("id", "integer", nullable=False, default="generated always as identity"),
            Column(
                "name",
                "character varying(50)",
                nullable=False,
                default="'nobody'::character varying",
                comment="as on the cover",
            ),
            Column("born", "date"),
            Column("mood", "shelf.mood"),
            Column("tags", "text[]"),
            Column("age", "numeric(5,2)"),
            Column(
                "full_name",
                "text",
                default="generated always as (((name)::text || '!'::text)) stored",
            ),
        ),
        ("id",),
        (),
        "who writes",
        0,
    )
    assert tables["book"].primary_key == ("b", "a")
    assert tables["book"].foreign_keys == (ForeignKey(("author",), shelf, "author", ("id",)),)
    assert tables["loan"].foreign_keys == (ForeignKey(("x", "y"), shelf, "book", ("b", "a")),)
    assert tables["loan"].rows is None
    assert tables["event"].rows == 400
    assert tables["young"].comment == "born late"
    assert tables["young"].rows is None


async def test_discovery_leaves_out_what_may_not_be_read(
    postgres_url: str, admin: psycopg.Connection, shelf: str
) -> None:
    admin.execute(f"DROP ROLE IF EXISTS {VISITOR}")
    admin.execute(
        f"CREATE ROLE {VISITOR}; GRANT USAGE ON SCHEMA shelf TO {VISITOR};"
        f"GRANT SELECT ON book TO {VISITOR}; GRANT SELECT (name) ON author TO {VISITOR}"
    )
    try:
        async with opened(postgres_url, role=VISITOR) as driver:
            tables = (await driver.discover()).tables
        assert [table.name for table in tables if table.schema == shelf] == ["author", "book"]
    finally:
        admin.execute(f"DROP OWNED BY {VISITOR}; DROP ROLE {VISITOR}")


async def test_samples_come_from_statistics_else_from_the_head(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        "CREATE TABLE told AS SELECT g AS id, CASE WHEN g % 3 = 0 THEN 'a' ELSE repeat('b', 99) END"
        " AS x, date '2025-01-01' + g % 2 AS d, NULL::text AS n FROM generate_series(1, 900) g;"
        "ANALYZE told; CREATE TABLE untold AS SELECT * FROM told"
    )

    samples = await driver.sample(
        {(schema, name): ["id", "x", "d", "n"] for name in ("told", "untold")}, seconds=5
    )

    for name in ("told", "untold"):
        assert samples[schema, name]["x"] == ("b" * 60, "a")
        assert sorted(samples[schema, name]["d"]) == ["2025-01-01", "2025-01-02"]
        assert samples[schema, name].keys() == {"x", "d"}
    assert await driver.sample({(schema, "untold"): ["x"]}, seconds=0.000001) == {}
    assert await driver.sample({}, seconds=1) == {}


async def test_the_worst_of_all_functions_of_a_name_counts(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        "CREATE FUNCTION calm(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION twofold(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION twofold(text) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION \"Wild\"(int, int) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 1';"
        'CREATE AGGREGATE gather_wild(int) (SFUNC = "Wild", STYPE = int);'
        "CREATE PROCEDURE act() LANGUAGE sql AS 'SELECT 1'"
    )

    assert await driver.functions(
        [
            ("calm",),
            ("twofold",),
            ("wild",),
            ("shelf", "wild"),
            ("public", "wild"),
            ("gather_wild",),
            ("act",),
            ("now",),
            ("pg_catalog", "now"),
            ("pg_sleep",),
            ("nothing",),
            ("count",),
            ("array_agg",),
            ("string_agg",),
            ("jsonb_object_agg",),
        ]
    ) == {
        ("calm",): Effect.PURE,
        ("twofold",): Effect.VOLATILE,
        ("wild",): Effect.VOLATILE,
        ("shelf", "wild"): Effect.VOLATILE,
        ("public", "wild"): Effect.UNKNOWN,
        ("gather_wild",): Effect.VOLATILE,
        ("act",): Effect.VOLATILE,
        ("now",): Effect.PURE,
        ("pg_catalog", "now"): Effect.PURE,
        ("pg_sleep",): Effect.VOLATILE,
        ("nothing",): Effect.UNKNOWN,
        ("count",): Effect.PURE,
        ("array_agg",): Effect.PURE,
        ("string_agg",): Effect.PURE,
        ("jsonb_object_agg",): Effect.PURE,
    }


async def test_views_come_with_the_views_behind_them(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        'CREATE VIEW "Inner" AS SELECT pg_sleep(0)::text AS x;'
        'CREATE MATERIALIZED VIEW middle AS SELECT * FROM "Inner" WITH NO DATA;'
        "CREATE VIEW public.outermost AS SELECT x FROM shelf.middle UNION ALL SELECT 'y'"
    )

    views = await driver.views([("outermost",)])

    assert {view.name for view in views} == {"public.outermost", "shelf.middle", "shelf.Inner"}
    (inner,) = [view for view in views if view.name == "shelf.Inner"]
    assert "pg_sleep" in inner.definition
    (outer,) = [view for view in views if view.name == "public.outermost"]
    assert "shelf.middle" in outer.definition
    assert await driver.views([("public", "inner")]) == ()
    assert await driver.views([]) == ()
    admin.execute("DROP VIEW public.outermost")


async def test_rights_that_a_reader_should_not_have_are_named(
    postgres_url: str, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(f"DROP ROLE IF EXISTS {LOGIN}")
    admin.execute(
        "CREATE TABLE target (i int);"
        f"CREATE ROLE {LOGIN} LOGIN CREATEROLE IN ROLE pg_write_server_files;"
        f"GRANT INSERT ON target TO {LOGIN}"
    )
    try:
        url = postgres_url.replace("postgres@", f"{LOGIN}@", 1)
        async with opened(url) as driver:
            health = await driver.test()
        assert health.version.startswith("PostgreSQL ")
        files, rights, tables = health.warnings
        assert "pg_write_server_files" in files
        assert "CREATEROLE" in rights
        assert "1 tables" in tables
        admin.execute(
            f"REVOKE pg_write_server_files FROM {LOGIN};"
            f"ALTER ROLE {LOGIN} NOCREATEROLE; REVOKE INSERT ON target FROM {LOGIN}"
        )
        async with opened(url) as driver:
            assert (await driver.test()).warnings == ()
    finally:
        admin.execute(f"DROP OWNED BY {LOGIN}; DROP ROLE {LOGIN}")
    async with opened(postgres_url) as driver:
        (warning,) = (await driver.test()).warnings
    assert "superuser" in warning
