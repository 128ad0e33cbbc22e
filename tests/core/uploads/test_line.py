"""Who reads next: nobody's files keep another organization's from being read."""

import asyncio
from collections.abc import Callable

import pytest

from core.ids import OrganizationId
from core.uploads import UploadsQueued
from core.uploads.line import WAITING, Line

ONE, TWO, THREE = (OrganizationId(f"org_{number}") for number in (1, 2, 3))


class Room:
    """Where files are read, each until it is let go."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.reading: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def bring(self, organization_id: OrganizationId, name: str) -> None:
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._read(organization_id, name))
        await self._settled()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._settled()

    async def leave(self, *names: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        for name in names:
            self._tasks[name].cancel()
        meanwhile()
        await asyncio.wait([self._tasks[name] for name in names])
        await self._settled()

    def let_go(self, name: str) -> None:
        self._ends[name].set()

    async def _read(self, organization_id: OrganizationId, name: str) -> None:
        async with self._line.turn(organization_id):
            self.reading.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.reading.remove(name)

    async def _settled(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
def room() -> Room:
    return Room(Line(2))


async def test_an_organization_has_one_reader_however_many_files_it_brings(room: Room) -> None:
    for name in ("a", "b", "c"):
        await room.bring(ONE, name)
    await room.bring(TWO, "x")

    assert room.reading == ["a", "x"]


async def test_organizations_take_turns(room: Room) -> None:
    for name in ("a", "b", "c"):
        await room.bring(ONE, name)
    for name in ("x", "y"):
        await room.bring(TWO, name)
    await room.bring(THREE, "p")
    assert room.reading == ["a", "x"]

    await room.end("a")
    assert room.reading == ["x", "p"]
    await room.end("x")
    assert room.reading == ["p", "b"]
    await room.end("p")
    assert room.reading == ["b", "y"]
    await room.end("b")
    assert room.reading == ["y", "c"]


async def test_whoever_leaves_the_line_keeps_nobody_waiting(room: Room) -> None:
    await room.bring(ONE, "a")
    await room.bring(TWO, "x")
    for name in ("b", "c"):
        await room.bring(ONE, name)
    await room.leave("b")
    # One that goes in the very moment in which it would be called.
    await room.bring(THREE, "p")
    await room.leave("p", meanwhile=lambda: room.let_go("x"))
    await room.bring(TWO, "y")
    await room.leave("a", "y")
    assert room.reading == ["c"]

    await room.end("c")
    for organization_id, name in ((ONE, "d"), (TWO, "z")):
        await room.bring(organization_id, name)
    assert room.reading == ["d", "z"]


async def test_a_line_has_an_end(room: Room) -> None:
    line = Line(1)
    room = Room(line)
    for number in range(WAITING + 1):
        await room.bring(ONE, f"file {number}")

    with pytest.raises(UploadsQueued):
        async with line.turn(ONE):
            pass
    await room.bring(TWO, "x")
    await room.end("file 0")
    assert room.reading == ["x"]
