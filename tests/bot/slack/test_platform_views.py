"""The stand-in of Slack opens modals for three seconds, stacks three, and sends what was typed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import Channel, Person, SlackPlatform, View
from tests.bot.slack.platform.asked import (
    actions,
    asks,
    button,
    client_of,
    code,
    modal,
    plain,
    refused,
    section,
)
from tests.bot.slack.platform.listener import listening
from tests.bot.slack.platform.refusals import Json


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackPlatform) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def ada(slack: SlackPlatform) -> Person:
    return slack.person("Ada")


@pytest.fixture
def sales(slack: SlackPlatform, ada: Person) -> Channel:
    return slack.channel("sales", ada)


@asynccontextmanager
async def answering(
    slack: SlackPlatform, answer: Callable[[Json], Json | None]
) -> AsyncIterator[None]:
    """Acknowledge everything with what *answer* returns for its payload."""
    async with listening(slack, answer):
        yield


def nothing(payload: Json) -> Json | None:
    return None


async def opened(client: AsyncWebClient, slack: SlackPlatform, ada: Person, view: Json) -> View:
    await client.views_open(trigger_id=slack.trigger(ada), view=view)
    found = slack.view(ada)
    assert found is not None
    return found


BAD: dict[str, tuple[Json, str]] = {
    "title of 25": (modal(title=plain("t" * 25)), "must be less than 25 characters"),
    "submit of 25": (modal(submit=plain("t" * 25)), "must be less than 25 characters"),
    "close of 25": (modal(close=plain("t" * 25)), "must be less than 25 characters"),
    "metadata of 3001": (modal(private_metadata="m" * 3001), "less than 3001 characters"),
    "callback_id of 256": (modal(callback_id="c" * 256), "less than 256 characters"),
    "101 blocks": (modal(*[section("x")] * 101), "no more than 100 items"),
    "misspelt": (modal(titel="x"), "invalid additional property: titel"),
    "home": ({"type": "home", "blocks": []}, "must be modal"),
    "input without submit": (
        {"type": "modal", "title": plain("T"), "blocks": [asks("b")]},
        "missing required field: submit",
    ),
    "table": (modal({"type": "table", "rows": []}), "unsupported type: table"),
    "two with focus": (
        modal(
            *[
                asks(
                    str(at),
                    {"type": "plain_text_input", "action_id": "a", "focus_on_load": True},
                )
                for at in range(2)
            ]
        ),
        "only one element may have focus_on_load",
    ),
    "lengths": (
        modal(
            asks(
                "b",
                {
                    "type": "plain_text_input",
                    "action_id": "a",
                    "min_length": 5,
                    "max_length": 3,
                },
            )
        ),
        "min_length must not exceed max_length",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_view_that_passes_a_limit_is_refused(
    name: str, client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    view, words = BAD[name]
    trigger = slack.trigger(ada)

    answer = await refused(client.views_open(trigger_id=trigger, view=view))

    assert answer["error"] == "invalid_arguments"
    assert any(words in each for each in answer["errors"]), answer["errors"]
    assert slack.view(ada) is None
    await client.views_open(trigger_id=trigger, view=modal())


async def test_a_trigger_is_good_for_three_seconds_and_once(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    trigger, old = slack.trigger(ada), slack.trigger(ada)

    await client.views_open(trigger_id=trigger, view=modal())
    twice = client.views_open(trigger_id=trigger, view=modal())
    assert await code(twice) == "exchanged_trigger_id"
    slack.clock.advance(3.1)
    late = client.views_open(trigger_id=old, view=modal())
    assert await code(late) == "expired_trigger_id"
    other = client.views_open(trigger_id="1.2.a", view=modal())
    assert await code(other) == "invalid_trigger_id"


async def test_a_view_of_250_kilobytes_is_too_large(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    large = modal(*[section("日" * 3000) for _ in range(14)])

    call = client.views_open(trigger_id=slack.trigger(ada), view=large)
    assert await code(call) == "view_too_large"


async def test_what_was_typed_is_sent_and_the_modal_closes(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    select = {
        "type": "static_select",
        "action_id": "s",
        "options": [{"text": plain("Köln"), "value": "k"}],
    }
    box = modal(asks("year"), asks("city", select, optional=True), private_metadata="m")
    async with answering(slack, nothing):
        view = await opened(client, slack, ada, {**box, "callback_id": "run"})
        sent = await slack.submit(ada, view, {"year": "2025", "s": "Köln"})

    values = sent.payload["view"]["state"]["values"]
    assert values["year"]["year_typed"] == {"type": "plain_text_input", "value": "2025"}
    assert values["city"]["s"]["selected_option"]["value"] == "k"
    assert sent.payload["view"]["private_metadata"] == "m"
    assert view.closed
    assert slack.views(ada) == []


async def test_what_is_wrong_stands_in_the_modal(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    def wrong(payload: Json) -> Json:
        return {"response_action": "errors", "errors": {"year": "No such year."}}

    async with answering(slack, wrong):
        view = await opened(client, slack, ada, modal(asks("year")))
        await slack.submit(ada, view, {"year": "1066"})

    assert view.errors == {"year": "No such year."}
    assert "No such year." in view.words
    assert not view.closed


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"other": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "close"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"text": "done"},
    ],
)
async def test_an_answer_slack_cannot_read_is_written_down(
    answer: Json, client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    async with answering(slack, lambda _: answer):
        view = await opened(client, slack, ada, modal(asks("year")))
        await slack.submit(ada, view, {"year": "1"})

    assert [each.kind for each in slack.violations] == ["bad_ack"]
    assert "trouble connecting" in view.errors[""]


async def test_a_submission_nobody_acknowledges_stays_with_a_word(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    view = await opened(client, slack, ada, modal(asks("year")))

    await slack.submit(ada, view, {"year": "1"})

    assert "trouble connecting" in view.words
    assert not view.closed


@pytest.mark.parametrize(
    "values", [{}, {"year": ""}, {"year": "12345"}, {"year": "1\n2"}, {"month": "5"}]
)
async def test_slack_s_client_does_not_send_what_an_input_does_not_take(
    values: dict[str, Any], client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    short = {"type": "plain_text_input", "action_id": "a", "max_length": 4}
    view = await opened(client, slack, ada, modal(asks("year", short)))

    with pytest.raises(AssertionError):
        await slack.submit(ada, view, values)
    assert slack.deliveries == []


async def test_modals_stack_three_high(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    async with answering(slack, nothing):
        first = await opened(client, slack, ada, modal(actions(button("more"))))
        for _ in range(2):
            pressed = await slack.press(ada, first, "more")
            await client.views_push(trigger_id=pressed.payload["trigger_id"], view=modal())
        pressed = await slack.press(ada, first, "more")
        fourth = client.views_push(trigger_id=pressed.payload["trigger_id"], view=modal())
        assert await code(fourth) == "push_limit_reached"
        uppermost = slack.views(ada)[-1]
        await slack.close(ada, uppermost)
        assert len(slack.views(ada)) == 2
    loose = client.views_push(trigger_id=slack.trigger(ada), view=modal())
    assert await code(loose) == "not_found"


async def test_an_update_keeps_what_was_typed_and_minds_its_hash(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    view = await opened(client, slack, ada, modal(asks("year"), external_id="mine"))
    view.state = {"year": {"year_typed": {"type": "plain_text_input", "value": "2025"}}}
    old = view.hash

    await client.views_update(view_id=view.id, hash=old, view=modal(asks("year"), section("x")))
    assert view.state["year"]["year_typed"]["value"] == "2025"
    stale = client.views_update(view_id=view.id, hash=old, view=modal())
    assert await code(stale) == "hash_conflict"
    await client.views_update(view_id=view.id, view=modal(section("y")))
    assert (view.state, view.edits) == ({}, 2)
    await slack.close(ada, view)
    assert await code(client.views_update(view_id=view.id, view=modal())) == "not_found"


async def test_an_external_id_is_one_s_own(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    await opened(client, slack, ada, modal(external_id="mine"))
    vic = slack.person("Vic")

    call = client.views_open(trigger_id=slack.trigger(vic), view=modal(external_id="mine"))
    assert await code(call) == "duplicate_external_id"
    await client.views_update(external_id="mine", view=modal(section("x"), external_id="mine"))


async def test_a_home_tab_is_published_to_one_person(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    home = {"type": "home", "blocks": [section("Recent chats"), actions(button("run"))]}
    async with answering(slack, nothing):
        await slack.open_home(ada)
        await client.views_publish(user_id=ada.id, view=home)
        tab = slack.home(ada)
        assert tab is not None
        assert "Recent chats" in tab.words
        pressed = await slack.press(ada, tab, "run")
        reopened = await slack.open_home(ada)

    assert pressed.payload["container"] == {"type": "view", "view_id": tab.id}
    assert reopened is not None
    assert reopened.payload["event"]["view"]["id"] == tab.id
    assert slack.home(slack.person("Vic")) is None
    stale = client.views_publish(user_id=ada.id, view=home, hash="1.a")
    assert await code(stale) == "hash_conflict"
    odd = client.views_publish(user_id=ada.id, view=modal())
    assert await code(odd) == "invalid_arguments"


async def test_a_closed_view_is_told_where_it_asks(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    async with answering(slack, nothing):
        view = await opened(client, slack, ada, modal(notify_on_close=True, callback_id="c"))
        told = await slack.close(ada, view)
        quiet = await opened(client, slack, ada, modal())
        assert await slack.close(ada, quiet) is None

    assert told is not None
    assert told.payload["type"] == "view_closed"
    assert told.payload["view"]["callback_id"] == "c"


async def test_an_external_select_offers_what_the_app_answers(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    def offer(payload: Json) -> Json | None:
        if payload["type"] != "block_suggestion":
            return None
        words = payload["value"] or "everything"
        return {"options": [{"text": plain(words), "value": words}]}

    select = {"type": "external_select", "action_id": "s", "min_query_length": 0}
    async with answering(slack, offer):
        view = await opened(client, slack, ada, modal(asks("query", select)))
        offered = await slack.suggest(ada, view, "s", "sales")
        sent = await slack.submit(ada, view, {"query": "everything"})

    assert [each["value"] for each in offered] == ["sales"]
    chosen = sent.payload["view"]["state"]["values"]["query"]["s"]["selected_option"]
    assert chosen["value"] == "everything"
