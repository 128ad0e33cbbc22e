"""`trellis discord` and what the doctor says of Discord, as somebody types them."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.discord.check import invitation, look
from tests.bot.discord.platform import DiscordPlatform
from tests.terminal import Home


@pytest.fixture
async def platform() -> AsyncIterator[DiscordPlatform]:
    async with DiscordPlatform(concurrency=100) as platform:
        yield platform


async def test_discord_alone_answers_until_it_is_told_to_end(
    platform: DiscordPlatform, trellis: Home
) -> None:
    ada = platform.person("ada")
    guild = platform.guild("Acme", ada)
    sales = platform.channel(guild, "sales")
    settings = {
        "DISCORD_TOKEN": platform.token,
        "DISCORD_API_URL": platform.url,
        "DISCORD_GUILD_ID": str(guild.id),
    }
    process = trellis.launch("discord", **settings)
    try:
        await platform.until(platform.ready, within=90)
        await platform.mention(ada, sales, "revenue?")
        told = await platform.until(lambda: platform.answers(platform.dm(ada))[0], within=30)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)

    assert "/link" in told.text
    assert b"Trellis listens to Discord" in out
    assert process.returncode in {0, 143}, err.decode()
    assert b"Traceback" not in err


def test_without_a_token_it_says_what_is_missing(trellis: Home) -> None:
    done = trellis("discord")

    assert done.code == 1
    assert "DISCORD_TOKEN and DISCORD_GUILD_ID turn it on" in done.err


async def test_the_doctor_tells_what_is_fine_and_what_is_not(platform: DiscordPlatform) -> None:
    guild = platform.guild("Acme")

    found = await look(SecretStr(platform.token), platform.url, [guild.id, 123456789012345678])

    assert [(each.what, each.fine) for each in found] == [
        ("discord", True),
        ("discord intents", False),
        ("discord server 123456789012345678", False),
        (f"discord server {guild.id}", True),
    ]
    assert invitation(platform.application_id) in found[2].fix


async def test_the_doctor_knows_a_wrong_token(platform: DiscordPlatform) -> None:
    (found,) = await look(SecretStr("wrong"), platform.url, [])

    assert (found.fine, found.said) == (False, "Discord does not know the token")


async def test_the_doctor_does_not_wait_for_ever(platform: DiscordPlatform) -> None:
    async with platform.down():
        (found,) = await look(SecretStr(platform.token), platform.url, [])

    assert not found.fine
    assert "does not answer" in found.said


async def test_the_doctor_says_that_no_server_is_answered(platform: DiscordPlatform) -> None:
    found = await look(SecretStr(platform.token), platform.url, [])

    assert "DISCORD_GUILD_ID" in found[-1].fix


def test_the_invitation_asks_for_what_is_needed_and_no_more() -> None:
    assert invitation(1).endswith("&scope=bot+applications.commands&permissions=309237763072")


def test_the_doctor_prints_it(trellis: Home) -> None:
    done = trellis("doctor", DISCORD_TOKEN="wrong", DISCORD_API_URL="http://127.0.0.1:9/api/v10")

    assert done.code == 1
    assert "FAIL discord: Discord does not answer" in done.out
