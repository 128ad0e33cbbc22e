"""Who hears an answer on Discord, and what is kept from them."""

import asyncio
from collections.abc import Sequence

import pytest

from core.identity import Audience, Role, Surface
from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import QUICK, Town

REVENUE = "monthly revenue for 2025"


async def limit(town: Town, audience: Audience) -> None:
    await town.core.connections.limit(town.stage.ada, "sample", audience=audience)


@pytest.mark.parametrize(
    ("widest", "private", "told"),
    [
        (Audience.OUTSIDE, False, True),
        (Audience.PUBLIC, False, True),
        (Audience.PRIVATE, False, False),
        (Audience.PRIVATE, True, True),
        (Audience.ALONE, True, False),
    ],
)
async def test_a_channel_hears_what_its_connection_may_be_told_to(
    town: Town, widest: Audience, private: bool, told: bool
) -> None:
    await limit(town, widest)
    place = town.platform.channel(town.guild, "board", town.ada) if private else town.sales

    asked = await town.platform.mention(town.ada, place, REVENUE)
    answer = await town.in_thread(asked)

    assert ("951,522.25" in answer.content) is told
    assert ("direct message" in answer.text) is not told
    assert bool(answer.files) is told


async def test_direct_messages_hear_what_nobody_else_may(town: Town) -> None:
    await limit(town, Audience.ALONE)
    dm = town.platform.dm(town.ada)

    await town.platform.say(town.ada, dm, REVENUE)
    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)

    assert "951,522.25" in (await town.answered(dm)).content
    assert "951,522.25" in (await town.response(asked)).content


async def test_what_a_channel_must_not_hear_is_not_shown_to_it(town: Town) -> None:
    await limit(town, Audience.ALONE)
    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)
    answer = await town.response(asked)

    pressed = await town.platform.press(town.ada, answer, "Show everyone")

    said = await town.response(pressed)
    assert said.ephemeral
    assert "951,522.25" not in said.text
    assert town.platform.answers(town.sales) == ()


@pytest.mark.parametrize("features", [["COMMUNITY"], ["DISCOVERABLE"]])
async def test_where_strangers_may_join_less_is_told(town: Town, features: Sequence[str]) -> None:
    open_to_all = town.platform.guild("Fans", town.ada, joined=False)
    open_to_all.features = list(features)
    town.platform.join(open_to_all)
    there = town.platform.channel(open_to_all, "general")
    board = town.platform.channel(open_to_all, "board", town.ada)
    await town.discord.stop()
    town.platform.clock.advance(6)
    town.discord = town.made(guilds=[open_to_all.id])
    await town.discord.start()
    await town.until(town.platform.ready)

    told = await town.platform.mention(town.ada, there, REVENUE)
    said = await town.in_thread(told)
    asked = await town.platform.mention(town.ada, board, REVENUE)
    answer = await town.in_thread(asked)

    assert "951,522.25" not in said.text
    assert "people of others would hear it" in said.text
    assert "951,522.25" in answer.content


async def test_a_private_thread_is_private(town: Town) -> None:
    await limit(town, Audience.PRIVATE)
    thread = await town.platform.start_thread(town.ada, town.sales, "among us", private=True)

    await town.platform.mention(town.ada, thread, REVENUE)

    assert "951,522.25" in (await town.answered(thread)).content


async def test_a_connection_for_admins_is_unknown_to_others(town: Town) -> None:
    await town.core.connections.limit(town.stage.ada, "sample", least=Role.ADMIN)

    asked = await town.platform.command(town.vic, town.sales, "ask", question=REVENUE)
    said = await town.response(asked)
    offered = await town.platform.complete(
        town.vic, town.sales, "use", "connection", connection="s"
    )

    assert "951,522.25" not in said.text
    assert offered == ()


@pytest.mark.parametrize("opened", [True, False])
async def test_an_answer_that_had_to_wait_is_told_to_those_who_may_hear_it_by_then(
    platform: DiscordPlatform, open_stage: Open, opened: bool
) -> None:
    town = Town(platform, await open_stage(), QUICK._replace(whole=0.1))
    await town.connect()
    await limit(town, Audience.PRIVATE)
    board = platform.channel(town.guild, "board", town.ada)
    away = platform.failing("POST", "/channels/*/messages", status=503, times=1_000)
    owed = town.stage.dialog._asking._owed
    asked = await platform.mention(town.ada, board, REVENUE)
    async with asyncio.timeout(30):
        while not owed:  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.01)
    if opened:
        board.overwrites = []
        platform.world.tell_channel("CHANNEL_UPDATE", board)
        everybody = Audience.PUBLIC
    else:
        everybody = Audience.PRIVATE
    speaker = owed[0].scene.speaker
    async with asyncio.timeout(30):
        while (await speaker.there()).audience is not everybody:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    away.times = 0

    # What looks after it every ten seconds looks once more.
    watching = asyncio.create_task(town.stage.dialog.watch(Surface.DISCORD, town.discord._recall))
    answer = await town.in_thread(asked)
    watching.cancel()
    await asyncio.wait({watching})
    await town.stage.dialog.close(1)
    await town.discord.stop()

    assert ("951,522.25" in answer.text) is not opened
    assert ("More people hear this now" in answer.text) is opened
