"""Every kind of answer, drawn: nothing is unknown to the drawing, nothing leaves the page.

The pictures stand in the folders of the last runs of pytest, for whoever wants to look at them.
"""

import asyncio
from pathlib import Path

from tests.bot.conftest import Open
from tests.bot.discord.conftest import platform, town
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import Town
from tests.bot.models import Held
from tests.bot.pictures import discord, slack
from tests.bot.pictures.asked import BLANK, MONTHS, ORDERS, add_connection, at_length
from tests.bot.pictures.paper import photographed
from tests.bot.slack.conftest import OpenRoom, open_room, room
from tests.bot.slack.room import Room

__all__ = ["open_room", "platform", "room", "town"]


async def test_an_answer_on_slack_with_a_table_and_a_chart(room: Room, tmp_path: Path) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.pressable(asked)
    await room.slack.command(room.ada, room.sales, "/trellis", f"ask {MONTHS}")
    await room.slack.until(
        lambda: any(each.table for each in room.slack.whispers(room.sales, room.ada)), within=10
    )
    whispers = room.slack.whispers(room.sales, room.ada)

    drawing = slack.Drawing(room.slack, room.ada)
    pages = {"slack-answer": drawing.thread(asked), "slack-alone": drawing.messages(*whispers)}
    await asyncio.to_thread(photographed, pages, tmp_path)


async def test_a_long_answer_on_slack(open_room: OpenRoom, tmp_path: Path) -> None:
    room = await open_room(at_length())
    asked = await room.slack.mention(room.ada, room.sales, ORDERS)
    await room.pressable(asked, "Three?")

    drawing = slack.Drawing(room.slack, room.ada)
    await asyncio.to_thread(photographed, {"slack-long": drawing.thread(asked)}, tmp_path)


async def test_an_answer_that_is_cut_short_on_slack(open_room: OpenRoom, tmp_path: Path) -> None:
    held = Held()
    room = await open_room(held.provider)
    asked = await room.slack.mention(room.ada, room.sales, ORDERS)
    await held.speaking.wait()
    await room.core.chats.stop()
    await room.pressable(asked, "Re-run")

    drawing = slack.Drawing(room.slack, room.ada)
    await asyncio.to_thread(photographed, {"slack-cut": drawing.thread(asked)}, tmp_path)


async def test_what_slack_is_told_that_is_no_answer(room: Room, tmp_path: Path) -> None:
    """A form and what is wrong in it, a choice of connections, refusals."""
    drawing = slack.Drawing(room.slack, room.vic)
    asked = await room.slack.mention(room.vic, room.sales, BLANK)
    answer = await room.pressable(asked, "Fill in")
    pages = {"slack-asks-back": drawing.thread(asked)}
    await room.slack.press_label(room.vic, answer, "Fill in")
    view = await room.view(room.vic)
    await room.slack.submit(room.vic, view, {"year": "never"})
    pages["slack-form"] = drawing.modal(view)
    await room.slack.close(room.vic, view)
    await room.slack.command(room.vic, room.sales, "/trellis", "save Mine: what is it?")
    await room.slack.command(room.eve, room.sales, "/trellis", f"ask {MONTHS}")
    told = [await room.whisper(room.vic), await room.whisper(room.eve)]
    await room.slack.command(room.vic, room.sales, "/trellis", "run Slow-moving products")
    await room.whisper(room.vic, number=2)
    await room.slack.command(room.vic, room.sales, "/trellis", "queries")
    told += [await room.whisper(room.vic, number=number) for number in (2, 3)]
    pages["slack-told"] = drawing.messages(*told)
    await add_connection(room.stage, "warehouse")
    await room.slack.command(room.vic, room.sales, "/trellis", "connections")
    pages["slack-where"] = drawing.messages(await room.whisper(room.vic, number=4))

    await asyncio.to_thread(photographed, pages, tmp_path)


async def test_an_answer_on_discord_with_a_table_and_a_chart(town: Town, tmp_path: Path) -> None:
    asked = await town.platform.mention(town.ada, town.sales, MONTHS)
    await town.in_thread(asked)
    typed = await town.platform.command(town.ada, town.sales, "ask", question=MONTHS)
    alone = await town.response(typed)
    assert asked.thread is not None

    drawing = discord.Drawing(town.platform, town.ada)
    pages = {
        "discord-answer": drawing.channel(asked.thread),
        "discord-alone": drawing.messages(alone),
    }
    await asyncio.to_thread(photographed, pages, tmp_path)


async def test_a_long_answer_on_discord(
    platform: DiscordPlatform, open_stage: Open, tmp_path: Path
) -> None:
    town = Town(platform, await open_stage(at_length()))
    await town.connect()
    asked = await platform.mention(town.ada, town.sales, ORDERS)
    await town.until(lambda: platform.answers(asked.thread)[-1].buttons if asked.thread else None)
    assert asked.thread is not None

    drawing = discord.Drawing(platform, town.ada)
    pages = {"discord-long": drawing.channel(asked.thread)}
    await asyncio.to_thread(photographed, pages, tmp_path)
    await town.stage.dialog.close(1)
    await town.discord.stop()


async def test_an_answer_that_is_cut_short_on_discord(
    platform: DiscordPlatform, open_stage: Open, tmp_path: Path
) -> None:
    held = Held()
    town = Town(platform, await open_stage(held.provider))
    await town.connect()
    asked = await platform.mention(town.ada, town.sales, ORDERS)
    await held.speaking.wait()
    await town.core.chats.stop()
    await town.until(lambda: platform.answers(asked.thread)[-1].buttons if asked.thread else None)
    assert asked.thread is not None

    drawing = discord.Drawing(platform, town.ada)
    await asyncio.to_thread(photographed, {"discord-cut": drawing.channel(asked.thread)}, tmp_path)
    await town.stage.dialog.close(1)
    await town.discord.stop()


async def test_what_discord_is_told_that_is_no_answer(town: Town, tmp_path: Path) -> None:
    """A form, a choice of connections, refusals."""
    drawing = discord.Drawing(town.platform, town.vic)
    asked = await town.platform.mention(town.vic, town.sales, BLANK)
    answer = await town.in_thread(asked)
    assert asked.thread is not None
    pages = {"discord-asks-back": drawing.channel(asked.thread)}
    pressed = await town.platform.press(town.vic, answer, "Fill in")
    modal = await town.until(lambda: pressed.modal)
    pages["discord-form"] = drawing.modal(modal)
    sales = town.sales
    said = [
        await town.platform.command(town.vic, sales, "save", title="Mine", question="what is it?"),
        await town.platform.command(town.stranger, sales, "ask", question=MONTHS),
        await town.platform.submit(pressed, {"year": "never"}),
    ]
    said += [
        await town.platform.command(town.vic, sales, "run", query="Slow-moving products"),
        await town.platform.command(town.vic, sales, "queries"),
    ]
    told = [await town.response(each) for each in said]
    pages["discord-told"] = drawing.messages(*told)
    await add_connection(town.stage, "warehouse")
    listed = await town.platform.command(town.vic, sales, "connections")
    pages["discord-where"] = drawing.messages(await town.response(listed))

    await asyncio.to_thread(photographed, pages, tmp_path)
