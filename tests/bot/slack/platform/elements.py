"""Block elements: buttons, selects, inputs, pictures.

https://docs.slack.dev/reference/block-kit/block-elements
"""

import re

from tests.bot.slack.platform.compositions import (
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUP,
    SLACK_FILE,
    option,
    options,
    plain,
)
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    Json,
    anything,
    array,
    boolean,
    exactly_one,
    integer,
    members,
    one_of,
    words,
)

ACTION_ID = words(255, 1)
"""Each element page: `action_id` has 255 characters at most."""
PLACEHOLDER = plain(150)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
HOUR = re.compile(r"\d\d:\d\d")


def matching(pattern: re.Pattern[str]) -> Check:
    """Return a check for a string of one form."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            faults.add("invalid format", pointer)

    return check


def element(fields: dict[str, Check], required: tuple[str, ...] = (), **more: Check) -> Check:
    """Return a check for an element with a type and an action."""
    return members(
        {"type": anything, "action_id": ACTION_ID, **fields, **more},
        required,
    )


BUTTON = element(
    {
        "text": plain(75),
        "url": words(3000, 1),
        "value": words(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": words(75, 1),
        "visible_to_user_ids": array(words(least=1)),
    },
    ("text",),
)
"""button-element: text 75, value 2000, url 3000, accessibility_label 75."""

CHOICES = {"options": options(100), "option_groups": array(GROUP, least=1, most=100)}
"""select-menu-element: options or groups, 100 at most."""


def chosen_stands_among(value: Json, pointer: str, faults: Faults) -> None:
    """Note a choice made beforehand that is none of the options."""
    exactly_one("options", "option_groups")(value, pointer, faults)
    groups = [group["options"] for group in value.get("option_groups", [])]
    standing = [each for some in (*groups, value.get("options", [])) for each in some]
    first = value.get(
        "initial_options", [value["initial_option"]] if "initial_option" in value else []
    )
    for each in first:
        if each not in standing:
            faults.add("initial option must be one of the options", pointer)


def select(fields: dict[str, Check], *, many: bool = False, static: bool = False) -> Check:
    """Return a check for a select menu."""
    every: dict[str, Check] = {
        "type": anything,
        "action_id": ACTION_ID,
        "confirm": CONFIRM,
        "focus_on_load": boolean,
        "placeholder": PLACEHOLDER,
        **fields,
    }
    if many:
        every["max_selected_items"] = integer(1)
    else:
        every["response_url_enabled"] = boolean
    return members(every, (), chosen_stands_among if static else None)


def listed(name: str) -> dict[str, Check]:
    """Return the field of what is chosen beforehand from a list of Slack's own."""
    return {name: words(least=1)}


SELECTS: dict[str, Check] = {
    "static_select": select({**CHOICES, "initial_option": option()}, static=True),
    "external_select": select({"initial_option": option(), "min_query_length": integer(0)}),
    "users_select": select(listed("initial_user")),
    "conversations_select": select(
        {
            **listed("initial_conversation"),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        }
    ),
    "channels_select": select(listed("initial_channel")),
    "multi_static_select": select(
        {**CHOICES, "initial_options": array(option(), least=1)}, many=True, static=True
    ),
    "multi_external_select": select(
        {"initial_options": array(option(), least=1), "min_query_length": integer(0)}, many=True
    ),
    "multi_users_select": select({"initial_users": array(words(least=1))}, many=True),
    "multi_conversations_select": select(
        {
            "initial_conversations": array(words(least=1)),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        },
        many=True,
    ),
    "multi_channels_select": select({"initial_channels": array(words(least=1))}, many=True),
}

OVERFLOW = element({"options": options(5, url=True), "confirm": CONFIRM}, ("options",))
"""overflow-menu-element: 1-5 options."""
CHECKBOXES = element(
    {
        "options": options(10, rich=True),
        "initial_options": array(option(rich=True), least=1),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    },
    ("options",),
)
"""checkboxes-element: 10 options."""
RADIO = element(
    {
        "options": options(10, rich=True),
        "initial_option": option(rich=True),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    },
    ("options",),
)
"""radio-button-group-element: 10 options."""
DATE = element(
    {
        "initial_date": matching(DAY),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
        "placeholder": PLACEHOLDER,
    }
)
TIME = element(
    {
        "initial_time": matching(HOUR),
        "confirm": CONFIRM,
        "focus_on_load": boolean,
        "placeholder": PLACEHOLDER,
        "timezone": words(least=1),
    }
)
DATETIME = element({"initial_date_time": integer(), "confirm": CONFIRM, "focus_on_load": boolean})

IMAGE = members(
    {
        "type": anything,
        "image_url": words(3000, 1),
        "alt_text": words(2000, 1),
        "slack_file": SLACK_FILE,
    },
    ("alt_text",),
    exactly_one("image_url", "slack_file"),
)
"""image-element: alt_text is required."""

ACTIONS: dict[str, Check] = {
    "button": BUTTON,
    "checkboxes": CHECKBOXES,
    "datepicker": DATE,
    "datetimepicker": DATETIME,
    "overflow": OVERFLOW,
    "radio_buttons": RADIO,
    "timepicker": TIME,
    **SELECTS,
}
"""actions-block: what may stand in it."""
ACCESSORIES: dict[str, Check] = {
    "image": IMAGE,
    **{kind: check for kind, check in ACTIONS.items() if kind != "datetimepicker"},
}
"""section-block: what may stand beside its text; a datetimepicker may not."""

FEEDBACK = members(
    {"text": plain(75), "value": words(2000, 1), "accessibility_label": words(75, 1)},
    ("text", "value"),
)
CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": element(
        {"positive_button": FEEDBACK, "negative_button": FEEDBACK},
        ("positive_button", "negative_button"),
    ),
    "icon_button": element(
        {
            "icon": one_of("trash"),
            "text": plain(),
            "value": words(2000),
            "confirm": CONFIRM,
            "accessibility_label": words(75, 1),
            "visible_to_user_ids": array(words(least=1), most=10),
        },
        ("icon", "text"),
    ),
}
"""context-actions-block: feedback buttons and icon buttons."""


def lengths_agree(value: Json, pointer: str, faults: Faults) -> None:
    """Note bounds of a text that no text keeps."""
    least, most = value.get("min_length", 0), value.get("max_length", 3000)
    if least > most:
        faults.add("min_length must not exceed max_length", pointer)
    if len(value.get("initial_value", "")) > most:
        faults.add("initial_value exceeds max_length", pointer)


TYPED: dict[str, Check] = {
    "focus_on_load": boolean,
    "placeholder": PLACEHOLDER,
    "dispatch_action_config": DISPATCH,
}
INPUTS: dict[str, Check] = {
    "plain_text_input": members(
        {
            "type": anything,
            "action_id": ACTION_ID,
            "initial_value": words(3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
            **TYPED,
        },
        (),
        lengths_agree,
    ),
    "email_text_input": element({"initial_value": words(), **TYPED}),
    "url_text_input": element({"initial_value": words(), **TYPED}),
    "number_input": element(
        {
            "is_decimal_allowed": boolean,
            "initial_value": words(),
            "min_value": words(),
            "max_value": words(),
            **TYPED,
        },
        ("is_decimal_allowed",),
    ),
    "file_input": element({"filetypes": array(words(least=1)), "max_files": integer(1, 10)}),
    "checkboxes": CHECKBOXES,
    "datepicker": DATE,
    "datetimepicker": DATETIME,
    "radio_buttons": RADIO,
    "timepicker": TIME,
    **SELECTS,
}
"""input-block: what may stand in it."""
