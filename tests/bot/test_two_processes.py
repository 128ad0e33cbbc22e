"""Two processes on one store, each of which hears some of what is pressed at the same time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.asking import AlreadyAsked
from bot.dialog import Dialog
from bot.heard import Pressed
from bot.speaker import SpeechFailed
from core.app import Core, build, prepare
from core.channels import WorkspaceDraft
from core.db import Database
from core.identity import Actor, Role, Surface
from core.secrets import Vault
from tests.bot.conftest import closed
from tests.bot.recording import Recorder, presses
from tests.bot.stage import ADA, SALES, TOP, VIC, Stage, new

Both = tuple[Stage, Stage]


@pytest.fixture
async def both(store_url: str, db: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Both]:
    """Return the sample shop twice, as two processes have it."""
    other = Database(store_url)
    cores = [build(each, vault) for each in (db, other)]
    member = await cores[0].identity.found("Acme", owner="Ada", email="ada@acme.test")
    ada = Actor.of(member, Surface.CLI)
    await cores[0].identity.add_member(ada, name="Vic", email="vic@acme.test", role=Role.VIEWER)
    await prepare(cores[0], ada, tmp_path / "sample.db")
    await cores[0].channels.install(ada, WorkspaceDraft(surface=Surface.SLACK, id="T1"))
    first, second = (Stage(core, Dialog(core), ada) for core in cores)
    yield first, second
    for stage in (first, second):
        await stage.dialog.close(1)
        await closed(stage.core)
    await other.close()


async def answers(core: Core, ada: Actor) -> int:
    """Return how many answers the thread holds."""
    chat = await core.chats.at(ada.model_copy(update={"place": SALES.place}))
    assert chat is not None
    return len((await core.chats.get(ada, chat.id)).messages) // 2


async def test_of_two_who_press_re_run_at_once_one_runs_in_whichever_process(both: Both) -> None:
    first, second = both
    press = presses((await first.ask("monthly revenue for 2025")).answer)["Re-run"]

    heard = await asyncio.gather(
        first.press(press, ADA), second.press(press, VIC), first.press(press, VIC)
    )

    assert sorted(bool(each.finished) for each in heard) == [False, False, True]
    told = [each.told for each in heard if not each.finished]
    assert {each.text for each in told} == {AlreadyAsked().message}
    assert await answers(first.core, first.ada) == 2


async def test_who_presses_right_after_an_answer_has_pressed_at_once(both: Both) -> None:
    first, second = both
    press = presses((await first.ask("monthly revenue for 2025")).answer)["Re-run"]

    await first.press(press, ADA)
    again = await second.press(press, VIC)

    assert again.told.text == AlreadyAsked().message
    assert await answers(first.core, first.ada) == 2


async def test_an_answer_is_shown_to_everyone_once(both: Both) -> None:
    first, second = both
    alone = await first.command("run", '"Monthly revenue" year=2025')
    press = presses(alone.answer)["Show everyone"]

    shown = await asyncio.gather(
        *(each.press(press, ADA, spot=TOP, private=True) for each in (first, second))
    )

    assert sorted(len(each.published) for each in shown) == [0, 1]


async def test_what_failed_may_be_pressed_again_at_once(both: Both) -> None:
    first, second = both
    alone = await first.command("run", '"Monthly revenue" year=2025')
    press = presses(alone.answer)["Show everyone"]
    away = Recorder(TOP)
    away.fails = {"there": [SpeechFailed("away")]}

    await first.press(press, ADA, spot=TOP, private=True, speaker=away)
    shown = await second.press(press, ADA, spot=TOP, private=True)

    assert not away.published
    assert len(shown.published) == 1


async def test_what_a_process_was_answering_when_it_died_is_answered_by_another(
    both: Both,
) -> None:
    first, second = both
    press = presses((await first.ask("monthly revenue for 2025")).answer)["Re-run"]
    heard = Pressed(id=new(), person=ADA, spot=SALES, press=press)
    ada = first.ada.model_copy(update={"surface": Surface.SLACK})
    await first.core.channels.press(ada, press, heard.id, timedelta(minutes=1))

    other = await second.press(press, VIC)
    again = await second.say(heard)

    assert other.told.text == AlreadyAsked().message
    assert again.finished
