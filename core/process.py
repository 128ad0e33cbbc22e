"""Which process does something, told so that another one can see that it is gone."""

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
ENDED = ("Z", "X")
"""States of a process that has ended, and waits for its parent to notice."""


def this() -> str | None:
    """Return a name of this process that no other bears, now or later; None where there is none.

    It is `machine's start/table of processes/number/start of the process`, all of them the
    kernel's own, so that neither a number that is used again nor a container of the same host
    name is taken for it.
    """
    started = _started(os.getpid())
    table = _table()
    return None if table is None or started is None else f"{table}/{os.getpid()}/{started}"


def gone(name: str | None) -> bool:
    """Return whether the process of this *name* surely lives no more.

    Only one that ran among the processes that are seen from here can be known to be gone.
    """
    if name is None:
        return False
    table, _, rest = name.rpartition("/")
    table, _, number = table.rpartition("/")
    if table != _table() or not number.isdecimal():
        return False
    started = _started(int(number))
    return _free(int(number)) if started is None else started != rest


def _free(number: int) -> bool:
    """Return whether no process has this number; another user's may be hidden from us."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _ended(number)


def _ended(number: int) -> bool:
    with suppress(OSError, IndexError):
        return _fields(number)[0] in ENDED
    return False


def _table() -> str | None:
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(PROC / 'self/ns/pid').readlink()}"
    return None


def _started(number: int) -> str | None:
    """Return when a process that lives was started, in the kernel's ticks."""
    with suppress(OSError, IndexError):
        fields = _fields(number)
        return None if fields[0] in ENDED else fields[19]
    return None


def _fields(number: int) -> list[str]:
    # The second field is its command in parentheses, which may hold anything.
    text = (PROC / str(number) / "stat").read_text("utf-8", "replace")
    return text.rpartition(")")[2].split()
