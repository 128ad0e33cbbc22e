"""From a message to a saved query, with no model."""

from pathlib import Path

import pytest

from core.app import Core
from core.identity import Actor
from tests.core.queries.domains import (
    HOSPITAL,
    HOSPITAL_ASKED,
    HOSPITAL_TABLES,
    SAAS,
    SAAS_ASKED,
    SAAS_TABLES,
    Saved,
)
from tests.core.queries.questions import (
    Asked,
    connected,
    judge,
    rows,
    sampled,
    saved,
    table,
)


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


def share(part: list[str], asked: list[Asked]) -> float:
    return len(part) / len(asked)


def test_there_are_as_many_questions_as_the_issue_asks_for() -> None:
    halves = [*table("development"), *table("held-out")]
    assert len([each for each in halves if each.query]) >= 150
    assert len([each for each in halves if not each.query]) >= 75
    assert len({each.question.lower() for each in halves}) == len(halves)


@pytest.mark.parametrize("half", ["development", "held-out"])
async def test_questions_about_the_sample_find_query_and_parameters(
    core: Core, ada: Actor, tmp_path: Path, half: str
) -> None:
    await sampled(core, ada, tmp_path)
    asked = table(half)
    answerable = [each for each in asked if each.query]

    verdict = await judge(core, ada, asked)

    right = [each.question for each in answerable if each.question in verdict.right]
    assert share(right, answerable) >= 0.85, verdict.missed
    assert share(verdict.wrong, asked) <= 0.02, verdict.wrong


async def test_what_was_thought_of_later_runs_nothing_either(
    core: Core, ada: Actor, tmp_path: Path
) -> None:
    await sampled(core, ada, tmp_path)
    asked = table("later")
    # Written when all else was done: harder than the halves, and hardly tuned for.
    harder = table("fresh")

    verdict = await judge(core, ada, asked)
    fresh = await judge(core, ada, harder)

    assert len(asked) >= 100
    assert share(fresh.right, harder) >= 0.75, fresh.missed
    assert not fresh.wrong
    assert share(verdict.wrong, asked) <= 0.02, verdict.wrong


@pytest.mark.parametrize(
    ("queries", "tables", "asked"),
    [(HOSPITAL, HOSPITAL_TABLES, HOSPITAL_ASKED), (SAAS, SAAS_TABLES, SAAS_ASKED)],
    ids=["hospital", "software"],
)
async def test_questions_about_other_databases_do_too(
    core: Core, ada: Actor, tmp_path: Path, queries: tuple[Saved, ...], tables: str, asked: str
) -> None:
    await connected(core, ada, tmp_path / "other.db", tables, "other")
    await saved(core, ada, queries, "other")
    every = rows("other", asked)
    answerable = [each for each in every if each.query]

    verdict = await judge(core, ada, every)

    right = [each.question for each in answerable if each.question in verdict.right]
    assert share(right, answerable) >= 0.85, verdict.missed
    assert not verdict.wrong
