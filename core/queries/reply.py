"""What a reply to "which year?" says."""

from collections.abc import Sequence
from typing import Any

from core.queries.blanks import Blank
from core.queries.compared import TIMES, Use
from core.queries.filling import Filled, filled
from core.queries.known import near
from core.queries.match import matched
from core.queries.message import Message
from core.queries.records import Match
from core.queries.subject import Subject
from core.queries.wording import FILLER, NEGATIONS, root


def refilled(match: Match, message: Message, about: Subject) -> Match:
    """Return *match* with what the reply says for the missing ones; itself if it says nothing."""
    blanks = [each for each in about.shape.blanks if each.name in match.missing]
    found = _replied(blanks, message, about)
    if found is None or not (found.values or found.invalid):
        return match
    values = match.parameters | found.values
    both = Filled(values, {**match.invalid, **found.invalid})
    return matched(about, both, match.score)


YES = frozenset(
    {"yes", "y", "ja", "oui", "si", "ok", "okay", "sure", "correct", "right", "exactly"}
)
LATEST = frozenset({"last", "latest", "previous", "letzte", "letztes", "derniere", "dernier"})
CURRENT = frozenset({"this", "current", "dieses", "aktuelles", "cette"})
QUIT = frozenset({"cancel", "stop", "abort", "nevermind", "never", "forget", "quit", "exit"})


def _replied(blanks: Sequence[Blank], message: Message, about: Subject) -> Filled | None:
    texts = [each.text for each in message.words]
    if not texts or not blanks or not QUIT.isdisjoint(texts):
        return None
    found = _relative(blanks, message) or filled(blanks, message)
    if found.conflict:
        return None
    _start_alone(blanks, message, found)
    names = {root(word) for blank in blanks for word in blank.name.lower().split("_")}
    names |= {each.use.split(" ")[0] for each in blanks} | {
        "start",
        "end",
        "begin",
        "first",
        "last",
    }
    rest = [
        text
        for at, text in enumerate(texts)
        if at not in found.claimed
        and text not in FILLER
        and text not in YES
        and root(text) not in names | about.strong
    ]
    asks = "?" in message.raw
    texted = [
        each
        for each in blanks
        if each.use is Use.TEXT or (each.use is Use.VALUE and not each.known)
    ]
    if rest and not asks and len(blanks) == len(texted) == 1 and len(message.raw) < 200:  # noqa: PLR2004
        said = message.raw.strip().strip("\"'\u201c\u201d\u201e\u00ab\u00bb").strip()
        value: Any = [said] if texted[0].many else said
        return Filled({texted[0].name: value} if said else {})
    if rest and not any(text in NEGATIONS for text in texts) and not asks:
        valued = [each for each in blanks if each.use is Use.VALUE and each.known]
        if len(blanks) == len(valued) == 1 and len(rest) <= 3 and not found.values:  # noqa: PLR2004
            close = near(valued[0].known, " ".join(rest))
            hint = f"; perhaps {', '.join(close[:5])}" if close else ""
            said = message.raw.strip()[:60]
            return Filled({}, {valued[0].name: f"{said} is none of the known values{hint}."})
    return None if rest else found


def _relative(blanks: Sequence[Blank], message: Message) -> Filled | None:
    """Read "the last one" and "this one", where a period is missing."""
    timed = [each for each in blanks if each.use in TIMES]
    words = {each.text for each in message.words} - (FILLER - CURRENT) | {"one"}
    if message.moments or not timed or not {each.use for each in timed} <= {Use.YEAR, Use.MONTH}:
        return None
    for asked, lead in ((LATEST, "last"), (CURRENT, "this")):
        if words & asked and not words - asked - {"one"}:
            again = Message(f"{lead} {timed[0].use}", message.today)
            found = filled(timed, again)
            found.claimed = set(range(len(message.words)))
            return found
    return None


def _start_alone(blanks: Sequence[Blank], message: Message, found: Filled) -> None:
    """Take one bare day for the first of a period, not for all of it."""
    uses = {each.use: each.name for each in blanks}
    if {Use.START, Use.END} <= uses.keys() and len(message.moments) == 1:
        only = message.moments[0]
        if (
            only.kind == "day"
            and only.text[:1].isdigit()
            and len(found.claimed) == len(message.words)
        ):
            found.values.pop(uses[Use.END], None)
