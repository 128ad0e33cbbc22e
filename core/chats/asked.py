"""What whoever answers is told: the question, what was said before, and what was chosen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    at: Connection | None = None
    """Where the saved query runs, if it has SQL."""

    @property
    def pending(self) -> Pending | None:
        """What the last answer asked back."""
        return self.before[-1].pending if self.before else None


def fits(query: Query, given: Mapping[str, Any], at: Connection | None) -> None:
    """Return quietly if the values that are *given* are those that a saved query takes.

    Args:
        query: what is to answer.
        given: values by the names of its parameters.
        at: where it runs; None for a prompt, which runs nowhere.

    Raises:
        ParametersMissing, ParametersUnknown, ParameterInvalid: they are not.
    """
    # Imported with the first question: it reads SQL, and few commands do.
    from core.connections.template import render  # noqa: PLC0415

    if query.sql is not None and at is not None:
        render(query.sql, at.dialect, given)
        return
    unknown = tuple(sorted(given.keys() - set(query.parameters)))
    missing = tuple(name for name in query.parameters if name not in given)
    if missing:
        raise ParametersMissing(missing, unknown)
    if unknown:
        raise ParametersUnknown(unknown, query.parameters)
