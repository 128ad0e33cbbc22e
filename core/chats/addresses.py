"""Words that lead somewhere, and what is left of them that does not."""

import re

SUSPECT = re.compile(r"[:@]|//|\\|www|[/?#]", re.IGNORECASE)
"""A word without any of these is no address."""
SCHEME = re.compile(
    r"(?<![A-Za-z0-9+.\-])[A-Za-z0-9+.\-]++\\?:(?:\\?/){2,}|(?<![A-Za-z0-9/])(?:\\?/){2,}+(?=[\w-]+\.)"
)
CALLS = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:javascript|vbscript|mailto|tel|sms|file|blob|slack|discord|tg"
    r"|view-source)\\?:(?=\S)|data\\?:(?=[A-Za-z]+/|[,;]))",
    re.IGNORECASE,
)
WWW = re.compile(r"(?<![A-Za-z0-9])www\d{0,3}\\?\.(?=[A-Za-z0-9-]+\\?\.|$)", re.IGNORECASE)
BARE = re.compile(
    r"(?<![A-Za-z0-9@-])(?<![A-Za-z0-9-]\.)(?:(?:[A-Za-z0-9-]+\.)+(?:com|net|org|io|ai|app|dev|co|me|info|biz|xyz"
    r"|site|online|top|link|click|cloud|page|gg|ly|tk|ru|cn|de|uk|eu|fr|us)"
    r"|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?[/?#](?=\S)",
    re.IGNORECASE,
)
MENTION = re.compile(r"@(?=everyone|here|channel(?![A-Za-z0-9]))", re.IGNORECASE)
TAIL = re.compile(r"[.,;:!?'*_|]+$")


def parted(word: str) -> tuple[str, str, str]:
    """Return a word as what comes before an address, the address made inert, and what follows."""
    if not SUSPECT.search(word):
        return word, "", ""
    found = [each for kind in (SCHEME, CALLS, WWW, BARE) if (each := kind.search(word))]
    if not found:
        return word, "", ""
    first = min(each.start() for each in found)
    rest = bare(word[first:])
    tail = TAIL.search(rest)
    end = tail.start() if tail else len(rest)
    return WWW.sub("", word[:first]), rest[:end], rest[end:]


def leads(word: str) -> bool:
    """Return whether a word is an address from its first sign on."""
    return bool(SCHEME.match(word) or CALLS.match(word))


def bare(address: str) -> str:
    """Return an address without what would make it one."""
    while True:
        less = WWW.sub("", CALLS.sub("", SCHEME.sub("", address)))
        if less == address:
            return less
        address = less


def unmentioned(text: str) -> str:
    """Return *text* so that it calls nobody."""
    return MENTION.sub("@\u200b", text) if "@" in text else text
