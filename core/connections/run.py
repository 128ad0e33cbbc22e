"""One statement, from its text to its answer: bound, judged, bounded, audited."""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.audit import Audit, Outcome
from core.connections import cursor as cursors
from core.connections.driver import Driver
from core.connections.errors import StatementFailed, StatementRefused
from core.connections.learn import Learning
from core.connections.records import Answer, Ceilings, Result, Statement
from core.connections.store import Kept
from core.identity import Actor
from core.tally import Tally

if TYPE_CHECKING:
    from core.connections.policy import Policy

LONG = 32 * 1024
"""Characters from which on a statement's parameters are put in on another thread."""


class Runner:
    """Runs what only reads, and nothing else."""

    def __init__(
        self, audit: Audit, tally: Tally, learning: Learning, *, ceilings: Ceilings
    ) -> None:
        """Let nothing exceed *ceilings*, whatever its connection or caller says."""
        self._audit = audit
        self._tally = tally
        self._learning = learning
        self._ceilings = ceilings
        self._policy: Policy | None = None

    async def run(
        self,
        actor: Actor,
        kept: Kept,
        driver: Driver,
        sql: str,
        *,
        parameters: Mapping[str, Any],
        limit: int | None,
        bytes: int | None,
        cursor: str | None,
        subject: str,
    ) -> Answer:
        """Run *sql* at the driver of a connection; see `Connections.run`."""
        # Imported at the first run: the start of a server need not wait for the parser.
        from core.connections.template import render  # noqa: PLC0415

        connection = kept.connection
        begun = time.perf_counter()
        outcome = Outcome.FAILURE
        try:
            if len(sql) > LONG:
                statement = await asyncio.to_thread(render, sql, connection.dialect, parameters)
            else:
                statement = render(sql, connection.dialect, parameters)
            skip = cursors.read(cursor, connection.id, statement)
            result = await self._execute(
                actor, kept, driver, statement, self._lowered(kept, limit, bytes), skip
            )
            outcome = Outcome.SUCCESS
        except StatementRefused:
            outcome = Outcome.DENIED
            raise
        finally:
            seconds = time.perf_counter() - begun
            self._tally.observe("statement", seconds, dialect=connection.dialect, outcome=outcome)
            self._audit.note(
                actor,
                "statement.run",
                subject,
                outcome=outcome,
                details=sql,
                duration_ms=round(seconds * 1000, 3),
            )
        cut = result.truncated is not None and (result.truncated.rows or result.truncated.bytes)
        after = skip + len(result.rows)
        return Answer.model_construct(
            columns=result.columns,
            rows=result.rows,
            truncated=result.truncated,
            duration_ms=result.duration_ms,
            row_count=len(result.rows),
            sql=statement.sql,
            connection=connection.name,
            cursor=cursors.write(connection.id, statement, after) if cut else None,
        )

    async def _execute(
        self,
        actor: Actor,
        kept: Kept,
        driver: Driver,
        statement: Statement,
        ceilings: Ceilings,
        skip: int,
    ) -> Result:
        if self._policy is None:
            from core.connections.policy import Policy  # noqa: PLC0415 - as in `run`

            self._policy = Policy()
        try:
            await self._policy.permit(driver, statement.sql)
            return await driver.execute(statement, ceilings, skip=skip)
        except StatementRefused as refused:
            from core.connections.repair import explain  # noqa: PLC0415 - only refusals need it

            raise explain(refused, statement.sql, kept.connection.dialect) from None
        except StatementFailed as failed:
            from core.connections.repair import repair  # noqa: PLC0415 - only failures need it

            schema = await self._learning.at_hand(actor, kept.connection.id)
            raise repair(failed, statement.sql, kept.connection.dialect, schema) from failed

    def _lowered(self, kept: Kept, limit: int | None, most: int | None) -> Ceilings:
        ours = self._ceilings
        bytes = min(ours.bytes, kept.max_bytes or ours.bytes, most or ours.bytes)
        return Ceilings.model_construct(
            rows=max(1, min(ours.rows, kept.max_rows or ours.rows, limit or ours.rows)),
            bytes=bytes,
            cell=min(ours.cell, bytes),
            seconds=min(ours.seconds, kept.timeout or ours.seconds),
        )
