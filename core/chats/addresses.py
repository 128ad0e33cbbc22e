"""Words that lead somewhere, and what is left of them that does not."""

import re

SUSPECT = re.compile(r"[:@]|//|\\|www|[/?#]", re.IGNORECASE)
"""A word without any of these is no address."""
SCHEME = re.compile(
    r"(?<![A-Za-z0-9+.\-])(?P<before>[0-9+.\-]*+)[A-Za-z][A-Za-z0-9+.\-]*+\\?:(?:\\?/){2,}+"
    r"|(?<![A-Za-z0-9/])(?:\\?/){2,}+(?=[\w-]+\.)"
)
"""It is tried once for each run of its signs, or a long one would take ages; so the digits that
stand before a scheme are found with it."""
CALLS = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:https?|wss?|ftp|javascript|vbscript|mailto|tel|sms|file|blob|slack"
    r"|discord|tg|view-source)\\?:(?=\S)|data\\?:(?=[A-Za-z]+/|[,;]))",
    re.IGNORECASE,
)
WWW = re.compile(r"(?<![A-Za-z0-9])www\d{0,3}\\?\.(?=[A-Za-z0-9-]+\\?\.|$)", re.IGNORECASE)
BARE = re.compile(
    r"(?<![A-Za-z0-9@-])(?<![A-Za-z0-9-]\.)"
    r"(?:(?:[A-Za-z0-9-]+\.)+(?:com|net|org|io|ai|app|dev|co|me|info|biz|xyz"
    r"|site|online|top|link|click|cloud|page|gg|ly|tk|ru|cn|de|uk|eu|fr|us)"
    r"|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?[/?#](?=\S)",
    re.IGNORECASE,
)
MENTION = re.compile(r"@(?=everyone|here|channel(?![A-Za-z0-9]))", re.IGNORECASE)
TAIL = ".,;:!?'*_|"
"""Signs that end a sentence rather than an address."""


def parted(word: str) -> tuple[str, str, str]:
    """Return a word as what comes before an address, the address made inert, and what follows."""
    if not SUSPECT.search(word):
        return word, "", ""
    found = [each for kind in (SCHEME, CALLS, WWW, BARE) if (each := kind.search(word))]
    if not found:
        return word, "", ""
    first = min(_start(each) for each in found)
    rest = bare(word[first:])
    end = len(rest.rstrip(TAIL))
    return WWW.sub("", word[:first]), rest[:end], rest[end:]


def leads(word: str) -> bool:
    """Return whether a word is an address from its first sign on."""
    return bool(SCHEME.match(word) or CALLS.match(word))


def bare(address: str) -> str:
    """Return an address without what would make it one."""
    while True:
        less = WWW.sub("", CALLS.sub("", SCHEME.sub(_before, address)))
        if less == address:
            return less
        address = less


def _start(found: re.Match[str]) -> int:
    return found.start() + len(_before(found))


def _before(found: re.Match[str]) -> str:
    """Return the digits that stand before a scheme, and are no part of it."""
    return found.groupdict().get("before") or ""


def unmentioned(text: str) -> str:
    """Return *text* so that it calls nobody."""
    return MENTION.sub("@\u200b", text) if "@" in text else text
