"""The verbs of links."""

from datetime import timedelta
from zlib import crc32

from pydantic import SecretStr

from core.audit import Audit
from core.db import Database, alone
from core.errors import Denied
from core.identity import (
    Actor,
    EmailInvalid,
    Identity,
    MemberNotFound,
    MemberUnknown,
    Permission,
    Role,
    Surface,
)
from core.ids import MemberId, OrganizationId, now
from core.links.codes import LIFE, new_code, read
from core.links.errors import LinkCodeInvalid, LinkGuessed, LinkNotFound, PersonUnknown
from core.links.records import Link, LinkCode, Person
from core.links.store import LinkStore
from core.memo import Memo
from core.page import Page, PageAsked
from core.secrets import Vault

KNOWN_FOR = 5.0
"""Seconds for which a person is not looked up again; who was unlinked is a stranger by then."""
CODES = 3
"""Codes of one member that are good at once; a newer one takes the place of the oldest."""
GUESSES = 5
"""Wrong codes that a person may type within `WINDOW`."""
WINDOW = timedelta(minutes=10)
CODE_FROM = "the page of Trellis gives you one, and so does `trellis link` where it runs"


class Links:
    """Knows people of platforms by what members linked, or by an address that is vouched for."""

    def __init__(self, db: Database, vault: Vault, identity: Identity, audit: Audit) -> None:
        """Keep links in *db*; *vault* makes of a code what may be stored of it."""
        self._db = db
        self._vault = vault
        self._identity = identity
        self._audit = audit
        self._known: Memo[tuple[OrganizationId, Person, bool], Actor] = Memo(
            size=10_000, seconds=KNOWN_FOR
        )
        identity.changed.connect(self._forget)

    # Before there is an actor

    async def who(
        self, person: Person, organization_id: OrganizationId, *, join: bool = False
    ) -> Actor:
        """Return the member of an organization that a person is.

        A link wins over an address. An address counts in that very organization alone.

        Args:
            person: as the platform vouches for them.
            organization_id: whose workspace it is.
            join: whether a person with an address that nobody has becomes a viewer.

        Raises:
            PersonUnknown: nobody; the message says what they can do.
        """

        async def look() -> Actor:
            return await self._look_up(person, organization_id, join=join)

        return await self._known.once((organization_id, person, join), look)

    async def redeem(self, person: Person, organization_id: OrganizationId, code: str) -> Actor:
        """Link a person to the member that made a code, and return that member.

        A code is good once. Who was linked to somebody else is linked anew.

        Raises:
            LinkCodeInvalid: it is wrong, used, too old, or another organization's.
            LinkGuessed: this person was wrong too often within ten minutes.
        """
        signs = read(code)
        if signs is None:
            raise LinkCodeInvalid
        at = now()
        async with self._db.transaction() as tx:
            await alone(tx, crc32(f"{person.surface}:{person.workspace}:{person.id}".encode()))
            if await LinkStore(tx).guesses(organization_id, person, at - WINDOW) >= GUESSES:
                raise LinkGuessed
            digests = self._vault.marks(signs)
            member_id = await LinkStore(tx).take_code(organization_id, digests, at)
            if member_id is None:
                await LinkStore(tx).add_guess(organization_id, person, at, at - WINDOW)
            else:
                link = Link(
                    surface=person.surface,
                    workspace=person.workspace,
                    person=person.id,
                    name=person.name,
                    organization_id=organization_id,
                    member_id=member_id,
                    created_at=at,
                )
                await LinkStore(tx).set(organization_id, link)
                actor = _as(organization_id, member_id, person.surface)
                await self._audit.record(tx, actor, "link.made", _named(link))
        if member_id is None:
            raise LinkCodeInvalid
        await self._forget(organization_id)
        return await self.who(person, organization_id)

    # On behalf of an actor

    async def code(self, actor: Actor) -> LinkCode:
        """Return a code that makes whoever types it on a platform the actor's member.

        Raises:
            Denied: the actor may do less than its member, which the code would give away.
        """
        member = await self._identity.me(actor)
        if member.role is not actor.role:
            raise Denied("Make the code with a key of your own: this one may do less than you.")
        code, at = new_code(), now()
        (digest, *_older) = self._vault.marks(read(code) or "")
        async with self._db.transaction() as tx:
            await LinkStore(tx).add_code(
                actor.organization_id,
                actor.member_id,
                digest,
                at=at,
                until=at + LIFE,
                most=CODES,
            )
            await self._audit.record(tx, actor, "link.code", actor.member_id)
        return LinkCode(code=SecretStr(code), expires_at=at + LIFE)

    async def list(self, actor: Actor, asked: PageAsked | None = None) -> Page[Link]:
        """Return a page of the actor's links, or all of them, the newest first.

        Whoever manages members sees everybody's.
        """
        whose = None if actor.may(Permission.MEMBERS_WRITE) else actor.member_id
        async with self._db.reading() as tx:
            return await LinkStore(tx).list(
                actor.organization_id, whose, asked or PageAsked(size=None)
            )

    async def unlink(self, actor: Actor, surface: Surface, person: str) -> tuple[Link, ...]:
        """Forget whom a person of a platform is linked to, in whichever workspace.

        Whoever manages members may do so for everybody. Who has a member's address is known by
        it still.

        Raises:
            LinkNotFound: there is no such link that the actor may remove.
        """
        whose = None if actor.may(Permission.MEMBERS_WRITE) else actor.member_id
        async with self._db.transaction() as tx:
            gone = await LinkStore(tx).remove(actor.organization_id, whose, surface, person)
            for each in gone:
                await self._audit.record(tx, actor, "link.removed", _named(each))
        if not gone:
            raise LinkNotFound
        await self._forget(actor.organization_id)
        return gone

    # Inside

    async def _look_up(
        self, person: Person, organization_id: OrganizationId, *, join: bool
    ) -> Actor:
        async with self._db.reading() as tx:
            member_id = await LinkStore(tx).get(organization_id, person)
        try:
            if member_id is not None:
                member = await self._identity.me(_as(organization_id, member_id, person.surface))
                return Actor.of(member, person.surface)
            if person.email is not None:
                return await self._by_address(person, organization_id, person.email, join=join)
        except (MemberNotFound, MemberUnknown, EmailInvalid):
            pass
        raise PersonUnknown(_advice(person))

    async def _by_address(
        self, person: Person, organization_id: OrganizationId, email: str, *, join: bool
    ) -> Actor:
        try:
            return await self._identity.vouched(organization_id, email, person.surface)
        except MemberUnknown:
            if not join or not person.joins:
                raise
        actor = await self._identity.join(organization_id, email, person.surface, name=person.name)
        async with self._db.transaction() as tx:
            await self._audit.record(tx, actor, "member.joined", actor.member_id)
        return actor

    async def _forget(self, organization_id: OrganizationId) -> None:
        self._known.forget(lambda key: key[0] == organization_id)


def _as(organization_id: OrganizationId, member_id: MemberId, surface: Surface) -> Actor:
    """Return a member with the fewest rights, for looking up and for the audit trail."""
    return Actor(
        organization_id=organization_id,
        member_id=member_id,
        name="",
        role=Role.VIEWER,
        surface=surface,
    )


def _named(link: Link) -> str:
    return f"{link.surface}:{link.workspace}:{link.person}"


def _advice(person: Person) -> str:
    """Return what somebody whom we do not know can do about it."""
    if person.surface is not Surface.SLACK:
        return f"I do not know you yet. Type `/link CODE` here: {CODE_FROM}."
    if person.email is None:
        why = "I do not know you yet: Slack vouches for no address of yours."
    else:
        why = "I do not know you yet: no member here has your address."
    return (
        f"{why} Ask an admin to add it (`trellis member add ADDRESS`), or type "
        f"`/trellis link CODE`: {CODE_FROM}."
    )
