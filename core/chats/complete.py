"""A small question to a model, without tools: for titles, follow-ups, a choice of a few."""

import asyncio
from typing import TypeVar

from core.models import Mind, Models, ModelUnavailable, Usage, explain

T = TypeVar("T")

TRIES = 1
"""How often an answer of the wrong shape may be given again."""


async def complete(
    mind: Mind, instructions: str, text: str, output_type: type[T], seconds: float
) -> tuple[T, Usage]:
    """Return what a model says, as an *output_type* (a pydantic model, or str), and what it took.

    Args:
        mind: the model.
        instructions: what it is to do.
        text: what with; it is data, and the caller says so in the instructions.
        output_type: what is wanted.
        seconds: how long it may take.

    Raises:
        ModelUnavailable, ModelNotFound, RateLimit: the model does not answer, and why.
    """
    from pydantic_ai import Agent, UsageLimits  # noqa: PLC0415 - when a model is first asked

    agent = Agent(
        mind.keeper,
        output_type=output_type,
        instructions=instructions,
        model_settings=mind.settings,
        retries=TRIES,
    )
    try:
        async with asyncio.timeout(seconds):
            done = await agent.run(text, usage_limits=UsageLimits(request_limit=TRIES + 1))
    except TimeoutError as error:
        raise ModelUnavailable(f"{mind.record.id} did not answer in time.") from error
    except Exception as error:
        raise explain(error, mind.record.id) or error from error
    return done.output, Models.cost(done.usage)
