"""Who answers a question: a saved query, a model, or an honest no."""

from core.chats.asked import Asked
from core.chats.direct import answer_by_query
from core.chats.draft import Draft
from core.connections import Connections
from core.identity import Actor
from core.queries import Queries


class Answerers:
    """Chooses who answers, and lets them write."""

    def __init__(self, connections: Connections, queries: Queries) -> None:
        """Answer from these services."""
        self._connections = connections
        self._queries = queries

    async def __call__(self, actor: Actor, asked: Asked, draft: Draft) -> None:
        """Write the answer to a question.

        Raises:
            CoreError: there is none, and why.
        """
        connection = None if asked.connection is None else asked.connection.id
        if asked.query is not None and asked.query.sql is not None:
            await answer_by_query(
                self._queries,
                actor,
                draft,
                asked.query,
                asked.parameters,
                connection=connection if asked.query.connection_id is None else None,
            )
            return
        draft.working("thinking")
        draft.say("I cannot answer this yet.")
