"""What was answered before, and whether it may be told again to those who hear it now."""

from collections.abc import Sequence

from core.chats.records import Message
from core.connections import AudienceTooWide, ConnectionNotFound, Connections
from core.identity import Actor


async def check(connections: Connections, actor: Actor, said: Sequence[Message]) -> None:
    """Return quietly if all that was asked for it may be told to those who hear the actor.

    Raises:
        AudienceTooWide: it may not.
        ConnectionNotFound: the actor does not see it, or it is gone and nobody can tell.
    """
    for name in sorted(_asked(said)):
        await connections.get(actor, name)


async def cleared(
    connections: Connections, actor: Actor, said: Sequence[Message]
) -> tuple[Message, ...]:
    """Return what was said, without what stands behind it where the actor may not hear that."""
    shut = set()
    for name in sorted(_asked(said)):
        try:
            await connections.get(actor, name)
        except (AudienceTooWide, ConnectionNotFound):
            shut.add(name)
    bare = {"statements": (), "visualizations": ()}
    return tuple(
        message if shut.isdisjoint(_asked([message])) else message.model_copy(update=bare)
        for message in said
    )


def _asked(said: Sequence[Message]) -> set[str]:
    """Return the connections that were asked; a chat's own files go where the chat goes."""
    return {each.connection for message in said for each in message.statements if not each.lent}
