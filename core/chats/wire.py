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


def frame(event: Event, *, tools: bool = True) -> tuple[str, dict[str, Any]] | None:
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
    told: dict[str, Any] = {}
    if message.side is Side.ASSISTANT:
        told["status"] = message.status.value
    if message.feedback is not None:
        told["feedback"] = message.feedback.value
    if message.feedback_note:
        told["feedback_note"] = message.feedback_note
    if message.uploads:
        told["uploads"] = list(message.uploads)
    if message.visualizations and pictures:
        told["visualizations"] = [wire(each) for each in message.visualizations]
    if message.statements:
        told["sql"] = ";\n\n".join(each.sql.rstrip("; \n") for each in message.statements)
        told["statements"] = [each.model_dump() for each in message.statements]
    if message.pending is not None:
        told["missing"] = list(message.pending.missing)
    if message.model is not None:
        told["model"] = message.model
    if message.usage is not None:
        told["usage"] = message.usage.model_dump()
    if message.failure is not None:
        told["error"] = failure(message.failure)
    return told


def _beside(metadata: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": metadata} if metadata else {}
