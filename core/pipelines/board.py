"""The blackboard: what the tasks of a tenant's runs leave for those after them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from typing_extensions import override


class Board(Protocol):
    """Keys and values of one tenant; two tenants never see each other's."""

    async def read(self, keys: Iterable[str]) -> Mapping[str, Any]:
        """Return the values of those *keys* that there are."""
        ...

    async def all(self) -> Mapping[str, Any]:
        """Return everything."""
        ...

    async def write(self, key: str, value: Any, *, append: bool, mark: str) -> None:
        """Put *value* under *key*, in place of what is there or behind it in a list.

        Written again with the same *mark*, as after a crash, it changes nothing.
        """
        ...


class Slate(Board):
    """A fresh blackboard in memory, for one run."""

    def __init__(self, seeded: Mapping[str, Any] | None = None) -> None:
        """Begin with what a request has *seeded*."""
        self._values = dict(seeded or {})
        self._marks: set[tuple[str, str]] = set()

    @override
    async def read(self, keys: Iterable[str]) -> Mapping[str, Any]:
        return {key: self._values[key] for key in keys if key in self._values}

    @override
    async def all(self) -> Mapping[str, Any]:
        return dict(self._values)

    @override
    async def write(self, key: str, value: Any, *, append: bool, mark: str) -> None:
        if (key, mark) in self._marks:
            return
        self._marks.add((key, mark))
        self._values[key] = appended(self._values.get(key), value) if append else value


def appended(before: Any, value: Any) -> list[Any]:
    """Return the list that *before* is, or begins, with *value* behind it."""
    if before is None:
        return [value]
    return [*(before if isinstance(before, list) else [before]), value]
