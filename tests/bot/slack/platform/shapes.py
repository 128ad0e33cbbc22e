"""What a JSON value must look like, in small pieces; faults carry a JSON pointer as Slack's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class Faults(list[str]):
    """What is wrong, in Slack's words."""

    def add(self, words: str, pointer: str) -> None:
        """Note a fault at *pointer*."""
        self.append(f"{words} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Faults], None]
"""Takes a value, where it stands, and where to note faults."""


def anything(value: object, pointer: str, faults: Faults) -> None:
    """Accept all."""


def words(most: int | None = None, least: int = 0) -> Check:
    """Return a check for a string of *least* to *most* characters."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str):
            faults.add("must be a string", pointer)
        elif most is not None and len(value) > most:
            faults.add(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            faults.add(f"must be more than {least - 1} characters", pointer)

    return check


def boolean(value: object, pointer: str, faults: Faults) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        faults.add("must be a boolean", pointer)


def integer(least: int | None = None, most: int | None = None) -> Check:
    """Return a check for a whole number within bounds."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            faults.add("must be an integer", pointer)
        elif (least is not None and value < least) or (most is not None and value > most):
            faults.add(f"must be between {least} and {most}", pointer)

    return check


def number(value: object, pointer: str, faults: Faults) -> None:
    """Accept numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.add("must be a number", pointer)


def one_of(*allowed: object) -> Check:
    """Return a check for one of a few values."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if value not in allowed:
            choices = ", ".join(str(each) for each in allowed)
            faults.add(f"must be a valid enum value: {choices}", pointer)

    return check


def array(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Return a check for a list of *least* to *most* items."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if not isinstance(value, list):
            faults.add("must be an array", pointer)
            return
        if most is not None and len(value) > most:
            faults.add(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            faults.add(f"no fewer than {least} items allowed", pointer)
        for index, each in enumerate(value):
            item(each, f"{pointer}/{index}", faults)

    return check


def members(
    fields: Mapping[str, Check],
    required: Sequence[str] = (),
    also: Callable[[Json, str, Faults], None] | None = None,
) -> Check:
    """Return a check for an object that has these fields and no other.

    Args:
        fields: each field's check; null is no value for any of them.
        required: those that must be there.
        also: looks at the object as a whole, once its fields are right.
    """

    def check(value: object, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            faults.add("must be an object", pointer)
            return
        before = len(faults)
        for name in required:
            if name not in value:
                faults.add(f"missing required field: {name}", pointer)
        for name, each in value.items():
            if name not in fields:
                faults.add(f"invalid additional property: {name}", pointer)
            else:
                fields[name](each, f"{pointer}/{name}", faults)
        if also is not None and len(faults) == before:
            also(value, pointer, faults)

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """Return a check for an object whose `type` says what it must look like."""

    def check(value: object, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            faults.add("must be an object", pointer)
        elif "type" not in value:
            faults.add("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            faults.add(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            kinds[value["type"]](value, pointer, faults)

    return check


def exactly_one(*names: str) -> Callable[[Json, str, Faults], None]:
    """Return a look at an object that must have exactly one of *names*."""

    def look(value: Json, pointer: str, faults: Faults) -> None:
        if len([name for name in names if name in value]) != 1:
            faults.add(f"must have exactly one of: {', '.join(names)}", pointer)

    return look
