"""Forms as Discord's modals, and what comes back from them."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.cards import FieldKind, Form, FormField
from bot.cells import short
from bot.discord.marks import harmless
from bot.discord.parcel import Json

FIELDS = 5
"""Parts of a modal."""
LINES = 4000
"""Characters of a value."""
TEXT = 1000
SHORT, PARAGRAPH = 1, 2


def modal(form: Form) -> Json:
    """Return a form; what stands above it is left out where there is no room."""
    parts = [_part(each) for each in form.fields[:FIELDS]]
    if form.text and len(parts) < FIELDS:
        parts.insert(0, {"type": 10, "content": harmless(form.text)[:TEXT]})
    return {"custom_id": form.press, "title": short(form.title, 45), "components": parts}


def values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed into a modal, by the names of its fields."""
    return dict(_values(data.get("components", ())))


def _part(field: FormField) -> Json:
    label: Json = {"type": 18, "label": short(field.label, 45), "component": _input(field)}
    said = field.problem or field.hint
    if said:
        label["description"] = short(said, 100)
    return label


def _input(field: FormField) -> Json:
    if field.kind is FieldKind.CHOICE and field.choices:
        options = {each.value: short(each.label, 100) for each in field.choices}
        return {
            "type": 3,
            "custom_id": field.name,
            "required": field.required,
            "options": [
                {"label": label, "value": value, "default": value == field.value}
                for value, label in options.items()
            ],
        }
    found: Json = {
        "type": 4,
        "custom_id": field.name,
        "style": PARAGRAPH if field.kind is FieldKind.LINES else SHORT,
        "required": field.required,
        "max_length": LINES,
    }
    if field.value:
        found["value"] = field.value[:LINES]
    return found


def _values(parts: Any) -> Iterator[tuple[str, str]]:
    for part in parts:
        inner = part.get("component")
        for each in [inner] if inner is not None else part.get("components", ()):
            chosen = each.get("values")
            found = each.get("value") if chosen is None else next(iter(chosen), "")
            yield str(each["custom_id"]), str(found or "")
