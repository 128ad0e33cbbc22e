"""The sample shop on Slack: our bot, whole, before a stand-in of the platform."""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from pydantic import SecretStr

import bot.slack
from bot.limits import Limits
from bot.slack.app import Keys, Slack
from bot.slack.pace import Clock
from bot.slack.speak import Tempo
from core.identity import Surface
from core.models import Provider
from tests.bot.conftest import Open
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.room import Room

MANIFEST = Path(bot.slack.__file__).parent / "manifest.yaml"
QUICK = Tempo(beat=0.01, soon=30.0)


def manifest() -> dict[str, Any]:
    """Return what an admin pastes."""
    found: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return found


class OpenRoom(Protocol):
    """Opens a room, as each process of ours would; the second call is a second process."""

    async def __call__(
        self,
        provider: Provider | None = None,
        *,
        slack: SlackPlatform | None = None,
        keys: Keys | None = None,
        join: Collection[Surface] = (),
        limits: Limits | None = None,
        tempo: Tempo = QUICK,
        url: str = "",
    ) -> Room: ...


def keys_of(slack: SlackPlatform) -> Keys:
    """Return what the stand-in gave the app for sockets."""
    return Keys(
        bot_token=SecretStr(slack.workspace.bot_token),
        app_token=SecretStr(slack.app_token),
        api_url=slack.url,
    )


@pytest.fixture
async def open_room(open_stage: Open) -> AsyncIterator[OpenRoom]:
    """Return what opens rooms."""
    async with AsyncExitStack() as stack:

        async def open(
            provider: Provider | None = None,
            *,
            slack: SlackPlatform | None = None,
            keys: Keys | None = None,
            join: Collection[Surface] = (),
            limits: Limits | None = None,
            tempo: Tempo = QUICK,
            url: str = "",
        ) -> Room:
            if slack is None:
                slack = await stack.enter_async_context(SlackPlatform(manifest()))
            stage = await open_stage(provider, join=join, limits=limits)

            async def sleep(seconds: float) -> None:
                # What waits for Slack waits for the stand-in's time, and that goes at once.
                slack.clock.advance(seconds)

            app = Slack(
                stage.core,
                stage.dialog,
                keys or keys_of(slack),
                tempo=tempo,
                clock=Clock(slack.clock.now, sleep),
                ping=1.0,
                url=url,
            )
            await app.start()
            stack.push_async_callback(app.stop)
            room = Room(slack, stage, app)
            token = app.keys.app_token
            if token is not None and token.get_secret_value() == slack.app_token:
                await slack.connected()
            return room

        yield open


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    """Return the shop without a model."""
    return await open_room()
