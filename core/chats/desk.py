"""The analyst's desk in one turn: what it has found, and how much it may still do."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from core.chats.asked import Asked
from core.chats.bounds import Bounds
from core.chats.draft import Draft
from core.chats.parts import Parts
from core.chats.reading import Frame
from core.chats.records import Cited
from core.connections import Answer, Lent
from core.errors import CoreError
from core.identity import Actor
from core.queries import Query

AT_ONCE = 4
"""Tools of one turn that work at the same time; a connection has few sessions."""
LONGEST = 24_000
"""Characters of what one tool answers."""
NEARLY = 0.8
"""Share of the tokens after which a model is asked for its answer."""
LAST = "Not done: this turn may use no more tools. Answer now, with what you have found."
AGAIN = "You have done exactly this before; what it answered stands above. Do something else."

log = structlog.get_logger()


class Arguments(BaseModel):
    """What a tool takes; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reply(NamedTuple):
    """What a tool answers a model: our own words, and between marks what others wrote."""

    head: str
    data: str = ""
    hint: str = ""
    failed: bool = False
    summary: str = ""
    """A line for the person; the head where there is none."""


class Result(NamedTuple):
    """What a statement answered, whole."""

    mark: str
    answer: Answer
    cited: Cited
    title: str | None


class Tool(NamedTuple):
    """Something that the analyst can do."""

    name: str
    does: str
    """For the model."""
    arguments: type[Arguments]
    run: "Callable[[Desk, Any], Awaitable[Reply]]"
    reads_only: bool
    """Whether it neither changes nor sends anything: only such tools exist, as every turn reads
    what strangers wrote."""


class Desk:
    """What one turn works on; its tools may be used side by side."""

    def __init__(
        self,
        parts: Parts,
        actor: Actor,
        asked: Asked,
        draft: Draft,
        *,
        tools: Mapping[str, Tool],
        bounds: Bounds,
        lent: Lent | None,
    ) -> None:
        """Begin with an empty desk.

        Args:
            parts: the services that the tools ask.
            actor: on whose behalf.
            asked: the question.
            draft: where tables and charts are shown.
            tools: by their names.
            bounds: what is too much.
            lent: the tables of the chat's uploaded files.
        """
        self.parts = parts
        self.actor = actor
        self.asked = asked
        self.draft = draft
        self.lent = lent
        self.frame = Frame(asked.chat.id)
        self.results: dict[str, Result] = {}
        self.failures = 0
        """Steps in which a statement failed, since the last one that did not."""
        self._failed_at = 0
        self._step = 0
        self.bounds = bounds
        self._tools = tools
        self._calls = 0
        self._closing = False
        self._done: set[str] = set()
        self.replies: dict[str, Reply] = {}
        """What the tools answered, by the ids of their calls."""
        self._free = asyncio.Semaphore(AT_ONCE)

    def ref(self, name: str | None) -> str | Lent | None:
        """Return what the services know a connection by; without a *name* it is the chosen one."""
        if name is None or not name.strip():
            chosen = self.asked.connection
            return None if chosen is None else chosen.id
        if self.lent is not None and name.strip().lower() == self.lent.name:
            return self.lent
        return name.strip()

    def keep(
        self,
        answer: Answer,
        values: dict[str, Any],
        query: Query | None = None,
        *,
        sql: str,
        lent: bool = False,
    ) -> Result:
        """Put a result on the desk, under a mark of its own.

        Args:
            answer: what the statement answered.
            values: of its parameters.
            query: the saved query that it is.
            sql: the statement as it was written, with {{parameters}}.
            lent: whether the chat's uploaded files were asked.
        """
        cut = answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)
        mark = f"r{len(self.results) + 1}"
        title = None if query is None else query.title
        cited = Cited(
            result=mark,
            connection=answer.connection,
            sql=answer.sql,
            values=values,
            written=sql if values else None,
            query_id=None if query is None else query.id,
            title=title,
            row_count=answer.row_count,
            truncated=cut,
            lent=lent,
        )
        result = self.results[mark] = Result(mark, answer, cited, title)
        return result

    def begin(self, step: int, tokens: int) -> None:
        """Let the tools of a step work, unless the model is to answer in the next one.

        Args:
            step: how often the model was asked.
            tokens: how many that took.
        """
        self._step = step
        bounds = self.bounds
        self._closing = step >= bounds.steps - 1 or tokens >= bounds.tokens * NEARLY

    def fail(self) -> None:
        """Count a statement that failed; those of one step count as one."""
        if self._failed_at != self._step:
            self._failed_at = self._step
            self.failures += 1

    async def call(self, name: str, given: Any) -> Reply:
        """Use a tool; whatever goes wrong is said to the model, which may do better."""
        self._calls += 1
        if self._closing or self._calls > self.bounds.calls:
            return failed(LAST)
        try:
            tool = self._tools[name]
            arguments = tool.arguments.model_validate(given)
        except KeyError:
            return failed(f"There is no tool {name[:100]!r}; there is {', '.join(self._tools)}.")
        except ValidationError as error:
            return failed(f"These arguments do not fit {name}: {_wrong(error)}.")
        key = name + json.dumps(arguments.model_dump(), default=str, sort_keys=True)
        if key in self._done:
            return failed(AGAIN)
        self._done.add(key)
        async with self._free:
            reply = await self._use(tool, arguments)
        if reply.failed:
            self._done.discard(key)  # a database that was busy may be free by now
        return reply

    async def _use(self, tool: Tool, arguments: Arguments) -> Reply:
        try:
            return await tool.run(self, arguments)
        except CoreError as refusal:
            return refused(refusal)
        except Exception:
            log.exception("a tool of the analyst broke", tool=tool.name)
            return failed("This broke on our side, through no fault of yours; try another way.")

    def frame_if(self, text: str) -> str:
        """Return *text* between the marks of data, if there is any."""
        return self.frame(text) if text else ""

    def text(self, reply: Reply) -> str:
        """Return a reply as the model reads it."""
        data = reply.data if len(reply.data) <= LONGEST else f"{reply.data[:LONGEST]}\n… cut"
        return "\n".join(
            part for part in (reply.head, self.frame(data) if data else "", reply.hint) if part
        )


def failed(head: str, *, data: str = "", hint: str = "") -> Reply:
    """Return a reply that says what did not work."""
    return Reply(head, data, hint, failed=True)


def refused(refusal: CoreError) -> Reply:
    """Return a refusal as a reply; where it quotes a database it is data."""
    return failed("This did not work:", data=refusal.message)._replace(summary=refusal.message)


def _wrong(error: ValidationError) -> str:
    said = [
        f"{'.'.join(map(str, each['loc'])) or 'they'}: {each['msg']}" for each in error.errors()
    ]
    return "; ".join(said[:5])[:500]
