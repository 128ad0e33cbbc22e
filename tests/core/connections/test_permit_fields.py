"""PostgreSQL calls functions by `value.name`, too: the policy asks what such a name is."""

from collections.abc import AsyncIterator

import pytest

from core.connections import AddressInvalid, Dialect, StatementRefused
from core.connections.address import parse
from core.connections.drivers.postgres import Postgres
from core.connections.policy import Policy, judge


@pytest.fixture
async def server(postgres_url: str) -> AsyncIterator[Postgres]:
    driver = Postgres(parse(postgres_url), sessions=2)
    yield driver
    await driver.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT ('nowhere'::text).pg_read_file",
        "SELECT ('nowhere'::text) . /* x */ \"pg_ls_dir\"",
        "SELECT (x.c).pg_read_file FROM (VALUES ('nowhere'::text)) x(c)",
        "SELECT (ARRAY['nowhere'])[1].pg_stat_file",
        "SELECT f.pg_read_file FROM unnest(ARRAY['nowhere'::text]) AS f",
        "SELECT f.current_setting FROM unnest(ARRAY['data_directory'::text]) AS f",
        "SELECT ('data_directory'::text).current_setting",
        "SELECT (0.1::float8).pg_sleep",
        "SELECT ('0.1s'::interval).pg_sleep_for",
        "SELECT (4711::bigint).pg_advisory_lock",
        "SELECT (0.5::float8).setseed",
        "SELECT ('x'::text).pg_create_restore_point",
        "SELECT 1 ORDER BY (1).pg_terminate_backend",
    ],
)
async def test_a_call_that_looks_like_a_field_is_judged_like_a_call(
    server: Postgres, sql: str
) -> None:
    with pytest.raises(StatementRefused):
        await Policy().permit(server, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT t.relname, t.oid FROM pg_class t LIMIT 1",
        "SELECT c.random FROM (SELECT 1 AS random) c",
        "SELECT o.lo_total, o.http_status FROM (SELECT 1 AS lo_total, 200 AS http_status) o",
        "SELECT current_setting('TimeZone')",
    ],
)
async def test_a_field_that_is_one_passes(server: Postgres, sql: str) -> None:
    verdict = await Policy().permit(server, sql)

    assert verdict.kind == "select"


def test_what_takes_memory_without_bounds_is_refused() -> None:
    with pytest.raises(StatementRefused, match="damerau_levenshtein"):
        judge("SELECT damerau_levenshtein(name, email) FROM people", Dialect.DUCKDB)


@pytest.mark.parametrize("database", ["mysql", "SYS", "performance_schema"])
def test_a_servers_own_database_is_no_connection(database: str) -> None:
    with pytest.raises(AddressInvalid, match="the server's own"):
        parse(f"mysql://reader@127.0.0.1/{database}")
