"""The table of what was heard and is being answered, and its statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from core.db import Moment, Transaction, metadata
from core.identity import Surface

NOBODY = ""
"""Who works on what a process left in good order: whoever looks first takes it up."""
PRESSED = "pressed"
"""The workspace of rows that are no things heard but buttons that are being answered: `message_id`
is the thing heard that pressed one, `heard_at` until when nothing else's press of it counts."""

heard = Table(
    "heard",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    # Sealed, as it is what people said; none once it is answered, when the id alone is kept.
    Column("payload", Text),
    Column("anchor", Text),
    Column("organization_id", Text),
    Column("member_id", Text),
    Column("chat_id", Text),
    Column("message_id", Text),
    Column("runner_id", Text),
    Column("heard_at", Moment, nullable=False),
    Index(None, "surface", "runner_id"),
    Index(None, "heard_at"),
)


class Key(NamedTuple):
    """What a thing that was heard is known by."""

    surface: Surface
    workspace: str
    id: str


class HeardStore:
    """What was heard, before it is known by whom, so of every organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> set[Key]:
        """Keep what was never heard before; return which that is."""
        kind = postgresql if self._tx.dialect.name == "postgresql" else sqlite
        statement = kind.insert(heard).on_conflict_do_nothing()
        told = statement.returning(heard.c.surface, heard.c.workspace, heard.c.id)
        new = await self._tx.execute(told, rows)
        return {Key(Surface(surface), workspace, id) for surface, workspace, id in new}

    async def press(
        self, surface: Surface, press: str, by: str, at: datetime, until: datetime
    ) -> bool:
        """Keep *by* what something is pressed *until* then; False if it is by something else."""
        kind = postgresql if self._tx.dialect.name == "postgresql" else sqlite
        kept = {"message_id": by, "heard_at": until}
        row = {"surface": surface, "id": press, "workspace": PRESSED, **kept}
        statement = kind.insert(heard).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[heard.c.surface, heard.c.id, heard.c.workspace],
            set_=kept,
            where=or_(heard.c.heard_at <= at, heard.c.message_id == by),
        )
        told = statement.returning(heard.c.id)
        return (await self._tx.execute(told)).first() is not None

    async def release_press(self, surface: Surface, press: str, until: datetime) -> None:
        """Let what is pressed be pressed again after that moment."""
        mine = and_(_called(surface, press), heard.c.workspace == PRESSED)
        await self._tx.execute(update(heard).where(mine).values(heard_at=until))

    async def begin(self, key: tuple[Surface, str], runner: str, values: Mapping[str, Any]) -> bool:
        """Keep who asked and where the answer is written; False if it is not this process's."""
        mine = and_(_called(*key), heard.c.runner_id == runner)
        return bool((await self._tx.execute(update(heard).where(mine).values(**values))).rowcount)

    async def find_one(self, key: tuple[Surface, str]) -> dict[str, Any] | None:
        """Return what somebody works on; None where it is answered, or was never heard."""
        statement = select(heard).where(_called(*key), heard.c.runner_id.is_not(None))
        row = (await self._tx.execute(statement)).mappings().first()
        return None if row is None else dict(row)

    async def finish(self, keys: Iterable[tuple[Surface, str]]) -> None:
        """Forget all but the ids of what is answered."""
        statement = (
            update(heard)
            .where(heard.c.surface == bindparam("of"), heard.c.id == bindparam("called"))
            .values(
                payload=None,
                anchor=None,
                organization_id=None,
                member_id=None,
                chat_id=None,
                message_id=None,
                runner_id=None,
            )
        )
        await self._tx.execute(
            statement, [{"of": surface, "called": id} for surface, id in sorted(keys)]
        )

    async def release(self, runner: str, keys: Iterable[Key] | None = None) -> None:
        """Let others take up what a process works on: all of it, or some."""
        mine = heard.c.runner_id == runner
        if keys is None:
            await self._tx.execute(update(heard).where(mine).values(runner_id=NOBODY))
            return
        for key in keys:
            one = and_(_called(key.surface, key.id), heard.c.workspace == key.workspace)
            await self._tx.execute(update(heard).where(mine, one).values(runner_id=NOBODY))

    async def claim(
        self, surface: Surface, runner: str, living: Sequence[str], most: int
    ) -> list[dict[str, Any]]:
        """Take up what nobody who lives works on, the oldest first; return what that was."""
        left = and_(
            heard.c.surface == surface,
            heard.c.runner_id.is_not(None),
            heard.c.runner_id.not_in([*living, runner]),
        )
        statement = select(heard).where(left).order_by(heard.c.heard_at, heard.c.id).limit(most)
        rows = (await self._tx.execute(statement.with_for_update(skip_locked=True))).mappings()
        found = [dict(row) for row in rows]
        if found:
            names = tuple_(heard.c.id, heard.c.workspace)
            ours = names.in_([(row["id"], row["workspace"]) for row in found])
            mine = update(heard).where(heard.c.surface == surface, ours)
            await self._tx.execute(mine.values(runner_id=runner))
        return found

    async def forget(self, before: datetime) -> None:
        """Forget what was heard before that moment, whatever became of it."""
        await self._tx.execute(delete(heard).where(heard.c.heard_at < before))


def _called(surface: Surface, id: str) -> ColumnElement[bool]:
    return and_(heard.c.surface == surface, heard.c.id == id)
