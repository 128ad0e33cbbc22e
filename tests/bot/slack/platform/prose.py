"""What a reader reads of blocks, and what Slack makes of markdown."""

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
RULE = re.compile(r" {0,3}([-*_])([ \t]*\1){2,}[ \t]*$")
READ = {"text", "title", "caption", "label", "hint", "alt_text", "placeholder", "description"}
SILENT = {"value", "block_id", "action_id", "type", "url", "image_url", "slack_file", "confirm"}
HEADER_COSTS = 100
PARTS = {"heading", "rule", "fence", "table", "text"}


def lines(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield each line of markdown with what it is: fence, heading, rule, table, text or nothing."""
    fence = ""
    for line in markdown.split("\n"):
        found = FENCE.match(line)
        mark = found.group(1) if found else ""
        if fence:
            yield "code", line
            if mark.startswith(fence):
                fence = ""
        elif mark:
            fence = mark
            yield "fence", line
        elif HEADING.match(line):
            yield "heading", line
        elif RULE.match(line):
            yield "rule", line
        elif line.lstrip().startswith("|"):
            yield "table", line
        else:
            yield ("text" if line.strip() else "nothing"), line


def parts(markdown: str) -> list[str]:
    """Return the blocks that Slack turns markdown into: each heading, fence, rule, table, run.

    Not documented; measured by others: a message that renders into more than 50 is refused.
    """
    found: list[str] = []
    last = ""
    for kind, _ in lines(markdown):
        # A text goes on over empty lines: it is one run of rich text.
        goes_on = kind == "text" and last == "nothing" and found[-1:] == ["text"]
        begins = kind in {"heading", "rule", "fence"} or kind != last
        if kind in PARTS and begins and not goes_on:
            found.append(kind)
        last = kind
    return found


LINES = {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}


def leaf(element: Json) -> str:
    """Return what one piece of a line of rich text reads."""
    match element["type"]:
        case "user":
            return f"<@{element['user_id']}>"
        case "channel":
            return f"<#{element['channel_id']}>"
        case "broadcast":
            return f"<!{element['range']}>"
        case "emoji":
            return f":{element['name']}:"
        case "link":
            return str(element.get("text") or element["url"])
    return str(element.get("text", ""))


def spoken(value: Any) -> Iterator[str]:
    """Yield the texts within blocks that somebody reads."""
    if isinstance(value, list):
        for each in value:
            yield from spoken(each)
    elif isinstance(value, dict):
        if str(value.get("type")) in LINES and any("type" in e for e in value["elements"]):
            yield "".join(leaf(each) for each in value["elements"])
            return
        for name, each in value.items():
            if isinstance(each, str):
                if name in READ:
                    yield each
            elif name not in SILENT:
                yield from spoken(each)


def weight(blocks: list[Json]) -> int:
    """Return how long Slack finds blocks: their text with `&<>` written out, and their headers.

    Not documented; measured by others (slackapi/bolt-js issues 2509 and 2867): text of about
    13,200 characters in all is `msg_blocks_too_long`. Tables have a limit of their own.
    """
    total = 0
    for each in blocks:
        if each.get("type") in {"table", "data_table"}:
            continue
        for text in spoken(each):
            total += len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
        if each.get("type") == "header":
            total += HEADER_COSTS
        if each.get("type") == "markdown":
            total += HEADER_COSTS * parts(str(each.get("text", ""))).count("heading")
    return total
