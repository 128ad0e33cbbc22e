"""One request to the REST API, on its way to whoever answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .checks import Body
from .drafts import Upload
from .errors import Problems


@dataclass(frozen=True)
class Call:
    """What was asked."""

    parts: Mapping[str, str]
    """What stands in the path, by name."""
    query: Mapping[str, str]
    body: Any = None
    files: Mapping[int, Upload] = field(default_factory=dict)

    def fields(self, *known: str) -> Body:
        """Return the JSON object that was sent, which has no other fields than these."""
        body = Body(Problems(), (), {} if self.body is None else self.body)
        body.only(*known)
        return body


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    body: Any = None
    """JSON; without it the answer is 204."""
    status: int | None = None


Act = Callable[[Call], Answer]


@dataclass(frozen=True)
class Rule:
    """A route: its method, its path with names in braces, and who answers it."""

    method: str
    path: str
    act: Act
    open: bool = False
    """Whether it needs no token of a bot."""
