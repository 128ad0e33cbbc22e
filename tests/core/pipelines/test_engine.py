"""Runs: waves, lists, attempts, failures, events, and going on after a crash."""

import asyncio
import dataclasses
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from typing_extensions import override

from core.db import StoreUnavailable
from core.identity import Audience, Role
from core.pipelines.board import Slate
from core.pipelines.definition import define
from core.pipelines.document import Document
from core.pipelines.engine import MANY, WIDEST, Engine
from core.pipelines.errors import TaskFailed
from core.pipelines.patience import WAITS
from core.pipelines.plain import LIGHT, MOST
from core.pipelines.records import Pipeline, RunEvent
from core.pipelines.tool import Call, Inputs, Toolbox
from tests.core.pipelines.tools import Anything, Doing, Meeting, Straight, echo, failing, setting


def written(*tasks: dict[str, Any], **more: Any) -> Pipeline:
    names = {task["tool"] for task in tasks}
    return define(Document({"id": "a", "goal": "b", "tasks": list(tasks)} | more, {}), names)


def task(id: str, tool: str = "echo", *, waits: Any = (), **more: Any) -> dict[str, Any]:
    return {"id": id, "tool": tool, "await": list(waits)} | more


def engine(*tools: Doing, waits: list[float] | None = None) -> Engine:
    async def rest(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    return Engine(Toolbox([*tools, Doing("echo", echo)]), sleep=rest, chance=lambda: 1.0)


async def test_outputs_flow_from_task_to_task() -> None:
    pipeline = written(
        task("one", inputs={"rows": [1, 2, "{{params.year}}"]}),
        task("two", inputs={"first": "{{one.rows.first}}", "said": "got {{one.output.rows}}"}),
        task("three", inputs={"x": "{{two.first}}", "goal": "{{pipeline.goal}}"}, waits=[]),
        params={"year": {"type": "integer"}},
        inputs={"of": "{{params.year}}"},
        goal="about {{params.year}}",
    )

    result = await engine().run(pipeline, setting(params={"year": 2025}), Straight())

    assert result.outputs == {
        "one": {"rows": [1, 2, 2025]},
        "two": {"first": 1, "said": "got [1, 2, 2025]"},
        "three": {"x": 1, "goal": "about 2025"},
    }
    assert (result.waves_executed, result.tasks_executed) == (3, 3)


async def test_the_tasks_of_a_wave_run_at_once() -> None:
    meeting = Meeting(5)
    pipeline = written(*(task(f"t{at}", "meet") for at in range(5)))

    result = await engine(Doing("meet", meeting.join)).run(pipeline, setting(), Straight())

    assert meeting.most == 5
    assert result.waves_executed == 1


async def test_a_list_is_gone_through_in_its_order_so_many_at_once() -> None:
    meeting = Meeting(3)
    pipeline = written(
        task("list", inputs={"items": [{"n": at} for at in range(9)]}),
        task("each", "meet", parallel_over="{{list.items}}", inputs={"n": "{{item.n}}"}),
        task("last", inputs={"n": "{{each.output.last.n}}"}),
    )
    options = {"fan_out_concurrency": 3}

    result = await engine(Doing("meet", meeting.join)).run(
        pipeline, setting(options=options), Straight()
    )

    assert result.outputs["each"] == [{"n": at} for at in range(9)]
    assert result.outputs["last"] == {"n": 8}
    assert meeting.most == 3
    assert result.tasks_executed == 11


async def test_an_empty_list_is_an_empty_list() -> None:
    pipeline = written(
        task("list", inputs={"items": []}),
        task("each", parallel_over="{{list.items}}", inputs={"n": "{{item}}"}),
    )

    result = await engine().run(pipeline, setting(), Straight())

    assert result.outputs["each"] == []
    assert result.tasks_executed == 1


async def test_what_fails_is_tried_again_with_longer_and_longer_waits() -> None:
    waits: list[float] = []
    flaky = failing(6)
    pipeline = written(task("one", "flaky", retry=6))

    result = await engine(flaky, waits=waits).run(pipeline, setting(), Straight())

    assert result.outputs == {"one": 7}
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert [call.attempt for call in flaky.calls] == [1, 2, 3, 4, 5, 6, 7]
    assert {call.key for call in flaky.calls} == {"run:one:"}


async def test_jitter_makes_a_wait_longer_or_shorter_by_chance() -> None:
    waits: list[float] = []
    pipeline = written(task("one", "flaky", retry=1))

    await engine(failing(1), waits=waits).run(
        pipeline, setting(options={"backoff_jitter": 0.5}), Straight()
    )

    assert waits == [0.75]


async def test_a_failure_names_its_task_its_attempt_and_its_cause() -> None:
    pipeline = written(task("one", "flaky", retry=1), task("two", waits=["one"]))

    with pytest.raises(TaskFailed) as failure:
        await engine(failing(9)).run(pipeline, setting(), Straight())

    assert failure.value.message == "Task 'one' failed on attempt 2: ValueError: not yet"


async def test_a_tool_that_gives_up_by_itself_fails_its_task_and_no_more() -> None:
    pipeline = written(task("one", "flaky", retry=1), task("two", "echo"))

    again = await engine(failing(1, asyncio.CancelledError()), Doing("echo", echo)).run(
        pipeline, setting(), Straight()
    )
    with pytest.raises(TaskFailed, match="CancelledError: it gave up by itself"):
        await engine(failing(9, asyncio.CancelledError()), Doing("echo", echo)).run(
            pipeline, setting(), Straight()
        )

    assert again.outputs["one"] == 2


class Unsayable(Exception):
    """An error of one test."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (ExceptionGroup("several", [ValueError("a")]), "ExceptionGroup: several"),
        (RecursionError("deep"), "RecursionError: deep"),
        (MemoryError(), "MemoryError: "),
        (Unsayable("x" * 10_000), "Unsayable: xxx"),
        (ValueError("\ud800 \x00"), "ValueError: ? \ufffd"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_whatever_a_tool_raises_fails_its_task_and_no_more(
    error: BaseException, said: str
) -> None:
    pipeline = written(task("one", "flaky"), task("two", "echo"))

    with pytest.raises(TaskFailed) as failure:
        await engine(failing(9, error)).run(pipeline, setting(), Straight())

    assert failure.value.cause.startswith(said)
    assert len(failure.value.cause) <= 2_000


class Gone(Slate):
    """A blackboard that is away so many times."""

    def __init__(self, times: int) -> None:
        super().__init__({"k": [1]})
        self.times = times

    @override
    async def read(self, keys: Iterable[str]) -> Mapping[str, Any]:
        self.times -= 1
        if self.times >= 0:
            raise StoreUnavailable
        return await super().read(keys)


async def test_that_our_own_store_is_away_is_no_failure_of_a_task() -> None:
    waits: list[float] = []
    said: list[str] = []
    pipeline = written(
        task("one", inputs={"k": "{{session.k}}"}),
        task("each", parallel_over="{{session.k}}", inputs={"n": "{{item}}"}),
    )
    told = setting(board=Gone(3))._replace(say=lambda id, text: said.append(f"{id}: {text}"))

    result = await engine(waits=waits).run(pipeline, told, Straight())

    assert result.outputs == {"one": {"k": [1]}, "each": [{"n": 1}]}
    assert waits == [0.5, 1.0, 2.0]
    assert set(said) == {"each: Trellis' own store does not answer; waiting for it"}


async def test_a_store_that_stays_away_fails_the_task_in_the_end() -> None:
    waits: list[float] = []
    pipeline = written(task("one", inputs={"k": "{{session.k}}"}))

    with pytest.raises(TaskFailed, match="attempt 1: StoreUnavailable"):
        await engine(waits=waits).run(pipeline, setting(board=Gone(99)), Straight())

    assert sum(waits) == sum(WAITS)


async def test_the_wave_of_a_failure_comes_to_its_end_and_no_other_begins() -> None:
    events: list[RunEvent] = []
    pipeline = written(
        task("bad", "flaky"),
        task("good"),
        task("after", inputs={"x": "{{good}}"}),
    )

    with pytest.raises(TaskFailed):
        await engine(failing(1)).run(pipeline, setting(tell=events.append), Straight())

    assert sorted((each.type, each.task_id) for each in events) == [
        ("on_task_failed", "bad"),
        ("on_task_finished", "good"),
        ("on_task_started", "bad"),
        ("on_task_started", "good"),
    ]
    (failed,) = [each for each in events if each.type == "on_task_failed"]
    assert failed.error == "ValueError: not yet"
    assert failed.duration_ms is not None


async def test_one_item_that_fails_fails_the_task() -> None:
    async def odd(_call: Call, given: dict[str, Any]) -> Any:
        if given["n"] % 2:
            raise ValueError(f"{given['n']} is odd")
        return given["n"]

    tool = Doing("even", odd)
    pipeline = written(
        task("list", inputs={"items": [0, 1, 2, 3]}),
        task("each", "even", parallel_over="{{list.items}}", inputs={"n": "{{item}}"}),
    )

    with pytest.raises(TaskFailed, match=r"Task 'each' failed on attempt 1: ValueError: 1 is odd"):
        await engine(tool).run(pipeline, setting(), Straight())

    assert len(tool.calls) == 4


async def test_an_attempt_that_takes_too_long_is_ended() -> None:
    ended = asyncio.Event()

    async def forever(_call: Call, _given: dict[str, Any]) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    pipeline = written(task("one", "slow"))

    with pytest.raises(TaskFailed, match="TimeoutError: it took too long"):
        await engine(Doing("slow", forever)).run(
            pipeline, setting(options={"per_task_timeout": 0.01}), Straight()
        )

    assert ended.is_set()


async def test_to_cancel_a_run_reaches_the_tool_that_works() -> None:
    working, ended = asyncio.Event(), asyncio.Event()

    async def forever(_call: Call, _given: dict[str, Any]) -> Any:
        working.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    pipeline = written(task("one", "slow", retry=5))
    run = asyncio.create_task(engine(Doing("slow", forever)).run(pipeline, setting(), Straight()))
    await asyncio.wait_for(working.wait(), 5)
    run.cancel()

    with pytest.raises(asyncio.CancelledError):
        await run
    assert ended.is_set()


async def test_after_a_crash_what_was_done_is_not_done_again() -> None:
    kept: dict[str, Any] = {}
    counted = Doing("count", echo)
    pipeline = written(
        task("list", "count", inputs={"items": [1, 2, 3]}),
        task("each", "count", parallel_over="{{list.items}}", inputs={"n": "{{item}}"}),
        task("last", "count", inputs={"n": "{{each.last.n}}"}),
    )
    whole = await engine(counted).run(pipeline, setting(), Straight(kept))
    names = list(kept)
    counted.calls.clear()

    for at in range(len(names) + 1):
        left = {name: kept[name] for name in names[:at]}
        again = await engine(counted).run(pipeline, setting(), Straight(left))
        done = [f"{call.task_id}:{call.item}" for call in counted.calls]
        assert again.outputs == whole.outputs
        assert len(done) == sum(not name.endswith(".list") for name in names[at:])
        counted.calls.clear()


async def test_a_failure_is_remembered_as_well() -> None:
    kept: dict[str, Any] = {}
    flaky = failing(1)
    pipeline = written(task("one", "flaky"))

    for _twice in range(2):
        with pytest.raises(TaskFailed, match="attempt 1"):
            await engine(flaky).run(pipeline, setting(), Straight(kept))

    assert len(flaky.calls) == 1


async def test_what_tasks_write_is_seen_by_those_after_them() -> None:
    async def keep(call: Call, given: dict[str, Any]) -> Any:
        await call.board.write(given["key"], given["value"], append=True, mark=call.key)
        return {"status": "success"}

    board = Slate({"seeded": 1})
    pipeline = written(
        task("one", "keep", inputs={"key": "facts", "value": "a"}),
        task("two", "keep", inputs={"key": "facts", "value": "b"}, waits=["one"]),
        task(
            "three",
            inputs={"all": "{{session.facts}}", "s": "{{session.seeded}}"},
            waits=["two"],
        ),
    )
    kept: dict[str, Any] = {}

    result = await engine(Doing("keep", keep)).run(pipeline, setting(board=board), Straight(kept))

    assert result.outputs["three"] == {"all": ["a", "b"], "s": 1}
    del kept["two"]  # the process died when it was written, and before that was remembered
    await engine(Doing("keep", keep)).run(pipeline, setting(board=board), Straight(kept))
    assert (await board.all())["facts"] == ["a", "b"]


class Year(Inputs):
    """What the tool of one test takes."""

    year: int
    of: str = "all"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "InputInvalid: year: Field required"),
        ({"year": "soon"}, "InputInvalid: year: Input should be a valid integer"),
        ({"year": 1, "more": 2}, "InputInvalid: more: Extra inputs are not permitted"),
        ({"year": "{{session.nothing}}"}, "ValueUnresolved: {{session.nothing}} leads to nothing"),
    ],
)
async def test_what_a_tool_does_not_take_is_not_tried_again(
    inputs: dict[str, Any], said: str
) -> None:
    tool = Doing("typed", echo)
    tool.inputs = Year
    pipeline = written(task("one", "typed", inputs=inputs, retry=5))

    with pytest.raises(TaskFailed) as failure:
        await engine(tool).run(pipeline, setting(), Straight())

    assert f"failed on attempt 1: {said}" in failure.value.message
    assert not tool.calls


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("{{list}}", "{{list}} is no list"),
        ("{{list.none}}", "leads to nothing"),
        ("{{list.items.first}}", "is no list"),
    ],
)
async def test_what_is_no_list_is_not_gone_through(over: str, said: str) -> None:
    pipeline = written(
        task("list", inputs={"items": [1]}),
        task("each", parallel_over=over, inputs={"n": "{{item}}"}),
    )

    with pytest.raises(TaskFailed, match="Task 'each' failed on attempt 1") as failure:
        await engine().run(pipeline, setting(), Straight())

    assert said in failure.value.message


@dataclasses.dataclass
class Found:
    """An output of one test."""

    name: str
    raw: bytes


async def test_an_output_is_made_what_json_can_say() -> None:
    async def odd(_call: Call, _given: dict[str, Any]) -> Any:
        return {
            "found": Found("x", b"abc"),
            "set": {2, 1},
            "tuple": (1, None, True),
            "nan": float("nan"),
            1: "key",
            "role": Role.OWNER,
            "half": "\ud800 and \x00",
            "large": [2**64 - 1, -(2**63), 2**64, -(2**63) - 1],
            "view": memoryview(b"abcd").cast("H"),
            "model": Anything(),
            "object": Doing,
        }

    result = await engine(Doing("odd", odd)).run(written(task("one", "odd")), setting(), Straight())

    output = result.outputs["one"]
    assert output.pop("object").startswith("<class")
    assert output == {
        "found": {"name": "x", "raw": {"__bytes__": True, "size": 3}},
        "set": [1, 2],
        "tuple": [1, None, True],
        "nan": None,
        "1": "key",
        "role": "owner",
        "half": "? and \ufffd",
        "large": [2**64 - 1, -(2**63), str(2**64), str(-(2**63) - 1)],
        "view": {"__bytes__": True, "size": 4},
        "model": {},
    }


async def test_an_output_that_no_run_can_carry_is_a_failure() -> None:
    async def huge(_call: Call, _given: dict[str, Any]) -> Any:
        return "x" * (MOST + 1)

    async def endless(_call: Call, _given: dict[str, Any]) -> Any:
        found: list[Any] = []
        found.append(found)
        return found

    for tool in (Doing("big", huge), Doing("big", endless)):
        with pytest.raises(TaskFailed, match="OutputTooLarge"):
            await engine(tool).run(written(task("one", "big")), setting(), Straight())


async def test_what_one_task_tells_others_no_task_may_read_for_fewer() -> None:
    telling = Doing("tell", echo)
    telling.audience = Audience.PUBLIC
    reading = Doing("read", echo)
    tools = engine(telling, reading)

    await tools.run(written(task("one", "read")), setting(), Straight())
    await tools.run(written(task("one", "read"), task("two", "tell")), setting(), Straight())

    assert [call.actor.audience for call in reading.calls] == [Audience.ALONE, Audience.PUBLIC]


async def test_a_tool_that_this_server_does_not_have_fails_its_task() -> None:
    pipeline = written(task("one", "elsewhere"))

    with pytest.raises(TaskFailed, match="There is no tool 'elsewhere' on this server"):
        await engine().run(pipeline, setting(), Straight())


def test_a_toolbox_describes_its_tools_as_the_contract_does() -> None:
    tool = Doing("typed", echo)
    tool.inputs = Year

    (described,) = Toolbox([tool, tool]).described()

    assert described == {
        "name": "typed",
        "description": "Does what a test wants.",
        "inputs": {
            "year": {"name": "year", "description": "", "required": True, "default": None},
            "of": {"name": "of", "description": "", "required": False, "default": "all"},
        },
        "output": {"name": "output", "description": "whatever came of it", "type": "any"},
    }


async def test_the_outputs_of_a_run_are_no_more_than_memory_can_take() -> None:
    async def large(_call: Call, _given: dict[str, Any]) -> Any:
        return "x" * (MOST - 100)

    tool = Doing("large", large)
    pipeline = written(
        task("list", inputs={"items": list(range(100))}),
        task("each", "large", parallel_over="{{list.items}}", inputs={"n": "{{item}}"}, retry=3),
    )

    with pytest.raises(TaskFailed, match="RunTooLarge: The outputs of a run take 64 MB at most"):
        await engine(tool).run(pipeline, setting(), Straight())

    assert len(tool.calls) < 20


@pytest.mark.parametrize("over", ["{{list.items}}", None])
async def test_a_run_works_on_so_many_at_once_whatever_it_says(over: str | None) -> None:
    now, most = 0, 0

    async def meet(_call: Call, _given: dict[str, Any]) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(10):
            await asyncio.sleep(0)
        now -= 1

    many = [task(f"t{at}", "meet", waits=["list"]) for at in range(3 * WIDEST)]
    if over is not None:
        each = {"inputs": {"n": "{{item}}"}, "parallel_over": over}
        many = [task(f"t{at}", "meet", **each) for at in range(3)]
    pipeline = written(task("list", inputs={"items": list(range(WIDEST))}), *many)
    options = {"fan_out_concurrency": 10_000}

    result = await engine(Doing("meet", meet)).run(pipeline, setting(options=options), Straight())

    assert result.tasks_executed == 3 * WIDEST + 1
    assert most == WIDEST


async def test_what_is_large_holds_up_nobody() -> None:
    seen = set[int]()

    class Odd:
        @override
        def __str__(self) -> str:
            seen.add(threading.get_ident())
            return "odd"

    class Telling(dict[str, Any]):
        @override
        def __getitem__(self, key: str) -> Any:
            seen.add(threading.get_ident())
            return super().__getitem__(key)

    async def give(_call: Call, given: dict[str, Any]) -> Any:
        return [["x"] * given["size"], Odd()]

    small = written(task("one", "give", inputs={"size": 1}))
    await engine(Doing("give", give)).run(small, setting(), Straight())
    assert seen == {threading.get_ident()}

    seen.clear()
    large = written(task("one", "give", inputs={"size": LIGHT}))
    await engine(Doing("give", give)).run(large, setting(), Straight())
    assert seen
    assert threading.get_ident() not in seen

    seen.clear()
    many = written(task("one", inputs={"x": ["{{params.at.x}}"] * (MANY + 1)}), params={"at": {}})
    await engine().run(many, setting(params={"at": Telling(x=1)}), Straight())
    assert seen
    assert threading.get_ident() not in seen
