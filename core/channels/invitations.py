"""Leave to let a workspace in: given by a member, taken along to the platform, good once."""

from datetime import timedelta
from typing import NamedTuple

from pydantic import SecretStr

from core.channels.errors import InvitationUsed
from core.channels.inbox import Inbox
from core.errors import Unauthenticated
from core.identity import Actor, Surface
from core.ids import MemberId, OrganizationId, new_id, now
from core.secrets import Vault

LIFE = timedelta(minutes=15)
"""How long somebody may take to find a workspace's admin and press Allow."""
AUDIENCE = "workspace"
PLACE = "invitations"
"""The workspace under which the inbox remembers those that were used."""


class Invited(NamedTuple):
    """On whose behalf a workspace is let in."""

    organization_id: OrganizationId
    member_id: MemberId


class Invitations:
    """Signs invitations, and takes each back once."""

    def __init__(self, vault: Vault, inbox: Inbox) -> None:
        """Sign with *vault*; *inbox* remembers, for every process, which were used."""
        self._vault = vault
        self._inbox = inbox

    def make(self, actor: Actor, surface: Surface) -> SecretStr:
        """Return an invitation of the actor's organization."""
        claims = {
            "aud": f"{AUDIENCE}:{surface}",
            "sub": actor.member_id,
            "org": actor.organization_id,
            "jti": new_id(),
            "exp": now() + LIFE,
        }
        return SecretStr(self._vault.sign(claims))

    def read(self, surface: Surface, text: str) -> Invited:
        """Return whose invitation it is; it may have been used.

        Raises:
            InvitationUsed: it is none of ours, or too old.
        """
        return self._read(surface, text)[0]

    async def take(self, surface: Surface, text: str) -> Invited:
        """Return whose invitation it is, the first time it is shown.

        Raises:
            InvitationUsed: it is none of ours, too old, or was used before.
        """
        invited, id = self._read(surface, text)
        if not await self._inbox.hear(surface, PLACE, id, {}):
            raise InvitationUsed
        await self._inbox.done((surface, id))
        return invited

    def _read(self, surface: Surface, text: str) -> tuple[Invited, str]:
        try:
            claims = self._vault.verify(text, audience=f"{AUDIENCE}:{surface}")
        except Unauthenticated:
            raise InvitationUsed from None
        invited = Invited(OrganizationId(claims["org"]), MemberId(claims["sub"]))
        return invited, f"{PLACE}:{claims['jti']}"
