"""The turns that this process runs: begun, watched over, and brought to their end."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Coroutine
from enum import Enum, auto
from typing import Any, NamedTuple

import structlog

from core.chats.draft import Draft
from core.chats.errors import ShuttingDown, TurnInterrupted, TurnTimedOut
from core.chats.events import Begun, Done, Failed
from core.chats.failures import failure_of
from core.chats.messages import MessageStore
from core.chats.records import Message, MessageStatus
from core.chats.store import ChatStore, turns_of
from core.chats.titles import preview_of
from core.chats.turn import Turn
from core.db import Database, StoreUnavailable
from core.ids import ChatId, MessageId, OrganizationId, now
from core.pulse import ALIVE, Pulse
from core.tally import Tally

TICK = 0.5
"""Seconds between two looks at what somebody wants to stop."""
CHECKPOINT = 2.0
"""Seconds of an answer that are lost at most when the process is killed."""
PATIENCE = 15.0
"""Seconds that the end of a turn waits for the store; then it is told, and kept later."""
STUBBORN = 3.0
"""Seconds that work which was cancelled may take to end; then it is left alone."""
FAREWELL = 1.0
"""Seconds in which listeners are told that the process ends, before their sockets are closed."""
ENDED = 200
"""Turns that are over and can still be read again from their events."""
ENDED_BYTES = 64 * 1024 * 1024
"""What those take in memory, at most."""
OWED = 200
"""Answers that wait for a store that is away."""
MODELS = 50
"""Models that are counted by name; members may name any, and figures must not grow for ever."""

Answering = Callable[[Draft], Awaitable[None]]
"""Writes the answer."""

log = structlog.get_logger()


class End(Enum):
    """What became of a turn's end in the store."""

    KEPT = auto()
    DELETED = auto()
    """Its chat is gone."""
    TAKEN = auto()
    """Another process took this one for dead, and the chat went on."""


class Running(NamedTuple):
    """A turn and what is written in it."""

    organization_id: OrganizationId
    turn: Turn
    draft: Draft


class Turns:
    """Runs turns; at its end none is left running, in the store neither."""

    def __init__(self, db: Database, tally: Tally, pulse: Pulse, *, seconds: float) -> None:
        """Keep what turns come to in *db*, and count them in *tally*.

        Args:
            db: our own store.
            tally: counts turns and tokens.
            pulse: tells others that this process lives.
            seconds: how long a turn may take.
        """
        self._db = db
        self._tally = tally
        self._seconds = seconds
        self._pulse = pulse
        self.runner = pulse.runner
        self._running: dict[MessageId, Running] = {}
        self._ended: OrderedDict[MessageId, Turn] = OrderedDict()
        self._weight = 0
        self._owed: OrderedDict[MessageId, tuple[OrganizationId, Message]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._closing = False
        self._models: set[str] = set()

    def find(self, id: MessageId) -> Turn | None:
        """Return a turn that runs here, or ran here a moment ago."""
        found = self._running.get(id)
        return self._ended.get(id) if found is None else found.turn

    def running(self, chat_ids: Collection[ChatId]) -> list[Turn]:
        """Return the turns of these chats that run here."""
        return [each.turn for each in self._running.values() if each.turn.chat_id in chat_ids]

    def forget(self, chat_ids: Collection[ChatId]) -> None:
        """Stop the turns of chats that are deleted, and forget those that are over."""
        for turn in self.running(chat_ids):
            turn.stop()
        for turn in [each for each in self._ended.values() if each.chat_id in chat_ids]:
            self._drop(turn)

    async def alive(self) -> None:
        """Say that this process lives, before it claims its first turn and while it has any.

        Raises:
            ShuttingDown: it is about to end.
        """
        if self._closing:
            raise ShuttingDown
        await self._pulse.alive()

    def begin(
        self, organization_id: OrganizationId, turn: Turn, message: Message, answering: Answering
    ) -> None:
        """Run a turn whose question is kept and whose chat is claimed."""
        draft = Draft(turn, message)
        running = self._running[turn.id] = Running(organization_id, turn, draft)
        if self._closing:
            turn.stop()
        self._task(self._run(running, answering))
        self._watch_over()

    async def stop(self, seconds: float = FAREWELL) -> None:
        """Stop every turn, begin none, and wait so many *seconds* until all are kept and told."""
        self._closing = True
        for each in self._running.values():
            each.turn.stop()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def close(self) -> None:
        """Stop every turn, and wait until what each came to is kept."""
        await self.stop(ALIVE)
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)
        try:
            await self._pulse.end()
        except StoreUnavailable:
            log.warning("the store is away; this process counts as alive a little longer")

    # One turn

    async def _run(self, running: Running, answering: Answering) -> None:
        _mine, turn, draft = running
        begun = time.perf_counter()
        turn.tell(Begun(chat_id=turn.chat_id, user_message_id=turn.user_message_id))
        draft.working("starting")
        problem = await self._answered(turn, draft, answering)
        draft.close()
        try:
            message = await self._finished(running, problem)
        finally:
            del self._running[turn.id]
        self._remember(turn)
        seconds = time.perf_counter() - begun
        self._tally.observe("turn", seconds, outcome=message.status.value)
        if message.usage is not None and message.model is not None:
            if len(self._models) < MODELS:
                self._models.add(message.model)
            model = message.model if message.model in self._models else "another"
            used = {"in": message.usage.input_tokens, "out": message.usage.output_tokens}
            for side, tokens in used.items():
                self._tally.count("model_tokens", tokens, model=model, side=side)

    async def _answered(
        self, turn: Turn, draft: Draft, answering: Answering
    ) -> BaseException | None:
        """Return why there is no whole answer; None if there is."""

        async def answer() -> None:
            await answering(draft)

        work = self._task(answer())
        try:
            if not await turn.work(work, self._seconds):
                problem = TurnInterrupted() if turn.stopped else TurnTimedOut(self._seconds)
                work.cancel()
                await asyncio.wait({work}, timeout=STUBBORN)
                if not work.done():
                    log.warning("what answers a question does not stop", turn=turn.id)
                elif not work.cancelled() and work.exception() is None:
                    return None  # it came to its end just now
                return problem
        except asyncio.CancelledError:  # the process ends, without having closed us
            work.cancel()
            return TurnInterrupted()
        return TurnInterrupted() if work.cancelled() else work.exception()

    async def _finished(self, running: Running, problem: BaseException | None) -> Message:
        """Keep what the turn came to, tell it, and return it."""
        mine, turn, draft = running
        message = _ended(draft, problem)
        try:
            match await self._patiently(mine, message):
                case End.DELETED:
                    gone = TurnInterrupted("The chat was deleted while it was being answered.")
                    message = _ended(draft, gone)
                case End.TAKEN:
                    lost = TurnInterrupted("The chat went on without this answer.")
                    message = _ended(draft, lost)
                case End.KEPT:
                    pass
        except StoreUnavailable as refusal:
            log.warning("an answer waits for the store", reason=refusal.message, turn=turn.id)
            self._owe(mine, message)
            message = _ended(draft, refusal)
        except Exception as error:  # noqa: BLE001 - the edge of a turn: logged by `failure_of`
            # What cannot be kept is left out, so that at least the chat goes on.
            empty = {"content": "", "visualizations": (), "statements": (), "pending": None}
            message = _ended(draft, error).model_copy(update=empty)
            self._owe(mine, message)
            await self._pay()
        if message.failure is None:
            turn.tell(Done(message=message))
        else:
            turn.tell(Failed(failure=message.failure, message=message))
        return message

    async def _patiently(self, mine: OrganizationId, message: Message) -> End:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        pause = 0.1
        while True:
            try:
                return await self._keep(mine, message)
            except StoreUnavailable:
                if self._closing or loop.time() + pause > until:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)

    async def _keep(self, mine: OrganizationId, message: Message) -> End:
        preview = preview_of(message.content)
        values = {"updated_at": now()} | ({"preview": preview} if preview else {})
        async with self._db.transaction() as tx:
            if await ChatStore(tx).release(mine, message.chat_id, message.id, **values):
                await MessageStore(tx).replace(mine, message)
                return End.KEPT
            there = await MessageStore(tx).status(mine, message.id)
            if there is message.status:
                return End.KEPT  # the last time, whose end we did not hear of
            if there is None and not await ChatStore(tx).exists(mine, message.chat_id):
                return End.DELETED
            return End.TAKEN

    def _owe(self, mine: OrganizationId, message: Message) -> None:
        self._owed[message.id] = mine, message
        while len(self._owed) > OWED:
            self._owed.popitem(last=False)

    async def _pay(self) -> None:
        """Keep what waited for the store."""
        for id, (mine, message) in list(self._owed.items()):
            try:
                await self._keep(mine, message)
            except StoreUnavailable:
                return
            except Exception:
                log.exception("an answer is lost")
            self._owed.pop(id, None)

    def _remember(self, turn: Turn) -> None:
        self._ended[turn.id] = turn
        self._weight += turn.weight
        while len(self._ended) > ENDED or (self._weight > ENDED_BYTES and len(self._ended) > 1):
            self._drop(next(iter(self._ended.values())))

    def _drop(self, turn: Turn) -> None:
        del self._ended[turn.id]
        self._weight -= turn.weight

    # All of them

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._let_go)
        return task

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at by whoever waits for it, if anybody still does

    def _watch_over(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        """Show that this process lives while it has turns, and stop what is to stop."""
        while self._running or self._owed:
            await asyncio.sleep(TICK)
            try:
                await self._look()
            except (StoreUnavailable, ShuttingDown) as refusal:
                log.warning("turns wait for the store", reason=refusal.message)
            except Exception:
                log.exception("the watch over turns stumbled")

    async def _look(self) -> None:
        # Before the store is read: one that begins meanwhile is not there yet.
        here = [each for each in self._running.values() if not each.turn.stopped]
        await self.alive()
        async with self._db.reading() as tx:
            known = await turns_of(tx, self.runner)
        for each in here:
            # One whose chat was deleted, or taken over from a process believed dead, ends too.
            if known.get(each.turn.id, True):
                each.turn.stop()
        await self._checkpoint()
        await self._pay()

    async def _checkpoint(self) -> None:
        """Keep what was said so far, for whom a crash would leave without."""
        due = [each for each in self._running.values() if each.draft.due(CHECKPOINT)]
        if due:
            async with self._db.transaction() as tx:
                for each in due:
                    await MessageStore(tx).checkpoint(each.organization_id, each.draft.message())


def _ended(draft: Draft, problem: BaseException | None) -> Message:
    if problem is None:
        return draft.message(status=MessageStatus.DONE)
    failure = failure_of(problem)
    interrupted = failure.code == "INTERRUPTED"
    status = MessageStatus.INTERRUPTED if interrupted else MessageStatus.FAILED
    return draft.message(status=status, failure=failure)
