"""What a tool needs to be tried: a call, a web of this machine, a model that was written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from pydantic import SecretStr
from pydantic_ai.messages import BinaryContent, ModelMessage, ModelRequest, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.identity import Actor
from core.models import Models
from core.models.providers.nobody import Nobody
from core.pipelines.board import Board, Slate
from core.pipelines.tool import Call, Tool
from core.pipelines.tools.addresses import permitted
from core.pipelines.tools.every import SETTINGS
from core.pipelines.tools.prompting import Chosen, Prompts
from core.pipelines.tools.throttle import Throttle
from core.pipelines.tools.web import Web
from tests.core.pipelines.tools import ADA
from tests.minds import Scripted
from tests.serving import serving

HERE = ("127.0.0.0/8",)
"""What a test's own servers are let be reached at."""


class Mind:
    """A model that says what a test has written, and remembers what it was asked."""

    def __init__(self, *answers: str | Callable[[str], str]) -> None:
        """Say *answers* one after the other, the last one ever again."""
        self._answers = answers
        self.asked: list[str] = []
        self.told: list[str] = []
        self.pictures: list[bytes] = []
        self.settings: list[dict[str, Any]] = []
        self.provider = Scripted(FunctionModel(self._answer), others=("openai:gpt-4o",))

    def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        request = messages[-1]
        assert isinstance(request, ModelRequest)
        said = ""
        for part in request.parts:
            content: Any = getattr(part, "content", "")
            for each in [content] if isinstance(content, str) else content:
                if isinstance(each, BinaryContent):
                    self.pictures.append(each.data)
                else:
                    said += str(each)
        self.asked.append(said)
        self.told.append(info.instructions or "")
        self.settings.append(dict(info.model_settings or {}))
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        return ModelResponse(parts=[TextPart(answer if isinstance(answer, str) else answer(said))])


def prompts(mind: Mind | None = None, **chosen: str) -> Prompts:
    """Return what asks a *mind*; without one, nobody is there."""
    provider = Nobody() if mind is None else mind.provider
    return Prompts(
        Models(provider),
        {kind: Chosen(setting, chosen.get(kind, "")) for kind, setting in SETTINGS.items()},
    )


def call(
    *,
    actor: Actor = ADA,
    task: str = "task",
    run: str = "run1",
    item: int | None = None,
    board: Board | None = None,
    say: Callable[[str], None] = lambda _text: None,
) -> Call:
    """Return one attempt at a task."""
    return Call(
        actor=actor,
        tenant="default",
        run_id=run,
        task_id=task,
        item=item,
        attempt=1,
        board=board or Slate(),
        say=say,
    )


async def use(tool: Tool, made: Call | None = None, /, **given: Any) -> Any:
    """Return what a tool makes of what it is given."""
    return await tool.run(made or call(), tool.inputs.model_validate(given))


def web(**more: Any) -> Web:
    """Return a web that reaches this machine, too."""
    return Web(**({"permit": permitted(HERE)} | more))


class Waits:
    """A clock that stands still unless somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def throttle(self, seconds: float = 0.2) -> Throttle:
        return Throttle(seconds, sleep=self.sleep, clock=self.clock)


Answering = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def site(
    answer: Answering, methods: Sequence[str] = ("GET", "POST", "HEAD")
) -> AsyncIterator[str]:
    """Serve whatever *answer* says at every path, and return the address."""
    app = Starlette(routes=[Route("/{path:path}", answer, methods=list(methods))])
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def endless(head: bytes, most: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Serve a body of *most* bytes; return the address, and how many were taken."""
    taken = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        with suppress(ConnectionError):
            while taken[0] < most:
                writer.write(b"x" * 2**16)
                await writer.drain()
                taken[0] += 2**16
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken


def secret(text: str) -> SecretStr:
    return SecretStr(text)
