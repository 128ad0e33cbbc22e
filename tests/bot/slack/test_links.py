"""Links to chats that somebody shares in a channel."""

import asyncio

from core.chats import Question
from core.identity import Actor, Audience, Surface
from tests.bot.slack.conftest import OpenRoom, manifest
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.room import WITHIN, Room

URL = "https://trellis.example"
MONTHS = "monthly revenue for 2025"


async def asked_on_the_page(room: Room) -> str:
    """Return the address of a chat of Ada's that nobody else sees."""
    ada = Actor.of(await room.core.identity.me(room.stage.ada), Surface.API)
    turn = await room.core.chats.ask(ada, Question(text=MONTHS))
    async for _event in turn:
        pass
    return f"{URL}/chats/{turn.chat_id}"


async def test_a_link_to_a_chat_tells_what_it_is_about_where_everybody_may_know(
    open_room: OpenRoom,
) -> None:
    asking = manifest()
    asking["features"]["unfurl_domains"] = ["trellis.example"]
    async with SlackPlatform(asking) as slack:
        room = await open_room(slack=slack, url=URL)
        link = await asked_on_the_page(room)

        shown = await slack.write(room.ada, room.sales, f"look: {link}")
        unfurled = await slack.until(lambda: slack.unfurls(shown), within=WITHIN)
        assert MONTHS in str(unfurled[link]).lower()

        theirs = await slack.write(room.vic, room.sales, f"and: {link}")
        strange = await slack.write(room.eve, room.sales, f"and: {link}")
        other = await slack.write(room.ada, room.sales, f"and: {URL}/chats/nothing")
        await room.core.connections.limit(room.stage.ada, "sample", audience=Audience.PRIVATE)
        public = await slack.write(room.ada, room.sales, f"again: {link}")
        private = await slack.write(room.ada, room.board, f"here: {link}")
        await slack.until(lambda: slack.unfurls(private), within=WITHIN)
        await slack.settled()
        await asyncio.sleep(0)

        for message in (theirs, strange, other, public):
            assert not slack.unfurls(message)
        assert not slack.violations
        await room.app.stop()
