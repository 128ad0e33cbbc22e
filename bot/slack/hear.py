"""What Slack sends, noted down: who said or did what, where, and by which id it is known again."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.heard import Anything, Asked, Channel, Commanded, Pressed, Submitted
from bot.slack import forms, words
from bot.slack.notes import Kind, Note
from bot.slack.people import People
from bot.slack.web import Web
from core.channels import Spot
from core.identity import Audience, Surface

Json = Mapping[str, Any]

SAID = frozenset({None, "", "file_share", "thread_broadcast"})
"""Kinds of messages in which somebody says something; joins, edits and the like are others."""
PRESS, MENU = "press:", "menu:"
"""What the ids of our buttons and menus begin with."""
KINDS = {"directmessage": "im", "privategroup": "group"}
"""What commands call channels without a name of their own."""
LONGEST = 100
"""Characters of a press."""


def message(body: Json, us: str) -> Note | None:
    """Return what a message asks us; None where it is not meant for us.

    A mention comes as itself and as a message of its channel, and is known by its `ts` as one.
    """
    event = body["event"]
    kind, text = str(event.get("channel_type") or ""), str(event.get("text") or "")
    direct = kind == "im" or str(event["channel"]).startswith("D")
    ours = event.get("user") in {None, us} or event.get("bot_id") or event.get("app_id")
    if event.get("subtype") not in SAID or ours or event.get("hidden"):
        return None
    if not direct and us not in words.people(text):
        return None
    ts, thread = str(event["ts"]), event.get("thread_ts")
    return Note(
        id=_said(str(event["channel"]), ts),
        kind=Kind.ASKED,
        team=_team(body),
        user=str(event["user"]),
        channel=str(event["channel"]),
        channel_kind=kind,
        shared=body.get("is_ext_shared_channel"),
        thread=str(thread or ts),
        active=bool(thread),
        ts=ts,
        said=True,
        text=text,
        at=time.time(),
    )


class Deleted(NamedTuple):
    """A message that is gone."""

    team: str
    channel: str
    ts: str
    thread: str
    """The thread that it stood in, or began."""

    @property
    def id(self) -> str:
        """By which it was heard, if it was."""
        return _said(self.channel, self.ts)


def deleted(body: Json) -> Deleted | None:
    """Return the message that was deleted; of one that a thread stands under a tombstone is left"""
    event = body["event"]
    now, before = event.get("message") or {}, event.get("previous_message") or {}
    ts = event.get("deleted_ts") if event.get("subtype") == "message_deleted" else None
    if event.get("subtype") == "message_changed" and now.get("subtype") == "tombstone":
        ts = now.get("ts")
    if ts is None:
        return None
    thread = str(before.get("thread_ts") or ts)
    return Deleted(_team(body), str(event["channel"]), str(ts), thread)


def command(body: Json) -> Note:
    """Return what a slash command says."""
    verb, _, rest = str(body.get("text") or "").strip().partition(" ")
    name = str(body.get("channel_name") or "")
    kind = "mpim" if name.startswith("mpdm-") else KINDS.get(name, "")
    return Note(
        id=f"command:{body['trigger_id']}",
        kind=Kind.COMMANDED,
        team=str(body["team_id"]),
        user=str(body["user_id"]),
        channel=str(body["channel_id"]),
        channel_kind=kind,
        private=True,
        verb=verb or "help",
        text=rest.strip(),
        hook=str(body.get("response_url") or ""),
        trigger=str(body["trigger_id"]),
        at=time.time(),
    )


def press(body: Json) -> Note | None:
    """Return what was pressed or chosen; None where it is nothing of ours."""
    action = body["actions"][0]
    id, container = str(action.get("action_id") or ""), body.get("container") or {}
    chosen = (action.get("selected_option") or {}).get("value")
    if id.startswith(MENU):
        pressed = id.split(":", 2)[2]
    elif id.startswith(PRESS):
        pressed = str(action.get("value") or "")
    else:
        return None
    if not 0 < len(pressed) <= LONGEST:
        return None
    shown = body.get("message") or {}
    ts = str(container.get("message_ts") or shown.get("ts") or "")
    thread = container.get("thread_ts") or shown.get("thread_ts")
    whispered = bool(container.get("is_ephemeral"))
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    name = str((body.get("channel") or {}).get("name") or "")
    return Note(
        id=f"press:{body.get('trigger_id') or ''}:{action.get('action_ts') or ''}",
        kind=Kind.PRESSED,
        team=_home(body),
        user=str(body["user"]["id"]),
        channel=channel,
        channel_kind=KINDS.get(name, ""),
        thread=None if not channel else str(thread) if thread else None if whispered else ts,
        active=bool(thread),
        ts=ts,
        whispered=whispered,
        private=whispered,
        press=pressed,
        value=str(chosen or ""),
        hook=str(body.get("response_url") or ""),
        trigger=str(body.get("trigger_id") or ""),
        at=time.time(),
    )


def submission(body: Json) -> Note | None:
    """Return what was typed into a modal; None where it is none of ours."""
    view = body["view"]
    kept = forms.kept(view)
    known = {name: kept[name] for name in KEPT if kept.get(name) is not None}
    values = forms.values(view)
    common: dict[str, Any] = known | {
        "id": f"form:{body.get('trigger_id') or view.get('hash')}:{view['id']}",
        "team": _home(body),
        "user": str(body["user"]["id"]),
        "trigger": str(body.get("trigger_id") or ""),
        "at": time.time(),
    }
    if view.get("callback_id") == ASK:
        alone = values.get(WHERE_FIELD) != WHERE_ALL
        asked = words.escaped(values.get(QUESTION, ""))
        return Note(**common | {"private": alone}, kind=Kind.ASKED, text=asked)
    pressed = str(kept.get("press") or "")
    if view.get("callback_id") != forms.CALLBACK or not 0 < len(pressed) <= LONGEST:
        return None
    return Note(**common, kind=Kind.SUBMITTED, press=pressed, values=values)


ASK = "ask"
"""The modal in which a question about a message is put."""
QUESTION, WHERE_FIELD = "question", "where"
WHERE_ALONE, WHERE_ALL = "alone", "all"
KEPT = ("channel", "channel_kind", "shared", "thread", "active", "private", "hook")
"""What a modal remembers of where it was asked for."""


def kept(note: Note) -> dict[str, object]:
    """Return what a modal has to remember."""
    return note.model_dump(mode="json", include=set(KEPT), exclude_defaults=True)


async def heard(note: Note, web: Web, people: People, *, late: bool = False) -> Anything:
    """Return what was noted in the words of no platform.

    Args:
        note: what was said or done.
        web: of the workspace.
        people: tell who it was, and who hears the answer.
        late: whether it was noted some time ago, and what Slack told with it may be true no more.

    Raises:
        SpeechFailed: Slack does not tell who it was.
    """
    who = await people.person(web, note.user)
    common: dict[str, Any] = {
        "id": note.id,
        "person": who.person,
        "spot": await _spot(note, web, people, late=late),
        "private": note.private,
        "message": note.ts if note.said else None,
        "zone": who.zone,
    }
    match note.kind:
        case Kind.ASKED:
            named = await _names(note.text, web, people)
            return Asked(**common, text=words.written(note.text, web.us, named))
        case Kind.COMMANDED:
            named = await _names(note.text, web, people)
            said = words.written(note.text, web.us, named)
            channels = await _channels(note.text, named, web, people)
            if note.verb.lower() == "ask":
                return Asked(**common, text=said)
            return Commanded(**common, verb=note.verb, words=said, channels=channels)
        case Kind.PRESSED:
            return Pressed(**common, press=note.press, value=note.value)
        case Kind.SUBMITTED:
            return Submitted(**common, press=note.press, values=note.values)


async def _spot(note: Note, web: Web, people: People, *, late: bool) -> Spot:
    if not note.channel:
        # The home tab is somebody's alone, and so is what is answered to it.
        return Spot(
            surface=Surface.SLACK,
            workspace=web.team,
            channel=await people.direct(web, note.user),
            audience=Audience.ALONE,
        )
    return await people.spot(
        web,
        note.channel,
        note.thread,
        kind=note.channel_kind,
        shared=note.shared,
        # With what somebody says Slack tells who hears it; with what somebody presses it does not.
        fresh=not note.private and (late or note.shared is None),
    )


async def _names(text: str, web: Web, people: People) -> dict[str, str]:
    """Return the names of those whom a text names, and of the channels."""
    found: dict[str, str] = {}
    for id in dict.fromkeys(words.people(text)[:NAMED]):
        if id != web.us:
            found[id] = (await people.person(web, id)).person.name
    for id, label in list(words.channels(text).items())[:NAMED]:
        found[id] = label or (await people.channel(web, id)).name
    return {id: name for id, name in found.items() if name}


NAMED = 10
"""People and channels of one text that are looked up."""


async def _channels(
    text: str, named: Mapping[str, str], web: Web, people: People
) -> tuple[Channel, ...]:
    found = []
    for id in list(words.channels(text))[:NAMED]:
        spot = await people.spot(web, id, None)
        name = named.get(id, id)
        found.append(Channel(written=f"#{name}", name=name, spot=spot))
    return tuple(found)


def _said(channel: str, ts: str) -> str:
    """Return the id of what a message says, however often and by however many ways it comes."""
    return f"said:{channel}:{ts}"


def _team(body: Json) -> str:
    """Return the workspace in which an event is heard by us."""
    for each in body.get("authorizations") or ():
        if each.get("team_id"):
            return str(each["team_id"])
    return str(body["team_id"])


def _home(body: Json) -> str:
    """Return the workspace of an interaction: where our app is, not where its user is from."""
    view = body.get("view") or {}
    team = (body.get("team") or {}).get("id") or body["user"].get("team_id")
    return str(view.get("app_installed_team_id") or team)
