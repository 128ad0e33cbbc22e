"""The line to Discord: taken up where it broke, begun anew, given up where that is of no use."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.discord.app import REFUSED
from bot.discord.wire import address
from core.errors import NotFound
from core.identity import Surface
from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import QUICK, Town

REVENUE = "monthly revenue for 2025"


async def answers(town: Town) -> None:
    """Show that a question is answered, once."""
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)
    assert asked.thread is not None
    assert len(town.platform.answers(asked.thread)) == 1


@pytest.mark.parametrize("code", [None, 1000, 4000, 4009])
async def test_a_line_that_breaks_is_taken_up(town: Town, code: int | None) -> None:
    await town.platform.drop_gateway(code=code)

    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert len(town.platform.threads(town.sales)) == 1


async def test_what_was_said_while_the_line_was_down_is_answered_once(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    async with town.platform.down():
        missed = await town.platform.mention(town.vic, town.sales, REVENUE)
        # Long enough for the first tries to take the line up to fail.
        await asyncio.wait_for(failed(town), 10)
    answer = await town.in_thread(missed)

    assert "951,522.25" in answer.content
    assert len(town.platform.threads(town.sales)) == 2


async def failed(town: Town) -> None:
    """Return when the platform has turned somebody away."""
    gateway = town.platform.gateway
    before = gateway.turned_away
    await town.until(lambda: gateway.turned_away > before + 2)


async def test_discord_asks_us_to_connect_again(town: Town) -> None:
    await town.platform.reconnect()

    await answers(town)


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_session_that_is_over_is_begun_anew(town: Town, resumable: bool) -> None:
    town.platform.clock.advance(6)
    await town.platform.invalidate(resumable=resumable)
    await town.until(town.platform.ready)

    await answers(town)


async def test_a_token_that_is_wrong_is_told_once_and_not_tried_again(
    platform: DiscordPlatform, open_stage: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    town = Town(platform, await open_stage())
    platform.revoke()

    await town.discord.start()
    running = town.discord._running
    assert running is not None
    await asyncio.wait_for(asyncio.wait({running}), 10)
    await town.discord.stop()

    assert town.discord.problem == REFUSED
    assert len(platform.requests) == 1
    assert REFUSED in capsys.readouterr().out


async def test_a_token_that_is_reset_meanwhile_ends_it(town: Town) -> None:
    town.platform.revoke()
    await town.until(lambda: town.platform.gateway.closes)

    running = town.discord._running
    assert running is not None
    await asyncio.wait_for(asyncio.wait({running}), 10)

    assert town.discord.problem == REFUSED


async def test_discord_may_be_away_when_we_start(
    platform: DiscordPlatform, open_stage: Open
) -> None:
    town = Town(platform, await open_stage())
    async with platform.down():
        await town.discord.start()
        await platform.until(lambda: len(platform.requests) > 2)
    await platform.until(platform.ready)
    await town.discord.stop()

    assert town.discord.problem is None


async def test_each_shard_hears_its_servers(open_stage: Open) -> None:
    async with DiscordPlatform(
        shards=2, privileged=["message_content"], concurrency=100
    ) as platform:
        town = Town(platform, await open_stage())
        second = platform.guild("Acme too", town.ada, shard=1)
        there = platform.channel(second, "general")
        town.discord = town.made(guilds=[town.guild.id, second.id])
        await town.connect()

        asked = await platform.mention(town.ada, there, REVENUE)
        answer = await town.in_thread(asked)
        await answers(town)

        assert "951,522.25" in answer.content
        assert platform.violations == []
        await town.stage.dialog.close(1)
        await town.discord.stop()


async def test_a_server_that_invites_us_later_is_answered(town: Town) -> None:
    later = town.platform.guild("Later", town.ada, joined=False)
    other = town.made(guilds=[town.guild.id, later.id])
    await town.discord.stop()
    town.platform.clock.advance(6)
    await other.start()
    await town.until(town.platform.ready)
    town.platform.join(later)
    there = town.platform.channel(later, "general")
    await town.until(lambda: town.platform.commands(later))

    asked = await town.platform.mention(town.ada, there, REVENUE)

    assert "951,522.25" in (await town.in_thread(asked)).content
    await other.stop()


async def test_a_server_that_throws_us_out_is_forgotten(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    town.platform.kick(town.guild)

    async def gone() -> bool:
        try:
            await town.core.channels.workspace(Surface.DISCORD, str(town.guild.id))
        except NotFound:
            return True
        return False

    async with asyncio.timeout(10):
        while not await gone():
            pass


async def test_an_outage_of_a_server_is_not_the_end(town: Town) -> None:
    town.platform.outage(town.guild)
    town.platform.join(town.guild)

    await answers(town)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, None),
        ("https://discord.com/api", "https://discord.com/api/v10"),
        ("https://discord.com/api/v10/", "https://discord.com/api/v10"),
        ("http://127.0.0.1:9/proxy", "http://127.0.0.1:9/proxy"),
    ],
)
def test_a_base_url_is_used_as_it_is_given(given: str | None, used: str | None) -> None:
    assert address(given) == used


async def test_two_clients_of_one_process_have_a_base_url_each(
    town: Town, open_stage: Open
) -> None:
    async with DiscordPlatform(privileged=["message_content"], concurrency=100) as elsewhere:
        other = Town(elsewhere, await open_stage())
        other.discord = other.made(patience=QUICK)
        await other.discord.start()
        await elsewhere.until(elsewhere.ready)

        await answers(town)

        assert elsewhere.answers(other.sales) == ()
        await other.stage.dialog.close(1)
        await other.discord.stop()


def test_a_token_is_shown_nowhere() -> None:
    assert "secret" not in repr(SecretStr("secret"))
