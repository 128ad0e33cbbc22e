"""A scripted model that says what a test wants, fails, or never comes to an end."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCalls


class Mind:
    """What the scripted model says, or does not."""

    def __init__(self) -> None:
        self.problem: Exception | None = None
        self.pieces: Iterable[str] = ("One ", "two.")
        self.waits = False
        self.go_on = asyncio.Event()
        self.left = asyncio.Event()

    async def stream(
        self, _messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        if self.problem is not None:
            raise self.problem
        for piece in self.pieces:
            yield piece
        try:
            if self.waits:
                await self.go_on.wait()
        finally:
            self.left.set()
