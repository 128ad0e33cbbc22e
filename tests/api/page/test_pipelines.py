"""Pipelines and runs at the page: listed, run, watched, drawn, and harmless whatever they hold."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.page.graph import COLUMNS, HEIGHT, NODES, WIDTH, draw, steps, took
from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.jobs.runners.durable import Durable
from core.page import PageAsked
from core.pipelines import Run, RunDraft, RunEvent, RunState, TaskFailed
from core.pipelines.definition import parse
from core.pipelines.tool import Call
from core.pipelines.tools.every import Means
from core.schedules import ScheduleDraft
from core.secrets import Vault
from tests.api.page.visits import OURS, Visit
from tests.api.pipelines.conftest import Endless, fail
from tests.core.pipelines.tools import Doing, echo

EVIL = '<script>alert("hacked")</script><img src=x onerror=alert(1)>{{7*7}}'
GREET = """
pipeline:
  id: greet
  goal: 挨拶 {{params.who}} <b>&
  params: {who: {description: 誰}, times: {type: integer, default: 1}}
  tasks:
    - {id: hello, tool: echo, inputs: {said: "{{params.who}}", times: "{{params.times}}"}}
    - {id: again, tool: echo, inputs: {said: "{{hello.said}}"}}
"""
SLOW = "{id: slow, goal: Wait, tasks: [{id: one, tool: echo}, {id: two, tool: endless}]}"
FAILING = (
    "{id: bad, goal: Fail, tasks: [{id: one, tool: fail}, {id: two, tool: echo, await: [one]}]}"
)


@pytest.fixture
def endless() -> Endless:
    return Endless()


async def evil(_call: Call, _given: dict[str, Any]) -> Any:
    return {"text": EVIL, EVIL: [EVIL, "\u202e", "x" * 50_000]}


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path, endless: Endless) -> AsyncIterator[Core]:
    tools = [
        Doing("echo", echo),
        Doing("fail", fail),
        Doing("evil", evil),
        Doing("endless", endless.work),
    ]
    runner = partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1)
    means = Means(folder=tmp_path / "pipelines")
    core = build(db, vault, tools=tools, jobs=runner, means=means)
    yield core
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


async def only(core: Core, actor: Actor) -> Run:
    (run,) = (await core.pipelines.list(actor, PageAsked())).items
    return run


async def ran(core: Core, actor: Actor, text: str, **inputs: Any) -> Run:
    """Return a run that somebody has waited for."""
    with suppress(TaskFailed):
        await core.pipelines.run(actor, RunDraft(pipeline=text, inputs=inputs))
    return await only(core, actor)


async def send(visit: Visit, path: str, fields: dict[str, str]) -> httpx2.Response:
    return await visit.http.post(path, data={"mark": visit.mark} | fields, headers=OURS)


async def test_an_empty_room_says_how_to_begin(at_page: Visit, vic_at_page: Visit) -> None:
    mine, theirs = await at_page.get("/pipelines"), await vic_at_page.get("/pipelines")

    assert "There is no saved pipeline yet." in mine.text
    assert 'href="/pipelines/new"' in mine.text
    assert "/pipelines/new" not in theirs.text
    assert "Nothing has run yet" in (await at_page.get("/runs")).text
    assert (await vic_at_page.get("/pipelines/new")).status_code == 403


async def test_a_pipeline_is_saved_shown_changed_and_forgotten(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    form = await at_page.get("/pipelines/new")
    assert "id: hello" in form.text
    saved = await at_page.post("/pipelines/new", text=GREET.replace("\n", "\r\n"))
    assert (saved.status_code, saved.headers["location"]) == (303, "/pipeline/greet")
    assert (await core.pipelines.saved(ada, "greet")).text == GREET

    shown = (await at_page.get("/pipeline/greet")).text
    assert "挨拶 {{params.who}} &lt;b&gt;&amp;" in shown
    assert '<label for="p-who">who <span class="soft">誰</span></label>' in shown
    assert 'placeholder="1"' in shown
    assert "挨拶" in (await at_page.get("/pipelines")).text
    assert "挨拶" in (await at_page.get("/pipeline/greet/edit")).text
    again = await at_page.post("/pipelines/new", text=GREET)
    assert again.status_code == 303
    assert "version 2" in (await at_page.get("/pipeline/greet")).text
    gone = await at_page.post("/pipeline/greet/delete")
    assert gone.headers["location"] == "/pipelines"
    for path in ("/pipeline/greet", "/pipeline/greet/edit", "/pipeline/a.b", "/pipeline/%00"):
        assert (await at_page.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is no YAML"),
        (
            GREET.replace("tool: echo", "tool: eco"),
            "Unknown tool &#39;eco&#39;; did you mean echo?",
        ),
        (f"{{id: '{EVIL}'}}", "is no id"),
    ],
    ids=["torn", "unknown", "evil"],
)
async def test_what_is_no_pipeline_comes_back_with_every_problem(
    at_page: Visit, text: str, said: str
) -> None:
    refused = await at_page.post("/pipelines/new", text=text)

    assert refused.status_code == 400
    assert said in refused.text
    assert "<script>alert" not in refused.text
    assert 'aria-invalid="true"' in refused.text


async def test_a_pipeline_is_run_with_the_values_of_the_form(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    await core.pipelines.save(ada, GREET)
    await core.jobs.begin()
    fields = {"p.who": "世界", "p.times": "3"}

    refused = await send(at_page, "/pipeline/greet/run", fields | {"p.times": "viele"})
    assert refused.status_code == 400
    assert "params.times: It is no integer" in refused.text
    assert 'value="世界"' in refused.text
    began = await send(at_page, "/pipeline/greet/run", fields)
    assert began.status_code == 303
    run = await core.pipelines.wait(ada, began.headers["location"].rpartition("/")[2], 10)

    shown = (await at_page.get(began.headers["location"])).text
    assert run.state is RunState.SUCCEEDED
    assert '<a href="/pipeline/greet">greet</a> <span class="soft">version 1</span>' in shown
    assert "2 tasks in 2 waves: 2 done" in shown
    assert "&#34;said&#34;: &#34;世界&#34;,\n  &#34;times&#34;: 3" in shown
    assert "data-watch" not in shown
    assert "Cancel the run" not in shown
    listed = (await at_page.get("/runs?pipeline=greet")).text
    assert run.id in listed
    assert "Runs of greet" in listed
    assert run.id not in (await at_page.get("/runs?pipeline=other")).text
    assert run.id in (await at_page.get("/pipeline/greet")).text


async def test_what_a_run_has_written_is_fetched(
    core: Core, ada: Actor, at_page: Visit, vic_at_page: Visit
) -> None:
    text = """
    id: writing
    goal: Write
    tasks: [{id: save, tool: export, inputs: {content: "<b>売上", filename: "売上 & 1"}}]
    """
    run = await ran(core, ada, text)

    shown = (await at_page.get(f"/runs/{run.id}")).text
    (link,) = re.findall(r'<a href="([^"]+)" download>outputs/売上 &amp; 1.md</a>', shown)
    got = await at_page.get(link)

    assert got.content.decode() == "<b>売上\n"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert (await vic_at_page.get(link)).status_code == 404
    assert (await at_page.get(link.replace("outputs", "elsewhere"))).status_code == 404


async def test_a_failed_run_tells_which_task_and_what_was_left_out(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    run = await ran(core, ada, FAILING)

    shown = (await at_page.get(f"/runs/{run.id}")).text

    assert "Task &#39;one&#39; failed on attempt 1: ValueError: no luck" in shown
    assert "2 tasks in 2 waves: 1 failed, 1 left out" in shown
    assert '<p class="wrong">ValueError: no luck</p>' in shown
    assert 'class="box left-out"' in shown


async def test_outputs_are_text_whatever_they_hold_and_cut(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    run = await ran(core, ada, "{id: evil, goal: g, tasks: [{id: one, tool: evil}]}")

    answer = await at_page.get(f"/runs/{run.id}")

    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text.partition("<main")[2]
    assert "&lt;script&gt;alert(\\&#34;hacked" in answer.text
    assert "{{7*7}}" in answer.text
    assert "more characters:" in answer.text
    assert len(answer.text) < 60_000
    assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_rows_are_a_table_and_a_run_says_what_it_was_begun_with(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    rows = "[{name: <b>one</b>, amount: 1234.5}, {name: two, amount: 2}]"
    text = "{id: rows, goal: 'Rows of {{params.year}}', params: {year: {type: integer}}, tasks: ["
    text += f"{{id: one, tool: echo, inputs: {{rows: {rows}, by: hand}}}}]}}"
    run = await ran(core, ada, text, year="2025")

    shown, listed = (await at_page.get(f"/runs/{run.id}")).text, (await at_page.get("/runs")).text

    assert "Rows of 2025" in shown
    assert "Rows of 2025" in listed
    assert "With <code>year</code> 2025</p>" in shown
    assert '<th scope="col">name</th><th scope="col" class="right">amount</th>' in shown
    assert '<td>&lt;b&gt;one&lt;/b&gt;</td><td class="right">1,234.50</td>' in shown
    assert "2 rows" in shown
    assert "&#34;by&#34;: &#34;hand&#34;" in shown
    assert "&#34;amount&#34;" not in shown


async def test_a_run_is_watched_to_its_end_and_cancelled(
    core: Core, app: FastAPI, ada: Actor, at_page: Visit, endless: Endless
) -> None:
    await core.jobs.begin()
    run = await core.pipelines.start(ada, RunDraft(pipeline=SLOW))
    await asyncio.wait_for(endless.working.wait(), 10)
    shown = (await at_page.get(f"/runs/{run.id}")).text
    assert f'data-watch="/runs/{run.id}/events"' in shown
    assert "Cancel the run" in shown
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown

    watching = asyncio.create_task(at_page.get(f"/runs/{run.id}/events"))
    async with asyncio.timeout(10):
        while not app.state.limits.streams.held():
            await asyncio.wait({watching}, timeout=0.01)
    cancelled = await at_page.post(f"/runs/{run.id}/cancel")
    assert cancelled.headers["location"] == f"/runs/{run.id}"
    told = (await asyncio.wait_for(watching, 10)).text

    frames = re.findall(r"event: (\w+)\ndata: (.*)\n\n", told)
    assert [name for name, _data in frames][-1] == "end"
    assert "1 done" not in frames[0][1] or "1 running" in frames[0][1]
    assert 'class=\\"state cancelled\\"' in frames[-1][1]
    assert "1 stopped" in frames[-1][1]
    assert not app.state.limits.streams.held()
    again = await at_page.post(f"/runs/{run.id}/cancel")
    assert again.status_code == 409
    assert "Cannot cancel run in current state" in again.text


async def test_a_run_that_waits_says_so(core: Core, ada: Actor, at_page: Visit) -> None:
    run = await core.pipelines.start(ada, RunDraft(pipeline=SLOW))

    assert "It waits for a worker." in (await at_page.get(f"/runs/{run.id}")).text


async def test_a_run_whose_tool_is_gone_is_shown_without_its_graph(
    core: Core, db: Database, vault: Vault, ada: Actor, ada_key: str
) -> None:
    run = await ran(core, ada, SLOW.replace("endless", "echo"))
    poorer = build(db, vault)
    visit = Visit(create_app(poorer))
    async with visit.http:
        await visit.sign_in(ada_key)
        shown = await visit.get(f"/runs/{run.id}")

    assert shown.status_code == 200
    assert "a tool of it is gone" in shown.text


async def test_a_run_of_another_is_not_there(
    core: Core, ada: Actor, eve: Actor, at_page: Visit, vic_at_page: Visit
) -> None:
    hers = await ran(core, eve, SLOW.replace("endless", "echo"))
    mine = await ran(core, ada, SLOW.replace("endless", "echo"))

    for visit, run in ((at_page, hers), (vic_at_page, mine)):
        assert (await visit.get(f"/runs/{run.id}")).status_code == 404
        assert (await visit.get(f"/runs/{run.id}/events")).status_code == 404
        assert run.id not in (await visit.get("/runs")).text
    assert (await at_page.post(f"/runs/{hers.id}/cancel")).status_code == 404
    assert (await at_page.get("/runs/a.b")).status_code == 404


async def test_schedules_are_told_beside_their_pipeline(
    core: Core, ada: Actor, at_page: Visit
) -> None:
    await core.pipelines.save(ada, GREET)
    draft = ScheduleDraft(name="greet", when="every Monday 9:00", inputs={"who": "a"})
    schedule = await core.schedules.create(ada, draft)
    assert "every Monday at 09:00, UTC" in (await at_page.get("/pipeline/greet")).text
    await core.schedules.pause(ada, schedule.id)
    assert "paused" in (await at_page.get("/pipeline/greet")).text


async def test_a_thousand_tasks_are_folded(core: Core, ada: Actor, at_page: Visit) -> None:
    tasks = ", ".join(f"{{id: t{n}, tool: echo}}" for n in range(1_000))
    run = await ran(core, ada, f"{{id: many, goal: g, tasks: [{tasks}]}}")

    shown = (await at_page.get(f"/runs/{run.id}")).text

    assert "1,000 tasks in 1 wave: 1,000 done" in shown
    assert shown.count("<rect") == 1
    assert "wave 1: 1,000 tasks" in shown
    assert "… and 800 more." in shown
    assert len(shown) < 150_000


# What is drawn


def drawn_of(text: str, *events: RunEvent, state: RunState = RunState.RUNNING) -> Any:
    pipeline = parse(text, {"echo", "mock"})
    return draw(pipeline, steps(pipeline, events, state))


def chain(length: int) -> str:
    tasks = [
        f'{{id: t{n}, tool: echo, inputs: {{a: "{{{{t{n - 1}}}}}"}}}}'
        if n
        else "{id: t0, tool: echo}"
        for n in range(length)
    ]
    return f"{{id: chain, goal: g, tasks: [{', '.join(tasks)}]}}"


def event(kind: str, id: str, **more: Any) -> RunEvent:
    return RunEvent.model_validate(
        {"type": f"on_task_{kind}", "task_id": id, "tool": "echo"} | more
    )


def test_every_task_is_a_box_and_every_wait_a_line() -> None:
    text = (
        "{id: d, goal: g, tasks: [{id: a, tool: echo}, {id: b, tool: echo, await: [a]}, "
        "{id: c, tool: echo, await: [a]}, {id: d, tool: mock, await: [b, c]}]}"
    )
    drawn = drawn_of(
        text,
        event("started", "a"),
        event("finished", "a", duration_ms=12.3),
        event("started", "b"),
        event("started", "c"),
        event("failed", "c", error="no", duration_ms=2_500.0),
    )

    assert [(box.name, box.line, box.target) for box in drawn.boxes] == [
        ("a", "done · 12 ms · echo", "a"),
        ("b", "running · echo", "b"),
        ("c", "failed · 2.5 s · echo", "c"),
        ("d", "waiting · mock", "d"),
    ]
    assert len(drawn.lines) == 4
    assert drawn.said == "4 tasks in 3 waves: 1 failed, 1 running, 1 done, 1 waiting"
    assert not drawn.folded
    places = [(box.x, box.y) for box in drawn.boxes]
    assert len({x for x, _y in places}) == 3
    for x, y in places:
        assert x + WIDTH < drawn.width
        assert y + HEIGHT < drawn.height


@pytest.mark.parametrize("length", [COLUMNS, COLUMNS + 1, NODES + 1, 1_000])
def test_a_long_chain_is_drawn_in_few_columns(length: int) -> None:
    drawn = drawn_of(chain(length), event("started", "t0"))

    assert len(drawn.boxes) <= COLUMNS
    assert len(drawn.lines) == len(drawn.boxes) - 1
    assert drawn.folded is (length > COLUMNS)
    assert drawn.boxes[0].state == "running"
    if length == 1_000:
        assert drawn.boxes[0].name == "waves 1-42: 42 tasks"
        assert drawn.boxes[-1].name.startswith("waves 967-1000: 34")
        assert "41 waiting" in drawn.boxes[0].title


def test_what_is_said_fits_into_its_box() -> None:
    long = "a" * 100
    drawn = drawn_of(f"{{id: a, goal: g, tasks: [{{id: {long}, tool: echo}}]}}")

    assert drawn.boxes[0].name == f"{'a' * 20}…"
    assert drawn.boxes[0].title == f"{long}: waiting · echo"


@pytest.mark.parametrize(
    ("ms", "said"),
    [(None, ""), (0.4, "0 ms"), (999.4, "999 ms"), (1_000, "1.0 s"), (250_000, "4 min")],
)
def test_times_are_told_as_people_say_them(ms: float | None, said: str) -> None:
    assert took(ms) == said


async def test_the_drawing_is_well_formed(core: Core, ada: Actor, at_page: Visit) -> None:
    run = await ran(core, ada, GREET, who="<&>")
    shown = (await at_page.get(f"/runs/{run.id}")).text

    drawing = ET.fromstring(re.findall(r"<svg.*?</svg>", shown, re.DOTALL)[0])

    assert drawing.attrib["aria-label"] == "2 tasks in 2 waves: 2 done"
    assert len(drawing.findall(".//rect")) == 2
    assert [each.attrib["href"] for each in drawing.findall(".//a")] == ["#t-hello", "#t-again"]
    assert 'style="' not in shown
