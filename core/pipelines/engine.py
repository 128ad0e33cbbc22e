"""How a pipeline is run: wave after wave, what is done is remembered by whoever keeps its steps.

Everything that may turn out differently another time, such as a tool, the blackboard or a clock,
is met inside a step alone. Whoever goes on with a run after a crash walks the same way, and is
handed what the steps before came to.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar

from anyio import to_thread
from pydantic import ValidationError

from core.errors import CoreError
from core.identity import Actor, Audience
from core.jobs import Steps
from core.pipelines.board import Board
from core.pipelines.errors import InputInvalid, RunTooLarge, TaskFailed, ValueUnresolved
from core.pipelines.patience import patient
from core.pipelines.plain import MOST, measured, plain
from core.pipelines.records import Options, Pipeline, RunEvent, RunResult, Task, Tell
from core.pipelines.template import Parsed, Reference, Scope, references, resolve
from core.pipelines.tool import Call, Tool, Toolbox

AT_ONCE = 8
"""Items of a list that are worked on at once, unless a run says otherwise."""
WIDEST = 64
"""Tasks and items of one run that are worked on at once, whatever it says."""
ITEMS = 10_000
"""Items of one list."""
ALL = 4 * MOST
"""Bytes that the outputs of one run take as JSON, roughly."""
MANY = 200
"""Templates of a task that are resolved at once; more would hold up everybody else."""
FIRST_WAIT = 0.5
LONGEST_WAIT = 4.0
"""Seconds before the second attempt, each time twice as long, up to so many."""
SHOWN = 2_000
"""Characters of a failure that are kept."""
T = TypeVar("T")


class Setting(NamedTuple):
    """Where a run takes place, and with what."""

    actor: Actor
    tenant: str
    run_id: str
    params: Mapping[str, Any]
    inputs: Mapping[str, Any]
    board: Board
    options: Options
    tell: Tell = lambda _event: None
    """Hears each event as it happens; after a crash, those of steps done before once more."""
    say: Callable[[str, str], None] = lambda _task, _text: None
    """Hears what a tool says of its work."""


class Engine:
    """Runs pipelines with the tools that there are."""

    def __init__(
        self,
        tools: Toolbox,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Use *tools*.

        Args:
            tools: what tasks may do.
            sleep: waits between attempts.
            chance: returns a number from 0 to 1, for the jitter of those waits.
        """
        self._tools = tools
        self.sleep = sleep
        self._chance = chance

    async def run(self, pipeline: Pipeline, setting: Setting, steps: Steps) -> RunResult:
        """Run *pipeline* to its end, each task after those that it waits for.

        Raises:
            ValueUnresolved: the goal or the inputs name a param that has no value.
            TaskFailed: a task failed; its wave came to its end, and no other began.
        """
        setting = setting._replace(actor=self._heard(pipeline, setting.actor))
        bare = Scope({}, setting.params, {}, "", {})
        running = _Running(
            self,
            pipeline,
            setting,
            steps,
            goal=str(resolve(pipeline.goal, bare)),
            inputs={**resolve(pipeline.inputs, bare), **setting.inputs},
        )
        tasks = {task.id: task for task in pipeline.tasks}
        for wave in pipeline.waves:
            await running.wave([tasks[id] for id in wave])
        return RunResult(
            outputs=running.outputs,
            waves_executed=running.waves,
            tasks_executed=running.executed,
            events=tuple(running.events),
        )

    def _heard(self, pipeline: Pipeline, actor: Actor) -> Actor:
        """Return *actor*, heard by all to whom some task of the pipeline says what it is given."""
        audience = actor.audience
        for task in pipeline.tasks:
            if task.tool in self._tools:
                # A tool of another package need not say.
                told = getattr(self._tools[task.tool], "audience", Audience.ALONE)
                audience = audience.wider(told)
        return actor.model_copy(update={"audience": audience})

    def tool(self, name: str) -> Tool:
        """Return a tool; a run that was left may meet a server that has it no more.

        Raises:
            InputInvalid: there is none of that *name*.
        """
        if name not in self._tools:
            raise InputInvalid(f"There is no tool {name[:60]!r} on this server")
        return self._tools[name]

    async def rest(self, attempt: int, jitter: float) -> None:
        """Wait after an *attempt* that failed."""
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1))
        await self.sleep(wait * (1 + jitter * (2 * self._chance() - 1)))


class _Asked(NamedTuple):
    """What templates ask for."""

    keys: frozenset[str]
    """Of the blackboard."""
    many: bool
    """Whether they are too many to be resolved at once."""


@dataclass
class _Running:
    """One run on its way."""

    engine: Engine
    pipeline: Pipeline
    setting: Setting
    steps: Steps
    goal: str
    inputs: Mapping[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    events: list[RunEvent] = field(default_factory=list)
    waves: int = 0
    executed: int = 0
    carried: int = 0
    """Bytes that its outputs take; those of before a crash are not counted again."""
    asked: dict[str, "_Asked"] = field(default_factory=dict)
    """What the inputs of each task ask for."""
    parsed: Parsed = field(default_factory=Parsed)
    places: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, WIDEST))

    async def wave(self, tasks: Sequence[Task]) -> None:
        """Run tasks side by side; all of them settle, whatever one of them comes to.

        Steps have to be begun in the same order whenever this is walked again: first all that
        find a list, then, once these are there, those of all tasks and items.
        """
        begun = time.perf_counter()
        for task in tasks:
            self._tell("on_task_started", task)
        over = [task for task in tasks if task.parallel_over is not None]
        lists = dict(zip([task.id for task in over], await self._lists(over), strict=True))
        parts = [self._settled(task, lists.get(task.id), begun) for task in tasks]
        if len(parts) == 1:  # most of a chain, and nothing to be beside of
            await parts[0]
        else:
            for each in await asyncio.gather(*parts, return_exceptions=True):
                if isinstance(each, BaseException):
                    raise each
        self.waves += 1

    async def _lists(self, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        return await asyncio.gather(
            *(self.steps.run(f"{task.id}.list", partial(self._list, task)) for task in tasks)
        )

    async def _settled(self, task: Task, found: dict[str, Any] | None, begun: float) -> None:
        """Run one task, over its list if it has one."""
        try:
            self.outputs[task.id] = (
                await self._step(task, None, None)
                if found is None
                else await self._fan_out(task, _unpacked(task, found))
            )
        except TaskFailed as failure:
            self._tell("on_task_failed", task, begun, failure.cause)
            raise
        self._tell("on_task_finished", task, begun)

    async def _fan_out(self, task: Task, items: list[Any]) -> list[Any]:
        wide = min(WIDEST, self.setting.options.fan_out_concurrency or AT_ONCE)
        places = asyncio.Semaphore(wide)
        settled = await asyncio.gather(
            *(self._step(task, (at, item), places) for at, item in enumerate(items)),
            return_exceptions=True,
        )
        for each in settled:
            if isinstance(each, BaseException):
                raise each
        return settled

    async def _list(self, task: Task) -> dict[str, Any]:
        """Return the items of a list, or why there are none: the part of a step."""
        over = str(task.parallel_over)
        try:
            looked = partial(self._scope, _asked(over), None)
            items = resolve(over, await self._patient(task.id, looked))
        except ValueUnresolved as refusal:
            return _failed(1, refusal)
        if not isinstance(items, list):
            return _failed(1, InputInvalid(f"{over[:80]} is no list"))
        if len(items) > ITEMS:
            said = f"{over[:80]} has {len(items):,} items; a task runs over {ITEMS:,} at most"
            return _failed(1, InputInvalid(said))
        return {"output": items}

    async def _step(
        self, task: Task, item: tuple[int, Any] | None, places: asyncio.Semaphore | None
    ) -> Any:
        name = task.id if item is None else f"{task.id}.{item[0]}"
        part = partial(self._attempts, task, item)
        gate = self.places if places is None else _both(places, self.places)
        output = _unpacked(task, await self.steps.run(name, part, gate=gate))
        self.executed += 1
        return output

    async def _attempts(self, task: Task, item: tuple[int, Any] | None) -> dict[str, Any]:
        """Try a task until it is done or was tried often enough: the part of a step.

        What it came to is returned, not raised, so that it is remembered with its attempt.
        """
        failure: dict[str, Any] = {}
        for attempt in range(1, task.retry + 2):
            try:
                trying = partial(self._attempt, task, item, attempt)
                return {"output": await self._patient(task.id, trying)}
            except (Exception, SystemExit, asyncio.CancelledError) as error:
                # Whatever a tool raises fails its task, even what nobody has told it to.
                if isinstance(error, asyncio.CancelledError) and _told_to_end():
                    raise
                failure = _failed(attempt, error)
                if isinstance(error, ValueUnresolved | InputInvalid | RunTooLarge):
                    break  # the same another time
                if attempt <= task.retry:
                    await self.engine.rest(attempt, self.setting.options.backoff_jitter)
        return failure

    async def _attempt(self, task: Task, item: tuple[int, Any] | None, attempt: int) -> Any:
        tool = self.engine.tool(task.tool)
        if self.carried > ALL:
            raise RunTooLarge
        given = await self._given(task, item)
        call = Call(
            actor=self.setting.actor,
            tenant=self.setting.tenant,
            run_id=self.setting.run_id,
            task_id=task.id,
            item=None if item is None else item[0],
            attempt=attempt,
            board=self.setting.board,
            say=partial(self.setting.say, task.id),
        )
        try:
            inputs = tool.inputs.model_validate(given)
        except ValidationError as error:
            raise InputInvalid(_wrong(error)) from None
        async with asyncio.timeout(self.setting.options.per_task_timeout or None):
            output, size = await measured(await tool.run(call, inputs))
        self.carried += size
        if self.carried > ALL:
            raise RunTooLarge
        return output

    async def _given(self, task: Task, item: tuple[int, Any] | None) -> Any:
        asked = self.asked.get(task.id)
        if asked is None:  # an item asks for the same as the one before it
            asked = self.asked[task.id] = _asked(task.inputs)
        scope = await self._scope(asked, item)
        if asked.many:
            return await to_thread.run_sync(resolve, task.inputs, scope)
        return resolve(task.inputs, scope)

    async def _patient(self, task_id: str, part: Callable[[], Awaitable[T]]) -> T:
        """Return what a part comes to; that our own store is away is no failure of a task."""

        def missed() -> None:
            self.setting.say(task_id, "Trellis' own store does not answer; waiting for it")

        return await patient(part, sleep=self.engine.sleep, missed=missed)

    async def _scope(self, asked: "_Asked", item: tuple[int, Any] | None) -> Scope:
        return Scope(
            outputs=self.outputs,
            params=self.setting.params,
            inputs=self.inputs,
            goal=self.goal,
            session=await self.setting.board.read(asked.keys) if asked.keys else {},
            item=None if item is None else (item[1],),
            parsed=self.parsed,
        )

    def _tell(
        self, type: Any, task: Task, begun: float | None = None, error: str | None = None
    ) -> None:
        event = RunEvent(
            type=type,
            task_id=task.id,
            tool=task.tool,
            error=error,
            duration_ms=None if begun is None else 1000 * (time.perf_counter() - begun),
        )
        self.events.append(event)
        self.setting.tell(event)


@asynccontextmanager
async def _both(one: asyncio.Semaphore, other: asyncio.Semaphore) -> AsyncIterator[None]:
    async with one, other:
        yield


def _asked(value: Any) -> _Asked:
    found = list(references(value))
    keys = frozenset(
        each.path[0]
        for each in found
        if isinstance(each, Reference) and each.root == "session" and each.path
    )
    return _Asked(keys, len(found) > MANY)


def _told_to_end() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _failed(attempt: int, error: BaseException) -> dict[str, Any]:
    said = error.message if isinstance(error, CoreError) else str(error)
    if isinstance(error, TimeoutError) and not said:
        said = "it took too long"
    if isinstance(error, asyncio.CancelledError) and not said:
        said = "it gave up by itself"
    cause = f"{type(error).__name__}: {said}"[:SHOWN]
    return {"attempt": attempt, "cause": plain(cause)}


def _unpacked(task: Task, found: dict[str, Any]) -> Any:
    if "cause" in found:
        raise TaskFailed(task.id, found["attempt"], found["cause"])
    return found["output"]


def _wrong(error: ValidationError) -> str:
    """Return what is wrong with the inputs of a tool, the first three."""
    said = [
        f"{'.'.join(map(str, each['loc'])) or 'inputs'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)[:3]
    ]
    return "; ".join(said)
