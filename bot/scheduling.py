"""Saved queries that are posted again and again: made, listed, paused, deleted."""

import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.answer import told
from bot.cards import Button, Card, Choice, FieldKind, Form, FormField, Style
from bot.cells import short
from bot.forms import Forms
from bot.heard import Channel, Commanded
from bot.running import Running
from bot.scene import Scene, command
from bot.words import QUOTED, page_of, readings, spelled
from core.app import Core
from core.channels import Spot
from core.chats import plain
from core.chats.guard import harmless
from core.chats.summary import shown
from core.errors import Conflict, CoreError, Invalid, NotFound
from core.identity import Actor, Permission
from core.ids import NoticeId
from core.notices import (
    ChannelUnknown,
    Notice,
    NoticeDraft,
    NoticeNotFound,
    WhenUnclear,
    read_when,
)
from core.page import PageAsked
from core.queries import Query, QueryNotFound

LONGEST = 2_000
"""Characters of a schedule in words."""
PARTS = 60
PAGE = 8
"""Notices that are listed at once."""
CHOICES = 25
ZONE = "UTC"
USAGE = '"TITLE" every Monday 9:00 in #channel'
WORD = re.compile(r"(?<!\S)\S+")
UNKNOWN = re.compile(r"(?<!\S)#([\w\-]+)")
IN = re.compile(r"\s+(?:in|to|into)\s*$", re.IGNORECASE)


class ScheduleMisspelt(Invalid):
    """Write it as "TITLE" name=value every Monday 9:00 in #channel."""


class Plan(NamedTuple):
    """What is to be posted, when and where."""

    query: Query
    values: Mapping[str, Any]
    when: str
    spot: Spot
    channel: str = ""


class Scheduling:
    """Has saved queries posted, for those who may."""

    def __init__(self, core: Core, running: Running, forms: Forms) -> None:
        """Post through *core* what *forms* bring; *running* reads the values of a query."""
        self._core = core
        self._forms = forms
        self._running = running

    async def by_words(self, scene: Scene, words: str) -> None:
        """Read `"Monthly revenue" year=2025 every Monday 9:00 in #sales`, and do it."""
        if not words.strip():
            await self._form(scene, {}, "")
            return
        if len(words) > LONGEST:
            raise ScheduleMisspelt
        words, channel = _placed(scene, words.strip())
        await self._create(scene, await self._plan(scene, words, channel))

    async def submitted(self, scene: Scene, values: Mapping[str, str]) -> None:
        """Do what a form brought; what is wrong with it is said in the form."""
        try:
            query = await self._core.queries.find(scene.actor, values.get("query", ""))
            typed = next(readings(f"x {values.get('values', '')}")).values
            read = await self._running.values(scene, query, typed)
            when = values.get("when", "")
            await self._create(scene, Plan(query, read, when, scene.heard.spot))
        except (Invalid, NotFound, Conflict) as refusal:
            await self._form(scene, values, refusal.message)

    async def list(self, scene: Scene, _words: str = "") -> None:
        """Show what is posted."""
        await scene.speaker.whisper(await self._listing(scene, 1))

    async def page(self, scene: Scene, number: str) -> None:
        """Show another page of the list in its place."""
        await scene.speaker.mend(await self._listing(scene, page_of(number)))

    async def pause(self, scene: Scene, rest: str) -> None:
        """Let a notice rest, and show the list as it is then."""
        id, _, number = rest.partition(":")
        await self._core.notices.pause(scene.actor, NoticeId(id))
        await self.page(scene, number)

    async def resume(self, scene: Scene, rest: str) -> None:
        """Let a notice come again, and show the list as it is then."""
        id, _, number = rest.partition(":")
        await self._core.notices.resume(scene.actor, NoticeId(id))
        await self.page(scene, number)

    async def delete(self, scene: Scene, rest: str) -> None:
        """Forget a notice, and show the list as it is then; a second click finds it gone."""
        id, _, number = rest.partition(":")
        with suppress(NoticeNotFound):
            await self._core.notices.delete(scene.actor, NoticeId(id))
        await self.page(scene, number)

    # Inside

    async def _plan(self, scene: Scene, words: str, channel: Channel | None) -> Plan:
        """Return what is meant: the longest end of the words that says a time is when."""
        title = QUOTED.match(words)
        first = 0 if title is None else title.end()
        zone = scene.heard.zone or ZONE
        refusal: Invalid | None = None
        for each in [*WORD.finditer(words, first)][-PARTS:]:
            try:
                read_when(words[each.start() :], zone)
            except WhenUnclear:
                continue
            except Invalid as other:  # a time, but none that we keep
                refusal = refusal or other
                continue
            query, typed = await self._named(scene, words[: each.start()])
            return Plan(
                query,
                await self._running.values(scene, query, typed),
                words[each.start() :],
                scene.heard.spot if channel is None else channel.spot,
                "" if channel is None else channel.name,
            )
        if (unknown := UNKNOWN.search(words)) is not None:
            raise ChannelUnknown(f"I know no channel #{unknown[1]}; invite me there first.")
        raise refusal or WhenUnclear(words[first:].strip() or words)

    async def _named(self, scene: Scene, words: str) -> tuple[Query, dict[str, str]]:
        """Return the query that is named, and its values as they were typed."""
        refusal: CoreError | None = None
        for typed in readings(words):
            if not typed.name or typed.twice:
                continue
            try:
                return await self._core.queries.find(scene.actor, typed.name), typed.values
            except QueryNotFound as missing:
                refusal = refusal or missing
        raise refusal or ScheduleMisspelt

    async def _create(self, scene: Scene, plan: Plan) -> None:
        try:
            draft = NoticeDraft(
                query=plan.query.id,
                parameters=plain.json(plan.values),
                when=plan.when,
                zone=scene.heard.zone or ZONE,
                spot=plan.spot,
                channel_name=plan.channel[:200],
            )
        except ValidationError:
            raise WhenUnclear(plan.when) from None
        notice = await self._core.notices.create(scene.actor, draft)
        await scene.speaker.whisper(told(_made(notice), *_buttons(scene.actor, notice, 0, 1)))

    async def _form(self, scene: Scene, values: Mapping[str, str], wrong: str) -> None:
        found = await self._core.queries.list(scene.actor, PageAsked(size=CHOICES))
        asked = [each for each in found.items if each.sql is not None]
        choices = (
            ()
            if found.has_more
            else tuple(Choice(label=short(each.title, 75), value=each.id) for each in asked)
        )
        fields = (
            FormField(
                name="query",
                label="Saved query",
                kind=FieldKind.CHOICE if choices else FieldKind.LINE,
                value=values.get("query", ""),
                hint="" if choices else "Its title",
                choices=choices,
            ),
            FormField(
                name="values",
                label="Values",
                value=values.get("values", ""),
                hint="such as year=2025",
                required=False,
            ),
            FormField(
                name="when",
                label="When",
                value=values.get("when", ""),
                hint="such as every Monday 9:00",
            ),
        )
        form = Form(
            press="schedule",
            title="Schedule a query",
            text=harmless(wrong) or "It is posted in this channel.",
            fields=fields,
            submit="Schedule",
        )
        usage = command(scene.heard.spot.surface, f"schedule {USAGE}")
        lacks = f"Fill in a form, or write it as `{usage}`."
        await self._forms.open(scene, form, wrong=wrong, lacks=lacks)

    async def _listing(self, scene: Scene, number: int) -> Card:
        """Return a page of what is posted, with what can be done about each."""
        asked = PageAsked(number=number, size=PAGE)
        page = await self._core.notices.list(scene.actor, asked)
        if not page.items:
            usage = command(scene.heard.spot.surface, f"schedule {USAGE}")
            return told(f"Nothing is scheduled. `{usage}` does it.")
        numbered = list(enumerate(page.items, asked.offset + 1))
        each = [_buttons(scene.actor, notice, at, number) for at, notice in numbered]
        # Two notices to a row: what belongs together is not torn.
        controls = [
            (*one, *other) for one, other in zip_longest(each[::2], each[1::2], fillvalue=())
        ]
        ways = [Button(label="Back", press=f"schedules:{number - 1}")] if number > 1 else []
        ways += [Button(label="More", press=f"schedules:{number + 1}")] if page.has_more else []
        text = "\n".join(f"{at}. {_line(notice)}" for at, notice in numbered)
        return Card(
            text=text, controls=tuple(row for row in (*controls, tuple(ways)) if row), private=True
        )


def _placed(scene: Scene, words: str) -> tuple[str, Channel | None]:
    """Return the words without the channel that they name, and that channel."""
    heard = scene.heard
    channels = heard.channels if isinstance(heard, Commanded) else ()
    for each in channels:
        before, found, after = words.rpartition(each.written)
        if found:
            return f"{IN.sub('', before)} {after}".strip(), each
    return words, None


def _where(notice: Notice) -> str:
    return f" in {shown('#' + notice.channel_name)}" if notice.channel_name else ""


def _what(notice: Notice) -> str:
    values = spelled(notice.parameters)
    return f"**{harmless(short(notice.title, 100)).replace('*', '')}**" + (
        f" ({harmless(short(values, 100))})" if values else ""
    )


def _made(notice: Notice) -> str:
    following = ""
    if notice.next_at is not None:
        at = notice.next_at.astimezone(ZoneInfo(notice.zone))
        following = f" Next: {at:%A, %d %B %Y, %H:%M}."
    said = f"{_what(notice)} is posted {notice.said}{_where(notice)} ({notice.zone})."
    return f"{said}{following}"


def _line(notice: Notice) -> str:
    parts = [f"{_what(notice)} {notice.said} ({notice.zone}){_where(notice)}"]
    parts.append(f"by {shown(notice.created_by_name)}")
    if notice.paused:
        parts.append("*paused*")
    if notice.problem:
        parts.append(harmless(short(notice.problem, 200)))
    return ", ".join(parts)


def _buttons(actor: Actor, notice: Notice, at: int, page: int) -> tuple[Button, ...]:
    """Return what an actor may do about a notice."""
    mine = notice.created_by == actor.member_id or actor.may(Permission.MEMBERS_WRITE)
    if not mine or not actor.may(Permission.QUERIES_WRITE):
        return ()
    which = f" {at}" if at else ""
    rest = Button(label=f"Pause{which}", press=f"pause:{notice.id}:{page}")
    if notice.paused:
        rest = Button(label=f"Resume{which}", press=f"resume:{notice.id}:{page}")
    gone = Button(
        label=f"Delete{which}", press=f"unschedule:{notice.id}:{page}", style=Style.DANGER
    )
    return rest, gone
