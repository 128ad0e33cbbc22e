"""Saved pipelines are run by command, by bolt's own client before the stand-in, and by a worker."""

from functools import partial
from pathlib import Path

import pytest

from core.jobs.runners.durable import Durable
from core.page import PageAsked
from tests.bot.conftest import Jobs
from tests.bot.slack.room import WITHIN, Room

SALES = """
id: sales
goal: Sales of {{params.year}}
params: {year: {type: integer}}
tasks:
  - {id: told, tool: mock, inputs: {year: "{{params.year}}"}}
  - {id: file, tool: export, inputs: {content: "{{params.year}}", filename: "year {{params.year}}"}}
"""


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1)


async def test_a_pipeline_is_run_by_its_name_with_values_or_by_a_button_and_a_modal(
    room: Room,
) -> None:
    core, ada = room.stage.core, room.stage.ada
    await core.pipelines.save(ada, SALES)
    await core.jobs.begin()

    sent = await room.slack.command(room.ada, room.sales, "/trellis", "pipeline run sales year=7")
    done = await room.whisper(room.ada)
    await room.slack.until(lambda: "sales is done." in done.words, within=WITHIN)
    await room.slack.command(room.ada, room.sales, "/trellis", "pipeline")
    listing = await room.whisper(room.ada, number=2)
    await room.slack.press_label(room.ada, listing, "sales")
    view = await room.view(room.ada)
    await room.slack.submit(room.ada, view, {"year": "8"})
    again = await room.whisper(room.ada, number=3)
    await room.slack.until(lambda: "sales is done." in again.words, within=WITHIN)
    # What the run has written comes after.
    await room.slack.until(lambda: len(room.slack.files) == 2, within=WITHIN)

    assert sent.acked
    assert '"year": 7' in done.words
    assert '"year": 8' in again.words
    assert view.title == "sales"
    assert [b"7" in each.content for each in room.slack.files] == [True, False]
    assert (await core.pipelines.list(ada, PageAsked())).total == 2
    assert not room.slack.messages(room.sales)
    assert not room.slack.violations
