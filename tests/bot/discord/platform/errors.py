"""How Discord says no: a status, a JSON error code, and a tree of what was wrong with a body.

The codes are in the docs, Opcodes and Status Codes, "JSON Error Codes"; the tree in Reference,
"Error Messages".
"""

from collections.abc import Sequence
from typing import Any

from .records import Payload

MESSAGES = {
    0: "401: Unauthorized",
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    30032: "Maximum number of application commands reached (100).",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    50001: "Missing Access",
    50003: "Cannot execute action on a DM channel",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50021: "Cannot execute action on a system message",
    50024: "Cannot execute action on this channel type",
    50027: "Invalid Webhook Token",
    50033: "Invalid Recipient(s)",
    50035: "Invalid Form Body",
    50041: "Invalid API version",
    50083: "Thread is archived",
    50109: "The request body contains invalid JSON.",
    50278: "Cannot send messages to this user due to having no mutual guilds",
    160002: "Cannot reply without permission to read message history",
    160004: "A thread has already been created for this message",
    160005: "Thread is locked",
}
STATUSES = {
    0: 401,
    40005: 413,
    50001: 403,
    50005: 403,
    50007: 403,
    50013: 403,
    50027: 401,
    50278: 403,
}
"""Else 404 for what is unknown (10xxx), and 400."""


class Refused(Exception):
    """Discord does not do what was asked."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        *,
        status: int | None = None,
        errors: Payload | None = None,
    ) -> None:
        self.code = code
        self.status = status or STATUSES.get(code) or (404 if 10000 <= code < 20000 else 400)
        self.message = message or MESSAGES.get(code, "")
        self.errors = errors
        super().__init__(f"{self.status} {self.code} {self.message} {errors or ''}")

    @property
    def payload(self) -> Payload:
        """The body of the answer."""
        body: Payload = {"message": self.message, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


class Problems:
    """Everything that is wrong with one body."""

    def __init__(self) -> None:
        self.tree: Payload = {}

    def add(self, path: Sequence[str | int], code: str, message: str) -> None:
        """Note that what stands at *path* will not do."""
        node = self.tree
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse(self) -> None:
        """Raise `Refused` if anything was wrong."""
        if self.tree:
            raise Refused(50035, errors=self.tree)


def wrong(path: Sequence[str | int], code: str, message: str) -> Refused:
    """Return the refusal of a body with one thing wrong."""
    problems = Problems()
    problems.add(path, code, message)
    return Refused(50035, errors=problems.tree)


def flat(tree: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Return a tree of errors as `{"embeds.0.title": "BASE_TYPE_BAD_LENGTH"}`."""
    found: dict[str, str] = {}
    for key, value in (tree or {}).items():
        if key == "_errors":
            found[".".join(path)] = value[0]["code"]
        elif isinstance(value, dict):
            found |= flat(value, (*path, key))
    return found
