"""Blocks of messages, modals and home tabs.

https://docs.slack.dev/reference/block-kit/blocks
"""

from enum import StrEnum
from typing import Any

from tests.bot.slack.platform.compositions import SLACK_FILE, either, plain
from tests.bot.slack.platform.elements import ACCESSORIES, ACTIONS, CONTEXT_ACTIONS, IMAGE, INPUTS
from tests.bot.slack.platform.rich import RICH_TEXT_FIELDS
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    Json,
    anything,
    array,
    boolean,
    by_type,
    exactly_one,
    integer,
    members,
    one_of,
    words,
)
from tests.bot.slack.platform.tables import DATA_TABLE_FIELDS, TABLE_FIELDS, headed


class Surface(StrEnum):
    """Where blocks stand."""

    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


MOST_BLOCKS = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}
"""blocks: up to 50 in a message, 100 in modals and home tabs."""
MARKDOWN = 12_000
"""markdown-block: 12,000 characters, for all of a payload together."""


def block(fields: dict[str, Check], *required: str, also: Any = None) -> Check:
    """Return a check for a block; `block_id` has 255 characters at most."""
    return members({"type": anything, "block_id": words(255, 1), **fields}, required, also)


def said_or_listed(value: Json, pointer: str, faults: Faults) -> None:
    """Note a section of nothing."""
    if "text" not in value and "fields" not in value:
        faults.add("missing required field: text", pointer)


def input_dispatches(value: Json, pointer: str, faults: Faults) -> None:
    """Note a file input that tells of each change, which none does."""
    if value["element"]["type"] == "file_input" and value.get("dispatch_action"):
        faults.add("dispatch_action is not allowed with file_input", pointer)


EVERYWHERE: dict[str, Check] = {
    "actions": block({"elements": array(by_type(ACTIONS), least=1, most=25)}, "elements"),
    "context": block(
        {
            "elements": array(
                by_type({"image": IMAGE, "plain_text": either(), "mrkdwn": either()}),
                least=1,
                most=10,
            )
        },
        "elements",
    ),
    "divider": block({}),
    "header": block({"text": plain(150), "level": integer(1, 4)}, "text"),
    "image": block(
        {
            "alt_text": words(2000, 1),
            "image_url": words(3000, 1),
            "slack_file": SLACK_FILE,
            "title": plain(2000),
        },
        "alt_text",
        also=exactly_one("image_url", "slack_file"),
    ),
    "input": block(
        {
            "label": plain(2000),
            "element": by_type(INPUTS),
            "hint": plain(2000),
            "optional": boolean,
            "dispatch_action": boolean,
        },
        "label",
        "element",
        also=input_dispatches,
    ),
    "rich_text": block(RICH_TEXT_FIELDS, "elements"),
    "section": block(
        {
            "text": either(3000),
            "fields": array(either(2000), least=1, most=10),
            "accessory": by_type(ACCESSORIES),
            "expand": boolean,
        },
        also=said_or_listed,
    ),
}
"""actions 25 elements, context 10, header 150, section text 3000 and 10 fields of 2000."""
TABLES: dict[str, Check] = {
    "table": block(TABLE_FIELDS, "rows"),
    "data_table": block(DATA_TABLE_FIELDS, "rows", "caption", also=headed),
}
"""Available in messages and the home tab."""
IN_MESSAGES: dict[str, Check] = {
    "alert": block(
        {
            "text": either(),
            "level": one_of("default", "info", "warning", "error", "success"),
        },
        "text",
    ),
    "markdown": block({"text": words(MARKDOWN, 1)}, "text"),
    "context_actions": block(
        {"elements": array(by_type(CONTEXT_ACTIONS), least=1, most=5)}, "elements"
    ),
}
"""Available in messages alone."""

KINDS: dict[Surface, dict[str, Check]] = {
    Surface.MESSAGE: {**EVERYWHERE, **TABLES, **IN_MESSAGES},
    Surface.MODAL: EVERYWHERE,
    Surface.HOME: {**EVERYWHERE, **TABLES},
}
"""Blocks that are not listed (cards, videos, charts and others) are refused for now."""


def elements_of(each: Json) -> list[tuple[str, Json]]:
    """Return the interactive elements of a block, each with its pointer within it."""
    found: list[tuple[str, Json]] = []
    if each.get("type") in {"actions", "context_actions"}:
        found = [(f"/elements/{at}", element) for at, element in enumerate(each["elements"])]
    elif each.get("type") == "section" and "accessory" in each:
        found = [("/accessory", each["accessory"])]
    elif each.get("type") == "input":
        found = [("/element", each["element"])]
    return [(pointer, element) for pointer, element in found if element["type"] != "image"]


def _told_apart(blocks: list[Json], pointer: str, faults: Faults) -> None:
    """Note ids that stand twice: a block's in its message, an action's in its block."""
    ids: set[str] = set()
    for at, each in enumerate(blocks):
        here = f"{pointer}/{at}"
        own = each.get("block_id")
        if own is not None and own in ids:
            faults.add(f'"block_id" already exists: {own}', f"{here}/block_id")
        ids.add(str(own))
        actions: set[str] = set()
        for below, element in elements_of(each):
            action = element.get("action_id")
            if action is not None and action in actions:
                faults.add(f'"action_id" already exists: {action}', f"{here}{below}/action_id")
            actions.add(str(action))


def check(blocks: object, surface: Surface, pointer: str = "/blocks") -> Faults:
    """Return what is wrong with blocks."""
    faults = Faults()
    array(by_type(KINDS[surface]), most=MOST_BLOCKS[surface])(blocks, pointer, faults)
    if not faults and isinstance(blocks, list):
        _told_apart(blocks, pointer, faults)
        focused = [
            element
            for each in blocks
            for _, element in elements_of(each)
            if element.get("focus_on_load")
        ]
        if len(focused) > 1:
            faults.add("only one element may have focus_on_load", pointer)
        said = sum(len(each["text"]) for each in blocks if each["type"] == "markdown")
        if said > MARKDOWN:
            faults.add(f"markdown text exceeds {MARKDOWN} characters in all", pointer)
    return faults
