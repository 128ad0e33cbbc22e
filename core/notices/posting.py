"""One posting, from the moment a notice is due to the message in its channel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import structlog
from anyio import to_thread
from pydantic import JsonValue

from core.audit import Audit
from core.channels import DIRECT, Channels, WorkspaceUnknown
from core.charts import grid, suggest
from core.connections import Answer, AudienceTooWide, StatementTimedOut
from core.db import Database, StoreUnavailable
from core.errors import CoreError, Denied, Limited, Unavailable
from core.identity import Actor, Audience, Identity, MemberNotFound, Permission, Role, Surface
from core.ids import NoticeId, derived_id
from core.jobs import Job, Retry, Runner, Steps
from core.notices.cron import latest_until
from core.notices.errors import (
    MakerGone,
    NoticeNotFound,
    PosterGone,
    PostingBroken,
    PostingFailed,
)
from core.notices.poster import Poster
from core.notices.records import Notice, Posting
from core.notices.store import Kept, NoticeStore
from core.queries import Queries, QueryPromptOnly

LATE = timedelta(hours=6)
"""How late a posting may come; a later one is left out."""
FAILURES = 5
"""In a row, after which a notice pauses by itself."""
FINAL = (MakerGone, AudienceTooWide, QueryPromptOnly)
"""What does not get better by itself: the notice pauses at once."""
AGAIN = "It is tried again at its next time."
PAUSED = "The notice is paused; when this is mended, resume it."
STORE = Retry(
    attempts=12, first=1.0, most=30.0, worth=lambda error: isinstance(error, StoreUnavailable)
)
"""For our own store: four minutes."""

log = structlog.get_logger()


class Attempts(NamedTuple):
    """How long one tries what may yet succeed."""

    first: float = 15.0
    """Seconds before the second attempt; each wait is twice as long as the one before."""
    most: float = 300.0
    """Seconds that no wait is longer than."""
    answering: timedelta = timedelta(hours=1)
    """How long after its time a query is asked again that a database did not answer."""


class Held(Exception):
    """A posting cannot be done now, and may be later."""

    def __init__(self, refusal: CoreError) -> None:
        """Say what stood in the way."""
        super().__init__(refusal.message)
        self.refusal = refusal


class Postings:
    """Posts what is due; each time once, whatever dies in between."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        *,
        identity: Identity,
        queries: Queries,
        channels: Channels,
        jobs: Runner,
        clock: Callable[[], datetime],
        attempts: Attempts,
    ) -> None:
        """Post what `Notices` finds due; see there."""
        self._db = db
        self._audit = audit
        self._identity = identity
        self._queries = queries
        self._channels = channels
        self._jobs = jobs
        self._clock = clock
        self._attempts = attempts
        self._posters: dict[Surface, Poster] = {}

    def posts(self, surface: Surface, poster: Poster) -> None:
        """Do the jobs of a platform's notices in this process."""
        self._posters[surface] = poster
        self._jobs.offer(job_name(surface), self.work)

    async def work(self, job: Job, steps: Steps) -> JsonValue:
        """Try to post once; what may yet succeed is left for later, and holds nobody up."""
        attempt = int(str(job.given["attempt"]))
        outcome: dict[str, Any] = await steps.run("post", partial(self._try, job), retry=STORE)
        wait = outcome.get("again")
        if wait is not None:
            await self._jobs.leave(
                job.organization_id,
                job.name,
                {**job.given, "attempt": attempt + 1},
                id=f"{job.given['notice']}:{job.given['at']}:{attempt + 1}",
                after=float(wait),
            )
        return outcome

    async def _try(self, job: Job) -> dict[str, Any]:
        mine, notice_id = job.organization_id, NoticeId(str(job.given["notice"]))
        at = datetime.fromisoformat(str(job.given["at"]))
        try:
            async with self._db.reading() as tx:
                kept = await NoticeStore(tx).get(mine, notice_id)
        except NoticeNotFound:
            return {"ended": "deleted"}
        notice = kept.notice
        if notice.paused:
            return {"ended": "paused"}
        if notice.last_at is not None and notice.last_at >= at:
            return {"ended": "posted"}
        try:
            return {"ended": await self._post(kept, at)}
        except Held as held:
            wait = self._wait(at, int(str(job.given["attempt"])))
            if wait is None:
                await self._keep(notice, problem=plainly(held.refusal))
                return {"ended": "too late"}
            log.info("a notice is tried again", notice=notice.id, reason=held.refusal.code)
            return {"again": wait}

    async def _post(self, kept: Kept, at: datetime) -> str:
        """Post what a notice has to say now; return how that ended.

        Raises:
            Held: somebody we depend on failed, for now.
        """
        notice = kept.notice
        poster = self._posters[notice.surface]
        id = derived_id(notice.id, at.isoformat())
        begun = kept.trying == id
        try:
            await self._let_in(notice)
            with _passing():
                if begun and await poster.posted(notice, id):
                    return await self._done(notice, at)
                if self._overtaken(notice, at):
                    return "too late"
                audience = await poster.audience(notice)
            if audience is not notice.audience:
                await self._keep(notice, audience=audience)
            actor = await self._maker(notice, audience)
            posting = await self._answered(actor, Posting(id=id, notice=notice, at=at))
            await self._keep(
                notice, trying=id, failures=0, problem=None, title=posting.notice.title
            )
            with _passing():
                await poster.post(notice, posting)
            self._audit.note(actor, "notice.posted", notice.id)
            return await self._done(notice, at)
        except (PosterGone, WorkspaceUnknown) as gone:
            return await self._stop(notice, at, gone)  # there is nobody to tell
        except CoreError as refusal:
            if isinstance(refusal, StoreUnavailable):
                raise
            if _passes(refusal) and self._clock() - at < self._attempts.answering:
                raise Held(refusal) from refusal
            failures = max(1, kept.failures + (not begun))
            return await self._fail(Posting(id=id, notice=notice, at=at), refusal, failures)

    async def _let_in(self, notice: Notice) -> None:
        """Return quietly if the organization still speaks in the notice's workspace.

        Raises:
            WorkspaceUnknown: it was put out, or the workspace is another organization's by now.
        """
        if notice.workspace != DIRECT:  # which nobody can be put out of
            workspace = await self._channels.workspace(notice.surface, notice.workspace)
            if workspace.organization_id != notice.organization_id:
                raise WorkspaceUnknown

    async def _maker(self, notice: Notice, audience: Audience) -> Actor:
        """Return who asks: the notice's maker with the role of today, heard by *audience*.

        Raises:
            MakerGone: there is no such member, or it may make no notices any more.
        """
        try:
            actor = Actor.of(await self._identity.me(_by(notice)), notice.surface)
            actor.require(Permission.QUERIES_WRITE)
        except (MemberNotFound, Denied):
            raise MakerGone from None
        return actor.model_copy(update={"audience": audience})

    async def _answered(self, actor: Actor, posting: Posting) -> Posting:
        """Return the posting with its answer: a table, and a chart where one says it."""
        notice = posting.notice
        try:
            query = await self._queries.get(actor, notice.query_id)
            answer = await self._queries.run(
                actor, query.id, parameters=notice.parameters, connection=notice.connection_id
            )
        except CoreError:
            raise
        except Exception as error:  # a bug; the next attempt may meet it mended
            log.exception("a notice's query broke", notice=notice.id)
            raise PostingBroken from error
        cut = answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)
        columns = [(column.name, column.type) for column in answer.columns]
        draw = partial(suggest, columns, answer.rows, title=query.title, sql=query.sql)
        return posting.model_copy(
            update={
                "notice": notice.model_copy(update={"title": query.title}),
                "answer": answer,
                "grid": grid(columns, answer.rows, title=query.title, truncated=cut)
                if answer.rows
                else None,
                # In a thread: the library takes most of a second to import.
                "chart": await to_thread.run_sync(draw) if answer.rows else None,
                "notes": _notes(answer, cut=cut),
            }
        )

    async def _fail(self, posting: Posting, refusal: CoreError, failures: int) -> str:
        """Say once why there is no answer, and again when the notice pauses because of it."""
        notice = posting.notice
        final = isinstance(refusal, FINAL) or failures >= FAILURES
        log.warning("a notice failed", notice=notice.id, reason=refusal.message, failures=failures)
        problem = plainly(refusal)
        await self._keep(notice, trying=posting.id, failures=failures, problem=problem)
        if failures == 1 or final:
            told = f"{problem} {PAUSED if final else AGAIN}"
            posting = posting.model_copy(update={"refusal": told})
            try:
                with _passing():
                    await self._posters[notice.surface].post(notice, posting)
            except PosterGone as gone:
                return await self._stop(notice, posting.at, gone)
        if final:
            return await self._stop(notice, posting.at, refusal)
        await self._keep(notice, trying=None, last_at=posting.at)
        return "failed"

    async def _stop(self, notice: Notice, at: datetime, refusal: CoreError) -> str:
        """Let a notice pause by itself."""
        values = {
            "paused": True,
            "next_at": None,
            "trying": None,
            "last_at": at,
            "problem": plainly(refusal),
        }
        with suppress(NoticeNotFound):
            async with self._db.transaction() as tx:
                await NoticeStore(tx).change(notice.organization_id, notice.id, values)
                await self._audit.record(tx, _by(notice), "notice.stopped", notice.id)
        return "paused"

    async def _done(self, notice: Notice, at: datetime) -> str:
        await self._keep(notice, trying=None, last_at=at)
        return "posted"

    async def _keep(self, notice: Notice, **values: Any) -> None:
        with suppress(NoticeNotFound):  # it was deleted meanwhile
            async with self._db.transaction() as tx:
                await NoticeStore(tx).change(notice.organization_id, notice.id, values)

    def _overtaken(self, notice: Notice, at: datetime) -> bool:
        """Return whether the next time has come, too: then that one is posted."""
        moment = self._clock()
        latest = latest_until(notice.cron, notice.zone, moment)
        return moment - at >= LATE or (latest is not None and latest > at)

    def _wait(self, at: datetime, attempt: int) -> float | None:
        """Return after how many seconds one tries again; None if it would be too late."""
        wait = min(self._attempts.first * 2 ** min(attempt, 20), self._attempts.most)
        return None if self._clock() + timedelta(seconds=wait) - at >= LATE else wait


def job_name(surface: Surface) -> str:
    """Return the name of the jobs that post on a platform."""
    return f"notice.{surface}"


def _by(notice: Notice) -> Actor:
    """Return on whose account, in the audit trail, a notice does something."""
    return Actor(
        organization_id=notice.organization_id,
        member_id=notice.created_by,
        name=notice.created_by_name,
        role=Role.VIEWER,
        surface=notice.surface,
    )


def plainly(refusal: CoreError) -> str:
    """Return why a posting failed, fit for all who hear the channel.

    What a refusal's class says, not what it says of this one: that may be the database's own
    words, which quote rows and hosts.
    """
    said = " ".join((type(refusal).__doc__ or "").split("\n\n")[0].split())
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _passes(refusal: CoreError) -> bool:
    """Return whether a refusal may pass by itself; a statement that is too slow stays so."""
    return isinstance(refusal, Unavailable | Limited) and not isinstance(refusal, StatementTimedOut)


def _notes(answer: Answer, *, cut: bool) -> tuple[str, ...]:
    count = f"{answer.row_count:,} row{'' if answer.row_count == 1 else 's'}"
    return (f"The first {count}; there are more" if cut else count,)


@contextmanager
def _passing() -> Iterator[None]:
    """Hold on for whatever a platform refuses, but that there is nothing to speak into."""
    try:
        yield
    except (PosterGone, StoreUnavailable, NoticeNotFound):
        raise
    except CoreError as refusal:
        raise Held(refusal) from refusal
    except Exception as error:  # a bug of a surface's own; the next attempt may meet it mended
        log.exception("a posting failed")
        raise Held(PostingFailed()) from error
