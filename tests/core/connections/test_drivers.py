"""What every driver promises: a keeper that does not pass this does not exist."""

import asyncio
import contextlib
import gc
import resource
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.connections.address import parse
from core.connections.driver import Driver, Effect
from core.connections.errors import (
    ConnectionFailed,
    StatementFailed,
    StatementTimedOut,
)
from core.connections.records import (
    Ceilings,
    Column,
    Dialect,
    ForeignKey,
    Result,
    Statement,
    Table,
    Truncated,
)
from core.errors import CoreError
from tests.core.connections.drivers.grounds import (
    Ground,
    duckdb_ground,
    mariadb_ground,
    postgres_ground,
    sqlite_ground,
)

CEILINGS = Ceilings(seconds=20)
SOON = 1.5
"""Seconds in which a database that was told to stop has stopped."""


@pytest.fixture(scope="module", params=["sqlite", "duckdb", "postgresql", "mariadb"])
def ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    match request.param:
        case "sqlite":
            made = sqlite_ground(tmp_path_factory.mktemp("sqlite"))
        case "duckdb":
            made = duckdb_ground(tmp_path_factory.mktemp("duckdb"))
        case "postgresql":
            made = postgres_ground(request.getfixturevalue("postgres_url"))
        case _:
            made = mariadb_ground(request.getfixturevalue("mariadb_url"))
    with made as ground:
        yield ground


@pytest.fixture
async def driver(ground: Ground) -> AsyncIterator[Driver]:
    async with opened(ground) as driver:
        yield driver


@contextlib.asynccontextmanager
async def opened(ground: Ground, sessions: int = 4) -> AsyncIterator[Driver]:
    driver = ground.driver(sessions)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()


async def ask(driver: Driver, sql: str, *values: Any, **ceilings: Any) -> Result:
    return await driver.execute(Statement(sql, values), CEILINGS.model_copy(update=ceilings))


async def numbers(driver: Driver, ground: Ground, n: int, skip: int = 0, **ceilings: Any) -> Result:
    asked = CEILINGS.model_copy(update=ceilings)
    return await driver.execute(Statement(ground.series(n)), asked, skip=skip)


def first(result: Result) -> list[Any]:
    return [row[0] for row in result.rows]


# Values


def texts(ground: Ground) -> st.SearchStrategy[str]:
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="" if ground.nul else "\0")
    )


HOSTILE = [
    "",
    "'",
    "''; DROP TABLE customer; --",
    'a "quoted" \\ word',
    "\\' OR 1=1 #",
    "%s %(x)s {} $1 ? :x",
    "\N{PILE OF POO} 注文 \u202e\ufeff",
    "a\r\n\tb",
    "\x1a\x7f\x85",
]


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_a_bound_text_comes_back_as_it_was(
    driver: Driver, ground: Ground, data: st.DataObject
) -> None:
    values = data.draw(st.lists(texts(ground) | st.sampled_from(HOSTILE), min_size=1, max_size=9))
    chosen = ", ".join(ground.value(0, at + 1) for at in range(len(values)))

    result = await ask(driver, f"SELECT {chosen}", *values)

    assert list(result.rows[0]) == values


@pytest.mark.parametrize(
    ("kind", "value", "answer"),
    [
        (1, 0, 0),
        (1, -1, -1),
        (1, 2**53, 2**53),
        (1, 2**53 + 1, str(2**53 + 1)),
        (1, -(2**63), str(-(2**63))),
        (1, 2**63 - 1, str(2**63 - 1)),
        (2, 0.1, 0.1),
        (2, -1.5e-300, -1.5e-300),
        (2, 1e308, 1e308),
        (3, True, True),
        (3, False, False),
        (0, None, None),
        (1, None, None),
    ],
)
async def test_a_bound_value_comes_back_exactly(
    driver: Driver, ground: Ground, kind: int, value: Any, answer: Any
) -> None:
    result = await ask(driver, f"SELECT {ground.value(kind)} AS x", value)

    assert first(result) == [answer]
    assert result.columns[0].name == "x"
    assert result.truncated is None


async def test_a_bound_text_is_compared_and_never_read(driver: Driver, ground: Ground) -> None:
    sql = f"SELECT count(*) FROM customer WHERE name = {ground.value(0)}"

    assert first(await ask(driver, sql, "花子")) == [1]
    assert first(await ask(driver, sql, "x' OR '1'='1")) == [0]


async def test_a_placeholder_without_a_value_is_refused(driver: Driver, ground: Ground) -> None:
    with pytest.raises(StatementFailed):
        await ask(driver, f"SELECT {ground.value(0)}")

    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_cells_are_what_every_wire_can_carry(driver: Driver, ground: Ground) -> None:
    sql = f"SELECT number, placed, paid, amount FROM {ground.quote('order')} ORDER BY 1, line"

    result = await ask(driver, sql)

    assert [list(row) for row in result.rows] == [
        [1, "2025-01-31", "2025-01-31 09:30:00", 10.5],
        [1, "2025-01-31", None, 0.1],
        [2, "2024-12-31", "2025-01-01 00:00:00", 12345678.9],
    ]
    assert [column.name for column in result.columns] == ["number", "placed", "paid", "amount"]
    assert result.columns[0].type == "integer"
    assert result.columns[3].type in {"decimal", "number"}
    assert result.duration_ms > 0


async def test_columns_of_one_name_stay_apart(driver: Driver) -> None:
    result = await ask(driver, "SELECT 1 AS a, 'x' AS a, NULL AS b; -- and a comment")

    assert [tuple(row) for row in result.rows] == [(1, "x", None)]
    assert [column.name for column in result.columns] == ["a", "a", "b"]
    assert [column.type for column in result.columns][:2] == ["integer", "text"]


async def test_no_rows_still_have_columns(driver: Driver) -> None:
    result = await ask(driver, "SELECT id, name FROM customer WHERE 1 = 0")

    assert (list(result.rows), result.truncated) == ([], None)
    assert [column.name for column in result.columns] == ["id", "name"]


# Ceilings


@pytest.mark.parametrize(
    ("ceiling", "handed", "more"), [(99, 99, True), (100, 100, False), (101, 100, False)]
)
async def test_the_row_ceiling_is_exact(
    driver: Driver, ground: Ground, ceiling: int, handed: int, more: bool
) -> None:
    result = await numbers(driver, ground, 100, rows=ceiling)

    assert first(result) == list(range(1, handed + 1))
    assert result.truncated == (Truncated(rows=True) if more else None)


@pytest.mark.parametrize(
    ("skip", "handed", "more"),
    [
        (0, [1, 2, 3], True),
        (6, [7, 8, 9], True),
        (7, [8, 9, 10], False),
        (10, [], False),
        (99, [], False),
    ],
)
async def test_rows_are_skipped(
    driver: Driver, ground: Ground, skip: int, handed: list[int], more: bool
) -> None:
    result = await numbers(driver, ground, 10, skip=skip, rows=3)

    assert first(result) == handed
    assert result.truncated == (Truncated(rows=True) if more else None)


async def test_many_rows_come_whole_and_in_order(driver: Driver, ground: Ground) -> None:
    result = await numbers(driver, ground, 20_000, rows=20_000)

    assert first(result) == list(range(1, 20_001))
    assert result.truncated is None


async def test_the_byte_ceiling_ends_an_answer_at_a_row(driver: Driver, ground: Ground) -> None:
    sql = f"SELECT {ground.long(100)} AS x FROM ({ground.series(100)}) AS s"

    result = await ask(driver, sql, bytes=1024)

    assert first(result) == ["x" * 100] * 10
    assert result.truncated == Truncated(rows=True, bytes=True)


async def test_a_row_beyond_the_byte_ceiling_does_not_stop_paging(
    driver: Driver, ground: Ground
) -> None:
    sql = f"SELECT {ground.long(3000)} AS x FROM ({ground.series(3)}) AS s"

    result = await ask(driver, sql, bytes=1024)

    assert len(result.rows) == 1
    assert result.truncated is not None
    assert (result.truncated.rows, result.truncated.bytes) == (True, True)


async def test_long_cells_are_cut_and_counted(driver: Driver, ground: Ground) -> None:
    sql = f"SELECT {ground.long(100)} AS a, {ground.long(102)} AS b, 'short' AS c"

    result = await ask(driver, sql, cell=100)

    assert [tuple(row) for row in result.rows] == [("x" * 100, "x" * 100, "short")]
    assert result.truncated == Truncated(cells=1)


async def test_a_cell_of_a_hundred_megabytes_is_cut_or_refused(
    driver: Driver, ground: Ground
) -> None:
    result = None
    async with asyncio.timeout(15):
        with contextlib.suppress(StatementFailed):
            result = await ask(driver, f"SELECT {ground.long(100_000_000)} AS x")

    assert result is None or result.rows[0][0] == "x" * CEILINGS.cell
    assert result is None or result.truncated == Truncated(cells=1)
    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_ten_million_rows_cost_what_is_handed_out(driver: Driver, ground: Ground) -> None:
    await numbers(driver, ground, 10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()

    result = await numbers(driver, ground, 10_000_000)

    assert time.perf_counter() - begun < SOON
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 64 * 1024
    assert first(result) == list(range(1, 1001))
    assert result.truncated == Truncated(rows=True)


# Time


async def test_a_statement_is_stopped_when_its_time_is_over(ground: Ground) -> None:
    async with opened(ground, sessions=1) as driver:
        await ask(driver, "SELECT 1")
        begun = time.perf_counter()

        with pytest.raises(StatementTimedOut):
            await ask(driver, ground.endless, seconds=0.3)

        assert time.perf_counter() - begun < 0.3 + SOON
        assert first(await ask(driver, "SELECT 2", seconds=SOON)) == [2]


@pytest.mark.parametrize("after", [0.0, 0.01, 0.3])
async def test_cancelling_stops_the_database_and_frees_the_session(
    ground: Ground, after: float
) -> None:
    async with opened(ground, sessions=1) as driver:
        await ask(driver, "SELECT 1")
        task = asyncio.ensure_future(ask(driver, ground.endless))
        await asyncio.wait({task}, timeout=after)
        begun = time.perf_counter()

        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert first(await ask(driver, "SELECT 2", seconds=SOON)) == [2]
        assert time.perf_counter() - begun < SOON


async def test_a_cancelled_answer_never_reaches_the_next_caller(ground: Ground) -> None:
    async with opened(ground, sessions=1) as driver:
        for turn in range(20):
            task = asyncio.ensure_future(numbers(driver, ground, 1000))
            await asyncio.wait({task}, timeout=turn / 2000)
            task.cancel()
            await asyncio.wait({task}, timeout=SOON)

            assert first(await ask(driver, f"SELECT {turn}")) == [turn]


async def test_closing_ends_what_runs(ground: Ground) -> None:
    driver = ground.driver(2)
    tasks = [asyncio.ensure_future(ask(driver, ground.endless)) for _ in range(3)]
    await asyncio.wait(tasks, timeout=0.3)
    begun = time.perf_counter()

    await driver.close()

    done, late = await asyncio.wait(tasks, timeout=SOON)
    assert not late
    assert all(isinstance(task.exception(), CoreError) for task in done)
    assert time.perf_counter() - begun < SOON
    with pytest.raises(ConnectionFailed):
        await ask(driver, "SELECT 1")
    gc.collect()


# Many callers


async def test_more_callers_than_sessions_each_get_their_own_answer(
    ground: Ground,
) -> None:
    async with opened(ground, sessions=3) as driver:
        sql = f"SELECT {ground.value(1)} AS x, name FROM customer ORDER BY id"

        answers = await asyncio.gather(*(ask(driver, sql, at) for at in range(40)))

        assert [first(answer) for answer in answers] == [[at] * 4 for at in range(40)]


# Refusals


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO customer (id) VALUES (9)",
        "UPDATE customer SET name = 'x'",
        "DELETE FROM customer",
        "CREATE TABLE mine (i INTEGER)",
        "CREATE VIEW mine AS SELECT 1 AS i",
        "CREATE INDEX mine ON customer (name)",
        "ALTER TABLE customer ADD COLUMN mine INTEGER",
        "DROP VIEW large_order",
        "DROP TABLE shipment",
        "SELECT 1; DELETE FROM customer",
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT; DROP TABLE shipment",
        "",
        "-- nothing",
        "no sql at all",
    ],
)
async def test_the_engine_itself_refuses(driver: Driver, sql: str) -> None:
    with pytest.raises(StatementFailed) as refused:
        await ask(driver, sql)

    assert refused.value.message
    assert first(await ask(driver, "SELECT count(*) FROM customer WHERE name <> 'x'")) == [4]
    assert first(await ask(driver, "SELECT count(*) FROM shipment")) == [1]


async def test_a_failed_statement_says_what_is_wrong_and_where(driver: Driver) -> None:
    sql = "SELECT name, nope FROM customer"

    with pytest.raises(StatementFailed, match="nope") as failed:
        await ask(driver, sql)

    place = failed.value.position
    assert place is None or sql[place - 1 :].startswith("nope")
    assert failed.value.state
    with pytest.raises(StatementFailed, match="nowhere"):
        await ask(driver, "SELECT 1 FROM nowhere")
    with pytest.raises(StatementFailed):
        await ask(driver, "SELECT count(*) FROM customer WHERE")


async def test_a_database_that_is_not_there_is_named_without_its_secret(ground: Ground) -> None:
    url = f"{ground.dialect}:////nowhere/at/all.db"
    if ground.dialect not in {Dialect.SQLITE, Dialect.DUCKDB}:
        url = f"{ground.dialect}://reader:hunter2@127.0.0.1:1/shop"
    driver = ground.open(parse(url), 2)

    for _ in range(2):
        with pytest.raises(ConnectionFailed) as failed:
            await ask(driver, "SELECT 1")
        assert "hunter2" not in failed.value.message
        assert "/nowhere/at/all.db" in failed.value.message or "127.0.0.1" in failed.value.message
    with pytest.raises(ConnectionFailed):
        await driver.test()
    await driver.close()


# The catalogue


async def test_a_healthy_database_tells_its_version(driver: Driver) -> None:
    health = await driver.test()

    assert any(character.isdigit() for character in health.version)
    assert health.latency_ms > 0


async def found(driver: Driver, ground: Ground) -> dict[str, Table]:
    schema = await driver.discover()
    assert schema.default == ground.schema
    return {table.name: table for table in schema.tables if table.schema == ground.schema}


async def test_discovery_finds_tables_views_and_keys(driver: Driver, ground: Ground) -> None:
    tables = await found(driver, ground)

    assert {"customer", "order", "shipment", 'we"ird 注文', "large_order"} <= tables.keys()
    assert tables["large_order"].kind == "view"
    assert {tables[name].kind for name in ("customer", "order")} == {"table"}
    assert tables["order"].primary_key == ("number", "line")
    assert tables["shipment"].foreign_keys == (
        ForeignKey(("order_number", "order_line"), ground.schema, "order", ("number", "line")),
    )
    assert tables["order"].foreign_keys == (
        ForeignKey(("customer_id",), ground.schema, "customer", ("id",)),
    )
    assert [column.name for column in tables['we"ird 注文'].columns] == ["品 名", "from"]
    assert [column.name for column in tables["large_order"].columns] == ["number", "amount"]


async def test_discovery_describes_columns(driver: Driver, ground: Ground) -> None:
    customer = (await found(driver, ground))["customer"]
    id, name, country = customer.columns

    assert (id.name, id.nullable, id.default) == ("id", False, None)
    assert id.type.lower().startswith("int")
    assert (name.name, name.nullable) == ("name", False)
    assert "nobody" in (name.default or "")
    assert (country.name, country.nullable) == ("country", True)
    assert country.default in {None, "NULL"}
    assert "varchar" in name.type.lower() or "character varying" in name.type.lower()
    assert customer.comment == ("who buys" if ground.comments else None)
    assert country.comment == ("ISO 3166" if ground.comments else None)
    assert customer.rows in {None, 4} or ground.dialect is Dialect.MARIADB


async def test_discovery_sees_every_schema_and_no_system_table(
    driver: Driver, ground: Ground
) -> None:
    tables = (await driver.discover()).tables

    assert not {table.schema for table in tables} & {
        "information_schema",
        "pg_catalog",
        "pg_toast",
        "mysql",
        "performance_schema",
        "sys",
    }
    assert not [table.name for table in tables if table.name.startswith("sqlite_")]
    if ground.other:
        (lead,) = [table for table in tables if table.schema == ground.other]
        assert (lead.name, lead.columns[0][:3]) == (
            "lead",
            Column("id", lead.columns[0].type, False)[:3],
        )


async def test_discovery_tells_how_far_it_is(driver: Driver) -> None:
    told: list[tuple[int, int | None]] = []

    schema = await driver.discover(lambda done, total: told.append((done, total)))

    assert told[-1][0] == len(schema.tables)
    assert told == sorted(told, key=lambda each: each[0])


async def test_samples_are_the_few_values_of_a_column(driver: Driver, ground: Ground) -> None:
    customer = (ground.schema, "customer")
    weird = (ground.schema, 'we"ird 注文')
    gone = (ground.schema, "gone")

    samples = await driver.sample(
        {customer: ["country", "nope"], weird: ["品 名"], gone: ["x"]}, seconds=5
    )
    assert samples.get(customer, {}).get("nope") is None
    assert gone not in samples

    samples = await driver.sample({customer: ["country", "name"], weird: ["品 名"]}, seconds=5)
    assert samples[customer]["country"] == ("GB", "JP")
    assert set(samples[customer]["name"]) == {"Ada", "花子", "Bo", "Cy"}
    assert samples[weird] == {"品 名": ("本",)}


async def test_a_view_is_told_by_its_definition(driver: Driver, ground: Ground) -> None:
    views = await driver.views([("large_order",), ("customer",), ("nowhere",)])

    (view,) = views
    assert "large_order" in view.name
    definition = view.definition.strip().lower()
    assert definition.startswith(("select", "("))
    assert "amount" in definition
    assert not definition.endswith(";")
    (again,) = await driver.views([(ground.schema, "large_order")])
    assert again.definition == view.definition


async def test_functions_are_judged_by_what_the_server_knows(driver: Driver) -> None:
    effects = await driver.functions([("lower",), ("abs",), ("no_such_thing",)])

    assert effects == {
        ("lower",): Effect.PURE,
        ("abs",): Effect.PURE,
        ("no_such_thing",): Effect.UNKNOWN,
    }
    assert await driver.functions([]) == {}
