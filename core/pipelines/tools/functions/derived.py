"""Fields that follow from others: computed by their formulas, in the order that these need."""

from collections.abc import Mapping
from typing import Any

from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.figures import number
from core.pipelines.tools.functions.formulas import Missing, Undefined, compute, key, names
from core.pipelines.tools.merging import NOT_FOUND, is_nothing
from core.pipelines.tools.schemas import fields

MOST = 2_000
"""Formulas that are computed together."""


def calculate_derived_fields(
    data: Mapping[str, Any], schema: Any = None, formulas: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return *data* with every field that follows from others computed.

    Formula: each field's own, such as `total_assets - total_liabilities`; units are those of the
    fields it names. One that is there already stays as it is. One that lacks a figure, or would
    divide by zero, is `__not_found__`.

    Args:
        data: figures by the names of their fields; `(1,250)` and `12.5%` are understood.
        schema: what load_schema gave back; its fields' formulas count.
        formulas: more of them, by the names of the fields that they make.

    Raises:
        FunctionRefused: a formula is none, or fields follow from each other in a circle.
    """
    if not isinstance(data, Mapping):
        raise FunctionRefused("calculate_derived_fields: data is an object of fields.")
    wanted = {each.name: each.formula for each in fields(schema) if each.formula} if schema else {}
    wanted |= {str(name): str(formula) for name, formula in (formulas or {}).items()}
    if len(wanted) > MOST:
        raise FunctionRefused(f"At most {MOST} fields are computed together.")
    return derived(data, wanted)


def derived(data: Mapping[str, Any], wanted: Mapping[str, str | None]) -> dict[str, Any]:
    """Return *data* and what the *wanted* formulas come to."""
    found = dict(data)
    known = {key(str(name)): value for name, value in found.items() if not is_nothing(value)}
    todo = {name: formula for name, formula in wanted.items() if formula and key(name) not in known}
    for name in _ordered(todo):
        try:
            value: Any = number(compute(todo[name], known))
            known[key(name)] = value
        except (Missing, Undefined):
            value = NOT_FOUND
        found[name] = value
    return found


def _ordered(formulas: Mapping[str, str]) -> list[str]:
    """Return the names of fields so that each stands behind those that it follows from."""
    by_key = {key(name): name for name in formulas}
    after = {
        name: [by_key[each] for each in names(formula) if each in by_key]
        for name, formula in formulas.items()
    }
    ordered: list[str] = []
    while after:
        free = [name for name, others in after.items() if not any(each in after for each in others)]
        if not free:
            raise FunctionRefused(
                f"Fields follow from each other in a circle: {', '.join(list(after)[:5])}."
            )
        ordered += free
        for name in free:
            del after[name]
    return ordered
