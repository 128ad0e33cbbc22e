"""Interactions of Discord as what was heard: commands, presses, forms."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from discord import Interaction, InteractionType, Message, Permissions, TextChannel, Thread
from discord.abc import GuildChannel

from bot.cells import short
from bot.discord.forms import values
from bot.discord.hear import Directs, direct_spot, person_of
from bot.discord.offered import ON_MESSAGE
from bot.discord.roots import Roots
from bot.discord.where import LONGEST, Where, audience, may_begin, widest
from bot.discord.words import unmarked
from bot.heard import Anything, Asked, Channel, Commanded, Pressed, Run, Submitted
from bot.words import quoted, readings
from core.channels import Spot
from core.identity import Audience, Surface

MAY_OPEN_FORMS = frozenset({"run", "save", "schedule", "pipeline"})
"""Commands that are not acknowledged at once: a form is a first response, or none."""
MAY_SPEAK = Permissions(view_channel=True, send_messages=True)


class Act(NamedTuple):
    """What somebody did."""

    heard: Anything
    where: Where


class Hands:
    """Hears what people do."""

    def __init__(self, roots: Roots, directs: Directs) -> None:
        """Find where chats of replies, and of direct messages, began."""
        self._roots = roots
        self._directs = directs

    async def act(self, interaction: Interaction) -> Act | None:
        """Return what was commanded, pressed or filled in; None where it is none of these."""
        data: Mapping[str, Any] = interaction.data or {}
        match interaction.type:
            case InteractionType.application_command:
                spot, where = await self.typed_at(interaction, data)
                heard = _commanded(interaction, data, _told(interaction, spot, where))
                return Act(heard, where)
            case InteractionType.component if interaction.message is not None:
                spot, where = await self._pressed_at(interaction, interaction.message)
                told = _told(interaction, spot, where)
                chosen = next(iter(data.get("values") or ()), "")
                press = Pressed(**told, press=data["custom_id"], value=chosen)
                return Act(press, where)
            case InteractionType.modal_submit:
                # A form was opened by a command, or by a button of a card.
                if interaction.message is None:
                    spot, where = await self.typed_at(interaction, {})
                else:
                    spot, where = await self._pressed_at(interaction, interaction.message)
                told = _told(interaction, spot, where)
                return Act(Submitted(**told, press=data["custom_id"], values=values(data)), where)
            case _:
                return None

    async def typed_at(
        self, interaction: Interaction, data: Mapping[str, Any]
    ) -> tuple[Spot, Where]:
        """Return where a command stands: in no chat, unless it is a thread or direct messages."""
        channel = interaction.channel_id or 0
        where = Where(
            channel=channel,
            parent=_parent(interaction.channel),
            guild=interaction.guild_id,
            person=interaction.user.id,
            name=_name(interaction),
        )
        if interaction.guild_id is None:
            if data.get("name") == "ask":
                return direct_spot(channel, str(interaction.id)), where
            person = person_of(interaction.user)
            thread = await self._directs.thread(person, channel, interaction.created_at, None)
            return direct_spot(channel, thread), where
        thread_of = str(channel) if where.parent is not None else None
        return _spot(interaction, where, thread_of), where

    async def _pressed_at(self, interaction: Interaction, message: Message) -> tuple[Spot, Where]:
        """Return where a card stands, and which thread it begins."""
        channel, hidden = interaction.channel_id or 0, message.flags.ephemeral
        there = interaction.channel
        parent = _parent(there)
        begins = not hidden and isinstance(there, TextChannel) and may_begin(there)
        where = Where(
            channel=channel,
            parent=parent,
            guild=interaction.guild_id,
            person=interaction.user.id,
            question=message.id,
            begins=begins,
            title=short(message.content or "Trellis", LONGEST),
            name=_name(interaction),
            hidden=hidden,
        )
        if interaction.guild_id is None:
            person = person_of(interaction.user)
            thread = await self._directs.thread(person, channel, message.created_at, message)
            return direct_spot(channel, thread), where
        if parent is not None:
            return _spot(interaction, where, str(channel)), where
        if hidden:
            return _spot(interaction, where, None), where
        reference = message.reference
        to = None if reference is None else reference.message_id
        root = message.id if begins else await self._roots.of(channel, message.id, to)
        return _spot(interaction, where, str(root)), where


def _told(interaction: Interaction, spot: Spot, where: Where) -> dict[str, Any]:
    """Return what everything that was heard has."""
    return {
        "id": str(interaction.id),
        "person": person_of(interaction.user),
        "spot": spot,
        "private": not where.direct and (where.question is None or where.hidden),
    }


def _commanded(
    interaction: Interaction, data: Mapping[str, Any], told: Mapping[str, Any]
) -> Anything:
    """Return what a command says."""
    name = data["name"]
    if name == ON_MESSAGE:
        return Asked(**told, text=_content(data))
    options = {each["name"]: str(each["value"]) for each in data.get("options", ())}
    typed = next(readings(f"x {options.get('values', '')}")).values
    match name:
        case "ask":
            text, connection = options.get("question", ""), options.get("connection")
            return Asked(**told, text=text, connection=connection)
        case "run":
            query, connection = options.get("query", ""), options.get("connection")
            return Run(**told, query=query, values=typed, connection=connection)
        case "save" if options.get("title") and options.get("question"):
            fields = {"title": options["title"], "prompt": options["question"]}
            return Submitted(**told, press="save", values=fields)
        case "schedule":
            words, channels = _scheduled(interaction, data, options)
            return Commanded(**told, verb=name, words=words, channels=channels)
        case _:
            words = " ".join(options.values())
            run = name == "pipeline" and options.get("pipeline")
            return Commanded(**told, verb=name, words=f"run {words}" if run else words)


def _content(data: Mapping[str, Any]) -> str:
    """Return what a message says whose menu was used."""
    messages = data.get("resolved", {}).get("messages", {})
    message = messages.get(str(data.get("target_id")), {})
    return unmarked(str(message.get("content", ""))).strip()


def _scheduled(
    interaction: Interaction, data: Mapping[str, Any], options: Mapping[str, str]
) -> tuple[str, tuple[Channel, ...]]:
    """Return a schedule in words, and the channel that they name if its asker may speak there."""
    if not options.get("query") and not options.get("when"):
        return "", ()
    words = f"{quoted(options.get('query', ''))} {options.get('values', '')}"
    words = f"{words.rstrip()} {options.get('when', '')}".rstrip()
    id = options.get("channel")
    if id is None:
        return words, ()
    written = f"<#{id}>"
    told = data.get("resolved", {}).get("channels", {}).get(id, {})
    guild = interaction.guild
    channel = None if guild is None else guild.get_channel(int(id))
    theirs = Permissions(int(told.get("permissions", 0)))
    name = str(told.get("name", ""))
    if channel is None or guild is None or not MAY_SPEAK.is_subset(theirs):
        return f"{words} in #{name}", ()
    if not MAY_SPEAK.is_subset(channel.permissions_for(guild.me)):
        return f"{words} in #{name}", ()
    spot = Spot(
        surface=Surface.DISCORD, workspace=str(guild.id), channel=id, audience=audience(channel)
    )
    return f"{words} in {written}", (Channel(written=written, name=name, spot=spot),)


def _spot(interaction: Interaction, where: Where, thread: str | None) -> Spot:
    channel, guild = interaction.channel, interaction.guild
    heard_by = Audience.OUTSIDE if guild is None else widest(guild)
    if isinstance(channel, GuildChannel | Thread):
        heard_by = audience(channel)
    return Spot(
        surface=Surface.DISCORD,
        workspace=str(interaction.guild_id),
        channel=str(where.parent or where.channel),
        thread=thread,
        audience=heard_by,
    )


def _parent(channel: object) -> int | None:
    return channel.parent_id if isinstance(channel, Thread) else None


def _name(interaction: Interaction) -> str:
    channel, guild = interaction.channel, interaction.guild
    if guild is None or not isinstance(channel, GuildChannel | Thread):
        return "direct messages"
    return f"#{channel.name}, {guild.name}"
