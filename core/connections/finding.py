"""How a connection is found on behalf of an actor: by name or id, and never past its limits."""

from collections.abc import Sequence

from core.connections.audience import Sight, permit, sight_of
from core.connections.errors import ConnectionAmbiguous, ConnectionNotFound
from core.connections.lent import Lent
from core.connections.lent import kept as kept_of
from core.connections.store import ConnectionStore, Kept
from core.db import Database
from core.errors import CoreError
from core.identity import Actor, Audience, Role
from core.ids import ConnectionId, OrganizationId
from core.memo import Memo

KNOWN_FOR = 5.0
"""Seconds for which a connection is not looked up again; a removed one dies within them."""
SHOWN = 20
"""Names that are told of those there are."""

Key = tuple[OrganizationId, Role, Audience, str | None]
"""What is found depends on who asks, and on who hears it."""


class Finding:
    """Finds connections, and remembers them for a moment."""

    def __init__(self, db: Database) -> None:
        """Look in *db*."""
        self._db = db
        self._kept: Memo[Key, Kept] = Memo(size=1000, seconds=KNOWN_FOR)
        self._hidden: Memo[tuple[OrganizationId, Role], tuple[ConnectionId, ...]] = Memo(
            size=1000, seconds=KNOWN_FOR
        )

    async def get(self, actor: Actor, ref: str | Lent | None) -> Kept:
        """Return the connection of a name or id; without one, the only one that can be asked.

        Raises:
            ConnectionNotFound: the actor sees none of that name.
            ConnectionAmbiguous: none was named, and there are several.
            AudienceTooWide: it must not be told to the actor's audience.
        """
        mine = actor.organization_id
        if isinstance(ref, Lent):
            if ref.organization_id != mine:
                raise ConnectionNotFound
            return kept_of(ref)

        async def look() -> Kept:
            kept = await self._look_up(mine, sight_of(actor), ref)
            permit(actor, kept.connection)
            return kept

        return await self._kept.get((mine, actor.role, actor.audience, ref), look)

    async def hidden(self, actor: Actor) -> tuple[ConnectionId, ...]:
        """Return the connections that there are, though not for the actor's role."""
        mine = actor.organization_id

        async def look() -> tuple[ConnectionId, ...]:
            async with self._db.reading() as tx:
                return await ConnectionStore(tx).hidden(mine, sight_of(actor))

        return await self._hidden.get((mine, actor.role), look)

    def forget(self, organization_id: OrganizationId | None = None) -> None:
        """Forget what is remembered of one organization, or of all."""
        self._kept.forget(lambda key: organization_id in {None, key[0]})
        self._hidden.forget(lambda key: organization_id in {None, key[0]})

    async def _look_up(self, mine: OrganizationId, sight: Sight, ref: str | None) -> Kept:
        async with self._db.reading() as tx:
            kept = await ConnectionStore(tx).get(mine, ref, sight) if ref else None
            names: tuple[str, ...] = ()
            if kept is None:
                names = await ConnectionStore(tx).names(mine, sight)
            if kept is None and not names:  # there may be some that must not be told here
                every = sight._replace(audience=tuple(Audience))
                names = (await ConnectionStore(tx).names(mine, every))[: 1 if ref is None else None]
            if ref is None and len(names) == 1:
                kept = await ConnectionStore(tx).get(mine, names[0], sight)
        if kept is None:
            raise _absent(ref, names)
        return kept


def _absent(ref: str | None, names: Sequence[str]) -> CoreError:
    if not names:
        how = "`trellis connection add NAME URL`"
        return ConnectionNotFound(f"There is no connection yet; an admin adds one with {how}.")
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    if ref is None:
        return ConnectionAmbiguous(f"There are several connections; name one of {shown}.")
    there = f"There {'are' if names[1:] else 'is'} {shown}."
    return ConnectionNotFound(f"Connection not found: {ref[:100]}. {there}")
