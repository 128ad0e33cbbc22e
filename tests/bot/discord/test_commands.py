"""Commands on Discord: answered to their asker alone, and completed while they are typed."""

import pytest

from bot.discord.complete import WHO
from bot.discord.listening import NOT_HERE
from bot.discord.offered import COMMANDS, ON_MESSAGE
from core.jobs import JobsUnavailable
from core.page import PageAsked
from tests.bot.discord.town import Town

REVENUE = "monthly revenue for 2025"
SLASH = [
    *("ask", "run", "queries", "save", "connections", "use", "schedule", "schedules", "pipeline"),
]


async def test_commands_are_registered_with_our_servers_and_for_direct_messages(town: Town) -> None:
    platform = town.platform

    assert platform.menu(town.sales) == [*SLASH, "link", "help"]
    assert platform.menu(platform.dm(town.ada)) == [*SLASH, "link", "help"]
    assert len(platform.commands(town.guild)) == len(COMMANDS)


async def test_commands_are_registered_once(town: Town) -> None:
    await town.discord.stop()
    before = len([each for each in town.platform.requests if each.method == "PUT"])

    town.platform.clock.advance(6)
    again = town.made()
    await again.start()
    await town.platform.until(town.platform.ready)
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert len([each for each in town.platform.requests if each.method == "PUT"]) == before == 2
    await again.stop()


async def test_a_question_by_command_is_answered_to_its_asker_alone(town: Town) -> None:
    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)

    answer = await town.response(asked)

    assert answer.ephemeral
    assert asked.response == 5
    assert asked.acknowledged is not None
    assert "951,522.25" in answer.content
    assert [each.name for each in answer.files] == ["Monthly_revenue.png"]
    assert "Show everyone" in labels(answer)
    assert town.platform.messages(town.sales) == ()
    assert town.platform.refusals == []


async def test_show_everyone_shows_it_and_begins_a_thread_that_goes_on(town: Town) -> None:
    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)
    answer = await town.response(asked)

    await town.platform.press(town.ada, answer, "Show everyone")
    shown = await town.until(
        lambda: next((each for each in town.platform.answers(town.sales) if each.buttons), None)
    )
    thread = await town.until(lambda: shown.thread)
    await town.until(lambda: "Show everyone" not in labels(answer))
    await town.platform.say(town.vic, thread, "and for 2024?")
    more = await town.answered(thread)

    assert shown.content.startswith("**Ada: monthly revenue for 2025**")
    assert not shown.ephemeral
    assert "Show everyone" not in labels(shown)
    assert "2024-12" in more.content
    assert len(town.platform.answers(town.sales)) == 1
    assert answer.files


async def test_a_saved_query_runs_by_its_name_and_its_values(town: Town) -> None:
    run = await town.platform.command(
        town.vic, town.sales, "run", query="Monthly revenue", values="year=2024"
    )

    answer = await town.response(run)

    assert answer.ephemeral
    assert "2024-12" in answer.content


async def test_missing_values_open_a_form(town: Town) -> None:
    run = await town.platform.command(town.ada, town.sales, "run", query="Monthly revenue")
    modal = await town.until(lambda: run.modal)

    sent = await town.platform.submit(run, {"year": "2024"})
    answer = await town.response(sent)

    assert modal.title == "Monthly revenue"
    assert modal.fields["year"]["label"] == "Year"
    assert answer.ephemeral
    assert "2024-12" in answer.content


async def test_a_wrong_value_is_told_and_the_form_opens_again(town: Town) -> None:
    run = await town.platform.command(
        town.ada, town.sales, "run", query="Monthly revenue", values="year=banana"
    )
    await town.until(lambda: run.modal)
    sent = await town.platform.submit(run, {"year": "apple"})
    said = await town.response(sent)

    again = await town.platform.press(town.ada, said, "Fill in")
    modal = await town.until(lambda: again.modal)

    assert said.ephemeral
    assert said.embeds
    assert "year" in modal.fields


async def test_an_unknown_query_is_told_what_is_near(town: Town) -> None:
    run = await town.platform.command(town.ada, town.sales, "run", query="Monthly revenues")

    said = await town.response(run)

    assert said.ephemeral
    assert "Nearest are" in said.text
    assert "Monthly revenue" in labels(said)


async def test_queries_are_listed_with_a_button_each(town: Town) -> None:
    listing = await town.response(
        await town.platform.command(town.vic, town.sales, "queries", words="revenue")
    )

    assert listing.ephemeral
    assert "**Monthly revenue** (year)" in listing.content
    pressed = await town.platform.press(town.vic, listing, "Monthly revenue")
    assert (await town.until(lambda: pressed.modal)).title == "Monthly revenue"


async def test_a_question_is_saved_by_a_form_and_by_options(town: Town) -> None:
    alone = await town.platform.command(town.ada, town.sales, "save")
    modal = await town.until(lambda: alone.modal)
    fields = {"title": "Big: orders", "prompt": "orders over 1000 in {{year}}"}
    said = await town.response(await town.platform.submit(alone, fields))
    typed = await town.platform.command(
        town.ada, town.sales, "save", title="Small: orders", question="orders under 10"
    )

    assert list(modal.fields)[:2] == ["title", "prompt"]
    assert "Saved **Big: orders**" in said.content
    assert "Saved **Small: orders**" in (await town.response(typed)).content


async def test_a_viewer_saves_nothing(town: Town) -> None:
    typed = await town.platform.command(
        town.vic, town.sales, "save", title="Mine", question="orders"
    )

    said = await town.response(typed)

    assert said.ephemeral
    assert "queries:write" in said.text
    assert said.embeds[0]["color"] == 0xB4432F


async def test_a_channel_is_told_what_to_ask(town: Town) -> None:
    listing = await town.response(await town.platform.command(town.ada, town.sales, "connections"))
    (menu,) = listing.menus
    used = await town.platform.choose(
        town.ada, listing, menu, listing.menus[menu]["options"][0]["value"]
    )
    said = await town.response(used)
    none = await town.platform.command(town.ada, town.sales, "use", connection="none")

    assert "**sample** (sqlite)" in listing.content
    assert "This channel asks sample" in said.content
    assert "no database in particular" in (await town.response(none)).content


async def test_a_code_ties_an_account_to_a_member(town: Town) -> None:
    code = await town.core.links.code(await town.member("vic@acme.test"))
    asked = await town.platform.command(town.stranger, town.sales, "ask", question=REVENUE)
    refused = await town.response(asked)

    linked = await town.platform.command(
        town.stranger, town.sales, "link", code=code.code.get_secret_value()
    )
    said = await town.response(linked)
    asked = await town.platform.command(town.stranger, town.sales, "ask", question=REVENUE)

    assert refused.ephemeral
    assert "/link" in refused.text
    assert "Welcome, Vic" in said.content
    assert "951,522.25" in (await town.response(asked)).content


async def test_whoever_has_a_code_may_type_it_into_a_form(town: Town) -> None:
    code = await town.core.links.code(await town.member("vic@acme.test"))
    asked = await town.platform.command(town.stranger, town.sales, "help")
    refused = await town.response(asked)

    pressed = await town.platform.press(town.stranger, refused, "I have a code")
    await town.until(lambda: pressed.modal)
    sent = await town.platform.submit(pressed, {"code": code.code.get_secret_value()})

    assert "Welcome, Vic" in (await town.response(sent)).content


async def test_a_wrong_code_is_told_privately(town: Town) -> None:
    linked = await town.platform.command(town.stranger, town.sales, "link", code="AAAA-BBBB")

    said = await town.response(linked)

    assert said.ephemeral
    assert "wrong" in said.text


async def test_help_tells_what_one_may_do(town: Town) -> None:
    ada = await town.response(await town.platform.command(town.ada, town.sales, "help"))
    vic = await town.response(await town.platform.command(town.vic, town.sales, "help"))

    assert "`/save" in ada.content
    assert "`/save" not in vic.content
    assert ada.ephemeral


async def test_a_query_is_scheduled_where_one_may_speak(town: Town) -> None:
    options = {"query": "Monthly revenue", "values": "year=2025", "when": "every Monday 9:00"}
    there = await town.platform.command(
        town.ada, town.sales, "schedule", **options, channel=town.sales
    )
    said = await town.response(there)
    listing = await town.response(await town.platform.command(town.ada, town.sales, "schedules"))

    assert "Monday" in said.text
    assert "Monthly revenue" in listing.content
    (notice,) = (await town.core.notices.list(town.stage.ada, PageAsked())).items
    assert (notice.channel, notice.audience) == (str(town.sales.id), "public")


async def test_nobody_schedules_where_they_do_not_speak(town: Town) -> None:
    board = town.platform.channel(town.guild, "board", town.ann)
    options = {"query": "Monthly revenue", "values": "year=2025", "when": "every Monday 9:00"}

    quiet = town.platform.channel(town.guild, "quiet")
    town.platform.forbid(quiet, "send_messages")
    said = await town.response(
        await town.platform.command(town.ada, town.sales, "schedule", **options, channel=quiet)
    )

    assert "quiet" in said.text
    assert "invite me" in said.text
    assert town.platform.messages(board) == ()


async def test_titles_are_completed_with_the_query_that_is_meant(town: Town) -> None:
    offered = await town.platform.complete(town.vic, town.sales, "run", "query", query="reven")

    assert "Monthly revenue" in [each.name for each in offered]
    chosen = next(each for each in offered if each.name == "Monthly revenue")
    run = await town.platform.command(
        town.vic, town.sales, "run", query=chosen.value, values="year=2024"
    )
    assert "2024-12" in (await town.response(run)).content


@pytest.mark.parametrize(
    ("query", "typed", "offered"),
    [
        ("Monthly revenue", "", ["year="]),
        ("Monthly revenue", "ye", ["year="]),
        ("Monthly revenue", "year=2025 ", ["year=2025"]),
        ("Monthly revenue", "month=2", []),
        ("nothing like it", "", []),
    ],
)
async def test_values_are_completed(town: Town, query: str, typed: str, offered: list[str]) -> None:
    found = await town.platform.complete(
        town.vic, town.sales, "run", "values", query=query, values=typed
    )

    assert [each.value for each in found] == offered


async def test_known_values_of_a_parameter_are_completed(town: Town) -> None:
    queries = (await town.core.queries.list(town.stage.ada, PageAsked(size=None))).items
    query = next(each for each in queries if "region" in each.parameters)

    found = await town.platform.complete(
        town.vic, town.sales, "run", "values", query=query.id, values="region=e"
    )

    values = [str(each.value) for each in found]
    assert values[0] == "region=e"
    assert any(each.startswith("region=E") or "urope" in each for each in values[1:])


async def test_strangers_are_offered_to_introduce_themselves(town: Town) -> None:
    found = await town.platform.complete(town.stranger, town.sales, "run", "query", query="rev")

    assert [each.name for each in found] == [WHO]


async def test_connections_are_completed(town: Town) -> None:
    found = await town.platform.complete(town.vic, town.sales, "use", "connection", connection="s")

    assert [each.name for each in found] == ["sample"]


async def test_a_command_in_direct_messages_stands_there_for_good(town: Town) -> None:
    dm = town.platform.dm(town.vic)

    asked = await town.platform.command(town.vic, dm, "ask", question=REVENUE)
    answer = await town.response(asked)
    await town.platform.say(town.vic, dm, "and for 2024?", reply_to=answer)
    more = await town.answered(dm, 2)

    assert not answer.ephemeral
    assert "Show everyone" not in labels(answer)
    assert "2024-12" in more.content


async def test_what_somebody_wrote_is_asked_by_its_menu(town: Town) -> None:
    said = await town.platform.say(town.ann, town.sales, REVENUE)

    asked = await town.platform.command_on(town.ada, said, ON_MESSAGE)
    answer = await town.response(asked)

    assert answer.ephemeral
    assert "951,522.25" in answer.content


async def test_a_command_of_another_server_is_declined_privately(town: Town) -> None:
    other = town.platform.guild("Other", town.ada)
    there = town.platform.channel(other, "general")
    # As if they had been registered before the settings were changed.
    town.platform.world.commands[other.id] = town.platform.world.commands[town.guild.id]

    asked = await town.platform.command(town.ada, there, "ask", question=REVENUE)
    said = await town.response(asked)

    assert said.ephemeral
    assert said.content == NOT_HERE
    assert await town.platform.complete(town.ada, there, "run", "query", query="r") == ()


def labels(message: object) -> list[str]:
    return [str(each.get("label")) for each in message.buttons.values()]  # type: ignore[attr-defined]


SALES = """
id: sales
goal: Sales of {{params.year}}
params: {year: {type: integer}}
tasks: [{id: one, tool: mock, inputs: {year: "{{params.year}}"}}]
"""


async def test_pipelines_are_listed_completed_and_asked_for_their_values(town: Town) -> None:
    await town.core.pipelines.save(town.stage.ada, SALES)
    command, complete = town.platform.command, town.platform.complete

    listing = await town.response(await command(town.ada, town.sales, "pipeline"))
    offered = await complete(town.ada, town.sales, "pipeline", "pipeline", pipeline="al")
    asked = await command(town.ada, town.sales, "pipeline", pipeline="sales")
    modal = await town.until(lambda: asked.modal)
    refused = await town.response(
        await command(town.ada, town.sales, "pipeline", pipeline="sales", values="year=2025")
    )

    assert "**sales** (year): Sales of" in listing.content
    assert labels(listing) == ["sales"]
    assert [each.value for each in offered] == ["sales"]
    assert (modal.title, list(modal.fields)) == ("sales", ["year"])
    # Nobody works in this town.
    assert JobsUnavailable().message in refused.text
