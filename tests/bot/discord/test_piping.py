"""Saved pipelines are run by command, by discord.py before the stand-in, and by a worker."""

from functools import partial
from pathlib import Path

import pytest

from core.jobs.runners.durable import Durable
from core.page import PageAsked
from tests.bot.conftest import Jobs
from tests.bot.discord.town import Town

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


async def test_a_pipeline_is_run_by_its_name_with_values_or_by_a_modal(town: Town) -> None:
    core, ada = town.core, town.stage.ada
    await core.pipelines.save(ada, SALES)
    await core.jobs.begin()
    command = partial(town.platform.command, town.ada, town.sales, "pipeline", pipeline="sales")

    sent = await command(values="year=7")
    done = await town.response(sent)
    await town.until(lambda: "**sales** is done." in done.content)
    asked = await command()
    await town.until(lambda: asked.modal)
    again = await town.response(await town.platform.submit(asked, {"year": "8"}))
    await town.until(lambda: "**sales** is done." in again.content)

    assert '"year": 7' in done.content
    assert '"year": 8' in again.content
    assert [each.name for each in (*done.files, *again.files)] == ["year_7.md", "year_8.md"]
    assert (await core.pipelines.list(ada, PageAsked())).total == 2
