"""Who answers with a model: it looks, asks and shows, within the ceilings of a turn."""

from core.chats.asked import Asked
from core.chats.attached import attached
from core.chats.desk import Desk
from core.chats.draft import Draft
from core.chats.parts import Parts
from core.chats.tools import TOOLS
from core.identity import Actor
from core.models import ModelUnavailable


async def analyse(parts: Parts, actor: Actor, asked: Asked, draft: Draft) -> None:
    """Write the answer to a question with the model that was chosen.

    Raises:
        ModelUnavailable, ModelNotFound, RateLimit: the model does not answer, and why.
    """
    if asked.mind is None:
        raise ModelUnavailable
    # Its library takes half a second to import, and most commands ask no model.
    from core.chats.writing import Writing  # noqa: PLC0415

    draft.working("thinking")
    draft.model = asked.mind.record.id
    files = await attached(parts.uploads, actor, asked)
    desk = Desk(parts, actor, asked, draft, tools=TOOLS, bounds=parts.bounds, lent=files.lent)
    writing = Writing(desk, asked.mind, files)
    try:
        await writing.write()
    finally:
        writing.end()
