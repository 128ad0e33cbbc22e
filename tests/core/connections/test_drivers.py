"""What every driver promises of its answers: a keeper that does not pass this does not exist."""

import asyncio
import contextlib
import gc
import resource
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.connections.driver import Driver
from core.connections.errors import ConnectionFailed, StatementFailed, StatementTimedOut
from core.connections.records import Result, Statement, Truncated
from core.errors import CoreError
from tests.core.connections.drivers.asking import CEILINGS, ask, first
from tests.core.connections.drivers.grounds import Ground, opened

SOON = 1.5
"""Seconds in which a database that was told to stop has stopped."""


async def numbers(driver: Driver, ground: Ground, n: int, skip: int = 0, **ceilings: Any) -> Result:
    asked = CEILINGS.model_copy(update=ceilings)
    return await driver.execute(Statement(ground.series(n)), asked, skip=skip)


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
