"""Runs of pipelines: what there was, and one as it goes on."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any, NamedTuple

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.analyst.events import plain_json
from api.errors import TooOften
from api.limits import Limits
from api.page.cells import LONGEST
from api.page.chats import around
from api.page.door import Paged, Visitor, enter, expelled, heard, page_number
from api.page.figures import MOST_ROWS, Table, numeric
from api.page.graph import Drawn, Step, draw, steps, took
from api.page.render import HEADERS, aside, html, page
from api.pipelines.files import handed
from api.stream import Stream
from api.wire import PLAIN
from core.errors import Invalid
from core.identity import Permission
from core.page import PageAsked
from core.pipelines import Pipeline, Run, RunEvent, RunFile, RunNotFound, RunState
from core.pipelines.shown import Rows, shown
from core.sheets.written import plain

router = APIRouter(route_class=Paged, include_in_schema=False)

SIZE = 50
"""Runs on one page."""
VALUES = 20
"""Values that a run was begun with, as far as they are told."""
TABLES = 5
"""Tables of one output."""
LISTED = 200
"""Tasks that are listed one by one; those that failed or are at work come first."""
OUTPUT = 20_000
"""Characters of one output that are shown."""
OUTPUTS = 300_000
"""Characters of all of them."""
PACE = 0.5
"""Seconds between two looks at a run that goes on."""
SHARE = 8
"""How many times as long as a look took is waited before the next."""
URGENT = {"failed": 0, "running": 1, "stopped": 2}


class Told(NamedTuple):
    """A task as the page lists it."""

    step: Step
    took: str
    tables: tuple[Table, ...] = ()
    """What of its output is rows."""
    output: str | None = None
    """What else it gave back."""
    cut: int = 0
    """Characters of its output that are left out."""

    @property
    def gave(self) -> bool:
        """Whether there is something to unfold."""
        return bool(self.tables) or self.output is not None


class Sight(NamedTuple):
    """A run as the page shows it."""

    run: Run
    graph: Drawn | None
    tasks: tuple[Told, ...]
    more: int
    """Tasks that are not listed."""
    files: tuple[RunFile, ...]
    """What it has written, once it has ended."""


@router.get("/runs")
async def list_runs(request: Request) -> Response:
    """Show the runs, the newest first; of one pipeline, or all."""
    visitor = await enter(request)
    name = request.query_params.get("pipeline", "")[:200] or None
    asked = PageAsked(number=page_number(request), size=SIZE)
    found = await visitor.core.pipelines.list(visitor.actor, asked, name=name)
    values = await around(visitor, "pipelines")
    return page("runs.html", **values, found=found, name=name)


@router.get("/runs/{run_id}")
async def show_run(request: Request, run_id: str) -> Response:
    """Show a run: its graph, each task, what it came to."""
    visitor = await enter(request)
    run = await visitor.core.pipelines.get(visitor.actor, _id(run_id))
    pipeline = await _pipeline(visitor, run)
    events = await visitor.core.pipelines.events(visitor.actor, run.id)
    files = await _files(visitor, run)
    given = _given(await visitor.core.pipelines.values(visitor.actor, run.id))
    seen = await aside(partial(_sight, run, pipeline, events, files))
    may_run = visitor.actor.may(Permission.PIPELINES_RUN)
    values = await around(visitor, "pipelines")
    return page("run.html", **values, seen=seen, given=given, may_run=may_run)


@router.get("/runs/{run_id}/events")
async def follow_run(request: Request, run_id: str) -> Response:
    """Show a run as it goes on; a browser that comes back sees it as it is by then."""
    visitor = await enter(request)
    run = await visitor.core.pipelines.get(visitor.actor, _id(run_id))
    pipeline = await _pipeline(visitor, run)
    limits: Limits = request.app.state.limits
    places = limits.streams
    if places.full or not places.take(visitor.actor.member_id):
        raise TooOften("You are watching as much at once as you may; close some.")
    return Stream(
        _frames(visitor, run, pipeline),
        left=partial(places.leave, visitor.actor.member_id),
        silence=request.app.state.silence,
        expelled=partial(expelled, request),
        again=request.app.state.again,
    )


@router.get("/runs/{run_id}/files/{path:path}")
async def fetch_file(request: Request, run_id: str, path: str) -> Response:
    """Return a file that a run has written; a browser keeps it, and shows nothing of it here."""
    visitor = await enter(request)
    body = await visitor.core.files.read(visitor.actor, _id(run_id), path)
    return handed(path, body)


@router.post("/runs/{run_id}/cancel")
async def cancel_run(request: Request, run_id: str) -> Response:
    """Let a run go no further."""
    visitor, _form = await heard(request)
    run = await visitor.core.pipelines.cancel(visitor.actor, _id(run_id))
    return RedirectResponse(f"/runs/{run.id}", 303, headers=HEADERS)


async def _pipeline(visitor: Visitor, run: Run) -> Pipeline | None:
    """Return the pipeline of a run; None where this server cannot read it any more."""
    try:
        return await visitor.core.pipelines.definition(visitor.actor, run.id)
    except Invalid:
        return None


async def _files(visitor: Visitor, run: Run) -> tuple[RunFile, ...]:
    """Return what a run has written once it has ended: to look at the disk takes time."""
    if not run.state.ended:
        return ()
    return (await visitor.core.files.list(visitor.actor, run.id))[:LISTED]


async def _frames(
    visitor: Visitor, run: Run, pipeline: Pipeline | None
) -> AsyncGenerator[bytes, None]:
    """Yield the run whenever something is new, until it has ended."""
    yield b"retry: 1000\n\n"
    before: tuple[Any, ...] = ()
    core, actor = visitor.core.pipelines, visitor.actor
    while True:
        began = time.monotonic()
        events = await core.events(actor, run.id)
        now = (run.state, len(events))
        if now != before:
            before = now
            files = await _files(visitor, run)
            seen = await aside(partial(_sight, run, pipeline, events, files))
            said = await aside(partial(html, "part/run.html", seen=seen))
            name = b"end" if run.state.ended else b"run"
            yield b"event: %b\ndata: %b\n\n" % (name, plain_json({"html": said}))
        if run.state.ended:
            return
        await asyncio.sleep(max(PACE, SHARE * (time.monotonic() - began)))
        run = await core.get(actor, run.id)


def _sight(
    run: Run,
    pipeline: Pipeline | None,
    events: tuple[RunEvent, ...],
    files: tuple[RunFile, ...],
) -> Sight:
    if pipeline is None:
        return Sight(run, None, (), 0, files)
    every = steps(pipeline, events, run.state)
    if run.state is RunState.SUCCEEDED:
        # Its events may be gone, or never have been kept; all the same it is done.
        every = tuple(each._replace(state="done") for each in every)
    urgent = sorted(every, key=lambda step: URGENT.get(step.state, len(URGENT)))
    listed = every if len(every) <= LISTED else urgent[:LISTED]
    outputs = {} if run.result is None else run.result.outputs
    room, tasks = OUTPUTS, []
    for step in listed:
        task = Told(step, took(step.ms))
        if step.id in outputs:
            task, room = _shown(task, outputs[step.id], room)
        tasks.append(task)
    return Sight(run, draw(pipeline, every), tuple(tasks), len(every) - len(listed), files)


def _shown(task: Told, output: Any, room: int) -> tuple[Told, int]:
    """Return a task with what it gave back, and the characters that are left for others."""
    found = shown(output, MOST_ROWS)
    tables = tuple(map(_table, found.tables[:TABLES]))
    size = sum(len(str(cell)[:LONGEST]) for each in tables for row in each.rows for cell in row)
    if size > min(OUTPUTS / 3, room):
        tables, size = (), 0
    rest = found.rest if tables else output
    if tables and rest is None:
        return task._replace(tables=tables), room - size
    text = rest
    if not isinstance(rest, str):
        text = orjson.dumps(rest, option=orjson.OPT_INDENT_2, default=str).decode()
    kept = text[: max(0, min(OUTPUT, room - size))]
    task = task._replace(tables=tables, output=kept, cut=len(text) - len(kept))
    return task, room - size - len(kept)


def _table(rows: Rows) -> Table:
    here = len(rows.rows)
    some = f"the first {here:,} of {rows.total:,} rows"
    size = some if rows.total > here else "1 row" if here == 1 else f"{here:,} rows"
    return Table(rows.title, rows.columns, numeric(rows.columns), rows.rows, size, None)


def _given(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a run was begun with, as it is told."""
    return [(name, plain(value)) for name, value in list(values.items())[:VALUES]]


def _id(id: str) -> str:
    if not PLAIN.fullmatch(id):
        raise RunNotFound
    return id
