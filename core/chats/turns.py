"""The turns that this process runs: begun, watched over, and brought to their end."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection

import structlog

from core.chats.draft import Draft
from core.chats.events import Begun, Done, Failed
from core.chats.failures import failure_of
from core.chats.records import Message, MessageStatus
from core.chats.store import PREVIEW, ChatStore, MessageStore, RunnerStore
from core.chats.turn import Turn
from core.db import Database, StoreUnavailable
from core.identity import Actor
from core.ids import ChatId, MessageId, new_id, now

ALIVE = 10.0
"""Seconds after its last sign of life that a process counts as dead."""
TICK = 1.0
"""Seconds between two looks at what somebody wants to stop."""
ENDED = 200
"""Turns that are over and can still be read again from their events."""

Answering = Callable[[Draft], Awaitable[None]]
"""Writes the answer."""

log = structlog.get_logger()


class Turns:
    """Runs turns; at its end none is left running, in the store neither."""

    def __init__(self, db: Database) -> None:
        """Keep what turns come to in *db*."""
        self._db = db
        self.runner = new_id()
        self._turns: OrderedDict[MessageId, Turn] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._live_until = 0.0

    def find(self, id: MessageId) -> Turn | None:
        """Return a turn that runs here, or ran here a moment ago."""
        return self._turns.get(id)

    def running(self, chat_ids: Collection[ChatId]) -> list[Turn]:
        """Return the turns of these chats that run here."""
        return [turn for turn in self._turns.values() if turn.chat_id in chat_ids and not turn.over]

    async def alive(self) -> None:
        """Say that this process lives, before it claims its first turn."""
        loop = asyncio.get_running_loop()
        if loop.time() > self._live_until - ALIVE / 2:
            async with self._db.transaction() as tx:
                await RunnerStore(tx).live(self.runner, now(), ALIVE)
            self._live_until = loop.time() + ALIVE

    def begin(self, actor: Actor, turn: Turn, message: Message, answering: Answering) -> None:
        """Run a turn whose question is kept and whose chat is claimed."""
        self._turns[turn.id] = turn
        over = [id for id, each in self._turns.items() if each.over]
        for id in over[: max(0, len(over) - ENDED)]:
            del self._turns[id]
        task = asyncio.get_running_loop().create_task(self._run(actor, turn, message, answering))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        turn.work(task)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """Stop every turn, and wait until what each came to is kept."""
        for turn in self._turns.values():
            if not turn.over:
                turn.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=ALIVE)
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self._live_until:
            try:
                async with self._db.transaction() as tx:
                    await RunnerStore(tx).remove(self.runner)
            except StoreUnavailable:
                log.warning("the store is away; this process counts as alive a little longer")

    async def _run(self, actor: Actor, turn: Turn, message: Message, answering: Answering) -> None:
        draft = Draft(turn, message)
        turn.tell(Begun(chat_id=turn.chat_id, user_message_id=turn.user_message_id))
        draft.working("starting")
        problem: BaseException | None = None
        try:
            await answering(draft)
        except asyncio.CancelledError as cancelled:
            problem = cancelled
        except Exception as error:  # noqa: BLE001 - the edge of a turn: told, logged, kept
            problem = error
        # Whatever stops us from here on, what the turn came to is kept.
        await asyncio.shield(self._finish(actor, turn, draft, problem))

    async def _finish(
        self, actor: Actor, turn: Turn, draft: Draft, problem: BaseException | None
    ) -> None:
        if problem is None:
            message = draft.message(status=MessageStatus.DONE)
        else:
            failure = failure_of(problem)
            ended = failure.code == "INTERRUPTED"
            status = MessageStatus.INTERRUPTED if ended else MessageStatus.FAILED
            message = draft.message(status=status, failure=failure)
        try:
            async with self._db.transaction() as tx:
                preview = " ".join(message.content.split())[:PREVIEW]
                mine = actor.organization_id
                values = {"updated_at": now()} | ({"preview": preview} if preview else {})
                if await ChatStore(tx).release(mine, turn.chat_id, turn.id, **values):
                    await MessageStore(tx).replace(mine, message)
        except Exception as error:
            log.exception("an answer could not be kept")
            problem = problem or error
            message = message.model_copy(
                update={"status": MessageStatus.FAILED, "failure": failure_of(error)}
            )
        if message.failure is None:
            turn.tell(Done(message=message))
        else:
            turn.tell(Failed(failure=message.failure, message=message))

    async def _watch(self) -> None:
        """Show that this process lives while it has turns, and stop what is to stop."""
        while any(not turn.over for turn in self._turns.values()):
            await asyncio.sleep(TICK)
            try:
                await self.alive()
                async with self._db.reading() as tx:
                    stopping = set(await RunnerStore(tx).stopping(self.runner))
                    kept = set(await RunnerStore(tx).kept(self.runner))
            except StoreUnavailable as refusal:
                log.warning("turns wait for the store", reason=refusal.message)
                continue
            for id, turn in list(self._turns.items()):
                # One whose chat was deleted, or taken over from a process believed dead, ends too.
                if not turn.over and (id in stopping or id not in kept):
                    turn.stop()
