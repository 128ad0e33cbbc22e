"""What people do that is said: messages, mentions, commands, the home tab, the assistant's pane."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.bot.slack.platform.carrier import Delivery
from tests.bot.slack.platform.events import as_typed, typed
from tests.bot.slack.platform.hooks import answer, content
from tests.bot.slack.platform.modals import view_shape
from tests.bot.slack.platform.nouns import Channel, File, Message, Person
from tests.bot.slack.platform.payloads import links
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.web import Web

CHANNEL_NAMES = {"im": "directmessage", "group": "privategroup"}
SLACKBOT = "USLACKBOT"


class People(Web):
    """Gestures of people, each told to the app as Slack tells it."""

    looking_at: dict[str, Channel]
    """What somebody has before them while they talk to the agent."""

    # Messages

    async def write(
        self,
        person: Person,
        channel: Channel,
        text: str,
        *,
        thread: Message | str | None = None,
        files: Iterable[tuple[str, bytes]] = (),
        broadcast: bool = False,
    ) -> Message:
        """Write as one types: `&<>` are plain characters, `<@U…>` mentions somebody."""
        assert person.id in channel.members, f"{person.name} is not in #{channel.name}"
        assert not channel.archived, f"#{channel.name} is archived"
        root = thread.root if isinstance(thread, Message) else thread or ""
        message = Message(self.clock.stamp(), channel, person.id, person.team, typed(text))
        message.blocks = as_typed(text) if text else []
        message.thread, message.broadcast = root, broadcast
        message.bot_id = person.bot_id
        message.app_id = f"A{person.id[1:]}" if person.bot else ""
        message.files = [self._attached(person, channel, *each) for each in files]
        if message.files:
            message.subtype = "file_share"
        elif broadcast:
            message.subtype = "thread_broadcast"
        self.enter(message)
        event = {**self.shape(message), **self._context(person, channel)}
        await self.tell(message, event)
        await self._unfurl(message)
        return message

    def _attached(self, person: Person, channel: Channel, name: str, content: bytes) -> File:
        file = File(self.new_id("F"), name, name, person.team, person.id, len(content))
        file.content, file.uploaded, file.complete = content, True, True
        file.created = int(self.clock.now())
        file.channels = [channel.id]
        self.uploads[file.id] = file
        return file

    def _context(self, person: Person, channel: Channel) -> Json:
        seen = self.looking_at.get(person.id)
        if channel.kind != "im" or seen is None or "app_context_changed" not in self.app.events:
            return {}
        return {"app_context": {"entities": [_entity(seen)]}} if self.app.view == "agent" else {}

    async def _unfurl(self, message: Message) -> None:
        """Tell of links of the app's domains (https://docs.slack.dev/reference/events/link_shared)."""
        found: list[Json] = []
        for address in links(message.text):
            host = urlsplit(address).hostname or ""
            for domain in self.app.domains:
                if host == domain or host.endswith(f".{domain}"):
                    found += [{"domain": domain, "url": address.replace("&amp;", "&")}]
        team = self.bot_of(message.channel)
        if not found or team is None:
            return
        id = f"{message.channel.id}-{message.ts}-{self.new_id('')}"
        self.unfurl_ids[id] = message
        event: Json = {
            "type": "link_shared",
            "channel": message.channel.id,
            "is_bot_user_member": True,
            "user": message.author,
            "message_ts": message.ts,
            "unfurl_id": id,
            "source": "conversations_history",
            "links": found,
            "event_ts": self.clock.stamp(),
        }
        if message.thread:
            event["thread_ts"] = message.thread
        told = await self.notify(team, "link_shared", event, message.channel)
        message.deliveries += [told] if told is not None else []

    async def mention(
        self, person: Person, channel: Channel, text: str, *, thread: Message | str | None = None
    ) -> Message:
        """Mention the bot and say something to it."""
        team = self.bot_of(channel) or channel.team
        return await self.write(person, channel, f"<@{team.bot_user}> {text}", thread=thread)

    async def say(
        self, person: Person, text: str, *, thread: Message | str | None = None
    ) -> Message:
        """Say something to the bot in the direct message.

        Where the app has the assistant view, words outside a thread begin one.
        """
        if self.app.view == "assistant" and thread is None:
            thread = await self.start_assistant_thread(person)
        return await self.write(person, self.dm(person), text, thread=thread)

    async def edit(self, person: Person, message: Message, text: str) -> list[Delivery]:
        """Change one's own message; a mention in it is told once more, as Slack does."""
        assert message.author == person.id, "only its author edits a message"
        before = self.shape(message)
        message.text, message.blocks = typed(text), as_typed(text)
        message.edited = {"user": person.id, "ts": f"{int(self.clock.now())}.000000"}
        event: Json = {
            "type": "message",
            "subtype": "message_changed",
            "message": self.shape(message),
            "previous_message": before,
            "ts": self.clock.stamp(),
            "hidden": True,
        }
        self.changed()
        return await self.tell(message, event)

    async def delete(self, person: Person, message: Message) -> list[Delivery]:
        """Delete one's own message."""
        assert message.author == person.id, "only its author deletes a message"
        return await self.vanish(message)

    async def react(self, person: Person, message: Message, name: str) -> Delivery | None:
        """Put an emoji under a message (https://docs.slack.dev/reference/events/reaction_added)."""
        message.reactions.setdefault(name, []).append(person.id)
        self.changed()
        event = {
            "type": "reaction_added",
            "user": person.id,
            "reaction": name,
            "item_user": message.author,
            "item": {"type": "message", "channel": message.channel.id, "ts": message.ts},
            "event_ts": self.clock.stamp(),
        }
        team = self.bot_of(message.channel)
        return await self.notify(team, "reaction_added", event, message.channel)

    # Commands

    async def command(
        self, person: Person, channel: Channel, command: str, text: str = ""
    ) -> Delivery:
        """Type a slash command (https://docs.slack.dev/interactivity/implementing-slash-commands)."""
        assert command in self.app.commands, f"{command} is not a valid command"
        assert person.team.installed, f"the app is not in {person.team.name}"
        payload = {
            "token": self.verification,
            "team_id": person.team.id,
            "team_domain": person.team.domain,
            "channel_id": channel.id,
            "channel_name": CHANNEL_NAMES.get(channel.kind, channel.name),
            "user_id": person.id,
            "user_name": person.name.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "is_enterprise_install": "false",
            "response_url": f"{self.root}/actions/{self.hook(person, channel)}",
            "trigger_id": self.trigger(person),
        }
        if person.team.enterprise:
            payload |= {"enterprise_id": person.team.enterprise, "enterprise_name": "E"}
        delivery = await self.deliver(payload, type="slash_commands")
        if not delivery.acked:
            sent = delivery.attempts[-1].failure
            why = "operation_timeout" if "timeout" in sent else "dispatch_failed"
            self.slackbot(person, channel, f'{command} failed with the error "{why}"')
        elif delivery.answer:
            try:
                said = content(delivery.answer)
            except Refused as refused:
                self.violated("bad_ack", f"{command}: {refused.code} {refused.faults}")
                self.slackbot(person, channel, f'{command} failed with the error "{refused.code}"')
            else:
                answer(self, person, channel, said, delivery.answer)
        return delivery

    def slackbot(self, person: Person, channel: Channel, text: str) -> Message:
        """Let Slack itself tell somebody something, in private."""
        self.people.setdefault(SLACKBOT, Person(SLACKBOT, "Slackbot", person.team, bot=True))
        message = Message(self.clock.stamp(), channel, SLACKBOT, person.team, text)
        message.ephemeral_to = person.id
        return self.said(message)

    # The home tab and the assistant's pane

    async def open_home(self, person: Person, *, tab: str = "home") -> Delivery | None:
        """Open the app's tab (https://docs.slack.dev/reference/events/app_home_opened)."""
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self.dm(person).id,
            "tab": tab,
            "event_ts": self.clock.stamp(),
        }
        if tab == "home" and person.id in self.homes:
            event["view"] = view_shape(self.homes[person.id], self.app_id)
        if tab == "messages":
            event |= self._context(person, self.dm(person))
        return await self.notify(person.team, "app_home_opened", event)

    async def start_assistant_thread(
        self, person: Person, *, context: Channel | None = None
    ) -> Message | None:
        """Open the assistant's pane; return the first message of its thread.

        With the agent view there is no thread yet, and nothing is returned: the app hears that
        the messages tab was opened (https://docs.slack.dev/ai/migrating-to-agent-messaging).
        """
        if context is not None:
            self.looking_at[person.id] = context
        if self.app.view != "assistant":
            await self.open_home(person, tab="messages")
            return None
        channel = self.dm(person)
        text = "New Assistant Thread"
        message = Message(self.clock.stamp(), channel, person.team.bot_user, person.team, text)
        message.subtype = "assistant_app_thread"
        self.enter(message)
        thread = self.conversation(channel, message.ts)
        thread.context = _context(context)
        await self._assistant(person, message, "assistant_thread_started")
        return message

    async def switch_context(
        self, person: Person, thread: Message | None, channel: Channel
    ) -> Delivery | None:
        """Go to another channel while the pane is open."""
        self.looking_at[person.id] = channel
        if self.app.view == "assistant":
            assert thread is not None, "an assistant's context belongs to a thread"
            self.conversation(thread.channel, thread.ts).context = _context(channel)
            return await self._assistant(person, thread, "assistant_thread_context_changed")
        event = {
            "type": "app_context_changed",
            "user": person.id,
            "channel": self.dm(person).id,
            "context": {"entities": [_entity(channel)]},
            "event_ts": self.clock.stamp(),
        }
        if self.app.view != "agent":
            return None
        return await self.notify(person.team, "app_context_changed", event)

    async def _assistant(self, person: Person, message: Message, type: str) -> Delivery | None:
        event = {
            "type": type,
            "assistant_thread": {
                "user_id": person.id,
                "context": self.conversation(message.channel, message.ts).context,
                "channel_id": message.channel.id,
                "thread_ts": message.ts,
            },
            "event_ts": self.clock.stamp(),
        }
        told = await self.notify(person.team, type, event)
        message.deliveries += [told] if told is not None else []
        return told

    async def stop(self, person: Person, message: Message) -> Delivery | None:
        """Press Stop under a message that grows.

        https://docs.slack.dev/reference/events/agent_session_stopped
        """
        assert message.stream is not None, "nothing to stop"
        assert message.streaming, "nothing to stop"
        message.stream.over = "stopped_by_user"
        self.changed()
        event = {
            "type": "agent_session_stopped",
            "channel": message.channel.id,
            "user": person.id,
            "thread_ts": message.root,
            "streaming_message_ts": [message.ts],
            "event_ts": self.clock.stamp(),
        }
        return await self.notify(self.bot_of(message.channel), "agent_session_stopped", event)

    # Who is where

    async def join(self, channel: Channel, *people: Person) -> None:
        """Let people into a channel."""
        for person in people:
            channel.members.add(person.id)
            await self._joined(channel, person)

    def depart(self, channel: Channel, person: Person) -> None:
        """Let somebody out of a channel."""
        channel.members.discard(person.id)
        self.changed()

    async def invite(self, channel: Channel) -> None:
        """Let the bot into a channel."""
        bot = self.people[channel.team.bot_user]
        channel.members.add(bot.id)
        await self._joined(channel, bot)

    async def _joined(self, channel: Channel, person: Person) -> None:
        event = {
            "type": "member_joined_channel",
            "user": person.id,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": person.team.id,
            "event_ts": self.clock.stamp(),
        }
        self.changed()
        await self.notify(self.bot_of(channel), "member_joined_channel", event, channel)

    async def kick(self, channel: Channel) -> None:
        """Put the bot out of a channel."""
        team = self.bot_of(channel)
        channel.members -= {each.bot_user for each in channel.teams}
        kind = "channel_left" if channel.kind == "channel" else "group_left"
        event = {"type": kind, "channel": channel.id, "event_ts": self.clock.stamp()}
        self.changed()
        await self.notify(team, kind, event, channel)

    async def archive(self, channel: Channel) -> None:
        """Archive a channel."""
        channel.archived = True
        event = {"type": "channel_archive", "channel": channel.id, "event_ts": self.clock.stamp()}
        self.changed()
        await self.notify(self.bot_of(channel), "channel_archive", event, channel)


def _entity(channel: Channel) -> Json:
    return {"type": "slack#/types/channel_id", "value": channel.id, "team_id": channel.team.id}


def _context(channel: Channel | None) -> Json:
    if channel is None:
        return {}
    return {
        "channel_id": channel.id,
        "team_id": channel.team.id,
        "enterprise_id": channel.team.enterprise or None,
    }
