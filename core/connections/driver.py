"""What every kind of database promises us; `drivers/` keeps it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from core.connections.records import Ceilings, Dialect, Health, Result, Schema, Statement

Progress = Callable[[int, int | None], None]
"""Told how many tables are read, of how many where that is known."""


TableName = tuple[str, str]
"""Schema and name."""


class Effect(Enum):
    """What the server's catalogue says that a function may do."""

    PURE = "pure"
    """It only computes or reads."""
    VOLATILE = "volatile"
    """It may do anything, as far as the server knows."""
    UNKNOWN = "unknown"
    """The server has no such function."""


class View(NamedTuple):
    """A view that a statement reads, by the definition the server holds of it."""

    name: str
    definition: str
    """The bare SELECT, without a semicolon."""


class Driver(Protocol):
    """One open connection of an organization: a bounded pool of sessions that can only read.

    Every session is opened so that the engine itself refuses to write, whatever the policy missed.
    A keeper heals by itself: a session found dead is replaced and the statement tried once more,
    if nothing of its answer was seen. Credentials never appear in an error.
    """

    dialect: Dialect

    async def test(self) -> Health:
        """Ask the server for its version and for rights that a reader should not have.

        Raises:
            ConnectionFailed: it cannot be reached or does not let us in, and why.
        """
        ...

    async def discover(self, progress: Progress | None = None) -> Schema:
        """Read the catalogue with a fixed number of statements, however many tables there are.

        System schemas are left out. Values are not read here: see `sample`.
        """
        ...

    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        """Return the values of those of *columns* that hold few different ones (at most 20).

        Most frequent first, each at most 60 characters. From the server's own statistics where
        it keeps them, else from the head of each table; what is not read within *seconds* in all
        is left out, and so is what cannot be read.
        """
        ...

    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        """Run one statement, read-only, and hand out its rows after the first *skip* ones.

        Cancelling the task stops the database's own work and gives no session back that could
        still carry an answer.

        Raises:
            StatementFailed: the database refused it; the message is the database's own, with the
                position where it gives one.
            StatementTimedOut: it took longer than `ceilings.seconds`, and was stopped.
            ConnectionFailed: the database cannot be reached.
        """
        ...

    async def functions(self, names: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Effect]:
        """Say what the catalogue knows of the functions of these names, each in lower case.

        A name is qualified as the statement has it: `("now",)`, `("pg_catalog", "now")`. Where
        overloads differ, or several schemas have one of the name, the worst counts.
        """
        ...

    async def views(self, names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
        """Return the definitions of those of *names* that are views, where the server has them."""
        ...

    async def close(self) -> None:
        """Let go of every session; statements still running are cancelled."""
        ...
