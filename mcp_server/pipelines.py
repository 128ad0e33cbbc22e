"""Pipelines as tools: run, looked after, stopped."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from pydantic import Field

from core.errors import Limited
from mcp_server import results
from mcp_server.call import Arguments, Call, Reply, Tool
from mcp_server.shapes import COUNT, OBJECT, TEXT

if TYPE_CHECKING:
    from core.pipelines import Run, RunDraft, RunEvent, RunResult

PATIENCE = 45.0
"""Seconds for which a run is waited for unless a server says otherwise."""
LOOK = 1.0
"""Seconds between two looks at what a run is doing."""
SAID = 200
"""Characters of what a tool says."""


class NobodyWorks(Limited):
    """It took too long, and was stopped: runs that outlast a call need a worker (`trellis up`)."""


class RunPipeline(Arguments):
    """Which pipeline, and with what."""

    pipeline: Annotated[str, Field(min_length=1, max_length=200_000)]
    inputs: dict[str, Any] | None = None


class Which(Arguments):
    """Which run."""

    run: Annotated[str, Field(min_length=1, max_length=100)]


class Waiting(Which):
    """Which run, and how long to wait for its end."""

    wait: Annotated[int, Field(ge=0, le=45)] | None = None


async def run_pipeline(call: Call, asked: RunPipeline) -> Reply:
    """Return what a run came to, or its id where it takes longer than a host waits."""
    from core.pipelines import RunDraft  # noqa: PLC0415 - the core is open by now
    from core.pipelines.definition import ID  # noqa: PLC0415
    from core.pipelines.running import JOB  # noqa: PLC0415

    text = asked.pipeline.strip()
    named = {"name": text} if ID.fullmatch(text) else {"pipeline": asked.pipeline}
    draft = RunDraft(**named, inputs=asked.inputs or {}, collect_events=True)
    if JOB not in await call.core.jobs.served():
        return await _here(call, draft)
    run = await call.core.pipelines.start(call.actor, draft)
    try:
        return _told(await _waited(call, run.id, _patience(call)))
    except asyncio.CancelledError:
        # Whoever asked has gone: nobody is worked for.
        with anyio.CancelScope(shield=True):
            await _cancelled(call, run.id)
        raise


async def get_run(call: Call, asked: Waiting) -> Reply:
    """Return how far a run is; its end is waited for, if that is asked."""
    return _told(await _waited(call, asked.run, float(asked.wait or 0)))


async def cancel_run(call: Call, asked: Which) -> Reply:
    """Let a run go no further."""
    return _told(await call.core.pipelines.cancel(call.actor, asked.run))


async def _here(call: Call, draft: "RunDraft") -> Reply:
    """Run a pipeline in this process, since no other does."""
    from core.pipelines import RunState  # noqa: PLC0415 - as above

    running = call.core.pipelines.run(
        call.actor,
        draft,
        tell=lambda event: _hear(call, event),
        say=lambda task, text: call.doing.append(f"{task}: {text[:SAID]}"),
    )
    try:
        async with asyncio.timeout(_patience(call)):
            came = await running
    except TimeoutError:
        raise NobodyWorks from None
    return _reply("", RunState.SUCCEEDED, came, None)


async def _waited(call: Call, run_id: str, seconds: float) -> "Run":
    """Return a run once it has ended, or after so many *seconds*."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    run = await call.core.pipelines.get(call.actor, run_id)
    heard = 0
    while not run.state.ended and (left := until - loop.time()) > 0:
        run = await call.core.pipelines.wait(call.actor, run_id, min(LOOK, left))
        events = await call.core.pipelines.events(call.actor, run_id)
        for event in events[heard:]:
            _hear(call, event)
        heard = len(events)
    return run


async def _cancelled(call: Call, run_id: str) -> None:
    from core.pipelines import RunEnded  # noqa: PLC0415 - as above

    try:
        await call.core.pipelines.cancel(call.actor, run_id)
    except RunEnded:
        return  # it was faster


def _hear(call: Call, event: "RunEvent") -> None:
    done = {"on_task_started": "begun", "on_task_finished": "done", "on_task_failed": "failed"}
    call.doing.append(f"{event.task_id} {done[event.type]}")


def _patience(call: Call) -> float:
    return PATIENCE if call.client is None else call.client.desk.patience


def _told(run: "Run") -> Reply:
    return _reply(run.id, run.state, run.result, run.error)


def _reply(run_id: str, state: str, result: "RunResult | None", error: str | None) -> Reply:
    """Return a run as it travels: large outputs as far as there is room."""
    outputs: dict[str, Any] = {}
    cut: list[str] = []
    room = results.BYTES
    for id, value in ({} if result is None else result.outputs).items():
        said = results.compact(value)
        if len(said) <= room:
            outputs[id] = value
        else:
            cut.append(id)
            outputs[id] = f"{said[: max(0, room)]}… ({len(said):,} characters in all)"
        room -= len(said)
    facts = {"run": run_id, "status": state, "outputs": outputs, "error": error, "cut": cut}

    def text(whole: bool) -> str:
        said = [f"{id}: {results.compact(value)}" for id, value in outputs.items()]
        of = f"run {run_id}: " if run_id else ""
        first = f"{of}{state}{f': {error}' if error else ''}"
        if state in {"queued", "running"}:
            first += f". Call get_run with run {run_id!r} and wait {PATIENCE:.0f}."
        return results.lines(first, said, most=results.WHOLE if whole else results.HEAD)

    return Reply(facts, text)


TOOLS = (
    Tool(
        name="run_pipeline",
        does="Run a saved pipeline by name, or one written as YAML; get_run if it takes longer.",
        takes={"pipeline": TEXT, "inputs": OBJECT},
        needs=("pipeline",),
        gives={"run": TEXT, "status": TEXT, "outputs": OBJECT},
        arguments=RunPipeline,
        run=run_pipeline,
        reads=False,
        repeatable=False,
        slow=True,
        open=True,
    ),
    Tool(
        name="get_run",
        does="Read a run; wait up to 45 seconds for its end.",
        takes={"run": TEXT, "wait": COUNT},
        needs=("run",),
        gives={"status": TEXT, "outputs": OBJECT},
        arguments=Waiting,
        run=get_run,
        slow=True,
    ),
    Tool(
        name="cancel_run",
        does="Stop a run for good.",
        takes={"run": TEXT},
        needs=("run",),
        gives={"status": TEXT},
        arguments=Which,
        run=cancel_run,
        reads=False,
        destroys=True,
    ),
)
