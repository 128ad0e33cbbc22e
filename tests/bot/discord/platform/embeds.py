"""Embeds within their limits: docs, Message Resource, "Embed Limits"."""

from collections.abc import Collection, Sequence

from .checks import Body
from .records import Payload

MOST_EMBEDS = 10
"""Per message: docs, Message Resource, "Create Message"."""
TITLE, DESCRIPTION, FIELDS, NAME, VALUE, FOOTER, AUTHOR = 256, 4096, 25, 256, 1024, 2048, 256
"""Docs, Message Resource, "Embed Limits"; white space around is not counted but trimmed."""
TOTAL = 6000
"""Of all texts of all embeds of a message together: the same place."""
COLOR = 0xFFFFFF
KNOWN = (
    *("title", "type", "description", "url", "timestamp", "color", "flags"),
    *("footer", "image", "thumbnail", "author", "fields"),
)
"""`video` and `provider` cannot be set: docs, Message Resource, "Create Message"."""


def read_embeds(body: Body, files: Collection[str]) -> tuple[Payload, ...]:
    """Read the embeds of a message whose attachments are named *files*."""
    found = [_read(each, files) for each in body.items("embeds", most=MOST_EMBEDS)]
    if sum(map(weight, found)) > TOTAL:
        said = f"Embed size exceeds maximum size of {TOTAL}"
        body.wrong(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", said)
    return tuple(found)


def weight(embed: Payload) -> int:
    """Return how many characters count against the total of 6000."""
    texts = [embed.get("title", ""), embed.get("description", "")]
    texts += [embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")]
    for each in embed.get("fields", ()):
        texts += [each["name"], each["value"]]
    return sum(map(len, texts))


def _read(body: Body, files: Collection[str]) -> Payload:
    body.only(*KNOWN)
    body.number("color", least=0, most=COLOR)
    body.text("timestamp", pattern=r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*")
    found: Payload = {
        "title": body.text("title", most=TITLE, trim=True),
        "description": body.text("description", most=DESCRIPTION, trim=True),
        "url": body.url("url"),
        "timestamp": body.value.get("timestamp"),
        "color": body.value.get("color"),
        "fields": _fields(body),
        "image": _media(body, "image", files),
        "thumbnail": _media(body, "thumbnail", files),
    }
    if footer := body.inside("footer"):
        footer.only("text", "icon_url")
        text = footer.text("text", least=1, most=FOOTER, trim=True, required=True)
        found["footer"] = {
            "text": text or "",
            "icon_url": footer.url("icon_url", attachments=files),
        }
    if author := body.inside("author"):
        author.only("name", "url", "icon_url")
        name = author.text("name", least=1, most=AUTHOR, trim=True, required=True)
        icon = author.url("icon_url", attachments=files)
        found["author"] = {"name": name or "", "url": author.url("url"), "icon_url": icon}
    found = {key: _present(value) for key, value in found.items() if value}
    if not found:
        body.wrong((), "BASE_TYPE_REQUIRED", "This field is required")
    return {"type": "rich"} | found


def _fields(body: Body) -> Sequence[Payload]:
    found = []
    for each in body.items("fields", most=FIELDS):
        each.only("name", "value", "inline")
        found.append(
            {
                "name": each.text("name", least=1, most=NAME, trim=True, required=True) or "",
                "value": each.text("value", least=1, most=VALUE, trim=True, required=True) or "",
                "inline": each.truth("inline") or False,
            }
        )
    return found


def _media(body: Body, name: str, files: Collection[str]) -> Payload | None:
    inside = body.inside(name)
    if inside is None:
        return None
    inside.only("url")
    return {"url": inside.url("url", attachments=files, required=True)}


def _present(value: object) -> object:
    """Return an object without what is null in it."""
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if each is not None}
    return value
