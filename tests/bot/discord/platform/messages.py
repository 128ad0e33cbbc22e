"""How messages come to stand in channels, change and go, whoever wrote them."""

from .drafts import Draft
from .errors import Refused, wrong
from .mentions import mention, rung
from .permissions import may
from .records import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    Channel,
    Interaction,
    Message,
    Payload,
    Person,
    Version,
)
from .world import World

REPLY, COMMAND_REPLY, CONTEXT_REPLY = 19, 20, 23
"""Types of messages."""
NONCE_SECONDS = 300
""""The past few minutes": docs, Message Resource, "Create Message"."""


class Messages:
    """All verbs on messages; what they refuse, Discord refuses."""

    def __init__(self, world: World) -> None:
        self._world = world

    def may_speak(self, person: Person, channel: Channel, draft: Draft) -> None:
        """Refuse what *person* may not say in *channel*: docs, Permissions and Threads."""
        world = self._world
        if channel.guild is None:
            recipient = channel.recipient
            if person is world.bot and recipient:
                if recipient.closed:
                    raise Refused(50007)
                if not self._mutual(recipient):
                    raise Refused(50278)
            return
        needed = ["send_messages_in_threads" if channel.is_thread else "send_messages"]
        needed += ["embed_links"] if draft.embeds else []
        needed += ["attach_files"] if draft.files else []
        if not all(may(person, channel, name) for name in needed):
            raise Refused(50013)
        if channel.locked and not may(person, channel, "manage_threads"):
            raise Refused(160005)
        if draft.reference and not may(person, channel, "read_message_history"):
            raise Refused(160002)

    def _mutual(self, person: Person) -> bool:
        guilds = self._world.guilds.values()
        return any(guild.joined and person in guild.people for guild in guilds)

    def post(
        self,
        author: Person,
        channel: Channel,
        draft: Draft,
        *,
        interaction: Interaction | None = None,
        thinking: bool = False,
        kind: int = 0,
    ) -> Message:
        """Let a message stand in *channel*; of another *kind*, it is Discord's own."""
        world = self._world
        if draft.enforce_nonce and draft.nonce:
            for each in reversed(channel.messages.values()):
                if each.at < world.clock.now() - NONCE_SECONDS:
                    break
                if each.nonce == draft.nonce and each.author is author:
                    return each
        message = Message(world.ids.next(), channel, author, world.clock.now())
        message.nonce, message.type = draft.nonce, kind
        message.flags = draft.flags | (LOADING if thinking else 0)
        message.interaction = interaction
        if interaction and draft.flags & EPHEMERAL:
            message.audience = interaction.person
        if interaction:
            message.type = CONTEXT_REPLY if interaction.data.get("type") == 3 else COMMAND_REPLY
            message.type = COMMAND_REPLY if interaction.type != 2 else message.type
        if draft.reference:
            message.reply_to = self._replied(channel, draft.reference)
            message.type = REPLY if message.reply_to else 0
        self._fill(message, draft)
        if not (thinking or kind):
            self._not_empty(message)
        present = world.present(channel)
        mention(message, draft.allowed, present)
        message.pings = rung(message, present)
        message.versions.append(self._version(message, message.at))
        channel.messages[message.id] = message
        world.pings += message.pings
        if channel.is_thread:
            self._wake(channel, message)
        world.tell_message("MESSAGE_CREATE", message)
        return message

    def _wake(self, thread: Channel, message: Message) -> None:
        """Bring back an archived thread that is spoken in: docs, Threads."""
        thread.members |= {message.author, *message.mentions}
        if thread.archived:
            thread.archived = False
            thread.touched = message.at
            self._world.tell_channel("THREAD_UPDATE", thread)

    def edit(self, message: Message, draft: Draft) -> Message:
        """Change a message; nobody's telephone rings."""
        world = self._world
        before = message.content, message.embeds, message.components, message.files
        flags = message.flags
        message.flags = flags & ~LOADING
        if draft.flags or not draft.flags & SUPPRESS_EMBEDS:
            message.flags |= draft.flags & (SUPPRESS_EMBEDS | COMPONENTS_V2)
        self._fill(message, draft)
        try:
            self._not_empty(message)
        except Refused:
            message.content, message.embeds, message.components, message.files = before
            message.flags = flags
            raise
        mention(message, draft.allowed, world.present(message.channel))
        now = world.clock.now()
        message.edited = now
        message.versions.append(self._version(message, now))
        world.tell_message("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        self._world.tell_deleted(message)

    def _fill(self, message: Message, draft: Draft) -> None:
        if draft.content is not None:
            message.content = draft.content
        if draft.embeds is not None:
            message.embeds = draft.embeds
        if draft.components is not None:
            message.components = draft.components
        kept = message.files
        if draft.kept is not None:
            kept = tuple(each for each in kept if each.id in draft.kept)
        message.files = kept + draft.files

    def _not_empty(self, message: Message) -> None:
        """50006: docs, Message Resource, "Create Message": at least one of them is required."""
        if not (message.content or message.embeds or message.files or message.components):
            raise Refused(50006)

    def _replied(self, channel: Channel, reference: Payload) -> Message | None:
        found = channel.messages.get(int(reference["message_id"]))
        elsewhere = int(reference.get("channel_id") or channel.id) != channel.id
        if found is None or found.deleted or found.ephemeral or elsewhere:
            if reference.get("fail_if_not_exists", True):
                raise wrong(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            return None
        if found.type not in {0, REPLY, COMMAND_REPLY, CONTEXT_REPLY}:
            code = "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"
            raise wrong(("message_reference",), code, "Cannot reply to a system message")
        return found

    def _version(self, message: Message, at: float) -> Version:
        return Version(at, message.content, message.embeds, message.components, message.files)
