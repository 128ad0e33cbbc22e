"""A model that answers by itself, without any tool."""

from core.chats.asked import Asked
from core.chats.draft import Draft
from core.chats.records import Side
from core.models import Models, ModelUnavailable, explain


async def answer_by_model(asked: Asked, draft: Draft) -> None:
    """Let the model say what it says.

    Raises:
        ModelUnavailable, RateLimit: it does not.
    """
    # Imported when a model is first asked: it takes half a second.
    from pydantic_ai import Agent  # noqa: PLC0415
    from pydantic_ai.messages import (  # noqa: PLC0415
        ModelMessage,
        ModelRequest,
        ModelResponse,
        TextPart,
        UserPromptPart,
    )

    mind = asked.mind
    if mind is None:
        raise ModelUnavailable
    draft.working("thinking")
    draft.model = mind.record.id
    history: list[ModelMessage] = []
    for each in asked.before:
        if each.side is Side.USER:
            history.append(ModelRequest(parts=[UserPromptPart(each.content)]))
        elif each.content:
            history.append(ModelResponse(parts=[TextPart(each.content)]))
    agent = Agent(mind.keeper, model_settings=mind.settings)
    said = asked.text if asked.query is None else f"{asked.query.prompt}\n\n{asked.text}"
    try:
        async with agent.run_stream(said, message_history=history) as run:
            async for piece in run.stream_text(delta=True, debounce_by=None):
                draft.say(piece)
            draft.usage = Models.cost(run.usage)
    except Exception as error:
        problem = explain(error, mind.record.id)
        if problem is None:
            raise
        raise problem from error
