"""Who answers a question: a saved query, a model, or an honest no."""

from core.chats.asked import Asked
from core.chats.direct import answer_by_query
from core.chats.draft import Draft
from core.chats.matched import answer_by_match
from core.chats.parts import Parts
from core.chats.told import cleared
from core.identity import Actor
from core.queries import Query


class Answerers:
    """Chooses who answers, and lets them write."""

    def __init__(self, parts: Parts) -> None:
        """Answer from these services."""
        self._parts = parts

    async def __call__(self, actor: Actor, asked: Asked, draft: Draft) -> None:
        """Write the answer to a question.

        Raises:
            CoreError: there is none, and why.
        """
        if asked.query is not None and asked.query.sql is not None:
            await answer_by_query(
                self._parts.queries,
                actor,
                draft,
                asked.query,
                asked.parameters,
                connection=None if asked.at is None else asked.at.id,
            )
            return
        if asked.chat.place is not None:
            before = await cleared(self._parts.connections, actor, asked.before)
            asked = asked._replace(before=before)
        if asked.query is None:
            answered = await answer_by_match(self._parts, actor, asked, draft)
            if answered is True:
                return
            if isinstance(answered, Query):
                asked = asked._replace(query=answered)
        # Imported when a model is first asked: its library takes long to import.
        from core.chats.analyst import analyse  # noqa: PLC0415

        await analyse(self._parts, actor, asked, draft)
