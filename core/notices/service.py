"""The verbs of notices."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import orjson

from core.audit import Audit
from core.channels import Channels, Spot, WorkspaceUnknown
from core.connections import Connections, ParametersMissing, ParametersUnknown
from core.db import Database, alone
from core.errors import Invalid
from core.identity import Actor, Audience, Identity, Permission, Surface
from core.ids import NoticeId, new_id, now
from core.jobs import Runner
from core.notices.cron import latest_until, next_after
from core.notices.errors import (
    ChannelUnknown,
    NoticeAmbiguous,
    NoticeNotFound,
    NoticeNotYours,
    TooManyNotices,
    WhenUnclear,
    WorkspaceAmbiguous,
    ZoneUnknown,
)
from core.notices.poster import Poster
from core.notices.posting import LATE, Attempts, Postings, job_name
from core.notices.records import Notice, NoticeDraft
from core.notices.store import NoticeStore, seen_by, stands_at
from core.notices.when import read_when
from core.page import Page, PageAsked
from core.queries import Queries, Query, QueryPromptOnly

MINE = 100
"""Notices of one member."""
OURS = 1_000
"""Notices of one organization."""
VALUES = 20_000
"""Bytes of the values of a notice's parameters."""
MAKING = 7_305_106
"""Two who make the last notice that there may be make it one after the other."""
TICKING = "notices"
"""The name of the schedule that looks each minute whose time has come."""
BATCH = 200
CHANNELS = {
    Surface.SLACK: re.compile(r"[CG][A-Z0-9]{2,30}"),
    Surface.DISCORD: re.compile(r"[1-9][0-9]{4,24}"),
}
"""What ids of channels look like; direct messages can be named on their own platform alone."""
NOWHERE = re.compile(r"(?!)")


class Notices:
    """Posts saved queries into channels, each whenever its time comes."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        *,
        identity: Identity,
        queries: Queries,
        connections: Connections,
        channels: Channels,
        jobs: Runner,
        clock: Callable[[], datetime] = now,
        attempts: Attempts | None = None,
    ) -> None:
        """Keep notices in *db*, and leave to *jobs* what is to be posted.

        Args:
            db: our own store.
            audit: is told who made and changed them.
            identity: knows what a notice's maker may do today.
            queries: what is posted.
            connections: what is asked.
            channels: where it is posted.
            jobs: who posts it.
            clock: what time it is.
            attempts: how long one tries what may yet succeed.
        """
        self._db = db
        self._audit = audit
        self._identity = identity
        self._queries = queries
        self._connections = connections
        self._channels = channels
        self._jobs = jobs
        self._clock = clock
        self._postings = Postings(
            db,
            audit,
            identity=identity,
            queries=queries,
            channels=channels,
            jobs=jobs,
            clock=clock,
            attempts=attempts or Attempts(),
        )
        jobs.each(TICKING, "* * * * *", self.tick)

    # What a worker does

    def posts(self, surface: Surface, poster: Poster) -> None:
        """Let this process post on a platform, should it be a worker; before it begins to work."""
        self._postings.posts(surface, poster)

    async def tick(self, moment: datetime) -> None:
        """Leave a job for every notice whose time has come by a *moment*.

        What was missed while nobody worked is posted once, late, if it is less than six hours old.
        Notices of a platform that no worker speaks on wait for one.
        """
        served = await self._jobs.served()
        surfaces = [surface for surface in Surface if job_name(surface) in served]
        while surfaces:
            async with self._db.reading() as tx:
                due = await NoticeStore(tx).find_due(moment, surfaces, limit=BATCH)
            # First all jobs, then all next times: whoever dies in between leaves the same again.
            following = [(notice, await self._due(notice, moment)) for notice in due]
            async with self._db.transaction() as tx:
                for notice, values in following:
                    await NoticeStore(tx).advance(notice.organization_id, notice, values)
            if len(due) < BATCH:
                return

    # What there is

    async def create(self, actor: Actor, draft: NoticeDraft) -> Notice:
        """Have a saved query posted into a channel from now on.

        Raises:
            WhenUnclear, ZoneUnknown, NoticedTooOften: the time is none that we can keep.
            QueryNotFound, QueryAmbiguous, QueryPromptOnly: there is no such query to run.
            ParametersMissing, ParametersUnknown, ParameterInvalid: the values do not fit.
            ConnectionNotFound, ConnectionAmbiguous: there is no such connection.
            AudienceTooWide: it must not be told to those who hear the channel.
            WorkspaceUnknown: the organization has let us into no such workspace.
            TooManyNotices: there are as many as there may be.
        """
        actor.require(Permission.QUERIES_WRITE)
        actor.whole(await self._identity.me(actor))
        when = read_when(draft.when, draft.zone)
        await self._let_in(actor, draft.spot)
        query = await self._queries.find(actor, draft.query)
        parameters = _fitting(query, draft.parameters)
        await self._queries.accept(
            actor, query.id, parameters=parameters, connection=draft.connection
        )
        there = actor.model_copy(update={"audience": draft.spot.audience})
        connection = await self._connections.get(there, draft.connection or query.connection_id)
        follows = draft.connection is None and query.connection_id is not None
        at = self._clock()
        notice = Notice(
            id=NoticeId(new_id()),
            organization_id=actor.organization_id,
            query_id=query.id,
            title=query.title,
            parameters=parameters,
            connection_id=None if follows else connection.id,
            cron=when.cron,
            zone=when.zone,
            said=when.said,
            surface=draft.spot.surface,
            workspace=draft.spot.workspace,
            channel=draft.spot.channel,
            channel_name=draft.channel_name,
            audience=draft.spot.audience,
            paused=False,
            problem=None,
            next_at=next_after(when.cron, when.zone, at),
            last_at=None,
            created_by=actor.member_id,
            created_by_name=actor.name,
            created_at=at,
        )
        async with self._db.transaction() as tx:
            await alone(tx, MAKING)
            if await NoticeStore(tx).count(actor.organization_id, actor.member_id) >= MINE:
                raise TooManyNotices(f"You have {MINE} notices, as many as a member may have.")
            if await NoticeStore(tx).count(actor.organization_id) >= OURS:
                raise TooManyNotices(f"There are {OURS:,} notices, as many as there may be here.")
            await NoticeStore(tx).add(actor.organization_id, notice)
            await self._audit.record(tx, actor, "notice.created", notice.id)
        return notice

    async def where(
        self, actor: Actor, surface: Surface, channel: str, workspace: str | None = None
    ) -> Spot:
        """Return a channel that is named from elsewhere than its own platform.

        Who hears it is not known here, so that a whole organization is taken to; before each
        posting the platform itself is asked.

        Args:
            actor: whose organization is let in there.
            surface: the platform.
            channel: the platform's own id of it.
            workspace: the platform's own id; without one, the only one there is.

        Raises:
            ChannelUnknown: that is no id of a channel.
            WorkspaceUnknown: the organization has let us into no such workspace.
            WorkspaceAmbiguous: none was named, and there are several.
        """
        if not CHANNELS.get(surface, NOWHERE).fullmatch(channel):
            raise ChannelUnknown
        there = [each for each in await self._channels.list(actor) if each.surface is surface]
        found = [each.id for each in there if workspace in {None, each.id}]
        if not found:
            raise WorkspaceUnknown
        if len(found) > 1:
            raise WorkspaceAmbiguous(
                f"There are several workspaces; name one of {', '.join(found[:20])}."
            )
        return Spot(surface=surface, workspace=found[0], channel=channel, audience=Audience.PUBLIC)

    async def list(
        self, actor: Actor, asked: PageAsked, *, spot: Spot | None = None
    ) -> Page[Notice]:
        """Return a page of the notices that the actor may see, by title.

        These are the actor's own and those in channels that are open to everybody; an admin's are
        all.

        Args:
            actor: whose.
            asked: which page.
            spot: one channel's alone; a platform vouches that the actor stands there.
        """
        actor.require(Permission.QUERIES_READ)
        seen = seen_by(actor) if spot is None else stands_at(spot)
        async with self._db.reading() as tx:
            return await NoticeStore(tx).list(actor.organization_id, seen, asked)

    async def find(self, actor: Actor, ref: str, *, spot: Spot | None = None) -> Notice:
        """Return the notice of an id or a title that the actor may see.

        Raises:
            NoticeNotFound: there is none.
            NoticeAmbiguous: several have that title.
        """
        actor.require(Permission.QUERIES_READ)
        seen = seen_by(actor) if spot is None else stands_at(spot)
        async with self._db.reading() as tx:
            found = await NoticeStore(tx).of(actor.organization_id, seen, ref.strip())
        for notice in found:
            if notice.id == ref.strip():
                return notice
        if len(found) > 1:
            ids = ", ".join(notice.id for notice in found[:10])
            raise NoticeAmbiguous(f"Several notices are of {ref[:200]}; give one id of {ids}.")
        if not found:
            raise NoticeNotFound
        return found[0]

    async def pause(self, actor: Actor, notice_id: NoticeId) -> Notice:
        """Let a notice rest until it is resumed.

        Raises:
            NoticeNotFound: the organization has no such notice.
            NoticeNotYours: another member made it, and the actor is no admin.
        """
        return await self._changed(actor, notice_id, paused=True)

    async def resume(self, actor: Actor, notice_id: NoticeId) -> Notice:
        """Let a notice come again, from its next time on.

        Raises:
            NoticeNotFound: the organization has no such notice.
            NoticeNotYours: another member made it, and the actor is no admin.
        """
        return await self._changed(actor, notice_id, paused=False)

    async def delete(self, actor: Actor, notice_id: NoticeId) -> None:
        """Forget a notice.

        Raises:
            NoticeNotFound: the organization has no such notice.
            NoticeNotYours: another member made it, and the actor is no admin.
        """
        await self._theirs(actor, notice_id)
        async with self._db.transaction() as tx:
            await NoticeStore(tx).remove(actor.organization_id, notice_id)
            await self._audit.record(tx, actor, "notice.deleted", notice_id)

    # Inside

    async def _due(self, notice: Notice, moment: datetime) -> Mapping[str, Any]:
        """Leave the job of a notice whose time has come; return when it comes next."""
        try:
            at = latest_until(notice.cron, notice.zone, moment)
            following = next_after(notice.cron, notice.zone, moment)
        except (WhenUnclear, ZoneInfoNotFoundError):  # zones come and go
            return {"paused": True, "next_at": None, "problem": ZoneUnknown().message}
        if at is not None and moment - at < LATE:
            await self._jobs.leave(
                notice.organization_id,
                job_name(notice.surface),
                {"notice": notice.id, "at": at.isoformat(), "attempt": 0},
                id=f"{notice.id}:{at.isoformat()}:0",
            )
        return {"next_at": following}

    async def _let_in(self, actor: Actor, spot: Spot) -> None:
        """Return quietly if the organization may speak where a channel is.

        A surface vouches for where its own people stand; from anywhere else one can name any.
        """
        if actor.surface is spot.surface:
            return
        workspace = await self._channels.workspace(spot.surface, spot.workspace)
        if workspace.organization_id != actor.organization_id:
            raise WorkspaceUnknown

    async def _theirs(self, actor: Actor, notice_id: NoticeId) -> Notice:
        """Return a notice that the actor may change."""
        actor.require(Permission.QUERIES_WRITE)
        async with self._db.reading() as tx:
            notice = (await NoticeStore(tx).get(actor.organization_id, notice_id)).notice
        if notice.created_by != actor.member_id and not actor.may(Permission.MEMBERS_WRITE):
            raise NoticeNotYours
        return notice

    async def _changed(self, actor: Actor, notice_id: NoticeId, *, paused: bool) -> Notice:
        notice = await self._theirs(actor, notice_id)
        if notice.paused is paused:
            return notice
        following = None if paused else next_after(notice.cron, notice.zone, self._clock())
        values: Mapping[str, Any] = {
            "paused": paused,
            "next_at": following,
            "problem": None,
            "failures": 0,
        }
        async with self._db.transaction() as tx:
            await NoticeStore(tx).change(actor.organization_id, notice_id, values)
            verb = "notice.paused" if paused else "notice.resumed"
            await self._audit.record(tx, actor, verb, notice_id)
        return notice.model_copy(update={"paused": paused, "next_at": following, "problem": None})


def _fitting(query: Query, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, once each has a parameter and each parameter one."""
    if query.sql is None:
        raise QueryPromptOnly
    unknown = tuple(name for name in given if name not in query.parameters)
    missing = tuple(name for name in query.parameters if name not in given)
    if missing:
        raise ParametersMissing(missing, unknown)
    if unknown:
        raise ParametersUnknown(unknown, query.parameters)
    if len(orjson.dumps(given)) > VALUES:
        raise Invalid(f"The values of a notice take {VALUES:,} bytes at most.")
    return dict(given)
