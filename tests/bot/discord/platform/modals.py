"""Forms, within their limits, and how they are filled in.

Docs: Receiving and Responding, "Modal"; Component Reference, "Text Input" and "Label".
"""

from collections.abc import Mapping

from .checks import Body
from .components import (
    CUSTOM_ID,
    OTHER_SELECTS,
    ROW,
    STRING_SELECT,
    TEXT_DISPLAY,
    TEXT_INPUT,
    custom_id,
    numbered,
    read_select,
    text_display,
    unique,
)
from .errors import Problems
from .records import Modal, Payload, within

LABEL_BOX = 18
TITLE, FIELDS = 45, 5
"""Docs, Receiving and Responding, "Modal"."""
LABEL, DESCRIPTION = 45, 100
"""Docs, Component Reference, "Label Structure"."""
INPUT, PLACEHOLDER = 4000, 100
"""Docs, Component Reference, "Text Input Structure"."""


def read_modal(value: object) -> Modal:
    """Read the data of an interaction response of type 9."""
    problems = Problems()
    body = Body(problems, ("data",), value)
    body.only("custom_id", "title", "components")
    body.text("custom_id", least=1, most=CUSTOM_ID, required=True)
    body.text("title", least=1, most=TITLE, required=True)
    for each in body.items("components", least=1, most=FIELDS, required=True):
        _top(each)
    problems.refuse()
    components = list(body.value["components"])
    unique(body, list(within(components)))
    problems.refuse()
    return Modal(body.value["title"], body.value["custom_id"], tuple(numbered(components)))


def _top(body: Body) -> None:
    kind = body.one_of("type", (ROW, TEXT_DISPLAY, LABEL_BOX), required=True)
    if kind == TEXT_DISPLAY:
        text_display(body, ())
    elif kind == ROW:
        body.only("type", "id", "components")
        for each in body.items("components", least=1, most=1, required=True):
            if each.one_of("type", (TEXT_INPUT,), required=True) == TEXT_INPUT:
                _input(each, labelled=True)
    elif kind == LABEL_BOX:
        body.only("type", "id", "label", "description", "component")
        body.text("label", least=1, most=LABEL, required=True)
        body.text("description", most=DESCRIPTION)
        if inside := body.inside("component", required=True):
            known = (TEXT_INPUT, STRING_SELECT, *OTHER_SELECTS)
            chosen = inside.one_of("type", known, required=True)
            if chosen == TEXT_INPUT:
                _input(inside, labelled=False)
            elif chosen in known:
                _select(inside)


def _select(body: Body) -> None:
    read_select(body)
    if body.value.get("disabled"):
        said = "Modals cannot have disabled components"
        body.wrong(("disabled",), "COMPONENT_DISABLED_IN_MODAL", said)
    if body.value.get("required", True) and body.value.get("min_values") == 0:
        said = "A required select has at least one value"
        body.wrong(("min_values",), "NUMBER_TYPE_MIN", said)


def _input(body: Body, *, labelled: bool) -> None:
    known = ("type", "id", "custom_id", "style", "min_length", "max_length", "required", "value")
    body.only(*known, "placeholder", "label")
    custom_id(body)
    body.one_of("style", (1, 2), required=True)
    least = body.number("min_length", least=0, most=INPUT) or 0
    most = body.number("max_length", least=1, most=INPUT) or INPUT
    body.truth("required")
    body.text("label", least=1 if labelled else 0, most=LABEL, required=labelled)
    body.text("placeholder", most=PLACEHOLDER)
    if least > most:
        body.wrong(("min_length",), "NUMBER_TYPE_MAX", "min_length is more than max_length")
    if not labelled and "label" in body:
        said = "The label of an input in a label stands there"
        body.wrong(("label",), "COMPONENT_LABEL_DUPLICATED", said)
    value = body.text("value", most=INPUT)
    if value and not least <= len(value) <= most:
        said = f"Must be between {least} and {most} in length."
        body.wrong(("value",), "BASE_TYPE_BAD_LENGTH", said)


def filled(modal: Modal, values: Mapping[str, str]) -> list[Payload]:
    """Return what a client sends once *values* are typed; it lets nobody type what will not do."""
    unknown = set(values) - set(modal.fields)
    assert not unknown, f"the form has no {unknown}, only {list(modal.fields)}"
    found: list[Payload] = []
    for outer in modal.components:
        if outer["type"] == ROW:
            inner = [_filled(each, values) for each in outer["components"]]
            found.append({"type": ROW, "id": outer["id"], "components": inner})
        elif outer["type"] == LABEL_BOX:
            inside = _filled(outer["component"], values)
            found.append({"type": LABEL_BOX, "id": outer["id"], "component": inside})
        else:
            found.append({"type": outer["type"], "id": outer["id"]})
    return found


def _filled(component: Payload, values: Mapping[str, str]) -> Payload:
    name = component["custom_id"]
    value = values.get(name, component.get("value", ""))
    needed = component.get("required", True)
    found = {"type": component["type"], "id": component["id"], "custom_id": name}
    if component["type"] == TEXT_INPUT:
        assert value or not needed, f"{name} must be filled in"
        least, most = component.get("min_length") or 0, component.get("max_length") or INPUT
        assert not value or least <= len(value) <= most, f"{name} takes {least} to {most}"
        assert component["style"] == 2 or "\n" not in value, f"{name} has one line"
        return found | {"value": value}
    chosen = [value] if value else []
    if component["type"] == STRING_SELECT:
        options = component["options"]
        if name not in values:
            chosen = [each["value"] for each in options if each.get("default")]
        assert set(chosen) <= {each["value"] for each in options}, f"{name} has no {value!r}"
    assert chosen or not needed, f"{name} must be chosen"
    return found | {"values": chosen}
