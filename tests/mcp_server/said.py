"""What a tool said, for tests to look at."""

from typing import Any

from mcp_types import CallToolResult, TextContent


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def answer_of(result: CallToolResult) -> dict[str, Any]:
    """Return the structured content of a tool that was not refused."""
    assert not result.is_error, text_of(result)
    body = result.structured_content
    assert isinstance(body, dict)
    return body


def refusal_of(result: CallToolResult) -> str:
    """Return what a refused tool said."""
    assert result.is_error, result.structured_content
    return text_of(result)
