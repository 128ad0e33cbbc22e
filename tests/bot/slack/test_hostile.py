"""What a stranger wrote into rows, names and titles, on its way through everything we say."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.queries import QueryDraft
from tests.bot.slack.platform.nouns import Message
from tests.bot.slack.room import WITHIN, Room

CALLS = "<!channel> <!here|x> <@U0123> <#C0123|x> <!subteam^S1> @everyone"
LEADS = "<https://evil.example|pay> [pay](https://evil.example) ![](https://evil.example/p)"
TITLE = f"Totals {CALLS} {LEADS}"
SQL = f"""SELECT '{CALLS}' AS "{CALLS}", '{LEADS}' AS "{LEADS}", '=HYPERLINK("https://e")' AS f"""
SIGNS = ("<!", "<@", "<#", "<http", "](http", "://", "@everyone")
"""What Slack acts upon, where it reads markup."""


def told(message: Message) -> Iterator[str]:
    """Yield whatever Slack reads markup in."""
    yield message.text
    yield from marked(message.blocks)


def marked(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") in {"mrkdwn", "markdown"}:
            yield str(part.get("text"))
        assert part.get("type") not in {"link", "user", "usergroup", "broadcast", "channel"}
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from marked(each)


@pytest.fixture
async def planted(room: Room) -> Room:
    """Return a shop with a query whose title, columns and rows somebody hostile wrote."""
    draft = QueryDraft(title=TITLE[:200], prompt=CALLS, description=LEADS, sql=SQL)
    await room.core.queries.create(room.stage.ada, draft)
    return room


async def asked(room: Room) -> tuple[Message, Message]:
    """Return the list in which the query stands, and its answer, as Ada alone sees them."""
    await room.slack.command(room.ada, room.sales, "/trellis", "queries totals")
    listing = await room.whisper(room.ada)
    (label,) = [each for each in listing.buttons if each.startswith("Totals")]
    await room.slack.press_label(room.ada, listing, label)
    return listing, await room.whisper(room.ada, number=2)


async def test_nothing_that_was_planted_calls_anybody_or_leads_anywhere(planted: Room) -> None:
    room = planted
    listing, answer = await asked(room)
    for number, button in enumerate(("Show SQL", "Show everyone"), 3):
        await room.slack.press_label(room.ada, answer, button)
        if button == "Show SQL":
            await room.whisper(room.ada, number=number)
    (shown,) = await room.slack.until(lambda: room.slack.messages(room.sales), within=WITHIN)
    await room.slack.until(lambda: "CSV" in shown.buttons, within=WITHIN)
    await room.slack.press_label(room.ada, shown, "Save query")
    form = await room.view(room.ada)
    home = await room.home(room.ada)

    said = [*room.slack.messages(room.sales, as_seen_by=room.ada), listing, answer, shown]
    raw = [text for each in said for text in told(each)]
    raw += [*marked(form.blocks), *marked(home.blocks)]
    for sign in SIGNS:
        assert not [each for each in raw if sign in each], sign
    assert CALLS in str(shown.table)  # what stands in a cell is a cell's text, whole
    assert not room.slack.violations


async def test_nothing_in_a_file_is_computed_and_its_name_is_a_name(planted: Room) -> None:
    room = planted
    _listing, answer = await asked(room)
    await room.slack.press_label(room.ada, answer, "CSV")

    direct = room.slack.dm(room.ada)
    (found,) = await room.slack.until(
        lambda: [each for each in direct.messages.values() if each.files], within=WITHIN
    )
    (file,) = found.files
    assert b"'=HYPERLINK" in file.content
    assert not set(file.name) & set('/\\<>:|"')
    assert not [each for each in told(found) for sign in SIGNS if sign in each]
