"""Who may see a connection, and who may hear what it answers: the one place that decides.

A connection has the `least` role that sees it, and the widest `audience` that may be told what it
answers. Whatever finds a connection on behalf of an actor asks here.
"""

from typing import NamedTuple

from core.connections.errors import AudienceTooWide
from core.connections.records import Connection
from core.identity import Actor, Audience, Role, Surface


class Sight(NamedTuple):
    """What an actor's connections look like."""

    least: tuple[Role, ...]
    """Those that want one of these roles are seen; the others do not exist."""
    audience: tuple[Audience, ...]
    """Those that may be told to one of these audiences may be told to the actor's."""


def sight_of(actor: Actor) -> Sight:
    """Return what an actor may see, and be told where it stands."""
    return Sight(
        least=tuple(each for each in Role if each.capped(actor.role) is each),
        audience=tuple(each for each in Audience if actor.audience.within(each)),
    )


def permit(actor: Actor, connection: Connection) -> None:
    """Return quietly if what a connection answers may be told to the actor's audience.

    Raises:
        AudienceTooWide: others would hear it who must not; the message says what would work.
    """
    if not actor.audience.within(connection.audience):
        way = _WAY if actor.surface in {Surface.SLACK, Surface.DISCORD} else _TOLD
        raise AudienceTooWide(f"{connection.name} {_ALLOWED[connection.audience]} {way}")


_ALLOWED = {
    Audience.ALONE: "answers its asker alone, and others would hear it here.",
    Audience.PRIVATE: "answers in private channels, and everybody would hear it here.",
    Audience.PUBLIC: "answers its own organization, and people of others would hear it here.",
    Audience.OUTSIDE: "answers everybody.",
}
# Elsewhere nobody else hears anything, but for a pipeline that says it on.
_TOLD = (
    "A pipeline with a task that tells others (`notify`) reads only what they may hear: leave that "
    "task out, or let an admin limit the connection less (`trellis connection limit`)."
)
_WAY = (
    "Ask in a direct message, or with the command `/trellis ask` (`/ask` on Discord), whose "
    "answer you alone see."
)
