"""One id that ties together whatever happens on behalf of one request."""

import re
from contextvars import ContextVar
from uuid import uuid4

_current: ContextVar[str] = ContextVar("correlation", default="")

ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def begin(offered: str | None = None) -> str:
    """Start a request under the id the caller *offered*, if it is one, else under a fresh one."""
    current = offered if offered and ACCEPTED.fullmatch(offered) else uuid4().hex
    _current.set(current)
    return current


def correlation() -> str:
    """Return the id of the present request; a fresh one where nobody began one."""
    return _current.get() or begin()
