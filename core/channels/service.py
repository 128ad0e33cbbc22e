"""The verbs of channels."""

from collections.abc import Mapping
from datetime import timedelta
from zlib import crc32

from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError

from core.audit import Audit
from core.channels.errors import WorkspaceTaken, WorkspaceUnknown
from core.channels.inbox import Inbox
from core.channels.invitations import Invitations, Invited
from core.channels.records import Default, Hearing, Spot, Workspace, WorkspaceDraft
from core.channels.store import ChannelStore
from core.connections import Connection, ConnectionNotFound, Connections
from core.db import Database, alone
from core.identity import Actor, Permission, Role, Surface
from core.ids import ChatId, MemberId, MessageId, now
from core.memo import Memo
from core.pulse import Pulse
from core.secrets import Vault

KNOWN_FOR = 5.0
"""Seconds for which a workspace is not looked up again; a removed one is unknown by then."""


class Channels:
    """Knows where Trellis is spoken to, what is asked there, and what is not answered yet."""

    def __init__(
        self, db: Database, vault: Vault, audit: Audit, pulse: Pulse, connections: Connections
    ) -> None:
        """Keep it in *db*; *vault* seals tokens, *connections* are what channels ask.

        *pulse* shows that this process lives while it answers.
        """
        self._db = db
        self._vault = vault
        self._audit = audit
        self._connections = connections
        self._inbox = Inbox(db, vault, pulse)
        self._invitations = Invitations(vault, self._inbox)
        self._known: Memo[tuple[Surface, str], tuple[Workspace, str | None]] = Memo(
            size=1_000, seconds=KNOWN_FOR
        )

    # Workspaces

    async def install(
        self, actor: Actor, draft: WorkspaceDraft, token: SecretStr | None = None
    ) -> Workspace:
        """Let a workspace speak for the actor's organization; one that is there is renewed.

        Args:
            draft: what the platform tells of it, once it has proven that it wants us.
            token: speaks for us there; None leaves the one that is kept, if there is one.

        Raises:
            WorkspaceTaken: it speaks for another organization.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        sealed = None if token is None else self._vault.seal(token)
        workspace = Workspace(
            organization_id=actor.organization_id,
            installed_by=actor.member_id,
            created_at=now(),
            **draft.model_dump(),
        )
        async with self._db.transaction() as tx:
            await alone(tx, crc32(_named(workspace).encode()))
            found = await ChannelStore(tx).find_workspace(draft.surface, draft.id)
            if found is None:
                await ChannelStore(tx).add_workspace(actor.organization_id, workspace, sealed)
            else:
                there, kept = found
                if there.organization_id != actor.organization_id:
                    raise WorkspaceTaken
                workspace = workspace.model_copy(update={"created_at": there.created_at})
                await ChannelStore(tx).replace_workspace(
                    actor.organization_id, workspace, sealed or kept
                )
            await self._audit.record(tx, actor, "workspace.installed", _named(workspace))
        self._known.forget()
        return workspace

    async def invite(self, actor: Actor, surface: Surface) -> SecretStr:
        """Return leave to let a workspace in: good once, for a quarter of an hour.

        It goes with whoever lets us in, and comes back from the platform.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        return self._invitations.make(actor, surface)

    def invited_by(self, surface: Surface, invitation: str) -> Invited:
        """Return on whose behalf a workspace is to be let in, before it is.

        Raises:
            InvitationUsed: it is none of ours, or too old.
        """
        return self._invitations.read(surface, invitation)

    async def invited(self, surface: Surface, invitation: str) -> Invited:
        """Return on whose behalf a workspace is let in; the invitation is used up by that.

        Raises:
            InvitationUsed: it is none of ours, too old, or was used before.
        """
        return await self._invitations.take(surface, invitation)

    async def workspace(self, surface: Surface, id: str) -> Workspace:
        """Return a workspace, and by it whose organization it speaks for.

        Raises:
            WorkspaceUnknown: nobody has let us in there.
        """
        return (await self._workspace(surface, id))[0]

    async def token_of(self, surface: Surface, id: str) -> SecretStr | None:
        """Return what speaks for us in a workspace; None where none was kept.

        Raises:
            WorkspaceUnknown: nobody has let us in there.
            SealBroken: it was sealed with a key that we no longer have.
        """
        sealed = (await self._workspace(surface, id))[1]
        return None if sealed is None else self._vault.open(sealed)

    async def list(self, actor: Actor) -> tuple[Workspace, ...]:
        """Return the workspaces of the actor's organization, by platform and name."""
        actor.require(Permission.CONNECTIONS_READ)
        async with self._db.reading() as tx:
            return await ChannelStore(tx).list_workspaces(actor.organization_id)

    async def remove(self, actor: Actor, surface: Surface, id: str) -> None:
        """Forget a workspace, its token, and what its channels ask.

        Raises:
            WorkspaceUnknown: the organization has no such workspace.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        async with self._db.transaction() as tx:
            if not await ChannelStore(tx).remove_workspace(actor.organization_id, surface, id):
                raise WorkspaceUnknown
            await self._audit.record(tx, actor, "workspace.removed", f"{surface}:{id}")
        self._known.forget()

    async def forsake(self, surface: Surface, id: str) -> None:
        """Forget a workspace that has thrown us out, as its platform says; quietly if we had."""
        async with self._db.transaction() as tx:
            found = await ChannelStore(tx).find_workspace(surface, id)
            if found is None:
                return
            there = found[0]
            if await ChannelStore(tx).remove_workspace(there.organization_id, surface, id):
                await self._audit.record(tx, _by(there), "workspace.left", f"{surface}:{id}")
        self._known.forget()

    async def reseal(self, actor: Actor) -> int:
        """Seal every token with the newest key; return how many there are.

        Raises:
            SealBroken: one was sealed with a key that is no longer there.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        async with self._db.transaction() as tx:
            sealed = await ChannelStore(tx).sealed(actor.organization_id)
            for (surface, id), text in sealed.items():
                fresh = self._vault.reseal(text)
                await ChannelStore(tx).reseal(actor.organization_id, surface, id, fresh)
            await self._audit.record(tx, actor, "workspace.resealed", str(len(sealed)))
        self._known.forget()
        return len(sealed)

    # What a channel asks

    async def use(self, actor: Actor, spot: Spot, connection: str | None) -> Connection | None:
        """Remember which connection a channel asks, with all its threads; None forgets it.

        Raises:
            ConnectionNotFound: the actor has none of that name.
            AudienceTooWide: it must not be told to those who hear the channel.
        """
        actor.require(Permission.CHATS_WRITE)
        here = actor.model_copy(update={"audience": spot.audience, "surface": spot.surface})
        found = None if connection is None else await self._connections.get(here, connection)
        default = None
        if found is not None:
            default = Default(connection_id=found.id, set_by=actor.member_id, set_at=now())
        verb = "channel.forgot" if found is None else "channel.uses"
        try:
            async with self._db.transaction() as tx:
                await alone(tx, crc32(_channel(spot).encode()))
                await ChannelStore(tx).set_default(actor.organization_id, spot, default)
                await self._audit.record(tx, actor, verb, _channel(spot))
        except IntegrityError:  # it was removed just now
            raise ConnectionNotFound from None
        return found

    async def default(self, actor: Actor, spot: Spot) -> Connection | None:
        """Return the connection that a channel asks; None where none was set, or it is gone.

        It is none to a member who may not see it.

        Raises:
            AudienceTooWide: it must not be told to the actor's audience; the message says why.
        """
        actor.require(Permission.CONNECTIONS_READ)
        async with self._db.reading() as tx:
            found = await ChannelStore(tx).get_default(actor.organization_id, spot)
        if found is None:
            return None
        try:
            return await self._connections.get(actor, found.connection_id)
        except ConnectionNotFound:
            return None

    # What is not answered yet

    async def hear(
        self, surface: Surface, workspace: str, id: str, payload: Mapping[str, object]
    ) -> bool:
        """Keep what was heard until it is `done`; False if it was heard before, and is in hand.

        Callers who come at the same time share one transaction. What is kept outlives this
        process: another one finds it among the `orphans`.

        Args:
            surface: the platform.
            workspace: where on it.
            id: the platform's own, the same in each delivery; remembered for a day.
            payload: whatever the surface needs to begin again; JSON values alone.

        Raises:
            HeardInvalid: the id cannot be kept.
            Stopping: this process is about to end.
            StoreUnavailable: it was not kept; let the platform deliver it again.
        """
        return await self._inbox.hear(surface, workspace, id, payload)

    async def begun(
        self,
        surface: Surface,
        id: str,
        actor: Actor,
        *,
        chat_id: ChatId | None = None,
        message_id: MessageId | None = None,
        anchor: Mapping[str, object] | None = None,
    ) -> bool:
        """Keep who asked, and where the answer is being written; may be called again.

        False if it is not this process's any more: another took this one for dead, and answers.
        """
        return await self._inbox.begun(
            (surface, id), actor, chat_id=chat_id, message_id=message_id, anchor=anchor
        )

    async def press(self, actor: Actor, press: str, by: str, life: timedelta) -> bool:
        """Return whether nobody in whichever process answers the same press; then it is ours.

        Args:
            actor: of whose organization it is, on which platform.
            press: what the button says, the same for all who press it.
            by: the thing heard that pressed it; heard again after a crash, it is that still.
            life: how long it is ours, unless it is released before.

        Raises:
            HeardInvalid: it cannot be kept.
            StoreUnavailable: nobody knows.
        """
        return await self._inbox.press(actor.surface, _pressed(actor, press), by, life)

    async def release_press(self, actor: Actor, press: str, life: timedelta) -> None:
        """Let what was pressed be pressed again after so long."""
        await self._inbox.release_press(actor.surface, _pressed(actor, press), life)

    async def under_way(self, surface: Surface, id: str) -> Hearing | None:
        """Return what was heard and is not answered yet, whichever process answers it.

        Raises:
            SealBroken: it was sealed with a key that we no longer have.
        """
        return await self._inbox.under_way((surface, id))

    async def done(self, surface: Surface, id: str) -> None:
        """Forget all but the id of what was answered; a store that is away is told later."""
        await self._inbox.done((surface, id))

    async def orphans(self, surface: Surface) -> tuple[Hearing, ...]:
        """Take up what a process left that has ended or died, the oldest first, 500 at most.

        No two processes are given the same one. Whoever answers a platform asks for them when it
        starts and every few seconds, and calls `done` for each in the end.
        """
        return await self._inbox.orphans(surface)

    async def close(self) -> None:
        """Leave to other processes at once what is not answered yet."""
        await self._inbox.close()

    # Inside

    async def _workspace(self, surface: Surface, id: str) -> tuple[Workspace, str | None]:
        async def look() -> tuple[Workspace, str | None]:
            async with self._db.reading() as tx:
                found = await ChannelStore(tx).find_workspace(surface, id)
            if found is None:
                raise WorkspaceUnknown
            return found

        return await self._known.once((surface, id), look)


def _by(workspace: Workspace) -> Actor:
    """Return on whose account, in the audit trail, a platform does something to a workspace."""
    return Actor(
        organization_id=workspace.organization_id,
        member_id=workspace.installed_by or MemberId(""),
        name="",
        role=Role.VIEWER,
        surface=workspace.surface,
    )


def _named(workspace: Workspace) -> str:
    return f"{workspace.surface}:{workspace.id}"


def _pressed(actor: Actor, press: str) -> str:
    return f"{actor.organization_id}:{press}"


def _channel(spot: Spot) -> str:
    return f"{spot.surface}:{spot.workspace}:{spot.channel}"
