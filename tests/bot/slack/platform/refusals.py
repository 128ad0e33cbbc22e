"""How Slack says no, and what a well-behaved app never does."""

from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

Json = dict[str, Any]


class Refused(Exception):
    """The Web API does not do it; `code` is the `error` of its answer."""

    def __init__(
        self,
        code: str,
        *faults: str,
        status: int = 200,
        retry_after: int | None = None,
        **more: object,
    ) -> None:
        super().__init__(code, *faults)
        self.code = code
        self.faults = faults
        self.status = status
        self.retry_after = retry_after
        self.more = more

    def answer(self) -> Json:
        """Return the body of the answer.

        What was wrong with blocks and arguments stands in `response_metadata.messages`
        (https://docs.slack.dev/apis/web-api/#errors); SDKs print it.
        """
        body: Json = {"ok": False, "error": self.code, **self.more}
        if self.faults:
            body["errors"] = list(self.faults)
            body["response_metadata"] = {"messages": [f"[ERROR] {each}" for each in self.faults]}
        return body


class Cut(Exception):
    """The connection breaks instead of an answer."""


@dataclass(frozen=True)
class Violation:
    """Something the platform bore, but a well-behaved app does not do."""

    kind: str
    """`ratelimited`, `impatient`, `unacknowledged`, `late`, `bad_ack`, `response_url`."""
    what: str
    at: float = field(compare=False, default=0.0)

    @override
    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"
