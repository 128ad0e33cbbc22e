"""What is said where no model says it: what is asked back, and what can be asked at all."""

import re
from collections.abc import Mapping, Sequence

from core.chats.direct import said
from core.chats.summary import shown
from core.queries import Match, Query

NAMED = 8
"""Known values that are offered."""
CANCEL = frozenset(
    {"cancel", "stop", "quit", "exit", "abort", "no", "nein", "non", "nope", "abbrechen"}
    | {"never mind", "nevermind", "forget it", "forget that", "leave it", "no thanks", "annuler"}
    | {"vergiss es", "cancelar", "やめる", "キャンセル"}
)
"""Replies that take a question back."""
THANKS = frozenset(
    {"thanks", "thank you", "thx", "danke", "merci", "gracias", "great thanks", "ok thanks"}
    | {"many thanks", "thanks a lot", "thank you very much", "ありがとう", "grazie", "cheers"}
)
WELCOME = "You are welcome."
NOTHING_WAITS = "Nothing waits for a reply; ask whatever you like."
HELP = re.compile(
    r"(?:hi|hello|hey|hallo|help|hilfe|\?|what can (?:i|you|we) (?:ask|do)|how does this work)"
    r"(?: here| there| me)?(?: please)?"
)


FIRST_DAY, LAST_DAY = "first day", "last day"
ASKS = {FIRST_DAY: "From which day?", LAST_DAY: "To which day?", "count": "How many rows?"}
"""How a value is asked for, by what it is for."""
KINDS = {FIRST_DAY: "a day", LAST_DAY: "a day", "day": "a day", "count": "a number of rows"}


def bare(text: str) -> str:
    """Return a reply without its signs, to be compared."""
    return " ".join(re.findall(r"[\w?]+", text.lower())).strip("? ") or text.strip()[:1]


def cancels(text: str) -> bool:
    """Return whether a reply takes the question back."""
    return bare(text) in CANCEL


def is_thanks(text: str) -> bool:
    """Return whether nothing is asked, but thanked."""
    return bare(text) in THANKS


def asks_for_help(text: str) -> bool:
    """Return whether nothing is asked but what can be asked."""
    return HELP.fullmatch(bare(text)) is not None


def asking_back(match: Match, uses: Mapping[str, str]) -> str:
    """Return what is asked for the values that a saved query lacks.

    Args:
        match: what is known of them.
        uses: what each parameter is for.
    """
    said_once = dict.fromkeys(match.invalid.values())  # one moment may be wrong for two of them
    wrong = [f"{why.strip().rstrip('.')}." for why in said_once]
    starts = [name for name in match.missing if uses.get(name) == FIRST_DAY]
    ends = [name for name in match.missing if uses.get(name) == LAST_DAY]
    both = len(starts) == len(ends) == 1
    asks = ["From which day to which?"] if both else []
    asks += [
        _which(name, match.values.get(name, ()), uses.get(name, ""))
        for name in match.missing
        if not (both and name in (*starts, *ends))
    ]
    known = said(match.parameters)
    head = f"That is **{shown(match.query.title)}**{known}."
    return " ".join([*wrong, head, *asks])


def not_understood(match: Match, uses: Mapping[str, str]) -> str:
    """Return that a reply was none of what is missing."""
    named = [
        KINDS.get(uses.get(each, "")) or f"a {' '.join(each.split('_'))}" for each in match.missing
    ]
    return f"I did not understand that as {' or '.join(dict.fromkeys(named))}."


def _which(name: str, values: Sequence[str], use: str) -> str:
    what = " ".join(name.split("_"))
    if not values:
        return ASKS.get(use) or f"Which {what}?"
    offered = ", ".join(shown(each) for each in values[:NAMED])
    return f"Which {what}? {offered}{', …' if len(values) > NAMED else ''}."


def asking_where(query: Query, names: Sequence[str]) -> str:
    """Return which connections there are to choose from."""
    offered = ", ".join(shown(each) for each in names)
    return f"**{shown(query.title)}** can be asked of several connections. Which one? {offered}."


def cancelled(query: Query) -> str:
    """Return that a question was taken back."""
    return f"All right, I leave **{shown(query.title)}**."


def needs_a_model(query: Query, advice: str) -> str:
    """Return that a saved query is a prompt, which nobody here can answer."""
    return (
        f"**{shown(query.title)}** is a saved question without SQL: answering it takes a language "
        f"model. {advice}"
    )


def honest_no(near: Sequence[Query], advice: str, *, help: bool, connected: bool) -> str:
    """Return that nobody here can answer, what can be asked instead, and what would change it.

    Args:
        near: saved queries, the nearest first.
        advice: how a model is configured.
        help: whether nothing else was asked.
        connected: whether there is any database to ask.
    """
    lines = []
    if not help:
        lines.append(
            "I cannot answer that: without a language model I answer what a saved query answers, "
            + ("and none of them is surely what you ask for." if near else "and none is saved yet.")
        )
    if near:
        lines.append("This can be asked, by its title and with its values:")
        lines.append("\n".join(f"- {_offered(each)}" for each in near))
    elif help:
        lines.append("Nothing can be asked yet: no query is saved, and no model is configured.")
    if not connected:
        lines.append("There is no connection yet: `trellis connection add NAME URL` adds one.")
    elif not near:
        lines.append(
            "A query is saved with `trellis query save`, over MCP, or by POST /v1/queries."
        )
    lines.append(f"To have any other question answered: {advice}")
    return "\n\n".join(lines)


def _offered(query: Query) -> str:
    if query.sql is None:
        return f"{shown(query.title)} (needs a model)"
    if not query.parameters:
        return shown(query.title)
    names = ", ".join(" ".join(each.split("_")) for each in query.parameters)
    return f"{shown(query.title)} ({names})"
