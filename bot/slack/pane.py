"""Beside the messages: the home tab, suggestions, titles, Stop, and asking about a message."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson

from bot.answer import refused
from bot.cards import Button, Card, Style
from bot.dialog import Dialog
from bot.slack import words
from bot.slack.blocks import posts, small
from bot.slack.forms import TYPED
from bot.slack.hear import ASK, QUESTION, WHERE_ALL, WHERE_ALONE, WHERE_FIELD
from bot.slack.notes import Kind, Note
from bot.slack.people import People
from bot.slack.speech import SlackSpeech
from bot.slack.teams import Teams
from bot.slack.unfurl import Unfurling
from bot.slack.web import Web
from core.channels import Spot
from core.errors import CoreError
from core.identity import Audience, Surface
from core.links import Person

Json = dict[str, Any]

PROMPTS = 4
"""Prompts that Slack suggests at most."""
TITLE = 60
FRESH = 1_000
"""Threads of the pane that are remembered until they have a title."""


class Pane:
    """Serves what is not a message."""

    def __init__(
        self,
        dialog: Dialog,
        *,
        teams: Teams,
        people: People,
        speech: SlackSpeech,
        unfurling: Unfurling,
    ) -> None:
        """Serve the people of *teams*."""
        self._dialog = dialog
        self._teams = teams
        self._people = people
        self._speech = speech
        self._unfurling = unfurling
        self._fresh: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def opened(self, body: Mapping[str, Any]) -> None:
        """Show the home tab; above the composer of the messages tab, what may be asked."""
        event = body["event"]
        web = await self._teams.web(str(body["team_id"]))
        user, channel = str(event["user"]), str(event["channel"])
        if event.get("tab") == "messages":
            await self._suggest(web, user, channel, None)
            return
        card = await self._card(web, user, channel)
        (post, *_more) = posts(card, {})
        await web.call("views.publish", user_id=user, view={"type": "home", "blocks": post.blocks})

    async def started(self, body: Mapping[str, Any]) -> None:
        """Suggest what may be asked in a new thread of the pane."""
        thread = body["event"]["assistant_thread"]
        channel, ts = str(thread["channel_id"]), str(thread["thread_ts"])
        self._fresh[channel, ts] = None
        while len(self._fresh) > FRESH:
            self._fresh.popitem(last=False)
        web = await self._teams.web(str(body["team_id"]))
        await self._suggest(web, str(thread["user_id"]), channel, ts)

    def names(self, note: Note) -> bool:
        """Return whether a thread of direct messages is to be named after what is asked in it."""
        direct = note.kind is Kind.ASKED and note.channel.startswith("D") and bool(note.thread)
        return direct and (not note.active or (note.channel, note.thread) in self._fresh)

    async def asked(self, note: Note) -> None:
        """Name a thread of direct messages after the first thing that is asked in it."""
        self._fresh.pop((note.channel, note.thread or ""), None)
        web = await self._teams.web(note.team)
        title = words.cut(" ".join(words.written(note.text, web.us, {}).split()), TITLE)
        if title:
            await web.call(
                "assistant.threads.setTitle",
                channel=note.channel,
                thread_ts=note.thread,
                title=title,
            )

    async def stopped(self, body: Mapping[str, Any]) -> None:
        """Stop the answer under which somebody pressed Stop."""
        event = body["event"]
        team, user = str(body["team_id"]), str(event["user"])
        who = await self._people.person(await self._teams.web(team), user)
        thread = str(event.get("thread_ts") or "") or None
        await self._speech.interrupt(team, str(event["channel"]), thread, who.person)

    async def linked(self, body: Mapping[str, Any]) -> None:
        """Show what links to chats are about."""
        await self._unfurling.unfurl(body)

    async def shortcut(self, body: Mapping[str, Any]) -> None:
        """Ask what is to be asked about a message; a modal waits three seconds, so at once."""
        web = await self._teams.web(str(body["team"]["id"]))
        message, channel = body["message"], str(body["channel"]["id"])
        kept = {
            "channel": channel,
            "thread": str(message.get("thread_ts") or body["message_ts"]),
            "active": bool(message.get("thread_ts")),
            "hook": str(body.get("response_url") or ""),
        }
        text = words.written(str(message.get("text") or ""), web.us, {})[:TYPED]
        await web.attempt("views.open", trigger_id=str(body["trigger_id"]), view=_about(text, kept))

    # Inside

    async def _alone(self, web: Web, user: str, channel: str) -> tuple[Person, Spot]:
        """Return somebody, where nobody else hears them."""
        who = await self._people.person(web, user)
        spot = Spot(
            surface=Surface.SLACK, workspace=web.team, channel=channel, audience=Audience.ALONE
        )
        return who.person, spot

    async def _card(self, web: Web, user: str, channel: str) -> Card:
        try:
            return await self._dialog.home(*await self._alone(web, user, channel))
        except CoreError as refusal:
            code = Button(label="I have a code", press="link", style=Style.PRIMARY)
            return refused(refusal.message, code)

    async def _suggest(self, web: Web, user: str, channel: str, thread: str | None) -> None:
        found = (await self._dialog.starters(*await self._alone(web, user, channel)))[:PROMPTS]
        prompts = [{"title": each, "message": each} for each in found]
        if prompts:
            where: Json = {} if thread is None else {"thread_ts": thread}
            await web.call(
                "assistant.threads.setSuggestedPrompts",
                channel=channel,
                prompts=prompts,
                title="Such as",
                **where,
            )


def _about(text: str, kept: Mapping[str, object]) -> Json:
    """Return the modal in which a question about a message is put."""
    typed: Json = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": True,
        "initial_value": text,
        "max_length": TYPED,
    }
    options = [
        {"text": _plain("For me alone"), "value": WHERE_ALONE},
        {"text": _plain("In the thread of the message"), "value": WHERE_ALL},
    ]
    where: Json = {
        "type": "static_select",
        "action_id": "value",
        "options": options,
        "initial_option": options[0],
    }
    return {
        "type": "modal",
        "callback_id": ASK,
        "title": _plain("Ask Trellis"),
        "submit": _plain("Ask"),
        "close": _plain("Cancel"),
        "private_metadata": orjson.dumps(kept).decode(),
        "blocks": [
            {
                "type": "input",
                "block_id": QUESTION,
                "label": _plain("Question"),
                "element": typed,
            },
            {"type": "input", "block_id": WHERE_FIELD, "label": _plain("Answer"), "element": where},
            *small("What you ask is answered from your databases, as anywhere else."),
        ],
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
