"""The stand-in of Discord, driven by a real discord.py client."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from discord import app_commands
from typing_extensions import override

from tests.bot.discord.platform import DiscordPlatform, Interaction, Redirect

Do = Callable[[Any], Awaitable[None]]
PNG = b"\x89PNG\r\n\x1a\n"


class Parrot(discord.AutoShardedClient):
    """A bot that does what a test hands it."""

    def __init__(self, platform: DiscordPlatform, intents: discord.Intents) -> None:
        super().__init__(
            intents=intents,
            connector=Redirect(platform.url),
            guild_ready_timeout=0.01,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.platform = platform
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.edited: list[discord.RawMessageUpdateEvent] = []
        self.deleted: list[int] = []
        self.guilds_left: list[int] = []
        self.on_heard: Do | None = None
        self.on_used: Do | None = None
        self.resumed = 0

    @override
    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self.platform.happened()

    @override
    async def setup_hook(self) -> None:
        @self.tree.command(name="ask", description="Ask.")
        async def ask(interaction: discord.Interaction, question: str) -> None:
            await self._use(interaction)

        @ask.autocomplete("question")
        async def offered(
            interaction: discord.Interaction, current: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current}?", value=current)]

        await self.tree.sync()

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nobody: the platform says how many may start at once."""

    async def _use(self, interaction: discord.Interaction) -> None:
        if self.on_used:
            await self.on_used(interaction)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type in {
            discord.InteractionType.component,
            discord.InteractionType.modal_submit,
        }:
            await self._use(interaction)

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)
        self.platform.happened()
        if self.on_heard and message.author != self.user:
            await self.on_heard(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event)
        self.platform.happened()

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.deleted.append(event.message_id)
        self.platform.happened()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.guilds_left.append(guild.id)
        self.platform.happened()

    async def on_resumed(self) -> None:
        self.resumed += 1
        self.platform.happened()


@asynccontextmanager
async def running(
    platform: DiscordPlatform, intents: discord.Intents | None = None
) -> AsyncIterator[Parrot]:
    """Let a client run until the block ends."""
    parrot = Parrot(platform, intents or discord.Intents(guilds=True, messages=True))
    task = asyncio.create_task(parrot.start(platform.token))
    try:
        await platform.until(platform.ready)
        yield parrot
    finally:
        await parrot.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def platform() -> AsyncIterator[DiscordPlatform]:
    async with DiscordPlatform() as platform:
        yield platform
        assert platform.violations == []


async def test_a_mention_is_answered_in_a_thread_that_grows_by_edits(
    platform: DiscordPlatform,
) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")

    async def answer(message: discord.Message) -> None:
        assert message.content == f"{platform.bot.mention} revenue?"
        thread = await message.create_thread(name="revenue?")
        async with thread.typing():
            said = await thread.send("12")
        embed = discord.Embed(title="Revenue", description="by month")
        embed.set_image(url="attachment://chart.png")
        file = discord.File(io.BytesIO(PNG), "chart.png", description="A line")
        await said.edit(content="1234", embed=embed, attachments=[file])

    async with running(platform) as parrot:
        parrot.on_heard = answer
        asked = await platform.mention(ada, sales, "revenue?")
        await platform.until(lambda: asked.thread and platform.messages(asked.thread)[-1].edits)

    (thread,) = platform.threads(sales)
    assert (thread.name, thread.id) == ("revenue?", asked.id)
    (said,) = platform.messages(thread)
    assert [each.content for each in said.versions] == ["12", "1234"]
    assert said.text == "1234\nRevenue\nby month"
    assert said.edits[0] >= said.at
    assert [(each.name, each.content, each.description) for each in said.files] == [
        ("chart.png", PNG, "A line")
    ]
    assert platform.typing(thread)
    assert platform.pings == []
    assert platform.refusals == []


async def test_without_the_intent_what_is_not_meant_for_the_bot_is_empty(
    platform: DiscordPlatform,
) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    dm = platform.dm(ada)

    async with running(platform) as parrot:
        plain = await platform.say(ada, sales, "secret", files={"a.txt": b"a"})
        await platform.mention(ada, sales, "hello")
        await platform.say(ada, dm, "private")
        await platform.until(lambda: len(parrot.heard) == 3)
        fetched = await parrot.get_partial_messageable(sales.id).fetch_message(plain.id)

    assert [each.content for each in parrot.heard] == [
        "",
        f"{platform.bot.mention} hello",
        "private",
    ]
    assert parrot.heard[0].attachments == []
    assert fetched.content == ""
    assert isinstance(parrot.heard[0].author, discord.Member)
    assert isinstance(parrot.heard[2].channel, discord.DMChannel)


async def test_with_the_intent_everything_is_read() -> None:
    async with DiscordPlatform(privileged=["message_content"]) as platform:
        ada = platform.person("ada")
        sales = platform.channel(platform.guild("Acme", ada), "sales")
        intents = discord.Intents(guilds=True, messages=True, message_content=True)
        async with running(platform, intents) as parrot:
            first = await platform.say(ada, sales, "open", files={"a.txt": b"abc"})
            await platform.say(ada, sales, "reply", reply_to=first)
            await platform.until(lambda: len(parrot.heard) == 2)
            content = await parrot.heard[0].attachments[0].read()

        assert content == b"abc"
        reference = parrot.heard[1].reference
        assert reference
        assert isinstance(reference.resolved, discord.Message)
        assert reference.resolved.content == "open"


async def test_an_intent_that_is_not_switched_on_closes_the_gateway(
    platform: DiscordPlatform,
) -> None:
    intents = discord.Intents(guilds=True, messages=True, message_content=True)
    parrot = Parrot(platform, intents)

    with pytest.raises(discord.PrivilegedIntentsRequired):
        await parrot.start(platform.token)

    assert platform.gateway.closes == [4014]


async def test_a_wrong_token_is_refused(platform: DiscordPlatform) -> None:
    parrot = Parrot(platform, discord.Intents.none())
    with pytest.raises(discord.LoginFailure):
        await parrot.start("wrong")
    await parrot.close()


async def test_edits_deletions_and_previews_are_told(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")

    async with running(platform) as parrot:
        asked = await platform.mention(ada, sales, "one")
        await platform.edit(ada, asked, f"{platform.bot.mention} two")
        await platform.unfurl(asked)
        await platform.delete(ada, asked)
        await platform.until(lambda: parrot.deleted)

    edited, unfurled = parrot.edited
    assert edited.data["content"].endswith("two")
    assert edited.data["edited_timestamp"]
    assert unfurled.data["embeds"]
    assert parrot.deleted == [asked.id]
    assert platform.messages(sales) == ()


async def test_a_command_is_deferred_answered_and_followed(platform: DiscordPlatform) -> None:
    ada, bob = platform.person("ada"), platform.person("bob")
    sales = platform.channel(platform.guild("Acme", ada, bob), "sales")

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(content="42")
        await interaction.followup.send("more", file=discord.File(io.BytesIO(b"a,b"), "a.csv"))

    async with running(platform) as parrot:
        parrot.on_used = answer
        asked = await platform.command(ada, sales, "ask", question="revenue?")
        await platform.until(lambda: asked.followups)

    assert asked.response == 5
    assert asked.acknowledged is not None
    assert asked.acknowledged < 3
    assert asked.message
    assert asked.message.content == "42"
    assert asked.message.ephemeral
    assert asked.followups[0].files[0].content == b"a,b"
    assert asked.followups[0].ephemeral is False
    assert platform.messages(sales, as_seen_by=ada) == (asked.message, asked.followups[0])
    assert platform.messages(sales, as_seen_by=bob) == (asked.followups[0],)
    assert platform.thinking == ()


async def test_a_command_works_in_direct_messages_and_is_completed(
    platform: DiscordPlatform,
) -> None:
    ada = platform.person("ada")
    platform.guild("Acme", ada)

    async def answer(interaction: discord.Interaction) -> None:
        assert interaction.user.name == "ada"
        await interaction.response.send_message("hello")

    async with running(platform) as parrot:
        parrot.on_used = answer
        assert platform.menu(platform.dm(ada)) == ["ask"]
        asked = await platform.command(ada, platform.dm(ada), "ask", question="you?")
        offered = await platform.complete(ada, platform.dm(ada), "ask", "question", question="rev")
        await platform.until(lambda: asked.message)

    assert [(each.name, each.value) for each in offered] == [("rev?", "rev")]
    assert asked.message
    assert asked.message.content == "hello"


class Panel(discord.ui.View):
    """A button that asks, and a menu."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.Button(label="Save", custom_id="save"))
        choices = [discord.SelectOption(label="One", value="1")]
        self.add_item(discord.ui.Select(placeholder="Pick", custom_id="pick", options=choices))


class Form(discord.ui.Modal, title="Save query"):
    """Two inputs, one of them in a label."""

    name: discord.ui.TextInput["Form"] = discord.ui.TextInput(label="Title", custom_id="title")
    kind: discord.ui.Label["Form"] = discord.ui.Label(
        text="Kind",
        component=discord.ui.Select(
            custom_id="kind", options=[discord.SelectOption(label="One", value="1")]
        ),
    )

    def __init__(self) -> None:
        super().__init__(custom_id="form")


async def test_a_button_opens_a_form_and_a_menu_changes_its_message(
    platform: DiscordPlatform,
) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    submitted: list[Any] = []

    async def use(interaction: discord.Interaction) -> None:
        data: Any = interaction.data
        if interaction.type is discord.InteractionType.application_command:
            await interaction.response.send_message("panel", view=Panel())
        elif interaction.type is discord.InteractionType.modal_submit:
            submitted.append(data["components"])
            await interaction.response.edit_message(content="saved", view=None)
        elif data["custom_id"] == "save":
            await interaction.response.send_modal(Form())
        else:
            assert data["values"] == ["1"]
            await interaction.response.defer()
            await interaction.edit_original_response(content="picked")

    async with running(platform) as parrot:
        parrot.on_used = use
        asked = await platform.command(ada, sales, "ask", question="?")
        panel = await platform.until(lambda: asked.message)
        picked = await platform.choose(ada, panel, "Pick", "1")
        await platform.until(lambda: panel.content == "picked")
        pressed = await platform.press(ada, panel, "Save")
        form = await platform.until(lambda: pressed.modal)
        with pytest.raises(AssertionError, match="must be filled in"):
            await platform.submit(pressed, {"kind": "1"})
        sent = await platform.submit(pressed, {"title": "Revenue", "kind": "1"})
        await platform.until(lambda: panel.content == "saved")

    assert (form.title, list(form.fields)) == ("Save query", ["title", "kind"])
    assert submitted[0][0]["components"][0]["value"] == "Revenue"
    assert submitted[0][1]["component"]["values"] == ["1"]
    assert (picked.response, sent.response) == (6, 7)
    assert panel.components == ()
    with pytest.raises(AssertionError, match="no button"):
        await platform.press(ada, panel, "Save")


async def test_two_shards_hear_their_own_guilds_and_the_first_hears_direct_messages() -> None:
    async with DiscordPlatform(shards=2, concurrency=2) as platform:
        ada = platform.person("ada")
        guilds = [platform.guild(f"Guild {shard}", ada, shard=shard) for shard in (0, 1)]
        channels = [platform.channel(guild, "sales") for guild in guilds]
        async with running(platform) as parrot:
            for channel in channels:
                await platform.mention(ada, channel, "hello")
            await platform.say(ada, platform.dm(ada), "private")
            await platform.until(lambda: len(parrot.heard) == 3)
            shards = {each.guild.shard_id for each in parrot.heard if each.guild}
        assert shards == {0, 1}
        assert len({each.id for each in parrot.heard}) == 3


async def test_what_was_missed_is_replayed_upon_a_resume(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")

    async with running(platform) as parrot:
        await platform.reconnect()
        await platform.until(lambda: parrot.resumed == 1)
        async with platform.down():
            await platform.mention(ada, sales, "while away")
        await platform.until(lambda: parrot.resumed == 2 and parrot.heard, within=15)

    assert [each.content for each in parrot.heard] == [f"{platform.bot.mention} while away"]
    assert platform.gateway.identifies == 1


async def test_an_invalid_session_is_identified_anew(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")

    async with running(platform) as parrot:
        platform.clock.advance(6)
        await platform.invalidate()
        await platform.until(lambda: platform.gateway.identifies == 2, within=10)
        await platform.until(platform.ready)
        await platform.mention(ada, sales, "hello again")
        await platform.until(lambda: parrot.heard)


async def test_a_reset_token_ends_the_client(platform: DiscordPlatform) -> None:
    parrot = Parrot(platform, discord.Intents(guilds=True))
    task = asyncio.create_task(parrot.start(platform.token))
    await platform.until(platform.ready)

    platform.revoke()

    with pytest.raises(discord.ConnectionClosed) as closed:
        await asyncio.wait_for(task, 5)
    assert closed.value.code == 4004


async def test_a_guild_is_joined_left_and_its_channels_come_and_go(
    platform: DiscordPlatform,
) -> None:
    ada = platform.person("ada")
    guild = platform.guild("Acme", ada)
    async with running(platform) as parrot:
        later = platform.guild("Later", ada)
        room = platform.channel(later, "room", ada)
        hidden = platform.channel(later, "hidden", ada)
        platform.forbid(hidden, "view_channel")
        await platform.say(ada, hidden, "secret")
        await platform.until(lambda: parrot.get_channel(room.id))
        known = parrot.get_channel(room.id)
        assert isinstance(known, discord.TextChannel)
        platform.forbid(room, "send_messages")
        await platform.mention(ada, room, "hello")
        await platform.until(lambda: parrot.heard)
        assert not known.permissions_for(known.guild.me).send_messages
        with pytest.raises(discord.Forbidden) as refused:
            await known.send("no")
        await platform.notice(ada, room)
        await platform.until(lambda: len(parrot.heard) == 2)
        assert parrot.heard[1].is_system()
        platform.kick(guild)
        await platform.until(lambda: parrot.guilds_left)
    assert refused.value.code == 50013
    assert parrot.guilds_left == [guild.id]


async def test_rate_limits_are_waited_for_by_a_good_client(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    platform.limit("PATCH", "/channels/*/messages/*", 2, 0.2)
    async with running(platform) as parrot:
        message = await parrot.get_partial_messageable(sales.id).send("0")
        for count in range(5):
            await message.edit(content=str(count))
    (said,) = platform.messages(sales)
    first, third, fifth = said.edits[0], said.edits[2], said.edits[4]
    assert third - first >= 0.2
    assert fifth - third >= 0.2
    assert platform.limited == []


async def test_an_interaction_that_is_late_or_expired_is_gone(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    refused: list[int] = []

    async def use(interaction: discord.Interaction) -> None:
        found = platform.world.interactions[interaction.id]
        if interaction.namespace.question == "late":
            platform.late(found)
            with pytest.raises(discord.NotFound) as late:
                await interaction.response.defer()
            refused.append(late.value.code)
        else:
            await interaction.response.defer()
            platform.expire(found)
            with pytest.raises(discord.HTTPException) as expired:
                await interaction.edit_original_response(content="x")
            refused.append(expired.value.code)
        platform.happened()

    async with running(platform) as parrot:
        parrot.on_used = use
        late = await platform.command(ada, sales, "ask", question="late")
        await platform.until(lambda: len(refused) == 1)
        expired = await platform.command(ada, sales, "ask", question="expired")
        await platform.until(lambda: len(refused) == 2)

    assert refused == [10062, 50027]
    assert platform.failed(late)
    assert isinstance(expired, Interaction)
    assert not platform.failed(expired)
    assert platform.thinking == (expired.message,)
