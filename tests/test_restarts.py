"""A server that ends in mid-answer, told or killed: on both platforms nothing hangs or doubles."""

import asyncio
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from bot.recovery import RESTARTED
from core.sample import write
from tests.bot.discord.platform import Interaction
from tests.bot.discord.platform import Message as DiscordMessage
from tests.bot.discord.town import is_whole
from tests.bot.slack.platform import Message as SlackMessage
from tests.cli.test_stop import wait_until
from tests.core.models.standin import chunks, standin
from tests.platforms import PROMISED, Platforms, platforms
from tests.terminal import Home

HALF = chunks("Half of ", "the answer ", "is here. ", "More ", end=False)
WHOLE = chunks("It is ", "forty-two.")
SAID = "Half of the answer is here."
QUESTION = "Who knows the answer?"
LATE = "What was asked just before?"
SOON = 15.0
"""Seconds after which nothing hangs any more."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with two members, and what its first start would write."""
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    write(home.folder / "sample.db")
    added = home("member", "add", "ann@acme.test", "--name", "Ann")
    assert added.code == 0, added
    return home


class Places:
    """The same question in four places: in a channel and privately, on either platform."""

    def __init__(self, there: Platforms) -> None:
        self.there = there
        self.slack: SlackMessage
        self.whispered = 0
        self.discord: DiscordMessage
        self.alone: Interaction

    async def ask(self) -> None:
        """Ask, and wait until half of each answer is to be seen; Slack shows nothing privately."""
        there = self.there
        self.slack = await there.slack.mention(there.ada, there.sales, QUESTION)
        self.discord = await there.discord.mention(there.ada_too, there.sales_too, QUESTION)
        self.whispered = len(there.slack.whispers(there.sales, there.ada))
        await there.slack.command(there.ada, there.sales, "/trellis", f"ask {QUESTION}")
        self.alone = await there.discord.command(
            there.ada_too, there.sales_too, "ask", question=QUESTION
        )
        await there.slack.until(
            lambda: any(SAID in each.words for each in self.on_slack()), within=60
        )
        await there.slack.until(
            lambda: len(there.slack.whispers(there.sales, there.ada)) > self.whispered, within=60
        )
        await there.discord.until(lambda: SAID in self.on_discord()[0].text, 60)
        await there.discord.until(lambda: SAID in self.on_discord_alone()[0].text, 60)

    async def settled(self, within: float) -> None:
        """Wait until no answer seems to go on."""
        slack, discord = self.there.slack, self.there.discord
        await slack.until(lambda: all(each.buttons for each in self.on_slack()), within=within)
        await slack.until(self.on_slack_alone, within=within)
        await discord.until(lambda: all(map(done, self.on_discord())), within)
        await discord.until(lambda: all(map(done, self.on_discord_alone())), within)

    def on_slack(self) -> list[SlackMessage]:
        return self.there.slack.answers(self.slack)

    def on_slack_alone(self) -> list[SlackMessage]:
        """Return what Ada alone was shown, but the promise that an answer comes."""
        found = self.there.slack.whispers(self.there.sales, self.there.ada)[self.whispered :]
        return [each for each in found if PROMISED not in each.words]

    def on_discord(self) -> tuple[DiscordMessage, ...]:
        thread = self.discord.thread
        return () if thread is None else self.there.discord.answers(thread)

    def on_discord_alone(self) -> list[DiscordMessage]:
        return self.alone.messages

    def read(self) -> list[str]:
        """Return all that is read in the answers."""
        slack = [each.words for each in (*self.on_slack(), *self.on_slack_alone())]
        discord = [each.text for each in (*self.on_discord(), *self.on_discord_alone())]
        return slack + discord

    def check(self) -> None:
        """There is one answer in each place, whole or marked, and nothing seems to go on."""
        (slack,), (alone,) = self.on_slack(), self.on_slack_alone()
        (discord,), (alone_too,) = self.on_discord(), self.on_discord_alone()
        assert [words.count(SAID) for words in self.read()] == [1, 1, 1, 1]
        assert not slack.streaming
        assert "Re-run" in slack.buttons
        assert "Re-run" in alone.buttons
        assert self.there.slack.status(self.slack) == ""
        assert self.there.discord.thinking == ()
        assert done(discord)
        assert done(alone_too)


def done(message: DiscordMessage) -> bool:
    """Whether a message is what it stays, with something to press."""
    return is_whole(message) and bool(message.buttons)


def owed(home: Home) -> list[tuple[str, str]]:
    """Return what was heard and is not done with."""
    store = sqlite3.connect(home.folder / "trellis.db")
    found = store.execute("SELECT surface, id FROM heard WHERE payload IS NOT NULL").fetchall()
    store.close()
    return found


def kept(home: Home) -> int:
    """Return how many answers are kept up to their half: a killed server can lose no more."""
    store = sqlite3.connect(home.folder / "trellis.db")
    ((found,),) = store.execute(
        "SELECT count(*) FROM messages WHERE status = 'running' AND content LIKE ?", [f"%{SAID}%"]
    )
    store.close()
    return int(found)


async def link(there: Platforms, home: Home) -> None:
    """Let both platforms know whose home it is."""
    made = [await asyncio.to_thread(home, "link", "--json") for _each in range(2)]
    mine, more = (each.json["code"] for each in made)
    await there.slack.command(there.ada, there.sales, "/trellis", f"link {mine}")
    await there.whispered(there.ada)
    linked = await there.discord.command(there.ada_too, there.sales_too, "link", code=more)
    await there.responded(linked)


async def test_a_server_that_ends_in_mid_answer_leaves_nothing_hanging_and_nothing_doubled(
    home: Home,
) -> None:
    """Killed first, and the next one told to end."""
    model = standin(HALF, hangs=True, whole={LATE: WHOLE})
    async with model as mind, platforms() as there:
        settings = {"OPENAI_BASE_URL": f"{mind.url}/v1", "TRELLIS_MODEL": "openai:any"}
        killed, told = Places(there), Places(there)
        async with there.up(home, **settings) as server:
            await link(there, home)
            await killed.ask()
            await asyncio.to_thread(wait_until, lambda: kept(home) == 4, server.process)
            # What is acknowledged and no more: nobody has begun to answer it.
            gate = there.slack.hold("users.info")
            slack = await there.slack.mention(there.ann, there.sales, LATE)
            await there.slack.until(lambda: gate.waiting, within=10)
            threads = "/channels/*/messages/*/threads"
            async with there.discord.holding("POST", threads) as hold:
                discord = await there.discord.mention(there.ada_too, there.sales_too, LATE)
                await there.discord.until(lambda: hold.waiting, 10)
                server.process.send_signal(signal.SIGKILL)
                server.code = await asyncio.to_thread(server.process.wait, 10)
        gate.open()
        there.discord.clock.advance(6)
        async with there.up(home, **settings) as server:
            back = time.monotonic()
            await killed.settled(SOON)
            late = await there.on_slack(slack)
            late_too = await there.in_thread(discord)
            took = time.monotonic() - back
            killed.check()
            assert all(RESTARTED in words for words in killed.read())
            await told.ask()
            ending = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.code = await asyncio.to_thread(server.process.wait, 30)
            ended = time.monotonic() - ending

        told.check()
        assert all("interrupted" in words for words in told.read())
        assert took < SOON
        assert ended < SOON
        assert server.code == 0
        assert discord.thread is not None
        assert len(there.slack.answers(slack)) == 1
        assert len(there.discord.answers(discord.thread)) == 1
        assert "It is forty-two." in late.words
        assert "It is forty-two." in late_too.text
        assert there.slack.broken() == []
        assert there.discord.violations == []
    assert owed(home) == []
