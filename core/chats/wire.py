"""A turn's events and messages as the contract writes them (analyst-api.md, "The stream")."""

from typing import Any

from core.charts import wire
from core.chats.events import (
    Begun,
    Done,
    Event,
    Failed,
    Said,
    ToolReturned,
    ToolUsed,
    Visualized,
    Working,
)
from core.chats.records import Failure, Message, Side

TOOLS = (ToolUsed, ToolReturned)
"""Told only to whoever asks for them."""


def frame(  # noqa: PLR0911 - one for each event
    event: Event, *, tools: bool = True
) -> tuple[str, dict[str, Any]] | None:
    """Return an event's name and data; None for one that is not told.

    Args:
        event: what happened.
        tools: whether the use of tools is told.
    """
    match event:
        case Said():
            return "text_delta", {"content": event.text}
        case Working():
            return "processing", {"status": event.status}
        case Begun():
            return "chat_metadata", {
                "id": event.chat_id,
                "user_message_id": event.user_message_id,
            }
        case ToolUsed() if tools:
            return "tool_call", event.model_dump()
        case ToolReturned() if tools:
            return "tool_result", event.model_dump()
        case Visualized():
            return "visualization", wire(event.visualization)
        case Done():
            told = {"content": event.message.content, "id": event.message.id}
            return "message", told | _beside(details(event.message, pictures=False))
        case Failed():
            return "error", failure(event.failure) | {"id": event.message.id}
    return None


def failure(failure: Failure) -> dict[str, Any]:
    """Return why there is no whole answer."""
    return {
        "error": failure.error,
        "code": failure.code,
        "retryable": failure.retryable,
        "debug_id": failure.debug_id,
        "error_type": failure.error_type,
    }


def details(message: Message, *, pictures: bool = True) -> dict[str, Any]:
    """Return what is told of a message beside its text; what says nothing is left out.

    Args:
        message: one side of a turn.
        pictures: whether its tables and charts are told, too.
    """
    assistant = message.side is Side.ASSISTANT
    statements = [each.model_dump(exclude={"lent"}) for each in message.statements]
    told: dict[str, Any] = {
        "status": message.status.value if assistant else None,
        "feedback": message.feedback and message.feedback.value,
        "feedback_note": message.feedback_note,
        "uploads": list(message.uploads),
        "visualizations": [wire(each) for each in message.visualizations] if pictures else [],
        "sql": ";\n\n".join(each.sql.rstrip("; \n") for each in message.statements),
        "statements": statements,
        "missing": None if message.pending is None else list(message.pending.missing),
        "model": message.model,
        "usage": message.usage and message.usage.model_dump(),
        "error": message.failure and failure(message.failure),
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _beside(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": metadata} if metadata else {}
