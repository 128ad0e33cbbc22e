"""Asking a model as the analyst does: streamed, with a tool at hand."""

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

from core.identity import Actor, Role, Surface
from core.ids import MemberId, OrganizationId, new_id
from core.models import Mind, ModelNotFound, Models, ModelUnavailable, RateLimit, Usage, explain

ACTOR = Actor(
    organization_id=OrganizationId(new_id()),
    member_id=MemberId(new_id()),
    name="Ada",
    role=Role.OWNER,
    surface=Surface.CLI,
)


async def ask(mind: Mind, question: str) -> tuple[list[str], str, Usage]:
    """Return the pieces that were streamed, the whole answer and what it took."""
    agent = Agent(mind.keeper, model_settings=mind.settings)
    pieces: list[str] = []

    @agent.tool_plain
    def count(table: str) -> str:
        return f"{table} has 12 rows"

    async with agent.run_stream_events(question) as events:
        async for event in events:
            match event:
                case PartStartEvent(part=TextPart(content=text)) if text:
                    pieces.append(text)
                case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                    pieces.append(text)
                case _:
                    pass
    result = events.result
    assert result is not None
    return pieces, result.output, Models.cost(result.usage)


async def refused(mind: Mind, question: str) -> ModelUnavailable | ModelNotFound | RateLimit:
    """Return what a person is told instead of an answer."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - explain() is what is tested
        await ask(mind, question)
    found = explain(raised.value, mind.record.id)
    assert found is not None, repr(raised.value)
    assert "sk-" not in found.message
    return found
