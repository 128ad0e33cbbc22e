"""Words on their way in and out: Slack's markup as plain words, and plain words as no markup."""

import re
from collections.abc import Mapping

from bot.slack.harmless import harmless

MARKUP = re.compile(
    r"<(?:([@#!])([^<>|]+)|((?:https?:|mailto:|tel:)[^<>|]+))(?:\|([^<>]*))?>", re.IGNORECASE
)
SPACES = re.compile(r"[ \t\u00a0]+")
FALLBACK = 300
"""Characters of an answer that stand in a notification."""


def people(text: str) -> tuple[str, ...]:
    """Return the ids of the people whom *text* names."""
    return tuple(id for sign, id, _url, _label in MARKUP.findall(text) if sign == "@")


def channels(text: str) -> dict[str, str]:
    """Return the ids of the channels that *text* names, with the names that it gives."""
    return {id: label for sign, id, _url, label in MARKUP.findall(text) if sign == "#"}


def written(text: str, us: str, names: Mapping[str, str]) -> str:
    """Return what was written as its writer read it, without the mention of us.

    Args:
        text: Slack's text, with its markup.
        us: our own id there.
        names: the names of those people and channels that are known, by id.
    """

    def shown(found: re.Match[str]) -> str:
        sign, body, label = found[1], found[2] or found[3], found[4] or ""
        match sign:
            case "@":
                return " " if body == us else f"@{(names.get(body) or label or body).lstrip('@')}"
            case "#":
                return f"#{(names.get(body) or label or body).lstrip('#')}"
            case "!":
                # <!here>, <!subteam^S1|@devs>, <!date^1392734382^{date}|February 18th>
                return label or f"@{body.partition('^')[0]}"
            case _:
                return label or body.removeprefix("mailto:")

    return unescaped("\n".join(_tidy(line) for line in MARKUP.sub(shown, text).split("\n"))).strip()


def escaped(text: str) -> str:
    """Return *text* such that Slack reads no mention, link or command in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """Return what Slack had escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def fallback(text: str) -> str:
    """Return *text* for a notification: one line, short, and nothing in it is a mention."""
    line = " ".join(text[: 4 * FALLBACK].split())
    line = line if len(line) <= FALLBACK else line[: FALLBACK - 1] + "…"
    return escaped(harmless(line)) or "…"


def cut(text: str, most: int) -> str:
    """Return *text*, or as much of it as *most* characters hold."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _tidy(line: str) -> str:
    return SPACES.sub(" ", line).rstrip()
