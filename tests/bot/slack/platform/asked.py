"""What a test of the platform asks it by: Slack's own client, and the refusals it raises."""

from collections.abc import Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.platform.refusals import Json


def client_of(slack: SlackPlatform, token: str | None = None) -> AsyncWebClient:
    """Return a client that holds the bot's token, or another, and tries nothing twice."""
    held = slack.workspace.bot_token if token is None else token
    return AsyncWebClient(held, base_url=slack.url, retry_handlers=[])


async def refused(call: Awaitable[Any]) -> Json:
    """Return the answer of a call that must be refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: Json = caught.value.response.data
    return answer


async def code(call: Awaitable[Any]) -> str:
    """Return the error of a call that must be refused."""
    return str((await refused(call))["error"])


def plain(text: str) -> Json:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text}


def button(action: str, text: str = "Go", **more: object) -> Json:
    """Return a button."""
    return {"type": "button", "action_id": action, "text": plain(text), **more}


def actions(*elements: Json, **more: object) -> Json:
    """Return an actions block."""
    return {"type": "actions", "elements": list(elements), **more}


def section(text: str, **more: object) -> Json:
    """Return a section."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def table(*rows: list[str], **more: object) -> Json:
    """Return a table of raw text."""
    cells = [[{"type": "raw_text", "text": each} for each in row] for row in rows]
    return {"type": "table", "rows": cells, **more}


def modal(*blocks: Json, **more: object) -> Json:
    """Return a modal."""
    return {
        "type": "modal",
        "title": plain("Title"),
        "submit": plain("Run"),
        "blocks": list(blocks) or [section("words")],
        **more,
    }


def asks(block: str, element: Json | None = None, **more: object) -> Json:
    """Return an input block."""
    return {
        "type": "input",
        "block_id": block,
        "label": plain(block),
        "element": element or {"type": "plain_text_input", "action_id": f"{block}_typed"},
        **more,
    }
