"""Pipelines by command: run, watched, asked for what they lack, listed, stopped."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import piping
from bot.dialog import Dialog
from bot.heard import Commanded
from core.app import build
from core.db import Database
from core.identity import Audience, Surface
from core.jobs.runners.durable import Durable
from core.page import PageAsked
from core.pipelines import Run, RunState
from core.pipelines.tool import Call
from core.pipelines.tools.every import Means
from core.secrets import Vault
from tests.api.pipelines.conftest import Endless, fail
from tests.bot.conftest import KEY, Prepared, closed
from tests.bot.recording import Recorder, fields, presses
from tests.bot.stage import ADA, ANN, TOP, VIC, Stage
from tests.core.pipelines.tools import Doing, echo

SALES = """
id: sales
goal: Sales of {{params.year}}
params: {year: {type: integer, description: Which year}, who: {default: "nobody"}}
tasks:
  - {id: fetch, tool: echo, inputs: {year: "{{params.year}}"}}
  - {id: tell, tool: say, inputs: {text: "{{params.who}} in {{fetch.year}} [x](http://evil.test)"}}
  - {id: rows, tool: echo, inputs: {n: "{{fetch.year}}"}}
"""
HELLO = "{id: hello, goal: Greet, tasks: [{id: greet, tool: say, inputs: {text: Hello}}]}"
SLOW = "{id: slow, goal: Wait, tasks: [{id: one, tool: echo}, {id: two, tool: endless}]}"
FAILING = "{id: bad, goal: Fail, tasks: [{id: one, tool: fail, inputs: {of: '`luck` @here'}}]}"

WRITING = """
id: writing
goal: Write
tasks:
  - {id: rows, tool: export, inputs: {data: [{n: 1}], format: csv, filename: "売上 @here"}}
  - id: each
    tool: export
    parallel_over: "{{pipeline.inputs.all}}"
    inputs: {content: "{{item}}", filename: "n{{item}}"}
inputs: {all: [a, b, c, d]}
"""


@pytest.fixture
def endless() -> Endless:
    return Endless()


async def say(_call: Call, given: dict[str, Any]) -> Any:
    return given["text"]


@pytest.fixture
def saying() -> Doing:
    return Doing("say", say)


@pytest.fixture
async def stage(
    prepared: Prepared, tmp_path: Path, endless: Endless, saying: Doing
) -> AsyncIterator[Stage]:
    """Return the shop with a worker, and with pipelines."""
    shutil.copy(prepared.file, tmp_path / "talk.db")
    db = Database(f"sqlite:///{tmp_path}/talk.db")
    tools = [
        Doing("echo", echo),
        saying,
        Doing("fail", fail),
        Doing("endless", endless.work),
    ]
    runner = partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1)
    means = Means(folder=tmp_path / "pipelines")
    core = build(db, Vault([KEY]), tools=tools, jobs=runner, means=means)
    ada = await core.identity.vouched(prepared.organization_id, "ada@acme.test", Surface.CLI)
    for text in (SALES, HELLO, SLOW, FAILING, WRITING):
        await core.pipelines.save(ada, text)
    await core.jobs.begin()
    dialog = Dialog(core)
    yield Stage(core, dialog, ada)
    await dialog.close(1)
    await core.jobs.close()
    await closed(core)
    await db.close()


async def runs(stage: Stage) -> tuple[Run, ...]:
    return (await stage.core.pipelines.list(stage.ada, PageAsked())).items


async def test_a_pipeline_is_run_with_values_and_its_ends_are_told(stage: Stage) -> None:
    heard = await stage.command("pipeline", 'run sales year=2025 who="Ada L."')

    assert heard.begun == 1
    card = heard.answer
    assert card.private
    assert not card.refused
    assert card.text.startswith("**sales** is done.\n\n**tell**\nAda L. in 2025 ")
    assert "http" not in card.text
    assert '**rows**\n```\n{\n "n": 2025\n}\n```' in card.text
    assert "fetch" not in card.text
    (run,) = await runs(stage)
    assert card.notes == (f"Run {run.id}",)
    assert (run.state, run.name) == (RunState.SUCCEEDED, "sales")


async def test_a_text_stays_one_where_one_is_wanted(stage: Stage) -> None:
    for typed, said in (("who=2024", "2024 in"), ('who="2024"', "2024 in"), ('who="', '" in')):
        heard = await stage.command("pipeline", f"run sales year=2025 {typed}")
        assert f"**tell**\n{said} 2025" in heard.answer.text


async def test_files_are_handed_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    card = (await stage.command("pipeline", "run writing")).answer

    assert [(each.name, each.content) for each in card.files] == [
        ("na.md", b"a\n"),
        ("nb.md", b"b\n"),
        ("nc.md", b"c\n"),
    ]
    assert "**rows**\n`売上 @here.csv`" in card.text
    assert "**each**\n`na.md`, `nb.md`, `nc.md` and 1 more" in card.text
    assert "path" not in card.text
    assert card.notes[1] == "2 more files, at the page of the run"
    monkeypatch.setattr(piping, "LARGEST", 1)
    card = (await stage.command("pipeline", "run writing")).answer
    assert card.files == ()
    assert card.notes[1] == "5 more files, at the page of the run"


async def test_a_failure_is_told_harmlessly(stage: Stage) -> None:
    card = (await stage.command("pipeline", "run bad")).answer

    assert card.refused
    assert card.text.startswith("bad failed. Task 'one' failed on attempt 1: ValueError: no ")
    assert card.notes[0].startswith("Run ")


async def test_what_lacks_a_value_is_asked_for(stage: Stage) -> None:
    speaker = Recorder(TOP)
    await stage.command("pipeline", "run sales who=Ada", speaker=speaker)

    form = speaker.asked
    assert (form.title, form.press) == ("sales", "pipeline:sales")
    asked = fields(form)
    assert (asked["year"].required, asked["year"].hint, asked["year"].problem) == (
        *(True, "Which year"),
        "",
    )
    assert (asked["who"].required, asked["who"].value) == (False, "Ada")
    assert asked["who"].hint == "string, nobody if left empty"
    wrong = await stage.submit(form.press, {"year": "soon", "who": ""}, private=True)
    assert fields(wrong.asked)["year"].problem == "It is no integer"
    right = await stage.submit(form.press, {"year": "2025", "who": ""}, private=True)
    assert "nobody in 2025" in right.answer.text


async def test_what_no_form_can_ask_for_is_told_how_to_type(stage: Stage) -> None:
    narrow = Recorder(TOP, fields=1)
    few = (await stage.command("pipeline", "run sales", speaker=narrow)).told
    strange = (await stage.command("pipeline", "run sales year=1 yaer=2")).told

    for card in (few, strange):
        assert card.refused
        assert "/trellis pipeline run NAME name=value" in card.text
    assert "The pipeline has no such param" in strange.text
    assert await runs(stage) == ()


@pytest.mark.parametrize(
    "words", ["run", "start sales", "run a=1 a=2", "show", "cancel", "run x y=1 y=2"]
)
async def test_what_is_misspelt_is_told_how_it_is_written(stage: Stage, words: str) -> None:
    heard = await stage.command("pipeline", words)

    assert heard.told.refused
    assert "pipeline run NAME name=value" in heard.told.text


async def test_a_name_that_is_none_is_told(stage: Stage) -> None:
    heard = await stage.command("pipeline", "run salse")

    assert heard.told.text == "No pipeline is called salse; /trellis pipeline lists them."


async def test_pipelines_are_listed_with_a_button_each(stage: Stage) -> None:
    for number in range(12):
        await stage.core.pipelines.save(stage.ada, HELLO.replace("id: hello", f"id: zz{number:02}"))
    first = (await stage.command("pipeline")).told
    assert "- **sales** (year, who): Sales of {{params.year}}" in first.text
    assert len(first.text.splitlines()) == 12
    more = (await stage.press(presses(first)["More"], private=True)).told
    assert "**zz11**" in more.text
    assert "More" not in presses(more)

    ran = await stage.press(presses(first)["hello"], private=True)
    assert "**greet**\nHello" in ran.answer.text
    asked = await stage.press(presses(first)["sales"], private=True)
    assert set(fields(asked.asked)) == {"year", "who"}


async def test_a_long_run_is_watched_handed_back_and_cancelled(
    stage: Stage, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piping, "PATIENCE", 1.5)
    monkeypatch.setattr(piping, "LOOK", 0.05)
    heard = await stage.command("pipeline", "run slow")

    assert ("", "1 tasks done, at two") in heard.grown
    card = heard.answer
    assert card.text == "**slow** is running."
    assert set(presses(card)) == {"See", "Cancel"}
    see = (await stage.press(presses(card)["See"], private=True)).told
    assert see.text == "**slow** is running."
    stopped = (await stage.press(presses(card)["Cancel"], private=True)).told
    assert stopped.text == "**slow** is cancelled."
    await asyncio.wait_for(endless.stopped.wait(), 10)
    (run,) = await runs(stage)
    again = (await stage.command("pipeline", f"cancel {run.id}")).told
    assert again.text == "Cannot cancel run in current state"
    shown = (await stage.command("pipeline", f"show {run.id}")).told
    assert shown.text == "**slow** was cancelled."


async def test_heard_again_after_a_crash_it_is_the_same_run(stage: Stage) -> None:
    first = await stage.command("pipeline", "run hello", id="heard-once")
    again = Recorder(TOP)
    await stage.dialog.hear(
        Commanded(
            id="heard-once", person=ADA, spot=TOP, private=True, verb="pipeline", words="run hello"
        ),
        again,
    )

    assert again.answer == first.answer
    assert len(await runs(stage)) == 1


async def test_a_run_tells_no_more_than_its_audience_may_hear(stage: Stage, saying: Doing) -> None:
    await stage.command("pipeline", "run hello", private=False)

    (call,) = saying.calls
    assert (call.actor.audience, call.actor.surface) == (Audience.PUBLIC, Surface.SLACK)


async def test_each_sees_their_own_runs_and_a_viewer_runs_nothing(stage: Stage) -> None:
    await stage.command("pipeline", "run hello", ANN)
    (run,) = await runs(stage)
    await stage.command("pipeline", "run hello")
    mine = next(each for each in await runs(stage) if each.id != run.id)

    theirs = (await stage.command("pipeline", f"show {mine.id}", ANN)).told
    viewer = (await stage.command("pipeline", "run hello", VIC)).told
    pressed = (await stage.press("pipeline:hello", VIC, private=True)).told

    assert theirs.text == "Run not found"
    for card in (viewer, pressed):
        assert "pipelines:run" in card.text
