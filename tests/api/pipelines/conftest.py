"""A core with tools that do what a test wants, and a worker that takes what is left to it."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.app import Core, build
from core.db import Database
from core.jobs.runners.durable import Durable
from core.models import ModelNotConfigured
from core.pipelines.tool import Call
from core.secrets import Vault
from tests.core.pipelines.tools import Doing, echo


class Endless:
    """A tool that works until it is stopped."""

    def __init__(self) -> None:
        """Begin with nobody at work."""
        self.working = asyncio.Event()
        self.stopped = asyncio.Event()

    async def work(self, _call: Call, _given: dict[str, Any]) -> Any:
        self.working.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


@pytest.fixture
def endless() -> Endless:
    return Endless()


async def fail(_call: Call, given: dict[str, Any]) -> Any:
    if given.get("model"):
        raise ModelNotConfigured("No model; set OPENAI_API_KEY")
    raise ValueError(f"no {given.get('of', 'luck')}")


async def odd(_call: Call, _given: dict[str, Any]) -> Any:
    return {"bytes": b"123", "set": {2, 1}, "tuple": (1,), "other": 1j}


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path, endless: Endless) -> AsyncIterator[Core]:
    tools = [
        Doing("echo", echo),
        Doing("fail", fail),
        Doing("odd", odd),
        Doing("endless", endless.work),
    ]
    runner = partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1)
    core = build(db, vault, tools=tools, jobs=runner)
    yield core
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def worker(core: Core) -> None:
    """Let this process do what is left to workers."""
    await core.jobs.begin()


def pipeline(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a pipeline of some tasks."""
    return {"id": "hello", "goal": "Greet the world", "tasks": list(tasks), **more}


def task(tool: str = "echo", id: str = "greet", **more: Any) -> dict[str, Any]:
    """Return a task; what it is given is what else is named."""
    fields = {name: more.pop(name) for name in ("retry", "await", "parallel_over") if name in more}
    return {"id": id, "tool": tool, "inputs": more} | fields
