"""Who answers a question: a saved query, a model, or an honest no."""

from importlib import import_module
from importlib.util import find_spec

from core.chats.asked import Asked
from core.chats.direct import answer_by_query
from core.chats.draft import Draft
from core.chats.matched import answer_by_match
from core.chats.parts import Parts
from core.chats.prompted import answer_by_model
from core.identity import Actor


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
            connection = None if asked.connection is None else asked.connection.id
            await answer_by_query(
                self._parts.queries,
                actor,
                draft,
                asked.query,
                asked.parameters,
                connection=connection if asked.query.connection_id is None else None,
            )
        elif asked.query is not None or not await answer_by_match(self._parts, actor, asked, draft):
            await self._by_model(actor, asked, draft)

    async def _by_model(self, actor: Actor, asked: Asked, draft: Draft) -> None:
        if find_spec("core.chats.analyst") is None:
            await answer_by_model(asked, draft)
            return
        # Imported when a model is first asked: its library takes long to import.
        await import_module("core.chats.analyst").analyse(self._parts, actor, asked, draft)
