"""What a process that died left on Discord, and how the next one brings it to an end."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from typing_extensions import override

from bot.dialog import Dialog
from bot.discord.speak import WORKING
from bot.heard import Anything
from bot.recovery import RESTARTED
from bot.speaker import Speaker
from core.identity import Surface
from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import Town
from tests.bot.models import Held
from tests.bot.stage import Stage

REVENUE = "monthly revenue for 2025"


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def slow(platform: DiscordPlatform, open_stage: Open, held: Held) -> AsyncIterator[Town]:
    town = Town(platform, await open_stage(held.provider))
    await town.connect()
    yield town
    await town.discord.stop()


async def killed(town: Town) -> None:
    """Let the process of a bot end in the middle of what it does."""
    dialog = town.stage.dialog
    for task in list(dialog._tasks):
        task.cancel()
    await asyncio.gather(*dialog._tasks, return_exceptions=True)
    await town.discord.stop()
    await town.core.chats.close()
    await town.core.channels.close()
    town.platform.clock.advance(6)


async def restarted(town: Town, stage: Stage) -> None:
    """Let another process take over."""
    town.stage = stage
    town.discord = town.made(stage)
    await town.discord.start()
    await town.until(town.platform.ready)


async def test_an_answer_that_was_cut_is_finished_where_it_was_and_marked(
    slow: Town, held: Held, open_stage: Open
) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(lambda: growing.content.startswith("Half."))

    await killed(slow)
    await restarted(slow, await open_stage(held.provider))
    await slow.until(lambda: growing.buttons)

    assert growing.content == "Half."
    assert RESTARTED in growing.text
    assert slow.platform.answers(thread) == (growing,)
    held.go.set()
    await slow.platform.press(slow.ada, growing, "Re-run")
    again = await slow.answered(thread, 2)
    assert again.content == "Half. Whole."


async def test_a_private_answer_that_was_cut_is_finished_by_its_token(
    slow: Town, held: Held, open_stage: Open
) -> None:
    asked = await slow.platform.command(slow.ada, slow.sales, "ask", question="a story")
    await slow.until(lambda: asked.message is not None and "Half." in asked.message.content)
    assert asked.message is not None

    await killed(slow)
    await restarted(slow, await open_stage(held.provider))
    answer = asked.message
    await slow.until(lambda: answer.buttons)

    assert RESTARTED in answer.text
    assert slow.platform.thinking == ()
    assert slow.platform.messages(slow.sales) == ()


async def test_a_private_answer_whose_token_is_over_comes_as_a_direct_message(
    slow: Town, held: Held, open_stage: Open
) -> None:
    asked = await slow.platform.command(slow.ada, slow.sales, "ask", question="a story")
    await slow.until(lambda: asked.message is not None and "Half." in asked.message.content)

    await killed(slow)
    slow.platform.expire(asked)
    await restarted(slow, await open_stage(held.provider))
    said = await slow.answered(slow.platform.dm(slow.ada))

    assert said.content.startswith("Half.")
    assert RESTARTED in said.text
    assert slow.platform.messages(slow.sales) == ()


async def test_what_was_heard_and_never_begun_is_answered(
    platform: DiscordPlatform, open_stage: Open
) -> None:
    stage = await open_stage()
    silent = Silent(stage.core)
    silent.heard = asyncio.Semaphore(0)
    town = Town(platform, Stage(stage.core, silent, stage.ada))
    await town.connect()
    asked = await platform.mention(town.ada, town.sales, REVENUE)
    command = await platform.command(town.vic, town.sales, "ask", question=REVENUE)
    try:
        async with asyncio.timeout(10):
            await silent.heard.acquire()
            await silent.heard.acquire()

        await killed(town)
        await restarted(town, await open_stage())

        assert "951,522.25" in (await town.in_thread(asked)).content
        assert "951,522.25" in (await town.response(command)).content
        assert command.followups == []
    finally:
        await town.stage.dialog.close(1)
        await town.discord.stop()


class Silent(Dialog):
    """A dialog that is cut before it says a word."""

    heard: asyncio.Semaphore

    @override
    async def hear(self, heard: Anything, speaker: Speaker) -> None:
        self.heard.release()
        await asyncio.Event().wait()


async def test_an_answer_that_was_removed_meanwhile_is_left_alone(
    slow: Town, held: Held, open_stage: Open
) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(lambda: growing.content.startswith("Half."))

    await killed(slow)
    await slow.platform.delete(slow.guild.owner, growing)
    second = await open_stage(held.provider)
    await restarted(slow, second)
    async with asyncio.timeout(10):
        while await left(second):
            pass

    assert slow.platform.answers(thread) == ()


async def left(stage: Stage) -> bool:
    """Whether something waits for an answer still.

    The store is asked first, whatever is open: who asks again and again lets the others work.
    """
    orphans = await stage.core.channels.orphans(Surface.DISCORD)
    inbox = stage.core.channels._inbox
    return bool(orphans) or any(key[0] is Surface.DISCORD for key in inbox._open)


async def test_a_restart_in_order_ends_what_is_being_answered(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(lambda: growing.content.startswith("Half."))

    await slow.discord.hush()
    await slow.stage.dialog.close()
    await slow.discord.stop()

    assert growing.content == "Half."
    assert growing.buttons
    assert WORKING not in growing.text


@pytest.mark.parametrize("payload", [{}, {"kind": "asked"}, {"kind": "asked", "heard": {}}])
async def test_what_another_version_kept_is_left(town: Town, payload: Mapping[str, object]) -> None:
    assert await town.discord._recall.again(payload) is None
