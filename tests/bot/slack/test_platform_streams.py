"""The stand-in of Slack lets messages grow as Slack does, and ends them as Slack does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import Message, Person, SlackPlatform
from tests.bot.slack.platform.asked import (
    actions,
    button,
    client_of,
    code,
    section,
    table,
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
    return slack.person("Ada")


@pytest.fixture
async def asked(slack: SlackPlatform, ada: Person) -> Message:
    return await slack.write(ada, slack.channel("sales", ada), "how many?")


def to(asked: Message) -> dict[str, Any]:
    return {
        "channel": asked.channel.id,
        "thread_ts": asked.ts,
        "recipient_user_id": asked.author,
        "recipient_team_id": asked.team.id,
    }


async def begun(client: AsyncWebClient, asked: Message, **more: Any) -> dict[str, Any]:
    answer = await client.chat_startStream(**{**to(asked), **more})
    return {"channel": asked.channel.id, "ts": answer["ts"]}


async def test_a_message_grows_and_ends_with_blocks(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    stream = await begun(client, asked, markdown_text="There are ")
    answer = slack.answers(asked)[0]
    assert answer.streaming
    await client.chat_appendStream(**stream, markdown_text="**five**")
    assert answer.words == "There are **five**"
    stopped = await client.chat_stopStream(
        **stream, markdown_text=".", blocks=[actions(button("go"))]
    )

    assert answer.words == "There are **five**.\nGo"
    assert (answer.stopped, answer.streaming) == ("stopped", False)
    assert stopped["message"]["text"] == "There are **five**."
    assert not slack.violations
    assert not slack.warnings


async def test_slack_s_own_helper_streams(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    streamer = await client.chat_stream(**to(asked), buffer_size=4)
    await streamer.append(markdown_text="hello")
    await streamer.append(markdown_text=" you")
    await streamer.stop()

    assert slack.answers(asked)[0].words == "hello you"


STARTS: dict[str, tuple[dict[str, Any], str]] = {
    "no one to hear": ({"recipient_user_id": None}, "missing_recipient_user_id"),
    "of no team": ({"recipient_team_id": None}, "missing_recipient_team_id"),
    "of another team": ({"recipient_team_id": "T1"}, "team_not_found"),
    "to nobody": ({"recipient_user_id": "U1"}, "user_not_found"),
    "in no thread": ({"thread_ts": None}, "invalid_arguments"),
    "in another thread": ({"thread_ts": "1.000001"}, "thread_not_found"),
    "12,001": ({"markdown_text": "x" * 12_001}, "msg_too_long"),
    "both ways": (
        {"markdown_text": "a", "chunks": [{"type": "markdown_text", "text": "b"}]},
        "cannot_provide_both_markdown_text_and_chunks",
    ),
    "display": ({"task_display_mode": "grid"}, "invalid_arguments"),
    "misspelt chunk": ({"chunks": [{"type": "markdown", "text": "a"}]}, "invalid_chunks"),
    "no channel": ({"channel": "C1"}, "channel_not_found"),
}


@pytest.mark.parametrize("name", STARTS)
async def test_a_stream_that_may_not_begin(
    name: str, client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    arguments, error = STARTS[name]
    every = {**to(asked), **arguments}
    given = {name: each for name, each in every.items() if each is not None}

    assert await code(client.api_call("chat.startStream", json=given)) == error
    assert slack.answers(asked) == []


async def test_in_a_direct_message_no_one_has_to_be_named(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    asked = await slack.write(ada, slack.dm(ada), "hello")

    await client.chat_startStream(channel=asked.channel.id, thread_ts=asked.ts)

    assert {each.kind for each in slack.warnings} == {"recipient"}


async def test_a_stream_ends_after_five_minutes_whatever_comes(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    stream = await begun(client, asked, markdown_text="a")
    slack.clock.advance(200)
    await client.chat_appendStream(**stream, markdown_text="b")
    slack.clock.advance(100)
    answer = slack.answers(asked)[0]

    assert (answer.words, answer.stopped) == ("ab", "expired")
    late = client.chat_appendStream(**stream, markdown_text="c")
    assert await code(late) == "message_not_in_streaming_state"
    stop = client.chat_stopStream(**stream, markdown_text="c")
    assert await code(stop) == "message_not_in_streaming_state"
    assert answer.words == "ab"
    await client.chat_update(**stream, markdown_text="abc")
    assert answer.words == "abc"


async def test_a_stream_holds_12000_characters_in_all(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    stream = await begun(client, asked, markdown_text="a" * 6_000)
    await client.chat_appendStream(**stream, markdown_text="b" * 6_000)

    more = client.chat_appendStream(**stream, markdown_text="c")
    assert await code(more) == "msg_too_long"
    assert await code(client.chat_stopStream(**stream, markdown_text="c")) == "msg_too_long"
    assert slack.answers(asked)[0].streaming
    await client.chat_stopStream(**stream)


APPENDS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "markdown_text_or_chunks_required"),
    "no chunk": ({"chunks": []}, "markdown_text_or_chunks_required"),
    "no letter": ({"markdown_text": ""}, "no_text"),
    "the other way": (
        {"chunks": [{"type": "markdown_text", "text": "b"}]},
        "streaming_mode_mismatch",
    ),
    "no such message": ({"ts": "1.000001", "markdown_text": "b"}, "message_not_found"),
    "misspelt": ({"text": "b"}, "invalid_arguments"),
}


@pytest.mark.parametrize("name", APPENDS)
async def test_what_cannot_be_appended(
    name: str, client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    arguments, error = APPENDS[name]
    stream = await begun(client, asked, markdown_text="a")

    assert await code(client.api_call("chat.appendStream", json={**stream, **arguments})) == error
    assert slack.answers(asked)[0].words == "a"


async def test_only_a_stream_of_ones_own_is_appended_to(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    here: dict[str, Any] = {"channel": asked.channel.id}
    theirs = client.chat_appendStream(**here, ts=asked.ts, markdown_text="b")
    assert await code(theirs) == "message_not_owned_by_app"
    own = await client.chat_postMessage(**here, text="a")
    late = client.chat_appendStream(**here, ts=own["ts"], markdown_text="b")
    assert await code(late) == "message_not_in_streaming_state"


async def test_what_grows_is_not_edited(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    stream = await begun(client, asked, markdown_text="a")

    assert await code(client.chat_update(**stream, text="b")) == "streaming_state_conflict"
    await client.chat_stopStream(**stream)
    again = client.chat_stopStream(**stream)
    assert await code(again) == "message_not_in_streaming_state"
    await client.chat_update(**stream, text="b")
    assert slack.answers(asked)[0].words == "b"


async def test_stop_is_pressed(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message, ada: Person
) -> None:
    stream = await begun(client, asked, markdown_text="a")
    answer = slack.answers(asked)[0]

    await slack.stop(ada, answer)

    told = slack.told("agent_session_stopped")[0].payload["event"]
    assert told["streaming_message_ts"] == [answer.ts]
    late = client.chat_appendStream(**stream, markdown_text="b")
    assert await code(late) == "stopped_by_user"
    await client.chat_stopStream(**stream, session_status="active")
    assert slack.thread(asked).session == "active"


async def test_tasks_and_plans_are_shown(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    task = {"type": "task_update", "id": "1", "title": "Reading", "status": "in_progress"}
    plan = {"type": "plan_update", "title": "The plan"}
    stream = await begun(client, asked, chunks=[plan, task], task_display_mode="plan")
    done = {**task, "status": "complete", "title": "Read"}
    await client.chat_appendStream(**stream, chunks=[done])
    await client.chat_stopStream(**stream, chunks=[{"type": "blocks", "blocks": [section("x")]}])

    assert slack.answers(asked)[0].words == "The plan\nRead\nx"


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "task_update", "id": "1", "title": "t" * 257, "status": "complete"},
        {"type": "task_update", "id": "1", "title": "t", "status": "done"},
        {"type": "task_update", "title": "t", "status": "complete"},
        {"type": "plan_update", "title": ""},
        {"type": "blocks", "blocks": [{"type": "divider"}] * 51},
    ],
)
async def test_a_chunk_of_another_form_is_refused(
    chunk: Any, client: AsyncWebClient, asked: Message
) -> None:
    assert await code(client.chat_startStream(**to(asked), chunks=[chunk])) == "invalid_chunks"


async def test_what_stands_below_a_stream_is_checked(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    stream = await begun(client, asked, markdown_text="a")

    bad = client.chat_stopStream(**stream, blocks=[{"type": "x"}])
    assert await code(bad) == "invalid_blocks"
    two = client.chat_stopStream(**stream, blocks=[table(["a"]), table(["b"])])
    assert await code(two) == "invalid_attachments"
    assert slack.answers(asked)[0].streaming


async def test_a_status_goes_when_something_is_said_or_after_two_minutes(
    client: AsyncWebClient, slack: SlackPlatform, asked: Message
) -> None:
    here: dict[str, Any] = {"channel_id": asked.channel.id, "thread_ts": asked.ts}

    await client.assistant_threads_setStatus(**here, status="is thinking…")
    assert slack.status(asked) == "is thinking…"
    slack.clock.advance(120)
    assert slack.status(asked) == ""
    await client.assistant_threads_setStatus(**here, status="is thinking…")
    await begun(client, asked, markdown_text="a")
    assert slack.status(asked) == ""
    assert slack.thread(asked).statuses == ["is thinking…", "is thinking…"]
    lost = client.assistant_threads_setStatus(channel_id="C1", thread_ts=asked.ts, status="a")
    assert await code(lost) == "channel_not_found"
    lost = client.assistant_threads_setStatus(**{**here, "thread_ts": "1.0"}, status="a")
    assert await code(lost) == "invalid_thread_ts"
    many = client.assistant_threads_setStatus(**here, status="a", loading_messages=["a"] * 11)
    assert await code(many) == "invalid_arguments"


async def test_prompts_and_titles(
    client: AsyncWebClient, slack: SlackPlatform, ada: Person
) -> None:
    asked = await slack.say(ada, "hello")
    here: dict[str, Any] = {"channel_id": asked.channel.id}
    prompt = {"title": "t", "message": "m"}

    await client.assistant_threads_setSuggestedPrompts(**here, prompts=[prompt] * 4)
    assert slack.prompts(ada) == [prompt] * 4
    five = client.assistant_threads_setSuggestedPrompts(**here, prompts=[prompt] * 5)
    assert await code(five) == "invalid_arguments"
    await client.assistant_threads_setTitle(**here, thread_ts=asked.ts, title="Greeting")
    assert slack.title(asked) == "Greeting"
    await client.agents_sessions_setStatus(**here, thread_ts=asked.ts, status="processing")
    assert slack.thread(asked).session == "processing"
    busy = client.agents_sessions_setStatus(**here, thread_ts=asked.ts, status="busy")
    assert await code(busy) == "invalid_status"
