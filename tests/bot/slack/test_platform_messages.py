"""The stand-in of Slack posts, changes, whispers, deletes and unfurls as Slack does."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import Channel, Message, Person, SlackPlatform
from tests.bot.slack.platform.asked import (
    actions,
    button,
    client_of,
    code,
    refused,
    section,
)


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackPlatform) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def ada(slack: SlackPlatform) -> Person:
    return slack.person("Ada", email="ada@acme.example")


@pytest.fixture
def sales(slack: SlackPlatform, ada: Person) -> Channel:
    return slack.channel("sales", ada)


async def posted(client: AsyncWebClient, slack: SlackPlatform, where: Channel) -> Message:
    answer = await client.chat_postMessage(channel=where.id, text="first")
    return where.messages[str(answer["ts"])]


async def test_a_message_stands_where_it_was_posted_and_grows_a_thread(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    first = await posted(client, slack, sales)
    answer = await client.chat_postMessage(channel=sales.id, text="more", thread_ts=first.ts)

    assert answer["message"]["thread_ts"] == first.ts
    assert [each.words for each in slack.messages(sales, thread=first)] == ["first", "more"]
    history = await client.conversations_history(channel=sales.id)
    assert [each["text"] for each in history["messages"]] == ["first"]
    assert history["messages"][0]["reply_count"] == 1
    replies = await client.conversations_replies(channel=sales.id, ts=first.ts)
    assert [each["text"] for each in replies["messages"]] == ["first", "more"]


UNSAID: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "no_text"),
    "no letter": ({"text": ""}, "no_text"),
    "markdown beside text": ({"text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
    "markdown of 12,001": ({"markdown_text": "m" * 12_001}, "msg_too_long"),
    "no such thread": ({"text": "a", "thread_ts": "1.000001"}, "thread_not_found"),
    "misspelt": ({"text": "a", "thread": "1.000001"}, "invalid_arguments"),
    "text is a number": ({"text": 5}, "invalid_arguments"),
    "101 attachments": ({"attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
    "misspelt attachment": ({"attachments": [{"txt": "a"}]}, "invalid_attachments"),
    "blocks of an attachment": (
        {"attachments": [{"blocks": [{"type": "x"}]}]},
        "invalid_attachments",
    ),
    "metadata is a list": ({"text": "a", "metadata": []}, "invalid_metadata_format"),
    "metadata of no type": (
        {"text": "a", "metadata": {"event_payload": {}}},
        "invalid_metadata_schema",
    ),
    "metadata of 8 kB": (
        {"text": "a", "metadata": {"event_type": "t", "event_payload": {"a": "x" * 8000}}},
        "metadata_too_large",
    ),
    "no file": (
        {
            "text": "a",
            "blocks": [{"type": "image", "alt_text": "a", "slack_file": {"id": "F1"}}],
        },
        "invalid_blocks",
    ),
}


@pytest.mark.parametrize("name", UNSAID)
async def test_what_cannot_be_said_is_refused(
    name: str, client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    arguments, error = UNSAID[name]

    answer = client.api_call("chat.postMessage", json={"channel": sales.id, **arguments})

    assert await code(answer) == error
    assert slack.messages(sales) == []


async def test_long_text_is_cut_and_warned_of(client: AsyncWebClient, sales: Channel) -> None:
    answer = await client.chat_postMessage(channel=sales.id, text="x" * 40_001)

    assert answer["warning"] == "message_truncated"
    assert len(answer["message"]["text"]) == 40_000


async def test_blocks_without_text_are_warned_of(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    await client.api_call(
        "chat.postMessage", json={"channel": sales.id, "blocks": [section("words")]}
    )

    assert [each.kind for each in slack.warnings] == ["missing_text"]


async def test_a_reply_is_no_thread_to_reply_to(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    first = await posted(client, slack, sales)
    reply = await client.chat_postMessage(channel=sales.id, text="a", thread_ts=first.ts)
    other = await client.chat_postMessage(channel=sales.id, text="b", thread_ts=reply["ts"])

    assert other["message"]["thread_ts"] == first.ts
    assert [each.kind for each in slack.warnings] == ["reply_as_thread"]


async def test_a_bot_posts_only_where_it_is(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    public = slack.channel("public", ada, bot=False)
    private = slack.channel("private", ada, bot=False, private=True)
    old = slack.channel("old", ada, archived=True)
    slack.permit(slack.workspace, "chat:write")

    assert await code(client.chat_postMessage(channel=public.id, text="a")) == "not_in_channel"
    assert await code(client.chat_postMessage(channel=private.id, text="a")) == "channel_not_found"
    assert await code(client.chat_postMessage(channel=old.id, text="a")) == "is_archived"
    assert await code(client.chat_postMessage(channel="C1", text="a")) == "channel_not_found"
    await client.chat_postMessage(channel=ada.id, text="in the messages tab")
    assert slack.messages(ada)[0].words == "in the messages tab"
    slack.permit(slack.workspace, "chat:write", "chat:write.public")
    await client.chat_postMessage(channel=public.id, text="a")


async def test_a_name_of_ones_own_takes_a_scope(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    slack.permit(slack.workspace, "chat:write")

    answer = await refused(client.chat_postMessage(channel=sales.id, text="a", username="Me"))

    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write.customize")


async def test_an_update_replaces_what_slack_says_it_replaces(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    first = await posted(client, slack, sales)
    rows = [actions(button("go"))]

    await client.chat_update(channel=sales.id, ts=first.ts, text="b", blocks=rows)
    assert (first.buttons, first.edited) == (["Go"], {})
    await client.chat_update(channel=sales.id, ts=first.ts, text="only words")

    assert first.words == "only words"
    assert first.blocks == []
    assert first.edited
    assert [each.before for each in first.edits] == ["first", "Go"]


@pytest.mark.parametrize("text", ["x" * 4001, "日" * 1334])
async def test_an_update_takes_4000_bytes_of_text(
    text: str, client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    first = await posted(client, slack, sales)

    call = client.chat_update(channel=sales.id, ts=first.ts, text=text)
    assert await code(call) == "msg_too_long"
    await client.chat_update(channel=sales.id, ts=first.ts, text="日" * 1333)


async def test_only_what_is_ones_own_and_there_is_changed(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    theirs = await slack.write(ada, sales, "mine")
    whisper = await client.chat_postEphemeral(channel=sales.id, user=ada.id, text="psst")
    here: dict[str, Any] = {"channel": sales.id}

    assert await code(client.chat_update(**here, ts=theirs.ts, text="a")) == "cant_update_message"
    assert await code(client.chat_delete(**here, ts=theirs.ts)) == "cant_delete_message"
    assert await code(client.chat_update(**here, ts="1.0", text="a")) == "message_not_found"
    gone = client.chat_update(**here, ts=whisper["message_ts"], text="a")
    assert await code(gone) == "message_not_found"
    own = await posted(client, slack, sales)
    silent = client.api_call("chat.update", json={**here, "ts": own.ts, "text": ""})
    assert await code(silent) == "no_text"
    await client.chat_delete(**here, ts=own.ts)
    assert await code(client.chat_delete(**here, ts=own.ts)) == "message_not_found"
    assert own not in slack.messages(sales)


async def test_a_whisper_is_seen_by_one(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    vic = slack.person("Vic")
    await client.chat_postEphemeral(channel=sales.id, user=ada.id, text="psst")

    assert slack.messages(sales) == []
    assert [each.words for each in slack.whispers(sales, ada)] == ["psst"]
    assert slack.messages(sales, as_seen_by=vic) == []
    history = await client.conversations_history(channel=sales.id)
    assert history["messages"] == []
    call = client.chat_postEphemeral(channel=sales.id, user=vic.id, text="psst")
    assert await code(call) == "user_not_in_channel"


async def test_a_link_to_a_message_and_its_thread(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    first = await posted(client, slack, sales)
    reply = await client.chat_postMessage(channel=sales.id, text="a", thread_ts=first.ts)

    answer = await client.chat_getPermalink(channel=sales.id, message_ts=reply["ts"])
    assert f"thread_ts={first.ts}&cid={sales.id}" in answer["permalink"]
    call = client.chat_getPermalink(channel=sales.id, message_ts="1.0")
    assert await code(call) == "message_not_found"


LINK = "https://trellis.example/chats/1?a=b&c=d"


async def test_a_link_of_the_app_is_unfurled(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    message = await slack.write(ada, sales, f"look: {LINK} and https://other.example/")
    shared = slack.told("link_shared")[0].payload["event"]
    preview = {"blocks": [section("preview")]}

    assert shared["links"] == [{"domain": "trellis.example", "url": LINK}]
    await client.chat_unfurl(channel=sales.id, ts=message.ts, unfurls={LINK: preview})
    assert slack.unfurls(message)[LINK]["blocks"][0]["text"]["text"] == "preview"
    await client.chat_unfurl(
        channel=None,
        ts=None,
        unfurl_id=shared["unfurl_id"],
        source=shared["source"],
        unfurls={LINK: {"text": "again"}},
    )
    assert slack.unfurls(message)[LINK]["text"] == "again"
    await slack.settled()
    changed = slack.told("message/message_changed")[-1].payload["event"]
    assert changed["message"]["attachments"][0]["from_url"] == LINK


@pytest.mark.parametrize(
    ("unfurls", "error"),
    [
        ({"https://trellis.example/other": {"text": "a"}}, "cannot_unfurl_message"),
        ({"https://other.example/": {"text": "a"}}, "cannot_unfurl_url"),
        ({LINK: {"txt": "a"}}, "cannot_parse_attachment"),
        ({LINK: {"blocks": [{"type": "x"}]}}, "cannot_parse_attachment"),
    ],
)
async def test_what_cannot_be_unfurled_is_refused(
    unfurls: Any,
    error: str,
    client: AsyncWebClient,
    slack: SlackPlatform,
    sales: Channel,
    ada: Person,
) -> None:
    message = await slack.write(ada, sales, f"look: {LINK} and https://other.example/")

    call = client.chat_unfurl(channel=sales.id, ts=message.ts, unfurls=unfurls)

    assert await code(call) == error


async def test_reactions_are_put_once(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    message = await slack.write(ada, sales, "hello")
    here: dict[str, Any] = {"channel": sales.id, "timestamp": message.ts}

    await client.reactions_add(**here, name="eyes")
    assert await code(client.reactions_add(**here, name="eyes")) == "already_reacted"
    assert await code(client.reactions_add(**here, name=":eyes:")) == "invalid_name"
    assert message.reactions == {"eyes": [slack.workspace.bot_user]}
    await client.reactions_remove(**here, name="eyes")
    assert await code(client.reactions_remove(**here, name="eyes")) == "no_reaction"


async def test_a_response_url_is_good_five_times(slack: SlackPlatform, ada: Person) -> None:
    sales = slack.channel("elsewhere", ada, bot=False)
    url = f"{slack.root}/actions/{slack.hook(ada, sales)}"

    async with aiohttp.ClientSession() as session:
        for at in range(5):
            kind = "in_channel" if at else "ephemeral"
            body = {"text": str(at), "response_type": kind}
            async with session.post(url, json=body) as answer:
                assert (answer.status, await answer.text()) == (200, "ok")
        async with session.post(url, json={"text": "6"}) as answer:
            assert (answer.status, (await answer.json())["error"]) == (404, "used_url")
    assert [each.words for each in slack.messages(sales)] == ["1", "2", "3", "4"]
    assert [each.words for each in slack.whispers(sales, ada)] == ["0"]
    assert slack.broken("response_url")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "no_text"),
        ({"text": "a", "colour": "red"}, 400, "invalid_payload"),
        ({"text": "a", "blocks": [{"type": "x"}]}, 400, "invalid_blocks"),
        ({"delete_original": True}, 404, "message_not_found"),
    ],
)
async def test_what_a_response_url_does_not_take(
    body: Any, status: int, error: str, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    url = f"{slack.root}/actions/{slack.hook(ada, sales)}"

    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        assert (answer.status, (await answer.json())["error"]) == (status, error)
    assert slack.messages(sales, as_seen_by=ada) == []


async def test_a_response_url_is_good_for_half_an_hour(
    slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    url = f"{slack.root}/actions/{slack.hook(ada, sales)}"
    slack.clock.advance(1801)

    async with aiohttp.ClientSession() as session, session.post(url, json={"text": "a"}) as answer:
        assert (await answer.json())["error"] == "expired_url"


async def test_history_is_read_page_by_page(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    for at in range(5):
        await slack.write(ada, sales, str(at))

    page = await client.conversations_history(channel=sales.id, limit=2)
    assert [each["text"] for each in page["messages"]] == ["4", "3"]
    cursor = page["response_metadata"]["next_cursor"]
    page = await client.conversations_history(channel=sales.id, limit=2, cursor=cursor)
    assert [each["text"] for each in page["messages"]] == ["2", "1"]
    call = client.conversations_history(channel=sales.id, cursor="other")
    assert await code(call) == "invalid_cursor"
