"""Tools that do what a test wants of them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar

from pydantic import ConfigDict
from typing_extensions import override

from core.identity import Actor, Role, Surface
from core.ids import MemberId, OrganizationId
from core.jobs import Retry, Steps
from core.pipelines.board import Board, Slate
from core.pipelines.engine import Setting
from core.pipelines.records import Options, Tell
from core.pipelines.tool import Call, Inputs, Output, Tool

T = TypeVar("T")
ADA = Actor(
    organization_id=OrganizationId("org_acme"),
    member_id=MemberId("ada"),
    name="Ada",
    role=Role.OWNER,
    surface=Surface.CLI,
)


class Anything(Inputs):
    """Whatever is given."""

    model_config = ConfigDict(extra="allow")


class Doing(Tool):
    """Does what it is told by a function."""

    description = "Does what a test wants."
    inputs: type[Inputs] = Anything
    output = Output("whatever came of it", "any")

    def __init__(self, name: str, do: Callable[[Call, dict[str, Any]], Awaitable[Any]]) -> None:
        """Be called *name*."""
        self.name = name
        self._do = do
        self.calls: list[Call] = []

    @override
    async def run(self, call: Call, given: Any) -> Any:
        self.calls.append(call)
        return await self._do(call, given.model_dump())


async def echo(_call: Call, given: dict[str, Any]) -> Any:
    return given


def failing(times: int, error: BaseException | None = None) -> Doing:
    """Return a tool that fails so many *times*."""

    async def fail(call: Call, _given: dict[str, Any]) -> Any:
        if call.attempt <= times:
            raise error or ValueError("not yet")
        return call.attempt

    return Doing("flaky", fail)


class Straight(Steps):
    """Steps that are remembered by nobody but, if wished, a dictionary."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        """Go on from what is *kept*."""
        self.kept = {} if kept is None else kept

    @override
    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> T:
        if name not in self.kept:
            async with gate or nullcontext():
                self.kept[name] = await part()
        found: T = self.kept[name]
        return found


class Meeting:
    """Lets go on as soon as so many are there at once."""

    def __init__(self, wanted: int) -> None:
        """Wait for *wanted* of them."""
        self._wanted = wanted
        self._all = asyncio.Event()
        self.here = 0
        self.most = 0

    async def join(self, _call: Call, given: dict[str, Any]) -> Any:
        self.here += 1
        self.most = max(self.most, self.here)
        if self.here == self._wanted:
            self._all.set()
        await asyncio.wait_for(self._all.wait(), 5)
        self.here -= 1
        return given


def setting(
    *, board: Board | None = None, tell: Tell = lambda _event: None, **more: Any
) -> Setting:
    """Return where a test's run takes place."""
    options = Options(**more.pop("options", {}))
    known = {"params": {}, "inputs": {}, "run_id": "run", "tenant": "default"}
    return Setting(actor=ADA, board=board or Slate(), options=options, tell=tell, **(known | more))
