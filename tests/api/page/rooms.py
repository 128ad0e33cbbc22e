"""A server on a thread of its own, so that a test may drive a browser step by step."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from api.app import create_app
from core.app import Core, build
from core.chats import Question
from core.connections import ConnectionDraft
from core.db import Database, migrate
from core.identity import Actor, Role, Surface
from core.page import PageAsked
from core.pipelines import Run, RunDraft
from core.pipelines.tool import Call
from core.queries import QueryDraft
from core.secrets import Vault
from tests.core.notices.conftest import Doing as Jobs
from tests.core.pipelines.tools import Doing, Straight
from tests.minds import Scripted
from tests.serving import serving

T = TypeVar("T")

EVIL = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
LINK = "[here](javascript:window.hacked=1) ![x](https://evil.test/x.png) " + EVIL
MONTHS = [(f"2025-{month:02}", 1000 + 37 * month * (month % 4)) for month in range(1, 13)]
QUERIES = (
    QueryDraft(
        title="Monthly revenue",
        prompt="How much revenue did we make in each month of a year?",
        keywords=("sales", "by month"),
        sql="SELECT month, sum(amount) AS revenue FROM sales "
        "WHERE substr(month, 1, 4) = '{{year}}' GROUP BY month ORDER BY month",
    ),
    QueryDraft(
        title="Sales of a region",
        prompt="What was sold in a region?",
        sql="SELECT id, amount, region, note FROM orders WHERE region = {{region}} ORDER BY id",
    ),
    QueryDraft(
        title=f"Hostile {EVIL}",
        prompt=f"Hostile? {LINK}",
        description=EVIL,
        sql=f'SELECT id, evil AS "{EVIL}" FROM hostile ORDER BY id',
    ),
)


def shop(file: Path) -> None:
    """Write a small shop with all that a page has to bear."""
    wide = ", ".join(f"'{at}' AS column_number_{at}" for at in range(40))
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE sales (month TEXT, amount INTEGER)")
        db.executemany("INSERT INTO sales VALUES (?, ?)", MONTHS)
        db.execute("CREATE TABLE orders (id INTEGER, amount REAL, region TEXT, note TEXT)")
        rows: list[tuple[int, float, str, str | None]]
        rows = [(id, id / 4, "東京" if id % 2 else "EU", None) for id in range(1, 20_001)]
        rows[1] = (2, 0.5, "EU", "long " * 400)
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
        db.execute("CREATE TABLE hostile (id INTEGER, evil TEXT)")
        db.executemany(
            "INSERT INTO hostile VALUES (?, ?)", [(1, EVIL), (2, LINK), (3, "javascript:alert(1)")]
        )
        db.execute(f'CREATE TABLE "{EVIL}" ("{EVIL}" TEXT)')
        db.execute(f"CREATE VIEW wide AS SELECT {wide}")
    db.close()


class Model:
    """A language model that a test lets speak: at `…` it waits until it may go on."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._gate = asyncio.Event()
        self.pieces: tuple[str, ...] = ("Hello.",)
        self.keeper = FunctionModel(self._follow_up, stream_function=self._answer)

    def says(self, *pieces: str) -> None:
        """Answer so from now on."""
        self.pieces = pieces
        self._loop.call_soon_threadsafe(self._gate.clear)

    def go_on(self) -> None:
        """Let it pass its `…`."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def _follow_up(self, _messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked = {"response": ["And by region?", "And by month?", "Why?"]}
        return ModelResponse([ToolCallPart(info.output_tools[0].name, asked)])

    async def _answer(self, _messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        for each in self.pieces:
            if each == "…":
                await self._gate.wait()
            else:
                yield each


class Room:
    """One server without a model and one with, over the same store."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.folder = folder
        self.loop = loop
        self.model = Model(loop)
        self.jobs = Jobs()
        self.gate = asyncio.Event()
        self.ready = threading.Event()
        self.ending = asyncio.Event()
        self.core: Core
        self.ada: Actor
        self.key = self.viewer_key = self.url = self.minded = ""

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done over there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def live(self) -> None:
        """Serve until the end."""
        vault = Vault(["a key for tests, and for nothing else"])
        shop(self.folder / "shop.db")
        store = f"sqlite:///{self.folder}/trellis.db"
        db, other = Database(store), Database(store)
        await migrate(db)
        self.core = core = build(
            db, vault, tools=[Doing("gate", self._gated)], jobs=lambda _db, _pulse: self.jobs
        )
        minded = build(other, vault, provider=Scripted(self.model.keeper))
        await self._furnish(core)
        try:
            async with (
                serving(create_app(core, line=_quiet)) as self.url,
                serving(create_app(minded, line=_quiet)) as self.minded,
            ):
                self.ready.set()
                await self.ending.wait()
        finally:
            for each in (core, minded):
                await each.chats.close()
                await each.connections.close()
                await each.audit.close()
            await db.close()
            await other.close()

    async def began(self, pipeline: str) -> Run:
        """Leave a pipeline of Ada's, and do it as a worker would, up to the gate."""
        self.gate.clear()
        run = await self.core.pipelines.start(self.ada, RunDraft(pipeline=pipeline))
        self.working = asyncio.create_task(self._work())
        return run

    async def opened(self) -> None:
        """Let what waits at the gate go on to its end."""
        self.gate.set()
        await self.working

    async def _work(self) -> None:
        for job, _after in self.jobs.waiting:
            await self.jobs.does[job.name](job, Straight())
        self.jobs.waiting.clear()

    async def _gated(self, _call: Call, given: dict[str, Any]) -> Any:
        await self.gate.wait()
        return given | {"text": EVIL}

    async def hostile_chat(self) -> str:
        """Have the hostile query answered in a chat, and return the chat's id."""
        found = await self.core.queries.list(self.ada, PageAsked(size=None))
        query = next(each for each in found.items if each.title.startswith("Hostile"))
        turn = await self.core.chats.ask(
            self.ada, Question(text=EVIL, title=EVIL, query_id=query.id, kept=True)
        )
        await self.core.chats.wait(self.ada, turn.chat_id, 10)
        return turn.chat_id

    async def _furnish(self, core: Core) -> None:
        owner = await core.identity.found("Acme", owner="Ada", email="ada@acme.test")
        self.ada = ada = Actor.of(owner, Surface.CLI)
        _record, key = await core.identity.create_key(ada, "laptop")
        self.key = key.get_secret_value()
        vic = await core.identity.add_member(
            ada, name="Vic", email="vic@acme.test", role=Role.ANALYST
        )
        _record, key = await core.identity.create_key(Actor.of(vic, Surface.CLI), "mine")
        await core.identity.change_role(ada, vic.id, Role.VIEWER)
        self.viewer_key = key.get_secret_value()
        url = SecretStr(f"sqlite:///{self.folder}/shop.db")
        await core.connections.add(ada, ConnectionDraft(name="shop", url=url))
        await core.connections.discover(ada, "shop")
        for query in QUERIES:
            await core.queries.create(ada, query.model_copy(update={"connection": "shop"}))


def _quiet(event: str, **_fields: Any) -> None:
    """Log nothing."""


@contextmanager
def room(folder: Path) -> Iterator[Room]:
    """Open a room on a thread of its own, and end it."""
    loop = asyncio.new_event_loop()
    opened = Room(folder, loop)

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(opened.live())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            opened.ready.set()
            loop.close()

    thread = threading.Thread(target=run, name="the room")
    thread.start()
    try:
        assert opened.ready.wait(30)
        assert opened.minded, "the room could not be opened"
        yield opened
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(opened.ending.set)
        thread.join(30)
        assert not thread.is_alive()
