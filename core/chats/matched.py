"""A question that a saved query answers: found by its words, asked back about, or honestly not."""

from collections.abc import Mapping
from typing import Any

from core.chats.asked import Asked
from core.chats.direct import answer_by_query
from core.chats.draft import Draft
from core.chats.drawn import kind_of, only_a_kind
from core.chats.earlier import stepped, year_of
from core.chats.parts import Parts
from core.chats.records import Cited, Pending, Side
from core.chats.wording import (
    NOTHING_WAITS,
    WELCOME,
    asking_back,
    asking_where,
    asks_for_help,
    bare,
    cancelled,
    cancels,
    honest_no,
    is_thanks,
    needs_a_model,
    not_understood,
)
from core.connections import (
    ConnectionAmbiguous,
    ParameterInvalid,
    StatementFailed,
    StatementRefused,
)
from core.identity import Actor
from core.models import ModelNotConfigured
from core.page import PageAsked
from core.queries import Match, Query, QueryNotFound

NEAR = 5
"""Saved queries that are named where none answers."""
CONNECTIONS = 50
"""Connections that are named where one has to be chosen."""
BACK = 4
"""Answers among which the last one of a saved query is looked for."""
READ = 1_000
"""Characters of a question that are searched for."""
FREE = ("text", "value")
"""What a parameter is for that may be any text, unless its values are known."""
BROKEN = (ParameterInvalid, StatementFailed, StatementRefused)
"""What is the matter with a saved query itself; a model may find another way."""


async def answer_by_match(parts: Parts, actor: Actor, asked: Asked, draft: Draft) -> Query | bool:
    """Answer by the saved query that a question clearly asks for.

    Returns:
        True if it is answered; a prompt-only query if a model is to answer that; else False, and
        a model should.
    """
    draft.working("thinking")
    if asked.uploads and asked.mind is not None:
        return False  # the question is about what was uploaded
    return await _Matching(parts, actor, asked, draft).answer()


class _Matching:
    """One question on its way to a saved query."""

    def __init__(self, parts: Parts, actor: Actor, asked: Asked, draft: Draft) -> None:
        self._parts = parts
        self._queries = parts.queries
        self._actor = actor
        self._asked = asked
        self._draft = draft
        self._at = None if asked.connection is None else asked.connection.id

    async def answer(self) -> Query | bool:
        asked = self._asked
        waiting = None if asked.pending is None else await self._waiting(asked.pending)
        if waiting is not None and cancels(asked.text):
            self._draft.say(cancelled(waiting.query))
            return True
        match = await self._queries.match(self._actor, asked.text, connection=self._at)
        if waiting is not None:
            match = await self._settled(waiting, match)
        elif match is None:
            match = await self._replied_late() or await self._again()
        if match is None:
            return self._polite() or await self._no(waiting)
        if match.missing:
            return await self._back(match)
        if match.query.sql is None:
            if asked.mind is not None:
                return match.query
            self._draft.say(needs_a_model(match.query, await self._advice()))
            return True
        return await self._run(match, self._at)

    # What was asked before

    async def _waiting(self, pending: Pending) -> Match | None:
        """Return the match that waits for a reply, unless its query is gone or was rewritten."""
        try:
            query = await self._queries.get(self._actor, pending.query_id)
        except QueryNotFound:
            return None
        if set(query.parameters) != set(pending.values) | set(pending.missing):
            return None
        return Match(query, dict(pending.values), pending.missing, {}, 1.0, {})

    async def _settled(self, waiting: Match, fresh: Match | None) -> Match | None:
        """Return what a reply means: its values, another question, or nothing."""
        if fresh is not None and fresh.query.id != waiting.query.id:
            return fresh
        if not waiting.missing:  # it waits for a connection
            return await self._placed(waiting) if fresh is None else fresh
        filled = await self._queries.fill(
            self._actor, waiting, self._asked.text, near=year_of(waiting.parameters)
        )
        if fresh is not None and len(fresh.missing) <= len(filled.missing):
            both = waiting.parameters | fresh.parameters
            missing = tuple(each for each in fresh.missing if each not in both)
            return fresh._replace(parameters=both, missing=missing)
        if filled.missing == waiting.missing and not filled.invalid:
            return None
        return filled

    async def _placed(self, waiting: Match) -> Match | None:
        names = await self._connections()
        chosen = [each for each in names if bare(each) == bare(self._asked.text)]
        if not chosen:
            return None
        self._at = (await self._parts.connections.get(self._actor, chosen[0])).id
        return waiting

    async def _again(self) -> Match | None:
        """Return the query of the last answer with other values, as in "and in 2024?".

        Every word of the message has to be a value or say nothing; a parameter that takes any text
        would take any message, so there it does not go by itself.
        """
        last = self._last()
        if last is None or last.query_id is None:
            return None
        try:
            query = await self._queries.get(self._actor, last.query_id)
            blanks = await self._queries.blanks(self._actor, query.id)
        except QueryNotFound:
            return None
        if set(query.parameters) != set(last.values):
            return None
        uses = {each.name: each.use for each in blanks}
        same = only_a_kind(self._asked.text)
        moved = dict(last.values) if same else stepped(self._asked.text, uses, last.values)
        if moved is not None:
            return Match(query, moved, (), {}, 1.0, {})
        if not last.values or any(each.use in FREE and not each.known for each in blanks):
            return None
        return await self._with_others(Match(query, {}, query.parameters, {}, 1.0, {}), last.values)

    async def _with_others(self, empty: Match, values: Mapping[str, Any]) -> Match | None:
        """Return a match with *values*, but for what the message says."""
        filled = await self._queries.fill(
            self._actor, empty, self._asked.text, near=year_of(values)
        )
        if not filled.parameters or filled.invalid:
            return None
        return filled._replace(parameters={**values, **filled.parameters}, missing=(), values={})

    def _last(self) -> Cited | None:
        """Return the statement of the last answer that has any; a model reads the rest itself."""
        answers = [each for each in reversed(self._asked.before) if each.side is Side.ASSISTANT]
        for each in answers[: BACK if self._asked.mind is None else 1]:
            if each.statements:
                return each.statements[0] if len(each.statements) == 1 else None
        return None

    async def _replied_late(self) -> Match | None:
        """Return what a reply means to what was asked back before the last message."""
        pending = self._late()
        waiting = None if pending is None else await self._waiting(pending)
        return None if waiting is None else await self._settled(waiting, None)

    def _late(self) -> Pending | None:
        """Return what the answer before the last asked back, if only one message came between."""
        before = self._asked.before[-4:]
        if self._asked.mind is not None or len(before) < 4 or before[-1].statements:  # noqa: PLR2004
            return None
        return None if cancels(before[-2].content) else before[-3].pending

    # What is said

    async def _back(self, match: Match) -> bool:
        if self._asked.mind is not None:
            return False
        self._draft.say(asking_back(match, await self._uses(match)))
        self._wait(match)
        return True

    async def _run(self, match: Match, at: str | None) -> bool:
        connection = at if match.query.connection_id is None else None
        try:
            await answer_by_query(
                self._queries,
                self._actor,
                self._draft,
                match.query,
                match.parameters,
                connection=connection,
                kind=kind_of(self._asked.text),
            )
        except ConnectionAmbiguous:
            self._draft.say(asking_where(match.query, await self._connections()))
            self._wait(match)
        except BROKEN:
            if self._asked.mind is None:
                raise
            return False
        return True

    def _polite(self) -> bool:
        """Return whether nothing was asked, and that is said."""
        if self._asked.mind is None and is_thanks(self._asked.text):
            self._draft.say(WELCOME)
        elif self._asked.mind is None and cancels(self._asked.text):
            self._draft.say(NOTHING_WAITS)
        else:
            return False
        return True

    async def _no(self, waiting: Match | None) -> bool:
        if self._asked.mind is not None:
            return False
        words = len(self._asked.text.split())
        short = words <= 4 and "?" not in self._asked.text  # noqa: PLR2004
        if waiting is not None and (short or words == 1):
            # A reply, and not one that we understand.
            if waiting.missing:
                uses = await self._uses(waiting)
                self._draft.say(f"{not_understood(waiting, uses)} ")
                offered = (await self._queries.match(self._actor, waiting.query.title)) or waiting
                self._draft.say(asking_back(waiting._replace(values=offered.values), uses))
            else:
                self._draft.say(asking_where(waiting.query, await self._connections()))
            self._draft.say(" Say “cancel” to ask something else.")
            self._wait(waiting)
            return True
        near = await self._queries.suggest(self._actor, self._asked.text[:READ], limit=NEAR)
        self._draft.say(
            honest_no(
                near,
                await self._advice(),
                help=asks_for_help(self._asked.text),
                connected=bool(await self._connections()),
            )
        )
        return True

    async def _uses(self, match: Match) -> dict[str, str]:
        blanks = await self._queries.blanks(self._actor, match.query.id)
        return {each.name: each.use for each in blanks}

    def _wait(self, match: Match) -> None:
        self._draft.pending = Pending(
            query_id=match.query.id, values=match.parameters, missing=match.missing
        )

    async def _connections(self) -> list[str]:
        page = await self._parts.connections.list(self._actor, PageAsked(size=CONNECTIONS))
        return [each.name for each in page.items]

    async def _advice(self) -> str:
        try:
            await self._parts.models.get(self._actor)
        except ModelNotConfigured as refusal:
            return refusal.message
        return "Ask again."
