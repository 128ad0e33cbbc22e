"""Signs that Discord reads as more than signs: in an answer they stand as they were typed.

Nothing that an answer says rings a bell (`AllowedMentions.none()` sees to that), and nothing looks
as if it did: a mention, a link, an invitation, a time, a spoiler are broken by a space of no width,
which nobody sees. Code is left as it is: nothing is read inside of it, and people copy it.
"""

import re
from bisect import bisect_right

GAP = "\u200b"
"""A space of no width."""

_CALLS = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_POINTS = re.compile(r"<(?=[@#:/]|a:|t:|id:)", re.IGNORECASE)
_LEADS = re.compile(r"(?<=[A-Za-z0-9+.\-]:)(?=//)")
_INVITES = re.compile(r"(?<=discord)(?=\.gg|(?:app)?\.com|\.new|\.me)", re.IGNORECASE)
_SPOILERS = re.compile(r"\|(?=\|)")
_REST = re.compile(r"(?m)^([^\S\n]*)>>>(?=\s)")
_DEEP = re.compile(r"(?m)^ {0,3}#{4,6}[ \t]+(.*)$")
_TICKS = re.compile(r"`+")
_MARKS = re.compile(r"([\\*_~`|\[\]])")


def size(text: str) -> int:
    """Return how many characters *text* has to Discord."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def harmless(text: str) -> str:
    """Return Markdown as it may be shown: bold, lists and code work, nothing else leads anywhere.

    Args:
        text: without fences, which are no prose.
    """
    text = fenced(text)
    pieces: list[str] = []
    at = 0
    for start, end in _spans(text):
        pieces += [_prose(text[at:start]), text[start:end]]
        at = end
    return "".join([*pieces, _prose(text[at:])])


def fenced(text: str) -> str:
    """Return *text* so that it stays inside of a fence."""
    return text.replace("```", f"`{GAP}`{GAP}`")


def typed(text: str) -> str:
    """Return plain text, such as a title, so that it reads as it was typed."""
    return _prose(_MARKS.sub(r"\\\1", " ".join(text.split())))


def _prose(text: str) -> str:
    text = _DEEP.sub(_bold, text)
    text = _CALLS.sub(f"@{GAP}", text)
    text = _POINTS.sub(f"<{GAP}", text)
    text = _LEADS.sub(GAP, text)
    text = _INVITES.sub(GAP, text)
    text = _SPOILERS.sub(f"|{GAP}", text)
    return _REST.sub(rf"\1>>{GAP}>", text)


def _bold(found: re.Match[str]) -> str:
    title = found[1].rstrip(" \t#")
    return f"**{title}**" if title else ""


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where inline code begins and ends: between equal runs of backticks."""
    runs = [found.span() for found in _TICKS.finditer(text)]
    places: dict[int, list[int]] = {}
    for at, (start, end) in enumerate(runs):
        places.setdefault(end - start, []).append(at)
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(runs):
        start, end = runs[at]
        alike = places[end - start]
        after = bisect_right(alike, at)
        if after == len(alike):
            at += 1
            continue
        found.append((start, runs[alike[after]][1]))
        at = alike[after] + 1
    return found
