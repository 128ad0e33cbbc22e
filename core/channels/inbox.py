"""What was heard and is not answered yet, so kept that no crash loses it and no two answer it."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pydantic import SecretStr

from core.channels.batch import Batch
from core.channels.errors import HeardInvalid, Stopping
from core.channels.heard import HeardStore, Key
from core.channels.records import Hearing
from core.db import Database, StoreUnavailable
from core.identity import Actor, Surface
from core.ids import ChatId, MessageId, now
from core.pulse import ALIVE, Pulse, Runners
from core.secrets import SealBroken, Vault

KEPT = timedelta(days=1)
"""How long an id is remembered, to know a second delivery by; and what nobody ever answered."""
SWEEP = 600.0
"""Seconds between two times that what is older is forgotten."""
CLAIM = 500
"""Things that are taken up at once from a process that died."""
LONGEST = 1_000
"""Characters of an id."""

log = structlog.get_logger()

Row = dict[str, Any]


class Inbox:
    """Keeps what is heard until it is answered, under a lease of the process that answers it."""

    def __init__(self, db: Database, vault: Vault, pulse: Pulse) -> None:
        """Keep it in *db*, sealed by *vault*; *pulse* shows that this process lives."""
        self._db = db
        self._vault = vault
        self._pulse = pulse
        self._hearing = Batch(self._hear, self._unheard)
        self._beginning = Batch(self._begin)
        self._finishing = Batch(self._finish)
        self._open: dict[tuple[Surface, str], float] = {}
        """What this process answers, and since when."""
        self._owed: set[tuple[Surface, str]] = set()
        """What is answered, though the store does not know it yet."""
        self._watching: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._swept = 0.0
        self._closing = False

    async def hear(
        self, surface: Surface, workspace: str, id: str, payload: Mapping[str, object]
    ) -> bool:
        """Keep what was heard; False if it was heard before. See `Channels.hear`."""
        if self._closing:
            raise Stopping
        key = Key(surface, workspace, id)
        if not all(0 < len(each) <= LONGEST and _plain(each) for each in (workspace, id)):
            raise HeardInvalid
        row = {
            **key._asdict(),
            "payload": self._sealed(payload),
            "runner_id": self._pulse.runner,
            "heard_at": now(),
        }
        return await self._hearing.do((key, row))

    async def begun(
        self,
        key: tuple[Surface, str],
        actor: Actor,
        *,
        chat_id: ChatId | None,
        message_id: MessageId | None,
        anchor: Mapping[str, object] | None,
    ) -> bool:
        """Keep who asked and where the answer is written. See `Channels.begun`."""
        values = {
            "organization_id": actor.organization_id,
            "member_id": actor.member_id,
            "chat_id": chat_id,
            "message_id": message_id,
            "anchor": None if anchor is None else self._sealed(anchor),
        }
        return await self._beginning.do((key, values))

    async def press(self, surface: Surface, press: str, by: str, life: timedelta) -> bool:
        """Return whether nobody else answers that press. See `Channels.press`."""
        if not (0 < len(press) <= LONGEST and _plain(press)):
            raise HeardInvalid
        at = now()
        async with self._db.transaction() as tx:
            return await HeardStore(tx).press(surface, press, by, at, at + life)

    async def release_press(self, surface: Surface, press: str, life: timedelta) -> None:
        """Let it be pressed again. See `Channels.release_press`."""
        async with self._db.transaction() as tx:
            await HeardStore(tx).release_press(surface, press, now() + life)

    async def under_way(self, key: tuple[Surface, str]) -> Hearing | None:
        """Return what is not answered yet. See `Channels.under_way`."""
        async with self._db.reading() as tx:
            row = await HeardStore(tx).find_one(key)
        return None if row is None else self._hearing_of(row)

    async def done(self, key: tuple[Surface, str]) -> None:
        """Forget all but the id of what is answered; a store that is away is told later."""
        try:
            await self._finishing.do(key)
        except StoreUnavailable as refusal:
            log.warning("what was answered waits for the store", reason=refusal.message)
            self._owed.add(key)
            self._watch_over()
        self._open.pop(key, None)

    async def orphans(self, surface: Surface) -> tuple[Hearing, ...]:
        """Take up what nobody who lives works on. See `Channels.orphans`."""
        if self._closing:
            return ()
        await self._pulse.alive()
        async with self._db.transaction() as tx:
            living = await Runners(tx).living()
            rows = await HeardStore(tx).claim(surface, self._pulse.runner, living, CLAIM)
        found: list[Hearing] = []
        for row in rows:
            self._take(surface, row["id"])
            try:
                found.append(self._hearing_of(row))
            except SealBroken:
                log.warning("what was heard cannot be opened, and is forgotten", id=row["id"])
                await self.done((surface, row["id"]))
        return tuple(found)

    async def close(self) -> None:
        """Keep what is under way, and leave to others at once what is not answered."""
        self._closing = True
        for batch in (self._hearing, self._beginning, self._finishing):
            await batch.settle()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)
        if self._open or self._owed:
            try:
                await self._pay()
                async with self._db.transaction() as tx:
                    await HeardStore(tx).release(self._pulse.runner)
            except StoreUnavailable:
                log.warning("the store is away; what is not answered is taken up a little later")

    # Many at once

    async def _hear(self, batch: Sequence[tuple[Key, Row]]) -> Sequence[bool]:
        await self._pulse.alive()
        # In one order: two processes that keep the same things must not wait for each other.
        once = sorted(dict(reversed(batch)).items(), key=lambda each: each[0])
        at = asyncio.get_running_loop().time()
        sweep = not self._swept or at > self._swept + SWEEP
        async with self._db.transaction() as tx:
            if sweep:
                await HeardStore(tx).forget(now() - KEPT)
            new = await HeardStore(tx).add([row for _key, row in once])
        if sweep:
            self._swept = at
        outcomes = []
        for key, _row in batch:
            outcomes.append(key in new)
            new.discard(key)
            if outcomes[-1]:
                self._take(key.surface, key.id)
        return outcomes

    def _unheard(self, item: tuple[Key, Row], new: bool) -> None:
        """Leave to others what was kept for somebody who is gone."""
        if new:
            self._open.pop((item[0].surface, item[0].id), None)
            self._task(self._release(item[0]))

    async def _begin(self, batch: Sequence[tuple[tuple[Surface, str], Row]]) -> Sequence[bool]:
        async with self._db.transaction() as tx:
            return [
                await HeardStore(tx).begin(key, self._pulse.runner, values) for key, values in batch
            ]

    async def _finish(self, batch: Sequence[tuple[Surface, str]]) -> Sequence[None]:
        async with self._db.transaction() as tx:
            await HeardStore(tx).finish(set(batch))
        return [None] * len(batch)

    async def _release(self, key: Key) -> None:
        try:
            async with self._db.transaction() as tx:
                await HeardStore(tx).release(self._pulse.runner, [key])
        except StoreUnavailable:
            log.warning("what nobody waits for is taken up when this process ends", id=key.id)

    # The watch

    def _take(self, surface: Surface, id: str) -> None:
        self._open[surface, id] = asyncio.get_running_loop().time()
        self._watch_over()

    def _watch_over(self) -> None:
        if (self._watching is None or self._watching.done()) and not self._closing:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        """Show that this process lives while it answers, and tell the store what it owes."""
        while self._open or self._owed:
            await asyncio.sleep(ALIVE / 4)
            old = asyncio.get_running_loop().time() - KEPT.total_seconds()
            for key in [key for key, since in self._open.items() if since < old]:
                del self._open[key]
            try:
                await self._pulse.alive()
                await self._pay()
            except StoreUnavailable as refusal:
                log.warning("what was heard waits for the store", reason=refusal.message)
            except Exception:
                log.exception("the watch over what was heard stumbled")

    async def _pay(self) -> None:
        if owed := set(self._owed):
            async with self._db.transaction() as tx:
                await HeardStore(tx).finish(owed)
            self._owed -= owed

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What is kept

    def _sealed(self, what: Mapping[str, object]) -> str:
        # In ASCII: half of a character, which a platform may hand on, is no UTF-8.
        return self._vault.seal(SecretStr(json.dumps(what, separators=(",", ":"))))

    def _opened(self, sealed: str) -> dict[str, object]:
        opened: dict[str, object] = json.loads(self._vault.open(sealed).get_secret_value())
        return opened

    def _hearing_of(self, row: Row) -> Hearing:
        kept = {name: row[name] for name in Hearing.model_fields}
        kept["payload"] = self._opened(row["payload"])
        kept["anchor"] = None if row["anchor"] is None else self._opened(row["anchor"])
        return Hearing.model_validate(kept)


def _plain(text: str) -> bool:
    """Return whether every store can keep *text*."""
    return "\x00" not in text and text == text.encode("utf-8", "replace").decode()
