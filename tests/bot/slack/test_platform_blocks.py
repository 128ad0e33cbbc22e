"""The stand-in of Slack takes what Block Kit takes, and refuses every limit that is passed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import Channel, SlackPlatform
from tests.bot.slack.platform.asked import (
    actions,
    asks,
    button,
    client_of,
    code,
    plain,
    refused,
    section,
    table,
)
from tests.bot.slack.platform.blocks import Surface, check
from tests.bot.slack.platform.refusals import Json


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        slack.unlimited()
        yield slack


@pytest.fixture
def client(slack: SlackPlatform) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def sales(slack: SlackPlatform) -> Channel:
    return slack.channel("sales")


def option(value: str = "v", text: str = "Text") -> Json:
    return {"text": plain(text), "value": value}


def select(*options: Json, **more: object) -> Json:
    return {"type": "static_select", "action_id": "s", "options": list(options), **more}


def image(**more: object) -> Json:
    return {"type": "image", "image_url": "https://a.example/b.png", "alt_text": "a", **more}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def rich(*elements: Json) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


def says(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def feedback(**more: object) -> Json:
    side = {"text": plain("Good"), "value": "good"}
    buttons = {"positive_button": side, "negative_button": side, **more}
    return {
        "type": "context_actions",
        "elements": [{"type": "feedback_buttons", "action_id": "f", **buttons}],
    }


CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("Really"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}

TAKEN: dict[str, list[Json]] = {
    "section": [section("x" * 3000)],
    "fields": [{"type": "section", "fields": [says("y" * 2000)] * 2}],
    "header": [header("h" * 150)],
    "divider": [{"type": "divider"}],
    "context": [context(*[says("c")] * 10)],
    "context with a picture": [
        context({"type": "image", "image_url": "https://a.example/b.png", "alt_text": "a"})
    ],
    "actions": [actions(*[button(str(at)) for at in range(25)])],
    "button": [actions(button("b" * 255, "t" * 75, value="v" * 2000, style="primary"))],
    "confirm": [actions(button("b", confirm=CONFIRM))],
    "select": [actions(select(*[option("v" * 140 + str(at), "t" * 75) for at in range(100)]))],
    "groups": [
        actions(
            {
                "type": "static_select",
                "action_id": "s",
                "option_groups": [{"label": plain("A"), "options": [option()]}],
            }
        )
    ],
    "overflow": [
        section("x", accessory={"type": "overflow", "action_id": "o", "options": [option()]})
    ],
    "image": [image(title=plain("t" * 2000), alt_text="a" * 2000)],
    "table": [table(*[["a"] * 20 for _ in range(100)])],
    "table of numbers": [
        {"type": "table", "rows": [[{"type": "raw_number", "value": 1.5, "text": "1.50"}]]}
    ],
    "table of rich text": [
        {"type": "table", "rows": [[rich({"type": "text", "text": "a"})]], "column_settings": [{}]}
    ],
    "data table": [
        {
            "type": "data_table",
            "caption": "Sales",
            "rows": [[{"type": "raw_text", "text": "a"}], [{"type": "raw_text", "text": "b"}]],
        }
    ],
    "markdown": [{"type": "markdown", "text": "m" * 12_000}],
    "rich text": [
        rich(
            {"type": "text", "text": "a", "style": {"bold": True}},
            {"type": "user", "user_id": "U1"},
            {"type": "link", "url": "https://a.example"},
            {"type": "emoji", "name": "wave"},
        )
    ],
    "feedback": [feedback()],
    "input": [asks("b")],
    "fifty": [{"type": "divider"}] * 50,
}


@pytest.mark.parametrize("name", TAKEN)
async def test_what_block_kit_takes_is_shown(
    name: str, client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    await client.chat_postMessage(channel=sales.id, text="words", blocks=TAKEN[name])

    shown = slack.messages(sales)[0].blocks
    assert [each["type"] for each in shown] == [each["type"] for each in TAKEN[name]]
    assert not slack.violations


REFUSED: dict[str, tuple[list[Any], str]] = {
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed"),
    "no type": ([{}], "missing required field: type"),
    "unknown block": ([{"type": "sectoin"}], "unsupported type: sectoin"),
    "unknown field": ([section("x", colour="red")], "invalid additional property: colour"),
    "null": ([section("x", block_id=None)], "must be a string"),
    "block_id of 256": ([section("x", block_id="b" * 256)], "must be less than 256 characters"),
    "block_id twice": ([section("x", block_id="b")] * 2, "already exists"),
    "section of nothing": ([{"type": "section"}], "missing required field: text"),
    "section of 3001": ([section("x" * 3001)], "must be less than 3001 characters"),
    "section of no letter": ([section("")], "must be more than 0 characters"),
    "11 fields": ([{"type": "section", "fields": [says("f")] * 11}], "no more than 10 items"),
    "field of 2001": ([{"type": "section", "fields": [says("f" * 2001)]}], "less than 2001"),
    "header of 151": ([header("h" * 151)], "must be less than 151 characters"),
    "header in mrkdwn": ([{"type": "header", "text": says("h")}], "unsupported type: mrkdwn"),
    "11 in a context": ([context(*[says("c")] * 11)], "no more than 10 items allowed"),
    "button in a context": ([context(button("b"))], "unsupported type: button"),
    "26 actions": ([actions(*[button(str(at)) for at in range(26)])], "no more than 25 items"),
    "no action": ([actions()], "no fewer than 1 items"),
    "button text of 76": ([actions(button("b", "t" * 76))], "must be less than 76 characters"),
    "button in mrkdwn": (
        [actions({"type": "button", "action_id": "b", "text": says("x")})],
        "unsupported type: mrkdwn",
    ),
    "value of 2001": ([actions(button("b", value="v" * 2001))], "must be less than 2001"),
    "url of 3001": ([actions(button("b", url="https://" + "u" * 2993))], "less than 3001"),
    "style": ([actions(button("b", style="default"))], "must be a valid enum value"),
    "action_id of 256": ([actions(button("b" * 256))], "must be less than 256 characters"),
    "action_id twice": ([actions(button("b"), button("b"))], '"action_id" already exists'),
    "confirm without deny": (
        [actions(button("b", confirm={**CONFIRM, "deny": None}))],
        "must be an object",
    ),
    "confirm of 101": (
        [actions(button("b", confirm={**CONFIRM, "title": plain("t" * 101)}))],
        "must be less than 101",
    ),
    "101 options": (
        [actions(select(*[option(str(at)) for at in range(101)]))],
        "no more than 100 items",
    ),
    "option text of 76": ([actions(select(option("v", "t" * 76)))], "must be less than 76"),
    "option value of 151": ([actions(select(option("v" * 151)))], "must be less than 151"),
    "options of one value": ([actions(select(option(), option()))], "duplicate option value"),
    "no option": ([actions(select())], "no fewer than 1 items"),
    "chosen is not offered": (
        [actions(select(option("a"), initial_option=option("b")))],
        "initial option must be one of the options",
    ),
    "placeholder of 151": (
        [actions(select(option(), placeholder=plain("p" * 151)))],
        "must be less than 151",
    ),
    "6 in an overflow": (
        [
            section(
                "x",
                accessory={
                    "type": "overflow",
                    "action_id": "o",
                    "options": [option(str(at)) for at in range(6)],
                },
            )
        ],
        "no more than 5 items",
    ),
    "picture without alt": (
        [{"type": "image", "image_url": "https://a.example/b.png"}],
        "missing required field: alt_text",
    ),
    "alt of 2001": ([image(alt_text="a" * 2001)], "must be less than 2001"),
    "title of 2001": ([image(title=plain("t" * 2001))], "must be less than 2001"),
    "picture of two sources": ([image(slack_file={"id": "F1"})], "must have exactly one of"),
    "101 rows": ([table(*[["a"]] * 101)], "no more than 100 items"),
    "21 columns": ([table(["a"] * 21)], "no more than 20 items"),
    "empty cell": ([table([""])], "must be more than 0 characters"),
    "cell of another type": (
        [{"type": "table", "rows": [[{"type": "mrkdwn", "text": "a"}]]}],
        "unsupported type: mrkdwn",
    ),
    "align": ([table(["a"], column_settings=[{"align": "middle"}])], "valid enum value"),
    "10,001 in cells": ([table(["a" * 10_001])], "exceeds 10000 characters"),
    "data table without a caption": (
        [{"type": "data_table", "rows": table(["a"], ["b"])["rows"]}],
        "missing required field: caption",
    ),
    "ragged data table": (
        [{"type": "data_table", "caption": "c", "rows": table(["a"], ["b", "c"])["rows"]}],
        "same number of cells",
    ),
    "markdown of 12,001": ([{"type": "markdown", "text": "m" * 12_001}], "less than 12001"),
    "markdown of 12,001 in two": (
        [{"type": "markdown", "text": "m" * 6_000}, {"type": "markdown", "text": "m" * 6_001}],
        "markdown text exceeds 12000",
    ),
    "rich text of no letter": ([rich({"type": "text", "text": ""})], "more than 0 characters"),
    "rich text misspelt": ([rich({"type": "txet"})], "unsupported type: txet"),
    "style misspelt": (
        [rich({"type": "text", "text": "a", "style": {"bald": True}})],
        "invalid additional property: bald",
    ),
    "feedback without a no": ([feedback(negative_button=None)], "must be an object"),
    "input without a label": (
        [{"type": "input", "element": {"type": "plain_text_input", "action_id": "a"}}],
        "missing required field: label",
    ),
    "label of 2001": ([asks("b", label=plain("l" * 2001))], "must be less than 2001"),
    "input of a button": ([asks("b", button("x"))], "unsupported type: button"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_passes_a_limit_is_refused_and_the_place_named(
    name: str, client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    blocks, words = REFUSED[name]

    answer = await refused(client.chat_postMessage(channel=sales.id, text="x", blocks=blocks))

    assert answer["error"] == "invalid_blocks"
    assert any(words in each for each in answer["errors"]), answer["errors"]
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] ")
    assert slack.messages(sales) == []


@pytest.mark.parametrize("blocks", ["[", "words", "{}", "[1]", '{"type": "divider"}'])
async def test_blocks_that_are_no_list_of_objects_are_refused(
    blocks: str, client: AsyncWebClient, sales: Channel
) -> None:
    call = client.chat_postMessage(channel=sales.id, text="x", blocks=blocks)

    assert await code(call) == "invalid_blocks_format"


@pytest.mark.parametrize(
    ("kind", "surface"),
    [
        *((kind, Surface.MODAL) for kind in ("table", "markdown", "context_actions", "alert")),
        *((kind, Surface.HOME) for kind in ("markdown", "context_actions")),
    ],
)
def test_what_belongs_into_messages_stands_nowhere_else(kind: str, surface: Surface) -> None:
    assert check([{"type": kind}], surface) == [
        f"unsupported type: {kind} [json-pointer:/blocks/0/type]"
    ]


def test_a_view_has_a_hundred_blocks() -> None:
    assert not check([{"type": "divider"}] * 100, Surface.HOME)
    assert check([{"type": "divider"}] * 101, Surface.MODAL)


TABLES: dict[str, dict[str, Any]] = {
    "two blocks": {"blocks": [table(["a"]), table(["b"])]},
    "one below": {"blocks": [table(["a"])], "attachments": [{"blocks": [table(["b"])]}]},
    "one in markdown": {
        "blocks": [table(["a"]), {"type": "markdown", "text": "| a |\n|---|\n| b |"}]
    },
}


@pytest.mark.parametrize("name", TABLES)
async def test_a_message_has_one_table(name: str, client: AsyncWebClient, sales: Channel) -> None:
    answer = await refused(client.chat_postMessage(channel=sales.id, text="x", **TABLES[name]))

    assert answer["error"] == "invalid_attachments"
    assert answer["errors"] == ["only_one_table_allowed"]


async def test_a_table_in_an_attachment_is_read_like_any_other(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    attached = [{"blocks": [table(["City", "Sales"], ["Köln", "5"])]}]
    await client.chat_postMessage(channel=sales.id, text="x", attachments=attached)

    assert slack.messages(sales)[0].table == [["City", "Sales"], ["Köln", "5"]]


HEAVY: dict[str, list[Json]] = {
    "text of five sections": [section("x" * 2700) for _ in range(5)],
    "what is written out": [section("&" * 2700), *[section("x" * 100)] * 1],
    "markdown of many headings": [{"type": "markdown", "text": "# h\n" * 51}],
    "markdown and headers": [
        {"type": "markdown", "text": "m" * 12_000},
        *[header("h" * 100) for _ in range(10)],
    ],
}


@pytest.mark.parametrize("name", HEAVY)
async def test_blocks_that_are_too_much_together_are_refused(
    name: str, client: AsyncWebClient, sales: Channel
) -> None:
    call = client.chat_postMessage(channel=sales.id, text="x", blocks=HEAVY[name])

    assert await code(call) == "msg_blocks_too_long"
