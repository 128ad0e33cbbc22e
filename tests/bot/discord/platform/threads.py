"""REST of threads: docs, Threads; Channels Resource."""

from .calls import Answer, Call, Rule
from .checks import Body
from .errors import Refused
from .permissions import may
from .records import (
    HAS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Message,
    Payload,
    Person,
)
from .world import GUILDS, World

CHANNEL = "/channels/{channel}"
NAME = 100
"""1 to 100 characters: docs, Channels Resource, "Start Thread from Message"."""
ARCHIVES = (60, 1440, 4320, 10080)
"""Minutes: docs, Channels Resource, "Thread Metadata Object"."""
TOPIC = 1024
"""Docs, Channels Resource, "Modify Channel"."""


class Threads:
    """What a bot does with threads."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [
            Rule("POST", f"{CHANNEL}/messages/{{message}}/threads", self.from_message),
            Rule("POST", f"{CHANNEL}/threads", self.without_message),
            Rule("PATCH", CHANNEL, self.modify),
            Rule("DELETE", CHANNEL, self.delete),
            Rule("PUT", f"{CHANNEL}/thread-members/@me", self.join),
            Rule("DELETE", f"{CHANNEL}/thread-members/@me", self.leave),
            Rule("PUT", f"{CHANNEL}/thread-members/{{user}}", self.add),
            Rule("GET", f"{CHANNEL}/threads/archived/public", self.archived),
            Rule("GET", "/guilds/{guild}/threads/active", self.active),
        ]

    def _needs(self, channel: Channel, name: str) -> None:
        if not may(self._world.bot, channel, name):
            raise Refused(50013)

    def _parent(self, call: Call) -> Channel:
        channel = self._world.channel(call.parts["channel"])
        if channel.guild is None:
            raise Refused(50003)
        if channel.type != TEXT:
            raise Refused(50024)
        return channel

    def from_message(self, call: Call) -> Answer:
        """Start Thread from Message: one a message, whose id it has (160004)."""
        channel = self._parent(call)
        message = self._world.message(channel, call.parts["message"])
        self._needs(channel, "create_public_threads")
        body = call.fields("name", "auto_archive_duration", "rate_limit_per_user")
        name, archive = self._named(body)
        thread = self.start(self._world.bot, channel, name, message=message, archive=archive)
        return Answer(self._world.place(thread), 201)

    def without_message(self, call: Call) -> Answer:
        """Start Thread without Message: private by default."""
        channel = self._parent(call)
        known = ("name", "auto_archive_duration", "rate_limit_per_user", "type", "invitable")
        body = call.fields(*known)
        kind = body.one_of("type", (PUBLIC_THREAD, PRIVATE_THREAD)) or PRIVATE_THREAD
        public = kind == PUBLIC_THREAD
        self._needs(channel, "create_public_threads" if public else "create_private_threads")
        name, archive = self._named(body)
        thread = self.start(self._world.bot, channel, name, archive=archive, type=kind)
        return Answer(self._world.place(thread), 201)

    def _named(self, body: Body) -> tuple[str, int]:
        name = body.text("name", least=1, most=NAME, required=True, trim=True) or ""
        body.number("rate_limit_per_user", least=0, most=21600)
        archive = body.one_of("auto_archive_duration", ARCHIVES) or 4320
        body.problems.refuse()
        return name, archive

    def start(
        self,
        person: Person,
        channel: Channel,
        name: str,
        *,
        message: Message | None = None,
        archive: int = 4320,
        type: int = PUBLIC_THREAD,
    ) -> Channel:
        """Let a thread begin, whoever starts it."""
        world = self._world
        if message and message.thread:
            raise Refused(160004)
        id = message.id if message else world.ids.next()
        if id in world.channels:
            raise Refused(160004)
        thread = Channel(id, name, type, channel.guild, channel, owner=person)
        thread.auto_archive, thread.touched = archive, world.clock.now()
        thread.members.add(person)
        world.channels[id] = thread
        if world.known(thread):
            payload = world.place(thread) | {"newly_created": True}
            world.tell("THREAD_CREATE", channel.guild, payload)
        if message:
            message.thread = thread
            message.flags |= HAS_THREAD
            world.tell_message("MESSAGE_UPDATE", message)
        return thread

    def modify(self, call: Call) -> Answer:
        """Modify Channel: docs, Threads, "Editing & Deleting Threads"."""
        world = self._world
        channel = world.channel(call.parts["channel"])
        if channel.guild is None:
            raise Refused(50003)
        if not channel.is_thread:
            return self._modify_channel(channel, call)
        known = ("name", "archived", "auto_archive_duration", "locked", "invitable", "flags")
        body = call.fields(*known, "rate_limit_per_user", "applied_tags")
        name = body.text("name", least=1, most=NAME, trim=True)
        archived, locked = body.truth("archived"), body.truth("locked")
        archive = body.one_of("auto_archive_duration", ARCHIVES)
        body.problems.refuse()
        moderates = may(world.bot, channel, "manage_threads")
        only_back = archived is False and set(body.value) <= {"archived"} and not channel.locked
        own = channel.owner is world.bot and locked is None and not channel.locked
        if not (moderates or only_back or own):
            raise Refused(50013)
        if channel.archived and archived is not False:
            raise Refused(50083)
        if archived is not None and archived != channel.archived:
            channel.archived, channel.touched = archived, world.clock.now()
        channel.name = name or channel.name
        channel.auto_archive = archive or channel.auto_archive
        channel.locked = channel.locked if locked is None else locked
        world.tell_channel("THREAD_UPDATE", channel)
        return Answer(world.place(channel))

    def _modify_channel(self, channel: Channel, call: Call) -> Answer:
        self._needs(channel, "manage_channels")
        body = call.fields("name", "topic")
        name = body.text("name", least=1, most=NAME)
        body.text("topic", most=TOPIC)
        body.problems.refuse()
        channel.name = name or channel.name
        self._world.tell_channel("CHANNEL_UPDATE", channel)
        return Answer(self._world.place(channel))

    def delete(self, call: Call) -> Answer:
        """Delete/Close Channel."""
        channel = self._world.channel(call.parts["channel"])
        shown = self._world.place(channel)
        if channel.guild:
            self._needs(channel, "manage_threads" if channel.is_thread else "manage_channels")
            self.remove(channel)
        return Answer(shown)

    def remove(self, channel: Channel) -> None:
        """Let a channel be gone, with its threads."""
        world = self._world
        if channel.parent:
            payload: Payload = {"id": str(channel.id), "type": channel.type}
            payload |= {"guild_id": str(channel.guild.id) if channel.guild else None}
            payload["parent_id"] = str(channel.parent.id)
            channel.removed = True
            world.tell("THREAD_DELETE", channel.guild, payload)
            return
        shown = world.place(channel)
        channel.removed = True
        for each in world.channels.values():
            each.removed = each.removed or each.parent is channel
        world.tell("CHANNEL_DELETE", channel.guild, shown)

    def _thread(self, call: Call) -> Channel:
        channel = self._world.channel(call.parts["channel"])
        if not channel.is_thread:
            raise Refused(50024)
        if channel.archived:
            raise Refused(50083)
        return channel

    def join(self, call: Call) -> Answer:
        """Join Thread."""
        self._membership(self._thread(call), self._world.bot, there=True)
        return Answer()

    def leave(self, call: Call) -> Answer:
        """Leave Thread."""
        self._membership(self._thread(call), self._world.bot, there=False)
        return Answer()

    def add(self, call: Call) -> Answer:
        """Add Thread Member."""
        thread = self._thread(call)
        person = self._world.people.get(int(call.parts["user"]))
        if person is None or (thread.guild and person not in thread.guild.people):
            raise Refused(10013)
        self._needs(thread, "send_messages_in_threads")
        self._membership(thread, person, there=True)
        return Answer()

    def _membership(self, thread: Channel, person: Person, *, there: bool) -> None:
        if (person in thread.members) == there or thread.guild is None:
            return
        (thread.members.add if there else thread.members.discard)(person)
        payload: Payload = {"id": str(thread.id), "guild_id": str(thread.guild.id)}
        payload["member_count"] = min(len(thread.members), 50)
        if person is self._world.bot:
            payload["removed_member_ids" if not there else "added_members"] = (
                [{"id": str(thread.id), "user_id": str(person.id)} | _joined(thread)]
                if there
                else [str(person.id)]
            )
            self._world.tell("THREAD_MEMBERS_UPDATE", thread.guild, payload, GUILDS)
        self._world.moments.happened()

    def archived(self, call: Call) -> Answer:
        """List Public Archived Threads."""
        channel = self._parent(call)
        self._needs(channel, "read_message_history")
        found = [
            each
            for each in self._world.channels.values()
            if each.parent is channel and each.archived and each.type == PUBLIC_THREAD
        ]
        found.sort(key=lambda each: each.touched, reverse=True)
        shown = [self._world.place(each) for each in found if not each.removed]
        return Answer({"threads": shown, "members": [], "has_more": False})

    def active(self, call: Call) -> Answer:
        """List Active Guild Threads."""
        guild = self._world.guild(call.parts["guild"])
        places = self._world.places(guild)
        found = [each for each in places if each.is_thread and not each.archived]
        return Answer({"threads": [self._world.place(each) for each in found], "members": []})


def _joined(thread: Channel) -> Payload:
    return {"join_timestamp": "2024-01-01T00:00:00+00:00", "flags": 0}
