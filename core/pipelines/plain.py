"""What a tool gave back, as JSON can say it, and no larger than a run can carry."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from math import isfinite
from typing import Any

from anyio import to_thread
from pydantic import BaseModel

from core.pipelines.errors import OutputTooLarge

MOST = 16 * 1024 * 1024
"""Bytes that one output takes as JSON, roughly."""
DEEPEST = 100
LIGHT = 256 * 1024
"""Bytes that are looked through at once; what is larger would hold up everybody else."""


async def measured(value: Any) -> tuple[Any, int]:
    """Return *value* as `plain` does, and how many bytes it takes as JSON, roughly.

    Raises:
        OutputTooLarge: as `plain` does.
    """
    try:
        return _measured(value, LIGHT)
    except OutputTooLarge:
        return await to_thread.run_sync(_measured, value, MOST)


def plain(value: Any) -> Any:
    """Return *value* made of what JSON has: bytes tell their size, a set is a list, others text.

    Raises:
        OutputTooLarge: it takes more than 16 MB, or stands in itself more than 100 deep.
    """
    return _Plain(MOST).of(value)


def _measured(value: Any, most: int) -> tuple[Any, int]:
    found = _Plain(most)
    return found.of(value), found.bytes


class _Plain:
    """One output on its way, and how much of it there is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.bytes = 0

    def of(self, value: Any, deep: int = 0) -> Any:
        self._took(8)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            # No reader of JSON is sure of more than 64 bits, and ours refuses to write them.
            return value if -(2**63) <= value < 2**64 else str(value)
        if isinstance(value, float):
            return value if isfinite(value) else None
        if isinstance(value, str):
            self._took(len(value))
            # Half of a character cannot be stored, nor NUL in PostgreSQL.
            return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
        if deep > DEEPEST:
            raise OutputTooLarge(f"The output stands in itself more than {DEEPEST} deep.")
        return self._holder(value, deep + 1)

    def _holder(self, value: Any, deep: int) -> Any:
        if isinstance(value, Mapping):
            return {self.of(str(key)): self.of(each, deep) for key, each in value.items()}
        if isinstance(value, AbstractSet):
            value = sorted(value, key=repr)
        if isinstance(value, list | tuple):
            return [self.of(each, deep) for each in value]
        return self.of(_other(value), deep)

    def _took(self, more: int) -> None:
        self.bytes += more
        if self.bytes > self._most:
            raise OutputTooLarge


def _other(value: Any) -> Any:
    """Return what stands for a value that JSON does not have."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"__bytes__": True, "size": memoryview(value).nbytes}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
