"""From measurements to rows: ratios beside their goals, and what could not be measured."""

import math

from benchmarks.rows import Row


def ratio(
    name: str,
    value: float,
    *,
    most: float | None = None,
    least: float | None = None,
    note: str = "",
) -> Row:
    """Return a ratio that should be *most* or less, or *least* or more, if either is given."""
    return amount(name, value, "times", most=most, least=least, note=note)


def amount(
    name: str,
    value: float,
    unit: str,
    *,
    most: float | None = None,
    least: float | None = None,
    note: str = "",
) -> Row:
    """Return a figure of any *unit*, beside its goal if it has one."""
    if most is not None:
        return Row(name, value, unit, f"at most {most:g} {unit}", value <= most, note)
    if least is not None:
        return Row(name, value, unit, f"at least {least:g} {unit}", value >= least, note)
    return Row(name, value, unit, note=note)


def absent(name: str, why: object) -> Row:
    """Return the row of a figure that this machine cannot give, and why."""
    return Row(name, math.nan, "", note=f"absent: {why}")


def broken(name: str, why: object) -> Row:
    """Return the row of a figure that went wrong: as bad as one that misses its goal."""
    return Row(name, math.nan, "", "to be measured", met=False, note=f"failed: {why}")
