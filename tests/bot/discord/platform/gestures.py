"""What people do. Discord's own client lets nobody do what is not possible; neither does this."""

import mimetypes
import secrets
from collections.abc import Mapping
from typing import Any

from .callbacks import COMMAND, COMPLETE, COMPONENT, FIRST, FORM
from .commands import CHAT, GROUP, MESSAGE, SUB, typed
from .drafts import CONTENT, Draft
from .mentions import REGULAR
from .modals import filled
from .payloads import message as rendered
from .payloads import user
from .permissions import may, permissions, sees
from .records import (
    PRIVATE_THREAD,
    Attachment,
    Channel,
    Choice,
    Interaction,
    Message,
    Payload,
    Person,
)
from .stage import Stage


class Gestures(Stage):
    """What people do; each returns when its event is on its way, not when it was answered."""

    async def say(
        self,
        person: Person,
        place: Channel,
        text: str,
        *,
        files: Mapping[str, bytes] | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message; a reply mentions whom it replies to, as it does unless switched off."""
        assert sees(person, place), f"{person.name} does not see {place.name}"
        name = "send_messages_in_threads" if place.is_thread else "send_messages"
        assert may(person, place, name), f"{person.name} may not write in {place.name}"
        assert len(text) <= CONTENT, f"a person writes {CONTENT} characters at most"
        draft = Draft(content=text.strip(), allowed=REGULAR)
        draft.files = tuple(
            Attachment(self.world.ids.next(), name, content, None, mimetypes.guess_type(name)[0])
            for name, content in (files or {}).items()
        )
        if reply_to:
            draft.reference = {"message_id": str(reply_to.id)}
        return self._posts.post(person, place, draft)

    async def mention(self, person: Person, place: Channel, text: str = "") -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.say(person, place, f"{self.bot.mention} {text}")

    async def notice(self, person: Person, place: Channel, kind: int = 7) -> Message:
        """Let Discord itself say something of *person*: by default that they joined (7).

        Docs, Message Resource, "Message Types"; 6 is a pin, 18 a thread that was started.
        """
        return self._posts.post(person, place, Draft(), kind=kind)

    async def edit(self, person: Person, message: Message, text: str) -> None:
        """Edit one's own message."""
        assert message.author is person, "nobody edits what others wrote"
        self._posts.edit(message, Draft(content=text.strip(), allowed=REGULAR))

    async def unfurl(self, message: Message) -> None:
        """Let Discord add the preview of a link: MESSAGE_UPDATE, though nobody edited anything."""
        message.embeds = ({"type": "link", "url": "https://example.com/", "title": "Example"},)
        self.world.tell_message("MESSAGE_UPDATE", message)

    async def delete(self, person: Person, message: Message) -> None:
        """Delete one's own message, or as a moderator that of others."""
        own = message.author is person or may(person, message.channel, "manage_messages")
        assert own, "nobody deletes what others wrote"
        self._posts.delete(message)

    async def start_thread(
        self,
        person: Person,
        channel: Channel,
        name: str,
        *,
        message: Message | None = None,
        private: bool = False,
    ) -> Channel:
        """Start a thread, from a message or without one; the bot is added to a *private* one."""
        if not private:
            return self._threads.start(person, channel, name, message=message)
        thread = self._threads.start(person, channel, name, type=PRIVATE_THREAD)
        thread.members.add(self.bot)
        self.world.tell_channel("THREAD_CREATE", thread)
        return thread

    # Commands.
    def menu(self, place: Channel) -> list[str]:
        """Return the slash commands that are offered there; registered twice, they are twice."""
        return [each["name"] for each in self._offered(place) if each["type"] == CHAT]

    def _offered(self, place: Channel) -> list[Payload]:
        commands = self.world.commands
        everywhere = list(commands[None].values())
        if place.guild is None:
            return [
                each
                for each in everywhere
                if each.get("dm_permission", True) is not False
                and (not each.get("contexts") or 1 in each["contexts"])
            ]
        if not place.guild.joined:
            return []
        shown = [each for each in everywhere if not each.get("contexts") or 0 in each["contexts"]]
        return [*commands.get(place.guild.id, {}).values(), *shown]

    def _command(self, place: Channel, name: str, kind: int) -> Payload:
        for each in self._offered(place):
            if each["name"] == name and each["type"] == kind:
                return each
        known = [each["name"] for each in self._offered(place)]
        raise AssertionError(f"there is no command {name} here, only {known}")

    def _typed(
        self, place: Channel, name: str, values: Mapping[str, Any], focused: str | None = None
    ) -> Payload:
        """Return the data of a command; `name` may have a group and a subcommand behind it."""
        first, *path = name.split()
        command = self._command(place, first, CHAT)
        inner, data = command, {"id": command["id"], "name": first, "type": CHAT}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        node = data
        for step in path:
            options = {each["name"]: each for each in inner.get("options") or ()}
            assert options.get(step, {}).get("type") in {SUB, GROUP}, f"/{name} is no command"
            inner = options[step]
            node["options"] = [{"name": step, "type": inner["type"]}]
            node = node["options"][0]
        node["options"] = typed(inner, values, focused)
        return data

    def _interact(
        self,
        kind: int,
        person: Person,
        place: Channel,
        data: Payload,
        source: Message | None = None,
    ) -> Interaction:
        assert sees(person, place), f"{person.name} does not see {place.name}"
        assert not place.archived, "in an archived thread nothing can be used"
        token = secrets.token_urlsafe(96)
        world = self.world
        made = Interaction(
            world.ids.next(), token, kind, person, place, self.clock.now(), data, source
        )
        world.interactions[made.id] = made
        world.by_token[token] = made
        world.tell_interaction(made)
        return made

    async def command(
        self, person: Person, place: Channel, name: str, /, **options: Any
    ) -> Interaction:
        """Send a slash command that the bot has registered, `group sub` after its name if need be.

        Options are checked as Discord's client does it.
        """
        assert may(person, place, "use_application_commands"), f"{person.name} may not use commands"
        data = self._typed(place, name, options)
        named = [each for each in options.values() if isinstance(each, Channel)]
        if named:
            told = {str(each.id): self._partial(person, each) for each in named}
            data["resolved"] = {"channels": told}
        return self._interact(COMMAND, person, place, data)

    def _partial(self, person: Person, channel: Channel) -> Payload:
        """Docs, Receiving and Responding, "Resolved Data Structure": a partial channel."""
        found: Payload = {"id": str(channel.id), "name": channel.name, "type": channel.type}
        return found | {"permissions": str(permissions(person, channel))}

    async def command_on(self, person: Person, message: Message, name: str) -> Interaction:
        """Use a command of a message's context menu."""
        command = self._command(message.channel, name, MESSAGE)
        shown = rendered(message, self.bot, self.world.base)
        data = {"id": command["id"], "name": name, "type": MESSAGE, "target_id": str(message.id)}
        data["resolved"] = {
            "messages": {str(message.id): shown},
            "users": {str(message.author.id): user(message.author)},
        }
        return self._interact(COMMAND, person, message.channel, data)

    async def complete(
        self, person: Person, place: Channel, name: str, focused: str, /, **options: Any
    ) -> tuple[Choice, ...]:
        """Type into the option *focused* of a command, and return what is offered within 3 s."""
        options.setdefault(focused, "")
        data = self._typed(place, name, options, focused)
        made = self._interact(COMPLETE, person, place, data)
        await self.world.moments.until(
            lambda: made.choices is not None, FIRST, lambda: "loading options failed"
        )
        return made.choices or ()

    # Components.
    def _visible(self, person: Person, message: Message) -> None:
        assert not message.deleted, "the message is gone"
        mine = message.audience in {None, person}
        assert mine, f"{person.name} does not see it: it is for {message.audience}"

    async def press(self, person: Person, message: Message, button: str) -> Interaction:
        """Press a button that the person can see, by its custom id or its label."""
        self._visible(person, message)
        labels = {each.get("label"): each for each in message.buttons.values()}
        found = message.buttons.get(button) or labels.get(button)
        assert found, f"there is no button {button}, only {list(labels)} {list(message.buttons)}"
        assert not found.get("disabled"), f"{button} is disabled"
        data = {"custom_id": found["custom_id"], "component_type": 2, "id": found["id"]}
        return self._interact(COMPONENT, person, message.channel, data, message)

    async def choose(
        self, person: Person, message: Message, menu: str, *values: str
    ) -> Interaction:
        """Choose from a menu that the person can see, by its custom id or its placeholder."""
        self._visible(person, message)
        placeholders = {each.get("placeholder"): each for each in message.menus.values()}
        found = message.menus.get(menu) or placeholders.get(menu)
        assert found, f"there is no menu {menu}, only {list(message.menus)}"
        assert not found.get("disabled"), f"{menu} is disabled"
        least, most = found.get("min_values", 1), found.get("max_values", 1)
        assert least <= len(values) <= most, f"{menu} takes {least} to {most} values"
        if found["type"] == 3:
            known = [each["value"] for each in found["options"]]
            assert set(values) <= set(known), f"{menu} has only {known}"
        data = {"custom_id": found["custom_id"], "component_type": found["type"]}
        data |= {"id": found["id"], "values": list(values)}
        return self._interact(COMPONENT, person, message.channel, data, message)

    async def submit(self, opened: Interaction, values: Mapping[str, str]) -> Interaction:
        """Fill in the form that *opened* showed, by custom id, and send it."""
        assert opened.modal, "no form was shown"
        components = filled(opened.modal, values)
        data = {"custom_id": opened.modal.custom_id, "components": components}
        return self._interact(FORM, opened.person, opened.channel, data, opened.source)
