"""The tables and statements of links; the organization comes first in every one."""

from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
)

from core.db import Moment, Transaction, metadata
from core.identity import Surface
from core.ids import MemberId, OrganizationId, new_id
from core.links.records import Link, Person
from core.page import Page, PageAsked

links = Table(
    "links",
    metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("member_id", Text, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "member_id"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("member_id", Text, ForeignKey("members.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "organization_id", "member_id"),
)

link_guesses = Table(
    "link_guesses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("surface", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "organization_id", "at"),
)


class LinkStore:
    """Links, codes and wrong guesses, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def get(self, organization_id: OrganizationId, person: Person) -> MemberId | None:
        """Return the member that a person is linked to."""
        statement = select(links.c.member_id).where(_of(links, organization_id, person))
        found = await self._tx.scalar(statement)
        return None if found is None else MemberId(found)

    async def set(self, organization_id: OrganizationId, link: Link) -> None:
        """Keep a link, in place of the one that the person had."""
        mine = links.c.organization_id == organization_id
        await self._tx.execute(
            delete(links).where(
                mine,
                links.c.surface == link.surface,
                links.c.workspace == link.workspace,
                links.c.person == link.person,
            )
        )
        await self._tx.execute(insert(links).values(**link.model_dump()))

    async def list(
        self, organization_id: OrganizationId, member_id: MemberId | None, asked: PageAsked
    ) -> Page[Link]:
        """Return a page of a member's links, or of everybody's, the newest first."""
        mine = _whose(organization_id, member_id)
        total = await self._tx.scalar(select(func.count()).select_from(links).where(mine))
        statement = select(links).where(mine)
        statement = statement.order_by(links.c.created_at.desc(), links.c.person)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(Link.model_validate(dict(row)) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def remove(
        self,
        organization_id: OrganizationId,
        member_id: MemberId | None,
        surface: Surface,
        person: str,
    ) -> tuple[Link, ...]:
        """Forget the links of a person to a member, or to anybody."""
        doomed = _whose(organization_id, member_id)
        doomed = and_(doomed, links.c.surface == surface, links.c.person == person)
        rows = (await self._tx.execute(select(links).where(doomed))).mappings().all()
        await self._tx.execute(delete(links).where(doomed))
        return tuple(Link.model_validate(dict(row)) for row in rows)

    async def add_code(
        self,
        organization_id: OrganizationId,
        member_id: MemberId,
        digest: str,
        *,
        at: datetime,
        until: datetime,
        most: int,
    ) -> None:
        """Keep the digest of a new code; of a member's codes the newest *most* are left."""
        mine = link_codes.c.organization_id == organization_id
        await self._tx.execute(delete(link_codes).where(mine, link_codes.c.expires_at <= at))
        await self._tx.execute(
            insert(link_codes).values(
                digest=digest,
                organization_id=organization_id,
                member_id=member_id,
                created_at=at,
                expires_at=until,
            )
        )
        theirs = and_(mine, link_codes.c.member_id == member_id)
        newest = select(link_codes.c.digest).where(theirs)
        newest = newest.order_by(link_codes.c.created_at.desc(), link_codes.c.digest)
        kept = list(await self._tx.scalars(newest.limit(most)))
        await self._tx.execute(delete(link_codes).where(theirs, link_codes.c.digest.not_in(kept)))

    async def take_code(
        self, organization_id: OrganizationId, digests: tuple[str, ...], at: datetime
    ) -> MemberId | None:
        """Use up a live code, and return whose it was; None if there is none, or no more."""
        taken = (
            delete(link_codes)
            .where(
                link_codes.c.organization_id == organization_id,
                link_codes.c.digest.in_(digests),
                link_codes.c.expires_at > at,
            )
            .returning(link_codes.c.member_id)
        )
        found = (await self._tx.execute(taken)).scalar_one_or_none()
        return None if found is None else MemberId(found)

    async def guesses(
        self, organization_id: OrganizationId, person: Person, since: datetime
    ) -> int:
        """Return how often a person was wrong since a moment."""
        statement = select(func.count()).select_from(link_guesses)
        wrong = and_(_of(link_guesses, organization_id, person), link_guesses.c.at > since)
        return await self._tx.scalar(statement.where(wrong)) or 0

    async def add_guess(
        self, organization_id: OrganizationId, person: Person, at: datetime, since: datetime
    ) -> None:
        """Remember that a person was wrong, and forget who was before a moment."""
        mine = link_guesses.c.organization_id == organization_id
        await self._tx.execute(delete(link_guesses).where(mine, link_guesses.c.at <= since))
        await self._tx.execute(
            insert(link_guesses).values(
                id=new_id(),
                organization_id=organization_id,
                surface=person.surface,
                workspace=person.workspace,
                person=person.id,
                at=at,
            )
        )


def _of(table: Table, organization_id: OrganizationId, person: Person) -> ColumnElement[bool]:
    return and_(
        table.c.organization_id == organization_id,
        table.c.surface == person.surface,
        table.c.workspace == person.workspace,
        table.c.person == person.id,
    )


def _whose(organization_id: OrganizationId, member_id: MemberId | None) -> ColumnElement[bool]:
    mine = links.c.organization_id == organization_id
    return mine if member_id is None else and_(mine, links.c.member_id == member_id)
