"""Both platforms at once, with the same people on each, and one `trellis up` that talks to them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml

import bot.slack
from tests.bot.discord.platform import Channel as DiscordChannel
from tests.bot.discord.platform import DiscordPlatform, Interaction
from tests.bot.discord.platform import Message as DiscordMessage
from tests.bot.discord.platform import Person as DiscordPerson
from tests.bot.discord.town import is_whole
from tests.bot.slack.platform import Message as SlackMessage
from tests.bot.slack.platform import Person as SlackPerson
from tests.bot.slack.platform import SlackPlatform
from tests.terminal import Home, Server

MANIFEST = Path(bot.slack.__file__).parent / "manifest.yaml"
WITHIN = 60.0
PROMISED = "The answer comes here"
BETWEEN = re.compile(r" {2,}")


class Platforms:
    """Slack and Discord on loopback: Ada, whose home it is, Ann, Vic, and a stranger."""

    def __init__(self, slack: SlackPlatform, discord: DiscordPlatform) -> None:
        self.slack = slack
        self.discord = discord
        self.ada = slack.person("Ada", email="ada@elsewhere.test")
        self.ann = slack.person("Ann", email="ann@acme.test")
        self.vic = slack.person("Vic", email="vic@acme.test")
        self.stranger = slack.person("Stranger", email="stranger@else.test")
        self.sales = slack.channel("sales", self.ada, self.ann, self.vic, self.stranger)
        self.ada_too, self.ann_too, self.vic_too, self.stranger_too = (
            discord.person(name) for name in ("ada", "ann", "vic", "stranger")
        )
        people = (self.ada_too, self.ann_too, self.vic_too, self.stranger_too)
        self.guild = discord.guild("Acme", *people)
        self.sales_too = discord.channel(self.guild, "sales")

    @property
    def settings(self) -> dict[str, str]:
        """What an operator sets."""
        return {
            "SLACK_BOT_TOKEN": self.slack.workspace.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.url,
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.url,
            "DISCORD_GUILD_ID": str(self.guild.id),
        }

    @asynccontextmanager
    async def up(self, home: Home, **settings: str) -> AsyncIterator[Server]:
        """Start everything on *home*, until it hears both platforms; end it if it runs still."""
        server = Server(home.start("up", "--port", "0", **self.settings, **settings))
        server.last = "Off: voice"  # what follows it is on
        try:
            await asyncio.to_thread(server.wait_until_it_listens)
            await self.slack.connected(within=WITHIN)
            await self.discord.until(self.discord.ready, WITHIN)
            await self.discord.until(lambda: self.discord.commands(self.guild), WITHIN)
            yield server
        finally:
            await asyncio.to_thread(server.end)

    # What is waited for

    async def on_slack(self, asked: SlackMessage, number: int = 1) -> SlackMessage:
        """Return the *number*-th answer in a thread of Slack, once it is whole."""

        def whole() -> SlackMessage | None:
            found = [each for each in self.slack.answers(asked) if each.buttons]
            ready = [each for each in found if not each.streaming]
            return ready[number - 1] if len(ready) >= number else None

        found = await self.slack.until(whole, within=WITHIN)
        assert found is not None
        return found

    async def whispered(self, person: SlackPerson, number: int = 1) -> SlackMessage:
        """Return the *number*-th thing that one person alone was shown in the channel, whole."""

        def whole() -> list[SlackMessage]:
            found = self.slack.whispers(self.sales, person)[number - 1 : number]
            return [each for each in found if PROMISED not in each.words]

        return (await self.slack.until(whole, within=WITHIN))[0]

    async def on_discord(
        self, place: DiscordChannel, number: int = 1, person: DiscordPerson | None = None
    ) -> DiscordMessage:
        """Return the *number*-th answer in a channel of Discord, once it is whole."""

        def whole() -> DiscordMessage | None:
            found = [each for each in self.discord.answers(place, person) if is_whole(each)]
            ready = [each for each in found if each.components]
            return ready[number - 1] if len(ready) >= number else None

        return await self.discord.until(whole, WITHIN)

    async def in_thread(self, asked: DiscordMessage, number: int = 1) -> DiscordMessage:
        """Return the *number*-th answer in the thread that a question began."""
        thread = await self.discord.until(lambda: asked.thread, WITHIN)
        return await self.on_discord(thread, number)

    async def responded(self, interaction: Interaction) -> DiscordMessage:
        """Return what an interaction was answered, once that is whole."""

        def whole() -> DiscordMessage | None:
            found = interaction.message
            return found if found is not None and is_whole(found) else None

        return await self.discord.until(whole, WITHIN)


@asynccontextmanager
async def platforms() -> AsyncIterator[Platforms]:
    """Open both."""
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    discord = DiscordPlatform(privileged=["message_content"], concurrency=100)
    async with SlackPlatform(manifest) as slack, discord:
        yield Platforms(slack, discord)


def drawn(message: DiscordMessage) -> list[list[str]]:
    """Return the cells of the table that stands in a message of Discord, its head first."""
    _before, table, _after = message.content.split("```")
    head, _rule, *rows = table.strip("\n").split("\n")
    return [BETWEEN.split(line.strip()) for line in (head, *rows)]
