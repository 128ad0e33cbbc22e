"""Our bot on a stand-in of Discord."""

from collections.abc import AsyncIterator

import pytest

from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import Town


@pytest.fixture
async def platform() -> AsyncIterator[DiscordPlatform]:
    async with DiscordPlatform(privileged=["message_content"], concurrency=100) as platform:
        yield platform
        assert platform.violations == []
        assert platform.pings == []


@pytest.fixture
async def town(platform: DiscordPlatform, open_stage: Open) -> AsyncIterator[Town]:
    town = Town(platform, await open_stage())
    try:
        await town.connect()
        yield town
    finally:
        await town.stage.dialog.close(1)
        await town.discord.stop()
