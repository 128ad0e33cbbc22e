"""Forms as modals, and what is typed into them."""

from collections.abc import Mapping
from typing import Any

import orjson

from bot.cards import FieldKind, Form, FormField
from bot.slack import markdown
from bot.slack.blocks import small
from bot.slack.words import cut

Json = dict[str, Any]

CALLBACK = "form"
FIELDS = 40
"""Fields of one modal; Slack takes 100 blocks."""
TYPED = 3_000
"""Characters of one value; Slack takes no more."""
KEPT = 3_000
"""Characters that a modal remembers for us."""
VALUE = "value"


def view(form: Form, kept: Mapping[str, object]) -> Json:
    """Return *form* as a modal.

    Args:
        form: what is asked for.
        kept: what comes back with the values: where they were asked for, and whose they are.
    """
    text = markdown.blocks(form.text[:TYPED]) if form.text else []
    fields = [block for field in form.fields[:FIELDS] for block in _field(field)]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _words(form.title, 24),
        "submit": _words(form.submit, 24),
        "close": _words("Cancel", 24),
        "private_metadata": orjson.dumps({**kept, "press": form.press}).decode(),
        "blocks": [*text, *fields] or [{"type": "section", "text": _words(form.title, 150)}],
    }


def errors(form: Form) -> dict[str, str]:
    """Return what is wrong with the values that were typed, by the names of their fields."""
    return {each.name: cut(each.problem, 500) for each in form.fields if each.problem}


def kept(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a modal remembers; empty where it is none of ours."""
    try:
        found = orjson.loads(shown.get("private_metadata") or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def values(shown: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed into a modal, by the names of its fields."""
    found: dict[str, str] = {}
    for name, elements in shown["state"]["values"].items():
        typed = elements.get(VALUE) or {}
        chosen = typed.get("selected_option") or {}
        found[name] = typed.get("value") or chosen.get("value") or ""
    return found


def _field(field: FormField) -> list[Json]:
    shown: Json = {
        "type": "input",
        "block_id": field.name,
        "label": _words(field.label, 45),
        "optional": not field.required,
        "element": _choice(field)
        if field.kind is FieldKind.CHOICE and field.choices
        else _line(field),
    }
    hint = {"hint": _words(field.hint, 150)} if field.hint else {}
    return [shown | hint, *small(field.problem)]


def _line(field: FormField) -> Json:
    return {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.kind is FieldKind.LINES,
        "initial_value": field.value[:TYPED],
        "max_length": TYPED,
    }


def _choice(field: FormField) -> Json:
    options = {
        each.value: {"text": _words(each.label, 75), "value": each.value} for each in field.choices
    }
    first = {"initial_option": options[field.value]} if field.value in options else {}
    return {
        "type": "static_select",
        "action_id": VALUE,
        "placeholder": _words("Choose", 75),
        "options": list(options.values()),
    } | first


def _words(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(text, most), "emoji": True}
