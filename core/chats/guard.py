"""What a model says, made harmless while it streams: nothing in it loads, links, or calls anybody.

A model that reads rows, comments and documents may be talked into carrying them out: in the
address of an image, behind a link, in a mention. Whatever surface shows the answer, none of that
works. Outside of fenced code there is no image, no link, no tag and no scheme left; fences are
written anew, so that every renderer agrees on where they begin and end. The rest of the text is
untouched, and however it is cut into pieces, the same comes out.
"""

import re
from collections.abc import Callable
from enum import Enum, auto

from core.chats import addresses
from core.chats.signs import ENTITY_BEGUN, FENCE, LONGEST_ENTITY, decoded, seen

HELD_WORD = 500
"""Characters of one word that are held back at most; a longer one is broken."""
HELD_SPACE = 200
"""Spaces that are held back for what may follow them."""
HELD_LABEL = 200
"""Characters between brackets that are held back for what may follow them."""
HELD_TARGET = 1_000
"""Characters of a link's target that are held back."""

WORD = re.compile(r"[A-Za-z0-9+.\-_%\\/:?=&,;$*'|#^@{}]+")
"""Signs of which addresses are made."""
PLAIN = re.compile(r"[^A-Za-z0-9+.\-_%\\/:?=&,;$*'|#^@{}~\[\]!<`\t ]+")
SPACES = re.compile(rf"[ \t]{{1,{HELD_SPACE}}}")
TICKS = re.compile(r"`+")
TILDES = re.compile(r"~+")
LABEL = re.compile(r"\[([^\[\]`]{0,200})\]")
TARGET = re.compile(
    r"\([ \t]*+<?([^\s()<>`]{0,900}+(?:\([^\s()<>`]{0,300}+\)[^\s()<>`]{0,300}+){0,3})>?"
    r"(?:[ \t]++(?:\"[^\"]{0,300}+\"|'[^']{0,300}+'|\([^)]{0,300}+\)))?[ \t]*+\)"
)
BRACKETS = re.compile(r"[\[\]!]")
NO_LABEL = re.compile(r"[\[\]`]")
MARKS = re.compile(r"[ ,;]+")
MARK = re.compile(r"r\d{1,3}(?:[ ,;]+r\d{1,3})*")
INFO = re.compile(r"[A-Za-z0-9_+#.\-]{0,30}[ \t]{0,100}")
CONTROL = re.compile(r"<(?=[A-Za-z/!?:]|[@#][!&]?[A-Za-z0-9])")


class _Mode(Enum):
    TEXT = auto()
    INFO = auto()
    """Between the sign that opens a fence and the end of its line."""
    CODE = auto()


class Guard:
    """Takes an answer piece by piece, and gives back what may be shown of it."""

    def __init__(self, known: Callable[[str], bool] = lambda _mark: True) -> None:
        """Begin an answer.

        Args:
            known: whether a mark such as `r1` stands for a result; others are left out.
        """
        self._known = known
        self._held = ""
        self._decoded = 0
        """How much of what comes next is what was held back, and so has no entities any more."""
        self._last = ""
        """The last sign that came in."""
        self._end = "\n"
        """The last sign that was given back; before the first it is as at the end of a line."""
        self._waves = 0
        """Tildes at the end of what was given back."""
        self._said: list[str] = []
        self._mode = _Mode.TEXT
        self._blank = True
        """Whether nothing of this line but spaces was given back."""
        self._closed = False
        """Whether this line is the end of a fence, and so nothing else may follow in it."""
        self._ticks = 0
        """Backticks that opened code in this line."""
        self._signs = {
            "`": self._tick,
            "~": self._tilde,
            "!": self._shout,
            "[": self._link_begun,
            "]": self._link_ended,
            "<": self._angle,
        }

    def feed(self, piece: str) -> str:
        """Return what may be shown now that *piece* was said, too."""
        return self._take(piece, final=False)

    def flush(self) -> str:
        """Return what was held back; the answer is at its end."""
        said = self._take("", final=True)
        if self._mode is not _Mode.TEXT:
            said += FENCE if said.endswith("\n") or self._blank else f"\n{FENCE}"
            self._mode = _Mode.TEXT
        return said

    def _take(self, piece: str, *, final: bool) -> str:
        *lines, rest = (self._held + self._clean(piece)).split("\n")
        for line in lines:
            self._read(line, ended=True)
            self._put("\n")
            self._blank, self._closed, self._ticks = True, False, 0
            if self._mode is _Mode.INFO:
                self._mode = _Mode.CODE
        self._held = self._read(rest, ended=final)
        self._decoded = len(self._held) if self._mode is _Mode.TEXT else 0
        said, self._said = "".join(self._said), []
        return said

    def _clean(self, piece: str) -> str:
        """Return *piece* without what nobody sees."""
        piece = seen(piece, self._last)
        self._last = piece[-1:] or self._last
        return piece

    def _emit(self, text: str) -> None:
        if text:
            if self._closed and self._blank:
                self._put("\n")
                self._closed = False
            if self._mode is _Mode.TEXT and self._end + text[0] in {"``", "![", "](", "]:"}:
                self._put(" ")  # runs of ticks are not one, and brackets make no link or image
            self._put(text)
            self._blank = self._blank and not text.strip()

    def _put(self, text: str) -> None:
        self._said.append(text)
        self._end = text[-1]
        waves = len(text) - len(text.rstrip("~"))
        self._waves = waves + (self._waves if waves == len(text) else 0)

    def _gap(self) -> None:
        """Keep what comes apart from what was there, where something between them was left out."""
        if self._end.isascii() and self._end not in "\n\t \"'(*_":
            self._emit(" ")

    def _read(self, text: str, *, ended: bool) -> str:
        """Read a line, or as much as there is of it; return what has to wait for the rest."""
        while True:
            mode = self._mode
            match mode:
                case _Mode.INFO:
                    text = self._info(text, ended=ended)
                case _Mode.CODE:
                    text = self._code(text, ended=ended)
                case _Mode.TEXT:
                    text = self._text(text, ended=ended)
            if self._mode is mode:
                return text

    # Fences

    def _open(self) -> None:
        if self._end != "\n":
            self._put("\n")
        self._put(FENCE)
        self._blank, self._closed, self._ticks = False, False, 0
        self._mode = _Mode.INFO

    def _info(self, text: str, *, ended: bool) -> str:
        found = INFO.fullmatch(text)
        if found is not None:
            if not ended:
                return text
            self._emit(text.strip())
            return ""
        self._put("\n")  # what follows is code already
        self._blank = True
        self._mode = _Mode.CODE
        return text

    def _code(self, text: str, *, ended: bool) -> str:
        at = text.find(FENCE)
        if at >= 0:
            end = _run(TICKS, text, at)
            if end == len(text) and not ended:
                self._code_said(text[:at])
                return FENCE
            self._code_said(text[:at])
            self._put(FENCE if self._blank else f"\n{FENCE}")
            self._blank, self._closed = True, True
            self._mode = _Mode.TEXT
            return text[end:]
        if ended:
            self._emit(text)
            return ""
        stripped = text.rstrip("`")
        if self._indents(stripped):
            return text  # it may be the indentation of the fence's end
        self._code_said(stripped)
        return text[len(stripped) :]

    def _code_said(self, text: str) -> None:
        """Give back the last of a fence's code, without what only indents its end."""
        if not self._indents(text):
            self._emit(text)
            self._blank = False

    def _indents(self, text: str) -> bool:
        """Return whether there is nothing in a line of code but what may indent a fence's end."""
        return self._blank and len(text) <= HELD_SPACE and not text.strip(" \t>")

    # Text

    def _text(self, text: str, *, ended: bool) -> str:
        """Read text up to a fence, or to the end of what there is."""
        text, at = decoded(text, self._decoded)
        self._decoded = 0
        if at < 0:
            done = self._words(text, ended=ended)
            return text[done:]
        done = self._words(text[:at], ended=True, fence=True)
        end = _run(TICKS, text, at)
        if end == len(text) and not ended:
            return FENCE
        self._open()
        return text[end:]

    def _words(self, text: str, *, ended: bool, fence: bool = False) -> int:
        """Give back words, one after the other; return where the first stands that has to wait."""
        stop = len(text)
        if not ended and (begun := ENTITY_BEGUN.search(text, max(0, stop - LONGEST_ENTITY))):
            stop = begun.start()
        at = 0
        while at < stop:
            after = self._word(text, at, stop, open_end=not ended, fence=fence)
            if after == at:
                return at
            at = after
        return at

    def _word(self, text: str, at: int, stop: int, *, open_end: bool, fence: bool) -> int:
        """Give back what stands at a place; return the next, or the same if it has to wait."""
        sign = text[at]
        if sign in self._signs:
            if at + 1 == stop and open_end:
                return at  # what it means, the next one tells
            return self._signs[sign](text, at, stop, open_end)
        if run := SPACES.match(text, at, stop):
            return self._space(text, at, run.end(), stop, open_end=open_end, fence=fence)
        if run := PLAIN.match(text, at, stop):
            self._emit(run.group())
            return run.end()
        return self._address(text, at, stop, open_end=open_end)

    def _space(
        self, text: str, at: int, end: int, stop: int, *, open_end: bool, fence: bool
    ) -> int:
        """Give back spaces, unless they stand before a fence or a mark that means nothing."""
        if open_end and (end == stop or _run(TICKS, text, end) == stop):
            return at
        if fence and end == stop and self._blank:
            return end
        if text[end : end + 1] == "[" and end < stop and not self._blank:
            label = LABEL.match(text, end, stop)
            if label is None and self._may_be_label(text, end, stop, open_end):
                return at
            apart = self._end not in ":/\\@<!&#.]"
            if label and apart and MARK.fullmatch(label[1]) and not self._marks(label[1]):
                if label.end() == stop and open_end:
                    return at
                if text[label.end()] in " \t.,;)" if label.end() < stop else not fence:
                    return label.end()
        self._emit(text[at:end])
        return end

    def _may_be_label(self, text: str, at: int, stop: int, open_end: bool) -> bool:
        """Return whether a bracket that is not closed yet has to wait for its end."""
        short = open_end and stop - at < HELD_LABEL + 2
        return short and not NO_LABEL.search(text, at + 1, stop)

    def _marks(self, label: str) -> str:
        """Return those of the marks that stand for a result."""
        return ", ".join(mark for mark in MARKS.split(label) if self._known(mark))

    def _tick(self, text: str, at: int, stop: int, open_end: bool) -> int:
        end = min(_run(TICKS, text, at), stop)
        if end == stop and open_end:
            return at
        self._ticks = {0: end - at, end - at: 0}.get(self._ticks, self._ticks)
        self._emit(text[at:end])
        return end

    def _tilde(self, text: str, at: int, stop: int, _open_end: bool) -> int:
        end = min(_run(TILDES, text, at), stop)
        # Three would be a fence, but not to everybody.
        self._emit(text[at:end][: max(0, 2 - self._waves)])
        return end

    def _shout(self, text: str, at: int, stop: int, open_end: bool) -> int:
        if text[at + 1 : at + 2] != "[" or at + 1 == stop:
            self._emit("!")
            return at + 1
        return self._bracket(text, at + 1, stop, open_end, image=True) or at

    def _link_begun(self, text: str, at: int, stop: int, open_end: bool) -> int:
        return self._bracket(text, at, stop, open_end) or at

    def _link_ended(self, text: str, at: int, stop: int, _open_end: bool) -> int:
        follows = text[at + 1] if at + 1 < stop else ""
        self._emit("] " if follows in {"(", ":"} and follows else "]")
        return at + 1

    def _bracket(
        self, text: str, at: int, stop: int, open_end: bool, *, image: bool = False
    ) -> int:
        """Read from a bracket on; 0 is to wait."""
        label = LABEL.match(text, at, stop)
        if label is None and self._may_be_label(text, at, stop, open_end):
            return 0
        if label is not None:
            end = label.end()
            if end == stop and open_end:
                return 0
            if end < stop and text[end] == "(":
                target = TARGET.match(text, end, min(stop, end + HELD_TARGET))
                if target is not None:
                    self._link(label[1], target[1], image=image)
                    return target.end()
                if open_end and stop - end < HELD_TARGET:
                    return 0
            elif MARK.fullmatch(label[1]):
                self._emit("!" if image else "")
                self._mark(label[1], before=text[end] if end < stop else "")
                return end
        self._emit("!" if image else "")
        self._emit("[")
        return at + 1

    def _mark(self, label: str, *, before: str) -> None:
        if known := self._marks(label):
            # At the beginning of a line it would say what a link stands for.
            defines = before == ":" and self._blank
            self._emit(f"[{known}]{' ' if defines else ''}")
        else:
            self._gap()

    def _link(self, label: str, target: str, *, image: bool) -> None:
        """Give back what a link says, and where it would have led; of an image nothing."""
        self._gap()
        if image:
            return
        if MARK.fullmatch(label):
            label = self._marks(label)
        self._words(label, ended=True)
        shown = addresses.unmentioned(addresses.bare(BRACKETS.sub("", target)))
        if shown and shown != label:
            self._emit(f" ({self._inert(shown)})" if label else self._inert(shown))
        if not shown or (not label and self._ticks):
            self._gap()

    def _angle(self, text: str, at: int, stop: int, open_end: bool) -> int:
        """Read from a `<` on, which may begin a tag, an address or a mention."""
        if open_end and stop - at < 4 and text[at + 1] in "@#":  # noqa: PLR2004 - `<@!1`
            return at
        if not CONTROL.match(text, at, stop):
            self._emit("<")
            return at + 1
        word = WORD.match(text, at + 1, min(stop, at + HELD_WORD + 2))
        if word is not None:
            end = word.end()
            short = end - at <= HELD_WORD
            if end == stop and open_end and short:
                return at
            closed = short and end < stop and text[end] == ">"
            if closed and addresses.leads(word.group()):
                self._emit(addresses.unmentioned(self._inert(addresses.bare(word.group()))))
                return end + 1
        self._emit("< ")
        return at + 1

    def _address(self, text: str, at: int, stop: int, *, open_end: bool) -> int:
        """Read a word that may be an address."""
        found = WORD.match(text, at, min(stop, at + HELD_WORD + 1))
        if found is None:
            self._emit(text[at])
            return at + 1
        end = found.end()
        if end - at > HELD_WORD:
            self._emit(f"{self._harmless(text[at : at + HELD_WORD])} ")
            return at + HELD_WORD
        if end == stop and open_end:
            return at
        self._emit(self._harmless(found.group()))
        return end

    def _harmless(self, word: str) -> str:
        before, address, after = addresses.parted(word)
        if not before and (not address or self._end == "]"):
            self._gap()  # what was left out kept what stands before it apart from what follows
        return addresses.unmentioned(f"{before}{self._inert(address)}{after}")

    def _inert(self, address: str) -> str:
        return f"`{address}`" if address and not self._ticks else address


def harmless(text: str, known: Callable[[str], bool] = lambda _mark: True) -> str:
    """Return a whole text as a guard gives it back."""
    guard = Guard(known)
    return guard.feed(text) + guard.flush()


def plain(text: str) -> str:
    """Return a title or a label: one line, harmless, without marks of code."""
    return harmless(" ".join(text.replace("`", "'").split())).replace("`", "")


def _run(kind: re.Pattern[str], text: str, at: int) -> int:
    found = kind.match(text, at)
    return at if found is None else found.end()
