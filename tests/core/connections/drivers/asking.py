"""How the tests of one keeper put a question."""

from typing import Any

from core.connections.driver import Driver
from core.connections.records import Ceilings, Result, Statement

CEILINGS = Ceilings(seconds=20)


async def ask(driver: Driver, sql: str, *values: Any, **ceilings: Any) -> Result:
    """Run *sql* with *values*; lower the ceilings where a test says so."""
    asked = CEILINGS.model_copy(update=ceilings)
    return await driver.execute(Statement(sql, values), asked)


def first(result: Result) -> list[Any]:
    """Return the first column."""
    return [row[0] for row in result.rows]


def types(result: Result) -> list[str]:
    return [column.type for column in result.columns]
