"""Our own store goes away in the middle of a run: the run waits for it, and loses nothing."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from core.app import build
from core.db import Database, StoreUnavailable, migrate
from core.identity import Surface
from core.jobs.runners.durable import Durable
from core.pipelines import RunDraft, RunState
from core.pipelines.tool import Call
from core.secrets import Vault
from tests.core.pipelines.tools import Doing, echo


class Relay:
    """Passes on to a server what comes in, until it is told not to.

    It has a loop of its own: whoever begins to work blocks the test's for a moment.
    """

    def __init__(self, host: str, port: int) -> None:
        """Pass on to *host* and *port*."""
        self._there = host, port
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = 0

    def listen(self) -> None:
        """Let everybody through; after a cut at the same port."""
        self._done(self._listen())

    def cut(self, seconds: float | None = None) -> None:
        """Take nothing any more, and hang up on everybody; for so many *seconds*, or for good."""
        self._done(self._cut())
        if seconds is not None:
            later = partial(asyncio.ensure_future, self._listen(), loop=self._loop)
            self._loop.call_soon_threadsafe(self._loop.call_later, seconds, later)

    def close(self) -> None:
        """End it with its thread."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _done(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for each in list(self._open):
            each.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(*self._there)
        both = {writer, ours}
        self._open |= both
        await asyncio.gather(self._pass(reader, ours), self._pass(theirs, writer))
        self._open -= both

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(2**16):
                writer.write(piece)
                await writer.drain()
        writer.close()


@pytest.fixture
def relay(postgres_store_url: str) -> Iterator[Relay]:
    url = make_url(postgres_store_url)
    relay = Relay(url.host or "127.0.0.1", url.port or 5432)
    relay.listen()
    yield relay
    relay.close()


@pytest.fixture
def through(store_url: str, relay: Relay) -> str:
    """Return the store's URL through the relay."""
    url = make_url(store_url).set(host="127.0.0.1", port=relay.port)
    return url.render_as_string(hide_password=False)


class Away:
    """Tasks between which the store goes away."""

    def __init__(self, relay: Relay) -> None:
        """Cut the *relay*."""
        self._relay = relay
        self.begun: list[str] = []
        self.done: list[str] = []

    async def leave(self, call: Call, given: dict[str, Any]) -> Any:
        """Work while the store goes, and miss it."""
        if call.task_id not in self.begun:
            self._relay.cut(0.5)
        self.begun.append(call.task_id)
        found = await call.board.read(["k"])
        self.done.append(call.task_id)
        return {**given, **found}

    async def mark(self, call: Call, given: dict[str, Any]) -> Any:
        self.done.append(call.task_id)
        return given


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_run_waits_for_its_store_and_does_nothing_twice(
    through: str, relay: Relay, vault: Vault
) -> None:
    db = Database(through)
    await migrate(db)
    away = Away(relay)
    tools = [Doing("leave", away.leave), Doing("mark", away.mark), Doing("echo", echo)]
    core = build(db, vault, tools=tools, jobs=partial(Durable, through, poll=0.05, beat=0.1))
    owner, _founded = await core.identity.settle(Surface.CLI)
    await core.jobs.begin()
    tasks = [
        {"id": "one", "tool": "mark"},
        {"id": "kept", "tool": "store", "inputs": {"key": "k", "value": 1}, "await": ["one"]},
        {"id": "gone", "tool": "leave", "await": ["kept"]},
        {"id": "two", "tool": "mark", "inputs": {"k": "{{session.k}}"}, "await": ["gone"]},
        {"id": "last", "tool": "store", "inputs": {"key": "l", "value": "{{two.k}}"}},
    ]

    run = await core.pipelines.start(
        owner, RunDraft(pipeline={"id": "a", "goal": "g", "tasks": tasks})
    )
    async with asyncio.timeout(60):
        while True:
            with suppress(StoreUnavailable):
                found = await core.pipelines.wait(owner, run.id, 1)
                if found.state.ended:
                    break

    assert (found.state, found.error) == (RunState.SUCCEEDED, None)
    assert found.result is not None
    assert found.result.outputs["two"] == {"k": 1}
    assert away.done == ["one", "gone", "two"]
    assert found.result.outputs["gone"] == {"k": 1}
    assert len(away.begun) > 1
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()
    await db.close()
