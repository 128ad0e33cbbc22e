"""An answer in a thread while it grows: messages that Slack streams, or messages that are edited.

Slack ends a stream after about five minutes and at 12,000 characters, refuses one now and then, and
lets nobody edit a message that streams. So an answer is a row of parts: each holds as much as an
edit of it could hold too, a new one begins before Slack would end the last, and a part of which
nobody knows how far it came is written anew as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.cards import Card
from bot.slack import markdown
from bot.slack.blocks import TEXT, WEIGHT, Post, paragraphs, posts
from bot.slack.harmless import harmless, settled
from bot.slack.parts import Cut, cut, seam
from bot.slack.streamed import SPARE, Fate, Stopped, Streamed
from bot.slack.web import PATIENCE, Busy, Refused
from bot.slack.words import escaped, fallback
from bot.slack.written import Written
from bot.speaker import SpeechFailed

LIFE = 240.0
"""Seconds after which a stream is ended; Slack does it after about 300."""
STREAMS = "streaming_state_conflict"


@dataclass
class Part:
    """One message of an answer."""

    ts: str
    number: int
    begins: int = 0
    """Where in the whole text it begins."""
    lead: str = ""
    """What opens the fence again that the last one closed."""
    streams: bool = False
    since: float = 0.0
    """When it began to stream."""
    taken: int = 0
    """Signs that Slack has taken of it, as they were sent."""
    ends: int = 0
    """Where in the whole text ends what it shows."""
    close: str = ""
    """What closes the fence that is open where it ends."""
    reopen: str = ""
    """What opens it again in the next."""
    full: bool = False
    """Whether it takes no more text."""
    sound: bool = True
    """Whether Slack surely shows what was sent of it."""
    shows: Post | None = None
    """What it is known to show as a whole."""

    def text(self, whole: str) -> str:
        """Return its Markdown, of the *whole* text."""
        return self.lead + whole[self.begins : self.ends] + self.close

    def over(self, fate: Fate) -> None:
        """Take up that its stream has ended, or did not go on as it should."""
        self.streams = False
        self.sound = self.sound and fate is Fate.DONE


class Growing:
    """Writes one answer into a thread."""

    def __init__(self, written: Written, reader: tuple[str, str], *, streams: bool = True) -> None:
        """Write by *written*.

        Args:
            written: writes the messages.
            reader: the workspace and the id of whom it is streamed to.
            streams: whether it may stream.
        """
        self._written = written
        self._streamed = Streamed(written, reader, wanted=streams)
        self._pace = written.web.pace
        self._parts: list[Part] = []
        self._text = ""
        """What is shown of it."""
        self._torn = False
        """Whether what is shown is no beginning of it any more."""

    @property
    def shown(self) -> bool:
        """Return whether there is a message of it."""
        return bool(self._parts)

    @property
    def streams(self) -> bool:
        """Return whether it grows as a stream."""
        return bool(self._parts) and self._parts[-1].streams

    # While it grows

    async def begin(self) -> None:
        """Begin a stream in which nothing is said yet, if that is taken."""
        if self._streamed.may_start:
            await self._start("", 0)

    async def show(self, text: str) -> None:
        """Show *text*, the whole of it so far, as far as Slack takes it just now.

        Raises:
            SpeechFailed: Slack did not take it; nothing is lost by that.
            Stopped: somebody pressed Stop.
        """
        if self._torn or not text.startswith(self._text):
            self._torn = True
            return
        end = settled(text)
        more = True
        while more and len(self._text) < end and not self._torn:
            part = self._parts[-1] if self._parts and not self._parts[-1].full else None
            if part is None:
                more = bool(text[len(self._text) : end].strip()) and await self._new(text, end)
            elif part.streams:
                more = await self._append(part, text, end)
            else:
                more = await self._edit(part, text, end)

    async def tick(self) -> None:
        """End a stream that Slack would end in a moment.

        Raises:
            SpeechFailed: Slack did not take it.
        """
        part = self._parts[-1] if self._parts else None
        if part is None or not part.streams or self._pace.clock.now() - part.since < LIFE:
            return
        if self._text and self._streamed.may_stop:
            place = seam(part.text(self._text))
            fate = await self._streamed.stop(part.ts, part.number, place.close)
            part.over(fate)
            if fate is Fate.DONE:
                part.close, part.reopen, part.full = place.close, place.reopen, True

    # When it is whole

    async def finish(
        self, card: Card, pictures: Mapping[str, str], *, patience: float = PATIENCE
    ) -> None:
        """Show the whole of *card* in place of what grew; may be called again.

        Raises:
            SpeechFailed: Slack does not take it, or not now.
        """
        if self._written.unsure:
            await self.adopt()
        if card.text.rstrip() == self._text.rstrip():
            card = card.model_copy(update={"text": self._text})
        grown = bool(self._text) and not self._torn and card.text.startswith(self._text)
        self._torn = bool(self._parts) and (not grown or bool(card.title))
        texts = self._parted(card.text) if grown and not self._torn else None
        wanted = posts(card, pictures, texts)
        for number, post in enumerate(wanted):
            if number < len(self._parts):
                await self._set(self._parts[number], post, card.text, patience)
            else:
                await self._post(post, patience)
        for part in self._parts[len(wanted) :]:
            if part.streams:
                await self._streamed.quiet(part.ts)
            await self._written.remove(part.ts, patience)
        del self._parts[len(wanted) :]
        if grown and not self._torn:
            self._text = card.text

    async def adopt(self) -> bool:
        """Take over what may have been written here; return whether there is anything.

        Raises:
            SpeechFailed: Slack does not tell.
        """
        known = {part.ts for part in self._parts}
        for ts in await self._written.all():
            if ts not in known:
                self._parts.append(Part(ts, len(self._parts), sound=False))
                self._torn = True
        return bool(self._parts)

    # Parts

    def _parted(self, text: str) -> list[str]:
        """Return *text* in the parts that are shown of it, and in those that are to come."""
        last = self._parts[-1]
        if not last.full:
            self._ends(last, self._cut(last, text, len(text)))
        begins, lead = self._next()
        shown = [part.text(text) for part in self._parts]
        return shown + (paragraphs(lead + text[begins:]) if text[begins:].strip() else [])

    def _next(self) -> tuple[int, str]:
        """Return where the next part begins, and what opens it."""
        last = self._parts[-1] if self._parts else Part("", 0)
        return last.ends, last.reopen

    def _cut(self, part: Part, text: str, end: int) -> Cut:
        """Return how much of *text* up to *end* a part holds."""
        whole = part.lead + text[part.begins : end]
        shown = max(1, len(part.lead) + part.ends - part.begins)
        place = cut(whole, TEXT, shown)
        if len(escaped(whole[: place.at])) > WEIGHT:
            place = cut(whole, max(TEXT // 4, shown + 100), shown)
        return place

    def _ends(self, part: Part, place: Cut) -> None:
        part.ends = part.begins + place.at - len(part.lead)
        part.close, part.reopen = place.close, place.reopen

    async def _new(self, text: str, end: int) -> bool:
        """Begin the next part with what is new; return whether it was shown."""
        if self._streamed.may_start and await self._start(text, end):
            return True
        if not self._pace.idle("chat.postMessage", self._written.where.channel):
            return False
        begins, lead = self._next()
        fresh = Part("", len(self._parts), begins, lead, ends=begins)
        self._ends(fresh, self._cut(fresh, text, end))
        await self._post(_grown(fresh.text(text)), 0.0, fresh)
        self._text = text[: fresh.ends]
        return True

    async def _start(self, text: str, end: int) -> bool:
        """Begin a part as a stream; False where it has to be a message that is edited."""
        begins, lead = self._next()
        part = Part("", len(self._parts), begins, lead, streams=True, ends=begins)
        place = self._cut(part, text, end) if end else Cut(0)
        if place.close:
            # A fence that is cut right away is written whole, as an edit has it.
            return False
        self._ends(part, place)
        fate, part.ts = await self._streamed.start(part.text(text))
        if fate is Fate.UNSURE:
            return await self._found()
        if fate is Fate.NOT:
            return False
        part.since, part.taken = self._pace.clock.now(), len(harmless(part.text(text)))
        self._parts.append(part)
        self._text = text[: part.ends]
        return True

    async def _found(self) -> bool:
        """Return whether a stream began of which nobody knew; it goes on as a message."""
        left = await self._written.left(self._parts[-1].ts if self._parts else "")
        if not left:
            return False
        begins, lead = self._next()
        await self._streamed.quiet(left[-1])
        found = Part(left[-1], len(self._parts), begins, lead, ends=begins, sound=False)
        self._parts.append(found)
        return True

    async def _append(self, part: Part, text: str, end: int) -> bool:
        """Let a stream go on, or end it where it is as long as a message may be."""
        before = vars(part).copy()
        place = self._cut(part, text, end)
        part.full = place.at < len(part.lead) + end - part.begins
        late = not part.full and self._pace.clock.now() - part.since >= LIFE
        if late:
            place, part.full = seam(part.lead + text[part.begins : end]), True
        self._ends(part, place)
        piece = harmless(part.text(text))[part.taken :]
        try:
            if part.full and self._streamed.may_stop:
                fate = await self._streamed.stop(part.ts, part.number, piece)
                part.over(fate)
                if late and fate is not Fate.DONE:
                    # Slack was faster: it goes on in the same message, by edits.
                    part.full = False
            elif not part.full and self._streamed.may_append:
                fate = await self._streamed.append(part.ts, piece)
                if fate is not Fate.DONE:
                    part.over(fate)
                part.taken += len(piece)
            else:
                vars(part).update(before)
                return False
        except Busy:
            vars(part).update(before)
            return False
        except Stopped:
            vars(part).update(before)
            raise
        self._text = text[: part.ends]
        return True

    async def _edit(self, part: Part, text: str, end: int) -> bool:
        """Let a message show more."""
        if not self._pace.idle("chat.update", spare=SPARE):
            return False
        before = vars(part).copy()
        place = self._cut(part, text, end)
        part.full = place.at < len(part.lead) + end - part.begins
        self._ends(part, place)
        try:
            await self._update(part, _grown(part.text(text)), 0.0)
        except SpeechFailed:
            vars(part).update(before)
            raise
        self._text = text[: part.ends]
        return True

    # Messages

    async def _set(self, part: Part, post: Post, text: str, patience: float) -> None:
        """Let a part show *post*."""
        if part.streams and self._torn:
            await self._streamed.quiet(part.ts)
            part.over(Fate.NOT)
        elif part.streams:
            piece = harmless(part.text(text))[part.taken :]
            fate = await self._streamed.stop(
                part.ts, part.number, piece, post.below, patience=patience
            )
            part.over(fate)
            part.shows = post if part.sound else None
        elif part.full and part.sound and not self._torn and not post.below and not part.shows:
            part.shows = post  # it was streamed to its end
        if part.shows != post:
            await self._update(part, post, patience)

    async def _update(self, part: Part, post: Post, patience: float) -> None:
        try:
            await self._written.update(part.ts, part.number, post, patience)
        except Refused as refused:
            if refused.code != STREAMS:
                raise
            await self._streamed.quiet(part.ts)
            await self._written.update(part.ts, part.number, post, patience)
        part.shows, part.sound = post, True

    async def _post(self, post: Post, patience: float, part: Part | None = None) -> None:
        fresh = part or Part("", len(self._parts))
        fresh.ts = await self._written.post(fresh.number, post, patience)
        fresh.shows = post
        self._parts.append(fresh)


def _grown(text: str) -> Post:
    """Return text that still grows as a message."""
    blocks = markdown.blocks(text)
    return Post(fallback(text), blocks, len(blocks))
