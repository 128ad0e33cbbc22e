"""Links to chats that somebody shares: told what they are about, where everybody may know that."""

import re
from collections.abc import Mapping
from typing import Any

from bot.cells import short
from bot.dialog import Dialog
from bot.slack.blocks import small
from bot.slack.people import People
from bot.slack.teams import Teams
from core.app import Core
from core.chats import Side
from core.ids import ChatId

Json = dict[str, Any]

MOST = 5
"""Links of one message that are looked at."""
PREVIEW = 300
TITLE = 150


class Unfurling:
    """Shows what links to chats are about."""

    def __init__(
        self, core: Core, dialog: Dialog, teams: Teams, people: People, *, url: str
    ) -> None:
        """Know the chats behind links to *url*."""
        self._core = core
        self._dialog = dialog
        self._teams = teams
        self._people = people
        self._chat = (
            re.compile(rf"{re.escape(url)}/chats/([\w-]{{1,64}})(?:[?#].*)?") if url else None
        )

    async def unfurl(self, body: Mapping[str, Any]) -> None:
        """Show what was shared; of what not everybody there may know, nothing.

        Raises:
            CoreError: whoever shared it is no member, or it is no chat of theirs.
            SpeechFailed: Slack does not take it.
        """
        event = body["event"]
        found = {
            str(link["url"]): match[1]
            for link in event.get("links") or ()
            if self._chat is not None and (match := self._chat.fullmatch(str(link["url"])))
        }
        if not found:
            return
        web = await self._teams.web(str(body["team_id"]))
        who = await self._people.person(web, str(event["user"]))
        spot = await self._people.spot(
            web,
            str(event["channel"]),
            None,
            shared=body.get("is_ext_shared_channel") or None,
            fresh=True,
        )
        actor = await self._dialog.actor(who.person, spot)
        alone = await self._dialog.actor(who.person, spot, private=True)
        unfurls: Json = {}
        for link, id in list(found.items())[:MOST]:
            said = await self._core.chats.get(alone, ChatId(id))
            answers = [each for each in said.messages if each.side is Side.ASSISTANT]
            if said.earlier:
                continue
            for answer in (*answers[:1], *answers[-1:]):
                # What the title and the preview are of; refused where it must not be told here.
                await self._core.chats.exchange(actor.model_copy(update={"place": None}), answer.id)
            unfurls[link] = {"blocks": _blocks(said.chat.title, said.chat.preview)}
        if not unfurls:
            return
        where: Json = {"channel": str(event["channel"]), "ts": str(event["message_ts"])}
        if event.get("unfurl_id") and event.get("source"):
            where = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
        await web.call("chat.unfurl", **where, unfurls=unfurls)


def _blocks(title: str, preview: str) -> list[Json]:
    head = {"type": "plain_text", "text": short(title, TITLE), "emoji": False}
    text = {"type": "plain_text", "text": short(preview, PREVIEW), "emoji": False}
    return [
        {"type": "header", "text": head},
        {"type": "section", "text": text},
        *small("A chat in Trellis"),
    ]
