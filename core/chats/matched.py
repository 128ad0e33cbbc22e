"""A question that a saved query answers: found by its words, asked back about, or honestly not."""

from core.chats.asked import Asked
from core.chats.draft import Draft
from core.chats.parts import Parts
from core.identity import Actor
from core.page import PageAsked


async def answer_by_match(parts: Parts, actor: Actor, asked: Asked, draft: Draft) -> bool:
    """Answer by the saved query that a question clearly asks for; False where a model should."""
    draft.working("thinking")
    if asked.mind is not None:
        return False
    near = await parts.queries.search(actor, asked.text[:1000], limit=5)
    if not near:
        near = (await parts.queries.list(actor, PageAsked(size=5))).items
    titles = "".join(f"\n- {query.title}" for query in near)
    draft.say("I could not find a saved query that answers this, and no language model is set up.")
    if titles:
        draft.say(f"\n\nWhat can be asked:{titles}")
    draft.say("\n\nTo have any question answered, set OPENAI_API_KEY or another model's key.")
    return True
