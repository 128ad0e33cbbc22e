"""Composition objects of Block Kit: texts, options, confirmations, files.

https://docs.slack.dev/reference/block-kit/composition-objects
"""

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


def plain(most: int = 3000, least: int = 1) -> Check:
    """Return a check for a `plain_text` object (composition-objects/text-object: 1-3000)."""
    fields = {"type": anything, "text": words(most, least), "emoji": boolean}
    return by_type({"plain_text": members(fields, ("text",))})


def mrkdwn(most: int = 3000) -> Check:
    """Return a check for a `mrkdwn` object (composition-objects/text-object: 1-3000)."""
    fields = {"type": anything, "text": words(most, 1), "verbatim": boolean}
    return by_type({"mrkdwn": members(fields, ("text",))})


def either(most: int = 3000) -> Check:
    """Return a check for a text object of either kind."""
    return by_type(
        {
            "plain_text": members(
                {"type": anything, "text": words(most, 1), "emoji": boolean}, ("text",)
            ),
            "mrkdwn": members(
                {"type": anything, "text": words(most, 1), "verbatim": boolean}, ("text",)
            ),
        }
    )


CONFIRM = members(
    {
        "title": plain(100),
        "text": either(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": one_of("primary", "danger"),
    },
    ("title", "text", "confirm", "deny"),
)
"""composition-objects/confirmation-dialog-object: title 100, text 300, buttons 30."""


def option(*, rich: bool = False, url: bool = False) -> Check:
    """Return a check for an option (composition-objects/option-object: text 75, value 150).

    Args:
        rich: whether its text may be mrkdwn, as in checkboxes and radio buttons.
        url: whether it may have one, as in overflow menus.
    """
    text = either(75) if rich else plain(75)
    described = either(75) if rich else plain(75)
    fields: dict[str, Check] = {"text": text, "value": words(150, 1), "description": described}
    if url:
        fields["url"] = words(3000, 1)
    return members(fields, ("text", "value"))


def unique_values(value: list[Json], pointer: str, faults: Faults) -> None:
    """Note options of the same value."""
    seen: set[str] = set()
    for index, each in enumerate(value):
        if each["value"] in seen:
            faults.add("duplicate option value", f"{pointer}/{index}/value")
        seen.add(each["value"])


def options(most: int, *, least: int = 1, rich: bool = False, url: bool = False) -> Check:
    """Return a check for a list of options whose values differ."""
    listed = array(option(rich=rich, url=url), least=least, most=most)

    def check(value: object, pointer: str, faults: Faults) -> None:
        before = len(faults)
        listed(value, pointer, faults)
        if len(faults) == before and isinstance(value, list):
            unique_values(value, pointer, faults)

    return check


GROUP = members({"label": plain(75), "options": options(100)}, ("label", "options"))
"""composition-objects/option-group-object: label 75, 100 options."""

DISPATCH = members(
    {
        "trigger_actions_on": array(
            one_of("on_enter_pressed", "on_character_entered"), least=1, most=2
        )
    },
    ("trigger_actions_on",),
)
FILTER = members(
    {
        "include": array(one_of("im", "mpim", "private", "public"), least=1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
SLACK_FILE = members({"id": words(least=1), "url": words(3000, 1)}, (), exactly_one("id", "url"))
"""composition-objects/slack-file-object: an id or a url, png, jpg, jpeg or gif."""

PIXELS = integer(1)
