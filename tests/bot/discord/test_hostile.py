"""What a stranger wrote into rows, names and titles, on its way through everything we say."""

import re

import pytest

from bot.discord.marks import GAP
from core.queries import QueryDraft
from tests.bot.discord.platform import Message
from tests.bot.discord.town import Town

CALLS = "@everyone @here <@1> <@&2> <#3> </ask:4> <t:1:R>"
LEADS = "https://evil.example discord.gg/evil [pay](https://evil.example) ||spoiler||"
FENCE = "``` ```sql x"
TITLE = f"Totals {CALLS} {LEADS}"
SQL = f"""SELECT '{CALLS} {FENCE}' AS "{CALLS}", '{LEADS}' AS "{LEADS}", '=HYPERLINK("e")' AS f"""
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
SIGNS = ("@everyone", "@here", "<@", "<#", "</", "<t:", "://", "discord.gg")
MARKS = re.compile(r"(?<!\\)\]\(|(?<!\\)\|\|")
"""A link, or a spoiler."""


@pytest.fixture
async def planted(town: Town) -> Town:
    """Return a shop with a query whose title, columns and rows somebody hostile wrote."""
    draft = QueryDraft(title=TITLE[:200], prompt=CALLS, description=LEADS, sql=SQL)
    await town.core.queries.create(town.stage.ada, draft)
    return town


def prose(message: Message) -> str:
    """Return what Discord reads markup in."""
    embeds = [
        str(each.get(part, "")) for each in message.embeds for part in ("title", "description")
    ]
    return CODE.sub("", "\n".join([message.content, *embeds]))


async def test_nothing_that_was_planted_rings_or_leads_anywhere(planted: Town) -> None:
    town = planted
    listed = await town.platform.command(town.ada, town.sales, "queries", words="totals")
    listing = await town.response(listed)
    (button,) = [each for each in listing.buttons.values() if "Totals" in each["label"]]
    run = await town.platform.press(town.ada, listing, button["custom_id"])
    answer = await town.response(run)
    sql = await town.response(await town.platform.press(town.ada, answer, "Show SQL"))
    await town.platform.press(town.ada, answer, "Show everyone")
    shown = await town.answered(town.sales)

    for message in (listing, answer, sql, shown):
        # A fence that somebody opened within a cell would leave an odd number of them.
        assert message.content.count("```") % 2 == 0
        said = prose(message).replace(GAP, "\n")
        assert not [sign for sign in SIGNS if sign in said], said
        assert not MARKS.search(said), said
    assert town.platform.pings == []


async def test_nothing_in_a_file_is_computed_and_its_name_is_a_name(planted: Town) -> None:
    town = planted
    run = await town.platform.command(town.ada, town.sales, "run", query=TITLE[:200])
    answer = await town.response(run)
    sent = await town.response(await town.platform.press(town.ada, answer, "CSV"))

    (file,) = sent.files
    assert b"'=HYPERLINK" in file.content
    assert not set(file.name) & set('/\\<>:|"')
