"""What happens, in the words of the Events API.

https://docs.slack.dev/reference/events
"""

import asyncio
import re
import time
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

from tests.bot.slack.platform.carrier import Carrier, Delivery
from tests.bot.slack.platform.manifest import EVENTS
from tests.bot.slack.platform.nouns import Channel, File, Message, Team
from tests.bot.slack.platform.refusals import Json
from tests.bot.slack.platform.world import World

ENTITY = re.compile(r"<(?:@[UW]|#C|!|https?://|mailto:)[^<>]*>")
BARE = re.compile(r"https?://[^\s<>|]+")
KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def typed(text: str) -> str:
    """Return what Slack makes of a text that somebody typed.

    `&`, `<` and `>` are written out, addresses become links, mentions stay
    (https://docs.slack.dev/messaging/formatting-message-text).
    """
    made, at = "", 0
    for entity in ENTITY.finditer(text):
        made += _plain(text[at : entity.start()]) + entity.group()
        at = entity.end()
    return made + _plain(text[at:])


def _plain(text: str) -> str:
    made, at = "", 0
    for address in BARE.finditer(text):
        made += _escaped(text[at : address.start()]) + f"<{_escaped(address.group())}>"
        at = address.end()
    return made + _escaped(text[at:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_typed(text: str) -> list[Json]:
    """Return the rich text that a client sends along with a text."""
    elements: list[Json] = []
    at = 0
    for entity in re.finditer(r"<@([UW][A-Z0-9]+)>", text):
        if between := text[at : entity.start()]:
            elements.append({"type": "text", "text": between})
        elements.append({"type": "user", "user_id": entity.group(1)})
        at = entity.end()
    if text[at:]:
        elements.append({"type": "text", "text": text[at:]})
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": uuid4().hex[:5], "elements": [section]}]


def file_shape(world: World, file: File, root: str) -> Json:
    """Return a file as the Web API and events show it."""
    shape: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": f"image/{file.kind}" if file.picture else "text/plain",
        "filetype": file.kind,
        "user": file.owner,
        "user_team": file.team.id,
        "size": file.length,
        "mode": "hosted",
        "is_public": bool(file.channels),
        "url_private": f"{root}/files/{file.team.id}-{file.id}/{file.name}",
        "url_private_download": f"{root}/files/{file.team.id}-{file.id}/download/{file.name}",
        "permalink": f"{file.team.url}files/{file.owner}/{file.id}/{file.name}",
        "channels": list(file.channels),
        "file_access": "visible",
    }
    if file.alt:
        shape["alt_txt"] = file.alt
    if file.picture and world.clock.now() >= file.ready_at:
        shape.update({"original_w": 800, "original_h": 600, "thumb_360": shape["url_private"]})
    return shape


class Events(Carrier):
    """Turns what happens into events, for the subscriptions the app has."""

    root = ""
    """The address of the platform, without a path."""

    def shape(self, message: Message) -> Json:
        """Return a message as events and histories show it."""
        grown = message.grown
        blocks = [*(grown.blocks if grown else ()), *message.blocks]
        found: Json = {
            "type": "message",
            "user": message.author,
            "ts": message.ts,
            "text": grown.text if grown else message.text or message.markdown,
            "team": message.team.id,
            "subtype": "bot_message" if message.username else message.subtype,
            "username": message.username,
            "blocks": blocks,
            "attachments": [*message.attachments, *message.unfurls.values()],
            "files": [file_shape(self, each, self.root) for each in message.files],
            "edited": message.edited,
            "metadata": message.metadata,
            "reactions": [
                {"name": name, "users": users, "count": len(users)}
                for name, users in message.reactions.items()
            ],
            **self._author(message),
            **self._thread(message),
        }
        return {name: each for name, each in found.items() if each or name == "text"}

    def _author(self, message: Message) -> Json:
        if not message.bot_id:
            return {"client_msg_id": message.client_id}
        profile = {
            "id": message.bot_id,
            "app_id": message.app_id,
            "name": self.people[message.author].name,
            "deleted": False,
            "team_id": message.team.id,
        }
        return {"bot_id": message.bot_id, "app_id": message.app_id, "bot_profile": profile}

    def _thread(self, message: Message) -> Json:
        if message.thread:
            parent = message.channel.messages.get(message.thread)
            author = parent.author if parent is not None else ""
            return {"thread_ts": message.thread, "parent_user_id": author}
        replies = self.replies(message)
        if not replies:
            return {}
        last = replies[-1].ts
        return {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": last}

    def replies(self, message: Message) -> list[Message]:
        """Return what was answered in the thread a message began."""
        return [
            each
            for each in message.channel.threads.get(message.ts, [])
            if not each.ephemeral_to and not each.deleted
        ]

    def wrapped(self, team: Team, event: Json, *, external: bool = False) -> Json:
        """Return an event in the envelope of the Events API."""
        return {
            "token": self.verification,
            "team_id": team.id,
            "context_team_id": team.id,
            "context_enterprise_id": team.enterprise or None,
            "api_app_id": self.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": self.new_id("Ev"),
            "event_time": int(self.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": team.enterprise or None,
                    "team_id": team.id,
                    "user_id": team.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": external,
            "event_context": f"4-{uuid4().hex}",
        }

    def listens(self, team: Team | None, name: str) -> bool:
        """Return whether the app is told of such events of a team."""
        if team is None or name not in self.app.events:
            return False
        needed = EVENTS[name]
        return not needed or bool(set(needed) & team.scopes)

    async def notify(
        self, team: Team | None, name: str, event: Json, channel: Channel | None = None
    ) -> Delivery | None:
        """Tell the app of an event, if it asked to be; None if it did not."""
        if team is None or not self.listens(team, name):
            return None
        external = channel is not None and bool(channel.shared_with)
        return await self.deliver(self.wrapped(team, event, external=external))

    async def tell(
        self, message: Message, event: Json | None = None, *, mention: bool = True
    ) -> list[Delivery]:
        """Tell the app of a message, or of what became of it.

        A mention comes twice, as Slack really sends it: as `app_mention` and as a message of its
        channel; never as `app_mention` in a direct message
        (https://docs.slack.dev/reference/events/app_mention).
        """
        channel = message.channel
        team = self.bot_of(channel)
        stamped: Json = {
            **(self.shape(message) if event is None else event),
            "channel": channel.id,
            "event_ts": self.clock.stamp() if event and event.get("hidden") else message.ts,
        }
        author = self.people[message.author]
        if team is not None and author.team is not team:
            stamped["user_team"] = stamped["source_team"] = author.team.id
            stamped["user_profile"] = {"name": author.name, "team": author.team.id}
        told: list[Coroutine[Any, Any, Delivery | None]] = []
        if team is not None and mention and self._mentions(team, message):
            asked = {**self.shape(message), "type": "app_mention", "channel": channel.id}
            asked["event_ts"] = stamped["event_ts"]
            asked.pop("subtype", None)
            told.append(self.notify(team, "app_mention", asked, channel))
        stamped["channel_type"] = channel.kind
        told.append(self.notify(team, f"message.{KINDS[channel.kind]}", stamped, channel))
        found = [each for each in await asyncio.gather(*told) if each is not None]
        message.deliveries += found
        return found

    def _mentions(self, team: Team, message: Message) -> bool:
        return (
            message.channel.kind != "im"
            and f"<@{team.bot_user}>" in message.text
            and message.author != team.bot_user
        )

    def said(self, message: Message) -> Message:
        """Put a message where it belongs, and tell the app of it beside."""
        self.enter(message)
        if not message.ephemeral_to:
            self.errand(self.tell(message))
        return message

    def enter(self, message: Message) -> None:
        """Put a message where it belongs."""
        message.posted = time.monotonic()
        message.channel.messages[message.ts] = message
        if message.thread:
            message.channel.threads.setdefault(message.thread, []).append(message)
        self.changed()

    def became(self, message: Message, before: Json, *, hidden: bool = True) -> None:
        """Tell the app beside that a message changed."""
        self.errand(
            self.tell(
                message,
                {
                    "type": "message",
                    "subtype": "message_changed",
                    "message": self.shape(message),
                    "previous_message": before,
                    "ts": self.clock.stamp(),
                    "hidden": hidden,
                },
                mention=False,
            )
        )
        self.changed()

    async def vanish(self, message: Message, *, wait: bool = True) -> list[Delivery]:
        """Delete a message; the first of a thread leaves a tombstone.

        https://docs.slack.dev/reference/events/message/message_deleted
        """
        if message.ephemeral_to:
            message.deleted = True
            self.changed()
            return []
        before = self.shape(message)
        if self.replies(message):
            message.text, message.subtype, message.blocks = (
                "This message was deleted.",
                "tombstone",
                [],
            )
            event: Json = {
                "type": "message",
                "subtype": "message_changed",
                "message": self.shape(message),
                "previous_message": before,
            }
        else:
            message.deleted = True
            event = {
                "type": "message",
                "subtype": "message_deleted",
                "deleted_ts": message.ts,
                "previous_message": before,
            }
        event |= {"hidden": True, "ts": self.clock.stamp()}
        telling = self.errand(self.tell(message, event, mention=False))
        self.changed()
        return await telling if wait else []

    async def removed(self, team: Team) -> list[Delivery]:
        """Take the app out of a team: its tokens are dead, and then it is told so.

        https://docs.slack.dev/reference/events/app_uninstalled
        """
        team.installed = False
        self.tokens[team.bot_token].dead = "account_inactive"
        revoked = await self.forsaken(team)
        gone = await self.notify(
            team, "app_uninstalled", {"type": "app_uninstalled", "event_ts": self.clock.stamp()}
        )
        return [each for each in (*revoked, gone) if each is not None]

    async def forsaken(self, team: Team) -> list[Delivery]:
        """Tell the app that its token of a team was revoked.

        https://docs.slack.dev/reference/events/tokens_revoked
        """
        told = await self.notify(
            team,
            "tokens_revoked",
            {
                "type": "tokens_revoked",
                "tokens": {"oauth": [], "bot": [team.bot_user]},
                "event_ts": self.clock.stamp(),
            },
        )
        return [told] if told is not None else []
