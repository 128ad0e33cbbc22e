"""What stands under a message, within its limits: docs, Component Reference."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .checks import Body
from .records import Payload, within

ROW, BUTTON, STRING_SELECT, TEXT_INPUT = 1, 2, 3, 4
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
OTHER_SELECTS = (5, 6, 7, 8)
"""Of users, roles, both, channels."""
MOST_ROWS = 5
"""In a message without IS_COMPONENTS_V2: "Legacy Message Component Behavior"."""
MOST_BUTTONS = 5
"""In a row: "Action Row"."""
CUSTOM_ID = 100
"""1 to 100 characters, no two alike in a message: "Custom ID"."""
LABEL, URL = 80, 512
"""Of a button: "Button Structure"."""
OPTIONS, OPTION = 25, 100
"""How many choices, and how long each label, value and description: "String Select"."""
PLACEHOLDER = 150
"""Of a select: the same place."""
MOST_COMPONENTS = 40
"""In a message with IS_COMPONENTS_V2, nested ones counted: the page's beginning."""
MOST_TEXT = 4000
"""Of all text displays of a message: "Text Display"."""
GALLERY_ITEMS, ALT = 10, 1024
"""Of a gallery and each of its pictures: "Media Gallery"."""
LINK, PREMIUM = 5, 6
"""Styles of buttons."""

Reader = Callable[[Body, Collection[str]], None]


def read_components(body: Body, files: Collection[str], *, v2: bool) -> tuple[Payload, ...]:
    """Read the components of a message whose attachments are named *files*."""
    top: Mapping[int, Reader] = TOP_V2 if v2 else {ROW: _row}
    most = MOST_COMPONENTS if v2 else MOST_ROWS
    for each in body.items("components", most=most):
        _one(each, top, files)
    values = body.value.get("components") or []
    if body.problems.tree or not isinstance(values, list):
        return ()
    everything = list(within(values))
    if v2 and len(everything) > MOST_COMPONENTS:
        said = f"Must be {MOST_COMPONENTS} or fewer in length."
        body.wrong(("components",), "BASE_TYPE_MAX_LENGTH", said)
    if sum(len(each.get("content", "")) for each in everything) > MOST_TEXT:
        said = f"The total size of the text must be {MOST_TEXT} or fewer."
        body.wrong(("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", said)
    unique(body, everything)
    return tuple(numbered(values))


def listed(value: Any) -> list[Payload]:
    """Return the objects of what should be a list of them."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def unique(body: Body, components: Collection[Payload]) -> None:
    """Refuse a custom id or an id that stands twice."""
    for name, code in (
        ("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
        ("id", "COMPONENT_ID_DUPLICATED"),
    ):
        seen = set()
        for each in components:
            value = each.get(name)
            if value and value in seen:
                body.wrong(("components",), code, f"Component {name} cannot be duplicated")
            seen.add(value)


def numbered(components: list[Payload]) -> list[Payload]:
    """Give each component without an id the next one that is free: "Anatomy of a Component"."""
    taken = {each["id"] for each in within(components) if each.get("id")}
    count = 0
    for each in within(components):
        if not each.get("id"):
            count += 1
            while count in taken:
                count += 1
            each["id"] = count
    return components


def _one(body: Body, known: Mapping[int, Reader], files: Collection[str]) -> None:
    kind = body.one_of("type", tuple(known), required=True)
    body.number("id", least=0, most=2**31 - 1)
    if kind in known:
        known[kind](body, files)


def _row(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "components")
    inside = body.value.get("components")
    kinds = [each.get("type") for each in listed(inside)]
    if len(kinds) > 1 and any(kind in (STRING_SELECT, *OTHER_SELECTS) for kind in kinds):
        said = "The specified component exceeds the maximum width"
        body.wrong(("components",), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", said)
    for each in body.items("components", least=1, most=MOST_BUTTONS, required=True):
        _one(each, IN_A_ROW, files)


def custom_id(body: Body) -> None:
    """Read what comes back when something is used: "Custom ID"."""
    body.text("custom_id", least=1, most=CUSTOM_ID, required=True)


def _button(body: Body, _: Collection[str]) -> None:
    known = ("type", "id", "style", "label", "emoji", "custom_id", "sku_id", "url", "disabled")
    body.only(*known)
    style = body.one_of("style", range(1, 7), required=True)
    body.text("label", most=LABEL)
    body.truth("disabled")
    if emoji := body.inside("emoji"):
        emoji.only("id", "name", "animated")
    if style == LINK:
        body.text("url", least=1, most=URL, required=True)
        body.url("url")
        if "custom_id" in body:
            said = "A custom id and url cannot both be specified"
            body.wrong(("custom_id",), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", said)
    elif style == PREMIUM:
        body.snowflake("sku_id", required=True)
    else:
        custom_id(body)
        if "url" in body:
            body.wrong(("url",), "BUTTON_COMPONENT_INVALID_URL", "Only link buttons have a url")
    if style != PREMIUM and "label" not in body and "emoji" not in body:
        said = "A button must have a label or an emoji"
        body.wrong(("label",), "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", said)


def read_select(body: Body, _: Collection[str] = ()) -> None:
    """Read a menu: "String Select Structure"; of a modal's, `required` counts too."""
    known = ("type", "id", "custom_id", "placeholder", "min_values", "max_values", "disabled")
    more = ("default_values", "channel_types")
    choices = body.value.get("type") == STRING_SELECT
    body.only(*known, *(("options",) if choices else more), "required")
    custom_id(body)
    body.text("placeholder", most=PLACEHOLDER)
    body.truth("disabled")
    body.truth("required")
    least = body.number("min_values", least=0, most=25)
    most = body.number("max_values", least=1, most=25)
    if least is not None and least > (most or 1):
        body.wrong(("min_values",), "NUMBER_TYPE_MAX", "min_values is more than max_values")
    if not choices:
        return
    options = list(body.items("options", least=1, most=OPTIONS, required=True))
    for each in options:
        _option(each)
    values = [each.value.get("value") for each in options]
    for index, value in enumerate(values):
        if value in values[:index]:
            said = "The specified option value is already used"
            options[index].wrong(("value",), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", said)
    if least is not None and least > len(values):
        body.wrong(("min_values",), "NUMBER_TYPE_MAX", "There are fewer options")
    if most is not None and most > len(values):
        body.wrong(("max_values",), "NUMBER_TYPE_MAX", "There are fewer options")
    if sum(bool(each.value.get("default")) for each in options) > (most or 1):
        said = "More options are chosen beforehand than may be"
        body.wrong(("options",), "SELECT_COMPONENT_TOO_MANY_DEFAULTS", said)


def _option(body: Body) -> None:
    body.only("label", "value", "description", "emoji", "default")
    body.text("label", least=1, most=OPTION, required=True)
    body.text("value", least=1, most=OPTION, required=True)
    body.text("description", most=OPTION)
    body.truth("default")


def text_display(body: Body, _: Collection[str]) -> None:
    """Read "Text Display"."""
    body.only("type", "id", "content")
    body.text("content", least=1, most=MOST_TEXT, required=True)


def _section(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "components", "accessory")
    for each in body.items("components", least=1, most=3, required=True):
        _one(each, {TEXT_DISPLAY: text_display}, files)
    if accessory := body.inside("accessory", required=True):
        _one(accessory, {BUTTON: _button, THUMBNAIL: _thumbnail}, files)


def _media(body: Body, name: str, files: Collection[str]) -> None:
    if media := body.inside(name, required=True):
        media.only("url")
        media.url("url", attachments=files, required=True)
    body.text("description", most=ALT)
    body.truth("spoiler")


def _thumbnail(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "media", "description", "spoiler")
    _media(body, "media", files)


def _gallery(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "items")
    for each in body.items("items", least=1, most=GALLERY_ITEMS, required=True):
        each.only("media", "description", "spoiler")
        _media(each, "media", files)


def _file(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "file", "spoiler", "name", "size")
    _media(body, "file", files)


def _separator(body: Body, _: Collection[str]) -> None:
    body.only("type", "id", "divider", "spacing")
    body.truth("divider")
    body.one_of("spacing", (1, 2))


def _container(body: Body, files: Collection[str]) -> None:
    body.only("type", "id", "components", "accent_color", "spoiler")
    body.number("accent_color", least=0, most=0xFFFFFF)
    for each in body.items("components", least=1, most=MOST_COMPONENTS, required=True):
        _one(each, IN_A_CONTAINER, files)


IN_A_ROW: Mapping[int, Reader] = {
    BUTTON: _button,
    STRING_SELECT: read_select,
    **dict.fromkeys(OTHER_SELECTS, read_select),
}
IN_A_CONTAINER: Mapping[int, Reader] = {
    ROW: _row,
    SECTION: _section,
    TEXT_DISPLAY: text_display,
    GALLERY: _gallery,
    FILE: _file,
    SEPARATOR: _separator,
}
TOP_V2: Mapping[int, Reader] = {**IN_A_CONTAINER, CONTAINER: _container}
