"""The signs of a text: those that nobody sees are left out, those that are spelt out are read."""

import re
from html import unescape

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What nobody sees and some parsers skip: controls, marks of direction, spaces of no width."""
JOINERS = re.compile("(?<=[\x00-\x7f])[\u200c\u200d]+")
"""They shape Persian and families of emoji; after an ASCII letter they only hide."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});$")
LONGEST_ENTITY = 34
ENTITY_BEGUN = re.compile(r"&#?[A-Za-z0-9]{0,32}$")
FENCE = "```"


def seen(piece: str, last: str) -> str:
    """Return a piece of text without what nobody sees.

    Args:
        piece: what is said next.
        last: the sign before it, which decides whether a joiner at its beginning hides something.
    """
    if piece.isascii() and piece.isprintable():
        return piece
    piece = UNSEEN.sub("", piece.replace("\u2028", "\n").replace("\u2029", "\n"))
    return JOINERS.sub("", last + piece)[len(last) :]


def decoded(text: str, known: int = 0) -> tuple[str, int]:
    """Return *text* with its entities as signs, as far as a fence, and where that is.

    Args:
        text: a line, or as much as there is of it.
        known: how much of it was returned by this function before, without a fence.
    """
    fence = text.find(FENCE)
    at = text.find("&", max(0, known - LONGEST_ENTITY))
    if at < 0 or 0 <= fence < at:
        return text, fence
    done, waiting = list(text[:at]), list(reversed(text[at:]))
    while waiting:
        sign = waiting.pop()
        done.append(sign)
        if sign == "`" and done[-3:] == [*FENCE]:
            return "".join([*done, *reversed(waiting)]), len(done) - len(FENCE)
        entity = ENTITY.search("".join(done[-LONGEST_ENTITY:])) if sign == ";" else None
        if entity is not None and (read := _sign(entity.group())) != entity.group():
            # It may make an entity, or a fence, of what stands around it.
            del done[-len(entity.group()) :]
            waiting += reversed(read)
    return "".join(done), -1


def _sign(entity: str) -> str:
    sign = unescape(entity)
    if sign == entity:
        return sign
    return UNSEEN.sub("", " " if sign.isspace() else sign)
