"""The stand-in of Slack tells what people do in Slack's own words."""

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.bot.slack.platform import Channel, Message, Person, SlackPlatform
from tests.bot.slack.platform.asked import actions, button, client_of, plain, section
from tests.bot.slack.platform.listener import Listener, listening
from tests.bot.slack.platform.manifest import EVERYTHING
from tests.bot.slack.platform.refusals import Json


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


@pytest.fixture
async def app(slack: SlackPlatform) -> AsyncIterator[Listener]:
    async with listening(slack) as listener:
        yield listener


@pytest.fixture
def ada(slack: SlackPlatform) -> Person:
    return slack.person("Ada")


@pytest.fixture
def sales(slack: SlackPlatform, ada: Person) -> Channel:
    return slack.channel("sales", ada)


def events(app: Listener) -> list[Json]:
    return [each.payload["event"] for each in app.heard]


async def shown(slack: SlackPlatform, where: Channel, *blocks: Json, **more: Any) -> Message:
    await client_of(slack).chat_postMessage(channel=where.id, text="x", blocks=blocks, **more)
    await slack.settled()
    return slack.messages(where)[-1]


async def test_what_is_typed_is_written_out(
    slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    said = await slack.write(ada, sales, f"{ada.mention} a<b & https://a.example/?x=1&y=2")

    assert said.text == (f"<@{ada.id}> a&lt;b &amp; <https://a.example/?x=1&amp;y=2>")
    assert said.words == f"<@{ada.id}> a<b & https://a.example/?x=1&y=2"


@pytest.mark.parametrize(
    ("kind", "type"), [("channel", "C"), ("group", "C"), ("im", "D"), ("mpim", "G")]
)
async def test_every_kind_of_conversation_is_heard(
    kind: str, type: str, slack: SlackPlatform, app: Listener, ada: Person
) -> None:
    where = {
        "channel": lambda: slack.channel("a", ada),
        "group": lambda: slack.channel("a", ada, private=True),
        "im": lambda: slack.dm(ada),
        "mpim": lambda: slack.group(ada, slack.person("Vic")),
    }[kind]()
    await slack.mention(ada, where, "hello")

    told = {each["type"] for each in events(app)}
    assert told == ({"message"} if kind == "im" else {"message", "app_mention"})
    message = next(each for each in events(app) if each["type"] == "message")
    assert (message["channel_type"], message["channel"][0]) == (kind, type)


async def test_an_edit_is_told_with_what_was_before(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    said = await slack.mention(ada, sales, "how many?")
    await slack.edit(ada, said, f"<@{slack.workspace.bot_user}> how much?")

    changed = events(app)[-1] if events(app)[-1]["type"] == "message" else events(app)[-2]
    assert changed["subtype"] == "message_changed"
    assert changed["previous_message"]["text"].endswith("how many?")
    assert changed["message"]["text"].endswith("how much?")
    again = [each for each in events(app) if each["type"] == "app_mention"]
    assert [bool(each.get("edited")) for each in again] == [False, True]


async def test_a_deletion_is_told_and_a_thread_keeps_a_tombstone(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    alone = await slack.write(ada, sales, "a")
    await slack.delete(ada, alone)
    assert events(app)[-1]["subtype"] == "message_deleted"
    assert events(app)[-1]["deleted_ts"] == alone.ts
    first = await slack.write(ada, sales, "b")
    await slack.write(ada, sales, "c", thread=first)
    await slack.delete(ada, first)

    assert events(app)[-1]["message"]["subtype"] == "tombstone"
    assert [each.words for each in slack.messages(sales)] == ["This message was deleted.", "c"]


async def test_the_bot_hears_itself(slack: SlackPlatform, app: Listener, sales: Channel) -> None:
    await shown(slack, sales, section("x"))

    own = events(app)[0]
    team = slack.workspace
    assert (own["user"], own["bot_id"], own["app_id"]) == (team.bot_user, team.bot_id, slack.app_id)


async def test_another_bot_is_told_from_our_own(
    slack: SlackPlatform, app: Listener, sales: Channel
) -> None:
    other = slack.person("Other", bot=True)
    await slack.join(sales, other)
    said = await slack.mention(other, sales, "hello, fellow")

    message = next(each for each in events(app) if each["type"] == "message")
    assert message["bot_id"] not in {"", slack.workspace.bot_id}
    assert slack.answers(said) == []


async def test_a_button_tells_where_it_stood_and_what_it_says(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    asked = await slack.write(ada, sales, "how many?")
    row = actions(button("go", "Again", value="7"), block_id="row")
    answer = await shown(slack, sales, row, thread_ts=asked.ts)

    pressed = await slack.press_label(ada, answer, "Again")

    payload = pressed.payload
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "row", "7")
    assert payload["container"] == {
        "type": "message",
        "message_ts": answer.ts,
        "channel_id": sales.id,
        "is_ephemeral": False,
        "thread_ts": asked.ts,
    }
    assert payload["user"]["team_id"] == slack.workspace.id
    assert payload["message"]["ts"] == answer.ts
    assert payload["response_url"].startswith(slack.root)
    with pytest.raises(AssertionError):
        await slack.press(slack.person("Vic"), answer, "go")
    with pytest.raises(AssertionError, match="no button"):
        await slack.press_label(ada, answer, "Other")


async def test_feedback_has_two_sides(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    sides = {
        f"{side}_button": {"text": plain(label), "value": side}
        for side, label in (("positive", "👍"), ("negative", "👎"))
    }
    element = {"type": "feedback_buttons", "action_id": "f", **sides}
    answer = await shown(slack, sales, {"type": "context_actions", "elements": [element]})

    assert answer.buttons == ["👍", "👎"]
    pressed = await slack.press_label(ada, answer, "👎")
    assert pressed.payload["actions"][0]["value"] == "negative"


async def test_a_menu_tells_what_was_chosen(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    choices = [{"text": plain(each.upper()), "value": each} for each in ("a", "b")]
    select = {"type": "static_select", "action_id": "s", "options": choices}
    answer = await shown(slack, sales, actions(select))

    chosen = await slack.choose(ada, answer, "s", "B")

    assert chosen is not None
    assert chosen.payload["actions"][0]["selected_option"]["value"] == "b"
    with pytest.raises(AssertionError, match="not offered"):
        await slack.choose(ada, answer, "s", "c")


async def test_a_button_only_one_sees(
    slack: SlackPlatform, app: Listener, sales: Channel, ada: Person
) -> None:
    await client_of(slack).chat_postEphemeral(
        channel=sales.id, user=ada.id, text="x", blocks=[actions(button("go"))]
    )
    whisper = slack.whispers(sales, ada)[0]

    pressed = await slack.press(ada, whisper, "go")

    assert pressed.payload["container"]["is_ephemeral"]
    assert "message" not in pressed.payload
    vic = slack.person("Vic")
    await slack.join(sales, vic)
    with pytest.raises(AssertionError):
        await slack.press(vic, whisper, "go")


async def test_shortcuts(slack: SlackPlatform, app: Listener, sales: Channel, ada: Person) -> None:
    said = await slack.write(ada, sales, "about this")

    on_message = await slack.message_shortcut(ada, said, "message_it")
    anywhere = await slack.shortcut(ada, "global_it")

    assert on_message.payload["type"] == "message_action"
    assert on_message.payload["message"]["text"] == "about this"
    assert anywhere.payload["type"] == "shortcut"
    assert anywhere.payload["trigger_id"] in slack.triggers
    with pytest.raises(AssertionError):
        await slack.message_shortcut(ada, said, "global_it")


async def test_people_of_other_teams_are_told_apart(
    slack: SlackPlatform, app: Listener, ada: Person
) -> None:
    other = slack.team("Other", installed=False)
    eve = slack.person("Eve", team=other)
    shared = slack.channel("shared", ada, eve, shared_with=(other,))

    await slack.mention(eve, shared, "hello")

    payload = app.heard[0].payload
    assert payload["is_ext_shared_channel"]
    assert payload["team_id"] == slack.workspace.id
    message = next(each for each in events(app) if each["type"] == "message")
    assert (message["team"], message["user_team"]) == (other.id, other.id)
    with pytest.raises(AssertionError, match="the app is not in Other"):
        await slack.command(eve, shared, "/trellis")


async def test_the_agent_s_tab_is_opened_and_its_context_comes_along(
    slack: SlackPlatform, app: Listener, ada: Person, sales: Channel
) -> None:
    assert await slack.start_assistant_thread(ada, context=sales) is None
    said = await slack.say(ada, "how many?")
    await slack.switch_context(ada, None, slack.channel("other", ada))

    opened, message, changed = events(app)
    assert (opened["type"], opened["tab"]) == ("app_home_opened", "messages")
    assert message["app_context"]["entities"][0]["value"] == sales.id
    assert changed["type"] == "app_context_changed"
    assert said.thread == ""


def assistant() -> Json:
    manifest = copy.deepcopy(EVERYTHING)
    del manifest["features"]["agent_view"]
    manifest["features"]["assistant_view"] = {"assistant_description": "Answers"}
    return manifest


async def test_the_assistant_s_pane_begins_a_thread() -> None:
    async with SlackPlatform(assistant()) as slack, listening(slack) as app:
        ada = slack.person("Ada")
        sales = slack.channel("sales", ada)
        first = await slack.start_assistant_thread(ada, context=sales)
        assert first is not None
        said = await slack.say(ada, "how many?", thread=first)
        await slack.switch_context(ada, first, slack.channel("other", ada))
        alone = await slack.say(ada, "and again?")

        started, message, changed, again, _ = events(app)
        assert started["type"] == again["type"] == "assistant_thread_started"
        assert started["assistant_thread"]["context"]["channel_id"] == sales.id
        assert started["assistant_thread"]["thread_ts"] == first.ts == said.thread
        assert (message["channel_type"], message["thread_ts"]) == ("im", first.ts)
        assert changed["type"] == "assistant_thread_context_changed"
        assert alone.thread not in {"", first.ts}
        await client_of(slack).assistant_threads_setTitle(
            channel_id=slack.dm(ada).id, thread_ts=first.ts, title="Sales"
        )
        await slack.settled()
        assert events(app)[-1]["message"]["subtype"] == "assistant_app_thread"
        assert slack.title(first) == "Sales"


async def test_what_is_waited_for_in_vain_tells_its_story(
    slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    await slack.write(ada, sales, "is anybody here?")

    with pytest.raises(AssertionError, match="is anybody here"):
        await slack.until(lambda: slack.violations, within=0.01)
