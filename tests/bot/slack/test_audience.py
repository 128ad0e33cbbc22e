"""A channel that is shared with another organization while people talk in it."""

from core.identity import Audience
from tests.bot.slack.room import WITHIN, Room

MONTHS = "monthly revenue for 2025"


def share(room: Room) -> None:
    """Let people of another organization hear #sales from now on."""
    room.sales.shared_with = (room.slack.team("Elsewhere", installed=False),)


async def test_what_is_shown_to_everyone_is_held_to_those_who_hear_the_channel_now(
    room: Room,
) -> None:
    await room.slack.command(room.ada, room.sales, "/trellis", f"ask {MONTHS}")
    answer = await room.whisper(room.ada)
    share(room)

    await room.slack.press_label(room.ada, answer, "Show everyone")

    refused = await room.whisper(room.ada, number=2)
    assert "people of others would hear it here" in refused.words
    assert not room.slack.messages(room.sales)
    assert not room.slack.violations


async def test_an_answer_for_everybody_may_be_shown_there(room: Room) -> None:
    await room.core.connections.limit(room.stage.ada, "sample", audience=Audience.OUTSIDE)
    await room.slack.command(room.ada, room.sales, "/trellis", f"ask {MONTHS}")
    answer = await room.whisper(room.ada)
    share(room)

    await room.slack.press_label(room.ada, answer, "Show everyone")

    (shown,) = await room.slack.until(lambda: room.slack.messages(room.sales), within=WITHIN)
    await room.slack.until(lambda: "👍" in shown.buttons, within=WITHIN)
    assert f"Ada: {MONTHS}" in shown.words


async def test_what_is_pressed_under_an_answer_is_held_to_those_who_hear_it_now(
    room: Room,
) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    answer = await room.pressable(asked)
    await room.slack.command(room.ada, room.sales, "/trellis", "connections")
    await room.whisper(room.ada)
    before = len(room.slack.answers(asked))
    share(room)

    await room.slack.press_label(room.vic, answer, "Re-run")

    refused = await room.whisper(room.vic)
    assert "people of others would hear it here" in refused.words
    assert len(room.slack.answers(asked)) == before


async def test_a_form_for_everyone_is_held_to_those_who_hear_the_channel_then(
    room: Room,
) -> None:
    said = await room.slack.write(room.ada, room.sales, MONTHS)
    await room.slack.command(room.ada, room.sales, "/trellis", "connections")
    await room.whisper(room.ada)
    await room.slack.message_shortcut(room.ada, said, "ask")
    form = await room.view(room.ada)
    share(room)

    await room.slack.submit(room.ada, form, {"question": MONTHS, "where": "all"})

    (told,) = await room.slack.until(lambda: room.slack.answers(said), within=WITHIN)
    assert "people of others would hear it here" in told.words
    assert not told.table
