"""What whoever answers is told: the question, what was said before, and what was chosen."""

from collections.abc import Mapping
from typing import NamedTuple

from core.chats.records import Chat, Message, Pending
from core.connections import Connection, ParametersMissing, ParametersUnknown
from core.ids import MessageId
from core.models import Mind
from core.queries import Query


class Asked(NamedTuple):
    """A question that may be answered: everything that could be refused was found."""

    text: str
    message_id: MessageId
    """The question's own."""
    chat: Chat
    before: tuple[Message, ...]
    """What was said before, the oldest first."""
    connection: Connection | None
    """The one that was named for this question or for its chat."""
    query: Query | None
    """The saved query that is to answer."""
    parameters: dict[str, object]
    mind: Mind | None
    """None where no model is configured."""
    uploads: tuple[str, ...] = ()
    """Ids of what was uploaded with this question."""

    @property
    def pending(self) -> Pending | None:
        """What the last answer asked back."""
        return self.before[-1].pending if self.before else None


def fits(query: Query, given: Mapping[str, object]) -> None:
    """Return quietly if the values that are *given* are those that a saved query takes.

    Raises:
        ParametersMissing, ParametersUnknown: they are not.
    """
    if query.sql is None:
        return
    unknown = tuple(sorted(given.keys() - set(query.parameters)))
    missing = tuple(name for name in query.parameters if name not in given)
    if missing:
        raise ParametersMissing(missing, unknown)
    if unknown:
        raise ParametersUnknown(unknown, query.parameters)
