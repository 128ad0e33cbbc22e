"""An answer while a model writes it: what it says is heard, guarded and told on.

Imported when a model is first asked, as its library takes half a second to import.
"""

from contextlib import suppress

from pydantic_ai import Agent, UsageLimits
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.messages import (
    AgentStreamEvent,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.usage import RunUsage

from core.chats.attached import Attached, refuses_files
from core.chats.desk import Desk, Reply
from core.chats.guard import Guard, plain
from core.chats.history import history
from core.chats.instructions import context, instructions
from core.chats.reading import marks
from core.chats.records import Side
from core.chats.showing import of, show
from core.chats.stands import Found
from core.chats.toolset import Toolset
from core.errors import CoreError
from core.ids import now
from core.models import Mind, Models, ModelUnavailable, explain

EVENTS = 100
"""Uses of tools that are told of one turn."""
SUMMARY = 300
"""Characters of what a tool answered, for the person."""
ENOUGH = "I stopped here: the answer took more steps than one question may."
TOO_LONG = "(The answer was cut here; it had grown too long.)"
NOTHING = "I could not find an answer: the model said nothing."


class _TooLong(Exception):
    """The answer is as long as it may be."""


class Writing:
    """One answer while the model writes it."""

    def __init__(self, desk: Desk, mind: Mind, files: Attached) -> None:
        """Begin with nothing said."""
        self._desk = desk
        self._mind = mind
        self._files = files
        self._draft = desk.draft
        self._guard = Guard(known=desk.results.__contains__)
        self._usage = RunUsage()
        self._length = 0
        self._told: set[str] = set()
        self._fresh = True
        """Whether what is said next is the first of its step."""
        self._done = False
        self._draft.behind = self._behind
        self._broken = False
        """Whether the last thing that was said is a break between paragraphs."""

    async def write(self) -> None:
        """Let the model work until it has answered.

        Raises:
            CoreError: it does not answer, and why.
        """
        try:
            try:
                await self._run()
            except Exception as error:
                # A model that takes no pictures or documents can still be asked without them.
                if not self._files.unread or self._usage.requests or not refuses_files(error):
                    raise
                self._files = self._files.without(self._mind.record.id)
                await self._run()
        except _TooLong:
            self._close(TOO_LONG)
        except UsageLimitExceeded as error:
            if not self._desk.results and not self._draft.text.strip():
                raise explain(error, self._mind.record.id) or ModelUnavailable() from error
            self._close(ENOUGH)
        except CoreError:
            raise
        except Exception as error:
            problem = explain(error, self._mind.record.id)
            if problem is None:
                raise
            with suppress(CoreError):
                await self._show()
            raise problem from error
        self._say(self._guard.flush())
        await self._show()
        if not self._draft.text.strip():
            self._draft.say(NOTHING)
        self._done = True

    def end(self) -> None:
        """Keep what the answer stands on and what it took, however it ended."""
        self._say(self._guard.flush())
        draft, results = self._draft, self._desk.results
        draft.usage = Models.cost(self._usage)
        if not self._done:
            draft.settle()
            return
        named = marks(draft.text) + [each.result for each in draft.shown if each.result]
        for mark in sorted({mark for mark in named if mark in results}, key=lambda r: int(r[1:])):
            draft.cite(results[mark].cited)

    def _behind(self) -> list[Found]:
        """Return what was found, if that is neither cited nor shown yet.

        Every statement, as nobody knows which of them the answer would have named; and the tables
        that it speaks of, or the last one where it says nothing yet.
        """
        draft, results = self._draft, self._desk.results
        cited = {each.result for each in draft.statements}
        shown = {each.result for each in draft.shown}
        filled = [each.mark for each in results.values() if each.answer.rows]
        wanted = set(marks(draft.text)).intersection(filled) or set(
            filled[-1:] if not shown else ()
        )
        return [
            (each.cited, of(each) if each.mark in wanted - shown else None)
            for each in list(results.values())
            if each.mark not in cited
        ]

    async def _run(self) -> None:
        desk = self._desk
        said, before = await self._told_before()
        agent: Agent[Desk, str] = Agent(
            self._mind.keeper,
            name="analyst",
            deps_type=Desk,
            instructions=instructions(desk.actor, desk.frame.mark, now().date()),
            model_settings=self._mind.settings,
            toolsets=[Toolset()],
            retries={"tools": 100, "output": 1},
        )
        limits = UsageLimits(request_limit=desk.bounds.steps, total_tokens_limit=desk.bounds.tokens)
        async with agent.iter(
            said, message_history=before, deps=desk, usage_limits=limits, usage=self._usage
        ) as run:
            async for node in run:
                if Agent.is_model_request_node(node):
                    self._draft.working("thinking")
                    self._fresh = True
                    async with node.stream(run.ctx) as stream:
                        async for event in stream:
                            self._hear(event)
                elif Agent.is_call_tools_node(node):
                    async with node.stream(run.ctx) as events:
                        async for event in events:
                            self._watch(event)

    async def _told_before(self) -> tuple[list[UserContent], list[ModelMessage]]:
        """Return the question with what there is to ask, and what was said before it."""
        desk = self._desk
        before: list[ModelMessage] = []
        behind = ""
        for each in history(desk.asked.before, desk.frame, desk.actor.member_id):
            if each.side is Side.USER:
                text = f"{behind}\n\n{each.text}" if behind else each.text
                before.append(ModelRequest(parts=[UserPromptPart(text)]))
                behind = ""
            else:
                before.append(ModelResponse(parts=[TextPart(each.text)]))
                behind = f"Behind your answer:\n{each.behind}" if each.behind else ""
        asked = desk.asked
        question = asked.text
        if asked.query is not None:
            values = f"\nValues: {asked.parameters}" if asked.parameters else ""
            question = (
                f"{question}\n\nAnswer for this what a saved query asks; it is the question, "
                f"though its title and its words stand between marks:\n"
            ) + desk.frame(f"{asked.query.title}\n{asked.query.prompt}{values}")
        said = (behind, await context(desk), desk.frame_if(self._files.said), question)
        told = "\n\n".join(part for part in said if part)
        return [told, *self._files.contents()], before

    def _hear(self, event: AgentStreamEvent) -> None:
        match event:
            case PartStartEvent(part=TextPart(content=text)):
                pass
            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                pass
            case _:
                return
        if not text:
            return
        if self._fresh:
            self._fresh = False
            self._paragraph()
        self._broken = False
        room = self._desk.bounds.text - self._length
        self._length += len(text)
        self._say(self._guard.feed(text[: max(0, room)]))
        if self._length > self._desk.bounds.text:
            raise _TooLong

    def _watch(self, event: AgentStreamEvent) -> None:
        match event:
            case FunctionToolCallEvent(part=part) if len(self._told) < EVENTS:
                self._told.add(part.tool_call_id)
                self._paragraph()  # what was said so far is said to its end before the tool works
                self._draft.working("analyzing")
                try:
                    given = part.args_as_dict()
                except ValueError:
                    given = {}
                self._draft.used(part.tool_call_id, part.tool_name[:100], given)
            case FunctionToolResultEvent(part=part) if part.tool_call_id in self._told:
                reply = self._desk.replies.get(part.tool_call_id)
                if reply is None:
                    reply = Reply(str(part.content), failed=True)
                self._draft.returned(
                    part.tool_call_id,
                    part.tool_name[:100],
                    plain((reply.summary or reply.head.rstrip(":"))[: 4 * SUMMARY])[:SUMMARY],
                    is_error=reply.failed,
                )

    def _paragraph(self) -> None:
        """End what was said so far, if there is something."""
        if self._length and not self._broken:
            self._broken = True
            self._say(self._guard.feed("\n\n"))

    def _say(self, text: str) -> None:
        if text:
            self._draft.say(text)

    def _close(self, words: str) -> None:
        """End with a sentence of our own."""
        self._say(self._guard.flush())
        gap = "\n\n" if self._draft.text.strip() else ""
        self._draft.say(f"{gap}{words}")

    async def _show(self) -> None:
        """Show the result that the answer stands on, if the model has shown nothing."""
        results = self._desk.results
        if self._draft.shown or not results:
            return
        named = [results[mark] for mark in marks(self._draft.text) if mark in results]
        filled = [each for each in named or results.values() if each.answer.rows]
        if filled:
            await show(self._desk, filled[-1])
