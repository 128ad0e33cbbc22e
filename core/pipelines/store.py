"""The tables of pipelines and their runs, and their statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from core.db import Moment, Transaction, alone, metadata
from core.identity import Actor, Permission
from core.ids import MemberId, OrganizationId, RunId
from core.page import Page, PageAsked
from core.pipelines.errors import PipelineNotFound, RunNotFound
from core.pipelines.records import ENDED, Run, RunEvent, RunResult, RunState, Saved

pipelines = Table(
    "pipelines",
    metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("goal", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("saved_by", Text, nullable=False),
    Column("saved_by_name", Text, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("tenant", Text, nullable=False),
    Column("pipeline_id", Text, nullable=False),
    Column("goal", Text, nullable=False),
    Column("name", Text),
    Column("version", Integer),
    Column("state", Text, nullable=False),
    # What it was begun with, and what it came to; JSON, which no statement looks into.
    Column("given", Text, nullable=False),
    Column("result", Text),
    Column("error", Text),
    Column("collect_events", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("began_at", Moment),
    Column("ended_at", Moment),
    Index(None, "organization_id", "created_at"),
    # What is counted and listed of many runs: a row may be as large as what its run came to.
    Index(None, "organization_id", "created_by", "created_at"),
    Index(None, "state", "organization_id"),
    Index(None, "ended_at"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("event", Text, nullable=False),
)

ADDING = 7_305_109
"""Two who add a run of the same id do so one after the other."""
SAVING = 7_305_110
"""Two who save a pipeline do so one after the other, each with a number of its own."""
OPEN = tuple(each for each in RunState if not each.ended)
_BARE = [name for name in Run.model_fields if name != "result"]


class RunStore:
    """Runs in, runs out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(
        self, organization_id: OrganizationId, run: Run, given: Mapping[str, Any]
    ) -> None:
        """Keep a new run and what it was begun with."""
        values = run.model_dump(exclude={"result"}) | {"organization_id": organization_id}
        values |= {"given": _written(given), "result": _result(run.result)}
        await self._tx.execute(insert(runs).values(**values))

    async def get(
        self, organization_id: OrganizationId, run_id: str, whose: MemberId | None = None
    ) -> Run:
        """Return the run; only if it is one member's, where one is named.

        Raises:
            RunNotFound: there is no such run.
        """
        mine = _one(organization_id, run_id)
        if whose is not None:
            mine = and_(mine, runs.c.created_by == whose)
        names = [runs.c[name] for name in Run.model_fields]
        row = (await self._tx.execute(select(*names).where(mine))).mappings().one_or_none()
        if row is None:
            raise RunNotFound
        return _run(row)

    async def has(self, organization_id: OrganizationId, run_id: str) -> bool:
        """Return whether this organization has such a run; who asks may add it, and nobody else."""
        await alone(self._tx, ADDING)
        found = await self._tx.scalar(select(runs.c.id).where(_one(organization_id, run_id)))
        return found is not None

    async def given(self, organization_id: OrganizationId, run_id: str) -> dict[str, Any]:
        """Return what a run was begun with.

        Raises:
            RunNotFound: this organization has no such run.
        """
        text = await self._tx.scalar(select(runs.c.given).where(_one(organization_id, run_id)))
        if text is None:
            raise RunNotFound
        found: dict[str, Any] = orjson.loads(text)
        return found

    async def list(
        self,
        organization_id: OrganizationId,
        asked: PageAsked,
        *,
        name: str | None = None,
        whose: MemberId | None = None,
    ) -> Page[Run]:
        """Return a page of runs, of one member or all, the newest first, without their results."""
        mine = runs.c.organization_id == organization_id
        if whose is not None:
            mine = and_(mine, runs.c.created_by == whose)
        if name is not None:
            mine = and_(mine, (runs.c.name == name) | (runs.c.pipeline_id == name))
        total = await self._tx.scalar(select(func.count()).select_from(runs).where(mine))
        statement = select(*(runs.c[each] for each in _BARE)).where(mine)
        statement = statement.order_by(runs.c.created_at.desc(), runs.c.id)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(_run(row) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def move(
        self,
        organization_id: OrganizationId,
        run_id: str,
        state: RunState,
        *,
        result: RunResult | None = None,
        **values: Any,
    ) -> bool:
        """Let a run be in another state; False where it has ended, and stays as it is."""
        if result is not None:
            values["result"] = _result(result)
        statement = (
            update(runs)
            .where(
                _one(organization_id, run_id),
                runs.c.state.not_in(ENDED),
            )
            .values(state=state, **values)
        )
        return (await self._tx.execute(statement)).rowcount == 1

    async def count(
        self,
        organization_id: OrganizationId,
        states: Iterable[RunState],
        whose: MemberId | None = None,
    ) -> int:
        """Return how many runs are in one of these states, of one member or of all."""
        mine = and_(runs.c.organization_id == organization_id, runs.c.state.in_(states))
        if whose is not None:
            mine = and_(mine, runs.c.created_by == whose)
        return await self._tx.scalar(select(func.count()).select_from(runs).where(mine)) or 0

    async def tell(
        self, organization_id: OrganizationId, run_id: str, events: Sequence[RunEvent], at: int
    ) -> None:
        """Keep events of a run, the first of them at a position; what stands there goes."""
        # One who was taken for dead may tell the same, at the same time as whoever took over.
        await self._tx.execute(
            select(runs.c.id).where(_one(organization_id, run_id)).with_for_update()
        )
        there = and_(
            run_events.c.organization_id == organization_id,
            run_events.c.run_id == run_id,
            run_events.c.position >= at,
        )
        await self._tx.execute(delete(run_events).where(there))
        rows = [
            {
                "run_id": run_id,
                "position": position,
                "organization_id": organization_id,
                "event": _written(event.model_dump(exclude_none=True)),
            }
            for position, event in enumerate(events, at)
        ]
        if rows:
            await self._tx.execute(insert(run_events), rows)

    async def events(self, organization_id: OrganizationId, run_id: str) -> tuple[RunEvent, ...]:
        """Return what has happened in a run, in its order."""
        mine = and_(run_events.c.organization_id == organization_id, run_events.c.run_id == run_id)
        statement = select(run_events.c.event).where(mine).order_by(run_events.c.position)
        return tuple(
            RunEvent.model_validate(orjson.loads(text))
            for text in await self._tx.scalars(statement)
        )

    async def find_waiting(self, before: datetime, *, limit: int) -> Sequence[Run]:
        """Return runs of whichever organization that were left *before* and have not ended."""
        statement = select(*(runs.c[each] for each in _BARE)).where(
            runs.c.state.in_(OPEN), runs.c.created_at < before
        )
        rows = await self._tx.execute(statement.order_by(runs.c.created_at).limit(limit))
        return [_run(row) for row in rows.mappings()]

    async def find_ended(
        self, before: datetime, *, limit: int
    ) -> Sequence[tuple[OrganizationId, RunId]]:
        """Return runs of whichever organization that ended *before* a moment."""
        statement = select(runs.c.organization_id, runs.c.id).where(runs.c.ended_at < before)
        rows = await self._tx.execute(statement.limit(limit))
        return [(OrganizationId(mine), RunId(id)) for mine, id in rows]

    async def forget(self, organization_id: OrganizationId, run_ids: Sequence[RunId]) -> None:
        """Forget runs and what happened in them."""
        mine = and_(runs.c.organization_id == organization_id, runs.c.id.in_(run_ids))
        await self._tx.execute(delete(runs).where(mine))


class SavedStore:
    """Saved pipelines in, saved pipelines out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def newest(self, organization_id: OrganizationId, name: str) -> int:
        """Return the number of the newest version of a name; 0 where there is none.

        Who asks may add the next one, and nobody else.
        """
        await alone(self._tx, SAVING)
        mine = and_(pipelines.c.organization_id == organization_id, pipelines.c.name == name)
        return await self._tx.scalar(select(func.max(pipelines.c.version)).where(mine)) or 0

    async def add(self, organization_id: OrganizationId, saved: Saved) -> None:
        """Keep another version."""
        values = saved.model_dump(mode="json", exclude={"saved_at"}) | {
            "organization_id": organization_id,
            "saved_at": saved.saved_at,
        }
        values["params"] = _written(values["params"])
        await self._tx.execute(insert(pipelines).values(**values))

    async def get(self, organization_id: OrganizationId, name: str, version: int | None) -> Saved:
        """Return a version of a pipeline, the newest by default.

        Raises:
            PipelineNotFound: this organization has none such.
        """
        mine = and_(pipelines.c.organization_id == organization_id, pipelines.c.name == name)
        if version is not None:
            mine = and_(mine, pipelines.c.version == version)
        statement = select(pipelines).where(mine).order_by(pipelines.c.version.desc()).limit(1)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise PipelineNotFound
        return _saved(row)

    async def versions(self, organization_id: OrganizationId, name: str) -> tuple[Saved, ...]:
        """Return every version of a pipeline, the newest first."""
        mine = and_(pipelines.c.organization_id == organization_id, pipelines.c.name == name)
        statement = select(pipelines).where(mine).order_by(pipelines.c.version.desc())
        return tuple(_saved(row) for row in (await self._tx.execute(statement)).mappings())

    async def list(self, organization_id: OrganizationId, asked: PageAsked) -> Page[Saved]:
        """Return a page of the newest versions, by name."""
        mine = pipelines.c.organization_id == organization_id
        last = (
            select(pipelines.c.name, func.max(pipelines.c.version).label("version"))
            .where(mine)
            .group_by(pipelines.c.name)
            .subquery()
        )
        total = await self._tx.scalar(select(func.count()).select_from(last))
        statement = (
            select(pipelines)
            .join(
                last,
                and_(pipelines.c.name == last.c.name, pipelines.c.version == last.c.version),
            )
            .where(mine)
            .order_by(pipelines.c.name)
        )
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(_saved(row) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def remove(self, organization_id: OrganizationId, name: str) -> None:
        """Forget every version of a pipeline.

        Raises:
            PipelineNotFound: this organization has none such.
        """
        mine = and_(pipelines.c.organization_id == organization_id, pipelines.c.name == name)
        if (await self._tx.execute(delete(pipelines).where(mine))).rowcount == 0:
            raise PipelineNotFound


def seen_by(actor: Actor) -> MemberId | None:
    """Return whose runs an actor may see; None for everybody's."""
    return None if actor.may(Permission.MEMBERS_WRITE) else actor.member_id


def _one(organization_id: OrganizationId, run_id: str) -> Any:
    return and_(runs.c.organization_id == organization_id, runs.c.id == run_id)


def _run(row: Mapping[Any, Any]) -> Run:
    values = dict(row)
    if values.get("result") is not None:
        values["result"] = RunResult.model_validate(orjson.loads(values["result"]))
    return Run.model_validate(values)


def _saved(row: Mapping[Any, Any]) -> Saved:
    return Saved.model_validate(dict(row) | {"params": orjson.loads(row["params"])})


def _result(result: RunResult | None) -> str | None:
    if result is None:
        return None
    # Not `model_dump`: outputs are plain JSON already, and may be large.
    return _written(
        {
            "outputs": result.outputs,
            "waves_executed": result.waves_executed,
            "tasks_executed": result.tasks_executed,
        }
    )


def _written(value: Any) -> str:
    return orjson.dumps(value).decode()
