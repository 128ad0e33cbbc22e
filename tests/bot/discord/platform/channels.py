"""REST of channels and messages: docs, Channels Resource and Message Resource."""

from urllib.parse import unquote

from .calls import Answer, Call, Rule
from .drafts import CREATE, EDIT, read_draft
from .errors import Refused
from .mentions import REGULAR
from .messages import Messages
from .permissions import may
from .records import LOADING, Channel, Message, Payload
from .world import DIRECT_REACTIONS, GUILD_MESSAGES, REACTIONS, World

CHANNEL, MESSAGE = "/channels/{channel}", "/channels/{channel}/messages/{message}"
PAGE = 100
"""Messages to a page: docs, Message Resource, "Get Channel Messages"."""
BULK = 2, 100, 14 * 86400
"""Least, most, and how old in seconds: docs, Message Resource, "Bulk Delete Messages"."""


class Channels:
    """What a bot does in channels."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    @property
    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [
            Rule("GET", CHANNEL, self.get),
            Rule("POST", f"{CHANNEL}/typing", self.type),
            Rule("GET", f"{CHANNEL}/messages", self.list),
            Rule("POST", f"{CHANNEL}/messages", self.create),
            Rule("GET", MESSAGE, self.read),
            Rule("PATCH", MESSAGE, self.edit),
            Rule("DELETE", MESSAGE, self.delete),
            Rule("POST", f"{CHANNEL}/messages/bulk-delete", self.sweep),
            Rule("PUT", f"{MESSAGE}/reactions/{{emoji}}/@me", self.react),
            Rule("DELETE", f"{MESSAGE}/reactions/{{emoji}}/@me", self.unreact),
        ]

    def _at(self, call: Call) -> tuple[Channel, Message]:
        channel = self._world.channel(call.parts["channel"])
        return channel, self._world.message(channel, call.parts["message"])

    def _needs(self, channel: Channel, *names: str) -> None:
        for name in names:
            if not may(self._world.bot, channel, name):
                raise Refused(50013)

    def get(self, call: Call) -> Answer:
        """Get Channel."""
        return Answer(self._world.place(self._world.channel(call.parts["channel"])))

    def type(self, call: Call) -> Answer:
        """Trigger Typing Indicator."""
        channel = self._world.channel(call.parts["channel"])
        name = "send_messages_in_threads" if channel.is_thread else "send_messages"
        self._needs(channel, name)
        channel.typing.append(self._world.clock.now())
        return Answer()

    def list(self, call: Call) -> Answer:
        """Get Channel Messages: newest first; none without READ_MESSAGE_HISTORY."""
        channel = self._world.channel(call.parts["channel"])
        limit = int(call.query.get("limit", 50))
        if not 1 <= limit <= PAGE:
            body = call.fields()
            said = f"int value should be between 1 and {PAGE}."
            body.wrong(("limit",), "NUMBER_TYPE_MAX", said)
            body.problems.refuse()
        if not may(self._world.bot, channel, "read_message_history"):
            return Answer([])
        found = [
            each for each in channel.messages.values() if not each.deleted and not each.ephemeral
        ]
        before, after = call.query.get("before"), call.query.get("after")
        if before:
            found = [each for each in found if each.id < int(before)]
        if after:
            found = [each for each in found if each.id > int(after)][:limit]
        return Answer([self._world.shown(each) for each in reversed(found[-limit:])])

    def read(self, call: Call) -> Answer:
        """Get Channel Message."""
        channel, message = self._at(call)
        self._needs(channel, "read_message_history")
        return Answer(self._world.shown(message))

    def create(self, call: Call) -> Answer:
        """Create Message."""
        world = self._world
        channel = world.channel(call.parts["channel"])
        draft = read_draft(call.body, call.files, world.ids, REGULAR, known=CREATE)
        self._messages.may_speak(world.bot, channel, draft)
        return Answer(world.shown(self._messages.post(world.bot, channel, draft)))

    def edit(self, call: Call) -> Answer:
        """Edit Message: one's own alone, and not in an archived thread (50083)."""
        world = self._world
        channel, message = self._at(call)
        if message.author is not world.bot:
            raise Refused(50005)
        if channel.archived:
            raise Refused(50083)
        draft = read_draft(call.body, call.files, world.ids, REGULAR, known=EDIT, before=message)
        needed = (["embed_links"] if draft.embeds else []) + (
            ["attach_files"] if draft.files else []
        )
        self._needs(channel, *needed)
        if message.flags & LOADING:
            draft.flags |= message.flags & ~LOADING
        return Answer(world.shown(self._messages.edit(message, draft)))

    def delete(self, call: Call) -> Answer:
        """Delete Message: that of others needs MANAGE_MESSAGES."""
        channel, message = self._at(call)
        if message.author is not self._world.bot:
            if channel.guild is None:
                raise Refused(50003)
            self._needs(channel, "manage_messages")
        self._messages.delete(message)
        return Answer()

    def sweep(self, call: Call) -> Answer:
        """Bulk Delete Messages: needs MANAGE_MESSAGES whoever wrote them."""
        channel = self._world.channel(call.parts["channel"])
        if channel.guild is None:
            raise Refused(50003)
        self._needs(channel, "manage_messages")
        body = call.fields("messages")
        least, most, age = BULK
        ids = body.values("messages", most=most, required=True)
        body.problems.refuse()
        if len(set(ids)) < least:
            raise Refused(50016, "Provided too few or too many messages to delete.")
        found = [channel.messages.get(int(id)) for id in ids]
        now = self._world.clock.now()
        if any(each and each.at < now - age for each in found):
            raise Refused(50034, "A message provided was too old to bulk delete")
        for each in found:
            if each and not each.deleted:
                each.deleted = True
        payload: Payload = {"ids": ids, "channel_id": str(channel.id)}
        payload["guild_id"] = str(channel.guild.id)
        self._world.tell("MESSAGE_DELETE_BULK", channel.guild, payload, GUILD_MESSAGES)
        return Answer()

    def react(self, call: Call) -> Answer:
        """Create Reaction."""
        channel, message = self._at(call)
        self._needs(channel, "read_message_history", "add_reactions")
        if channel.archived:
            raise Refused(50083)
        emoji = unquote(call.parts["emoji"])
        if emoji.isascii() and ":" not in emoji:
            raise Refused(10014)
        if emoji not in message.reactions:
            message.reactions.append(emoji)
            self._reacted("MESSAGE_REACTION_ADD", message, emoji)
        return Answer()

    def unreact(self, call: Call) -> Answer:
        """Delete Own Reaction."""
        _, message = self._at(call)
        emoji = unquote(call.parts["emoji"])
        if emoji not in message.reactions:
            raise Refused(10014)
        message.reactions.remove(emoji)
        self._reacted("MESSAGE_REACTION_REMOVE", message, emoji)
        return Answer()

    def _reacted(self, event: str, message: Message, emoji: str) -> None:
        guild = message.channel.guild
        payload: Payload = {
            "user_id": str(self._world.bot.id),
            "channel_id": str(message.channel.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if guild:
            payload["guild_id"] = str(guild.id)
        self._world.tell(event, guild, payload, REACTIONS if guild else DIRECT_REACTIONS)
