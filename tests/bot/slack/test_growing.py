"""An answer that grows: by streams, by edits, and where Slack does not play along."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Button, Card
from bot.slack.growing import Growing
from bot.slack.harmless import GAP
from bot.slack.pace import Clock, Pace
from bot.slack.streamed import Stopped
from bot.slack.told import Where
from bot.slack.web import Busy, Lost, Refused, Web
from bot.slack.written import Written
from core.charts import grid
from tests.bot.slack.conftest import manifest
from tests.bot.slack.platform.nouns import Channel, Message, Person
from tests.bot.slack.platform.platform import SlackPlatform

PRESS = ((Button(label="Again", press="rerun:1"),),)
TABLE = grid([("n", "integer")], [[1], [2]], title="Numbers")


class Thread(NamedTuple):
    """A question in a channel, and what answers it."""

    slack: SlackPlatform
    web: Web
    channel: Channel
    ada: Person
    asked: Message

    def growing(self, key: str = "a", *, streams: bool = True) -> Growing:
        where = Where(self.channel.id, self.asked.ts)
        written = Written(self.web, where, key, self.asked.ts)
        return Growing(written, (self.ada.team.id, self.ada.id), streams=streams)

    def answers(self) -> list[Message]:
        return self.slack.answers(self.asked)

    def said(self) -> str:
        """Return all that is read in the answers, without what nobody sees."""
        return "".join(_read(each) for each in self.answers()).replace(GAP, "")


def _read(message: Message) -> str:
    if message.stream is not None and not message.stream.replaced:
        return message.stream.text
    return message.words


@pytest.fixture
async def thread() -> AsyncIterator[Thread]:
    async with SlackPlatform(manifest()) as slack, ClientSession() as session:
        ada = slack.person("Ada")
        channel = slack.channel("sales", ada)
        asked = await slack.write(ada, channel, "how many?")

        async def sleep(seconds: float) -> None:
            slack.clock.advance(seconds)

        async def dead(_team: str) -> None:
            return

        client = AsyncWebClient(
            token=slack.workspace.bot_token,
            base_url=slack.url,
            session=session,
            retry_handlers=[],
        )
        pace = Pace(Clock(slack.clock.now, sleep))
        web = Web(client, pace, team=slack.workspace.id, us=slack.workspace.bot_user, dead=dead)
        yield Thread(slack, web, channel, ada, asked)


async def test_what_grows_is_streamed_and_ends_with_what_stands_below(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("There are ")
    await growing.show("There are **five** of them.")

    (answer,) = thread.answers()
    assert answer.streaming

    await growing.finish(
        Card(text="There are **five** of them. All told.", tables=(TABLE,), controls=PRESS), {}
    )

    assert answer.stopped == "stopped"
    assert answer.stream is not None
    assert answer.stream.text == "There are **five** of them. All told."
    assert answer.table == [["n"], ["1"], ["2"]]
    assert answer.buttons == ["Again"]
    assert not thread.slack.called("chat.update")
    assert not thread.slack.violations


async def test_more_to_press_comes_into_the_same_message(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("Five.")
    card = Card(text="Five.", tables=(TABLE,), controls=PRESS)
    await growing.finish(card, {})

    await growing.finish(card.model_copy(update={"controls": (*PRESS, *PRESS)}), {})
    await growing.finish(card.model_copy(update={"controls": (*PRESS, *PRESS)}), {})

    (answer,) = thread.answers()
    assert answer.buttons == ["Again", "Again"]
    assert "Five." in answer.words
    assert len(thread.slack.called("chat.update")) == 1
    assert not thread.slack.violations


async def test_a_long_answer_goes_on_in_a_new_message_and_no_sign_of_it_is_lost(
    thread: Thread,
) -> None:
    growing = thread.growing()
    text = "".join(
        f"Paragraph {at} says that {at} is a number & <b> is none.\n\n" for at in range(900)
    )
    for end in range(0, len(text), 1_700):
        await growing.show(text[:end])
        thread.slack.clock.advance(1)
    await growing.finish(Card(text=text, controls=PRESS), {})

    answers = thread.answers()
    assert len(answers) > 5
    assert all(each.stopped == "stopped" for each in answers[:3])
    assert thread.said().replace("Again", "").split() == text.split()
    assert answers[-1].buttons == ["Again"]
    assert not thread.slack.violations


async def test_a_fence_that_is_cut_is_closed_and_opened_again(thread: Thread) -> None:
    growing = thread.growing()
    lines = [f"SELECT {at} FROM somewhere_with_a_name" for at in range(400)]
    text = "```sql\n" + "\n".join(lines) + "\n```\nDone."
    for end in range(0, len(text), 900):
        await growing.show(text[:end])
        thread.slack.clock.advance(1)
    await growing.finish(Card(text=text), {})

    streamed = [each.stream.text for each in thread.answers() if each.stream]
    assert len(streamed) == 2
    assert streamed[0].endswith("\n```")
    assert streamed[1].startswith("```sql\n")
    told = thread.said().replace("```sql", "").replace("```", "")
    assert told.split() == text.replace("```sql", "").replace("```", "").split()
    assert not thread.slack.violations


async def test_a_stream_is_ended_before_slack_ends_it(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("The first half, ")
    thread.slack.clock.advance(241)
    await growing.tick()
    (first,) = thread.answers()
    assert first.stopped == "stopped"

    await growing.show("The first half, and the second.")
    await growing.finish(Card(text="The first half, and the second.", controls=PRESS), {})

    first, second = thread.answers()
    assert first.stream is not None
    assert first.stream.text == "The first half, "
    assert second.stream is not None
    assert second.stream.text == "and the second."
    assert not thread.slack.violations


async def test_what_an_expired_stream_did_not_take_is_written_by_an_edit(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("The first half, ")
    thread.slack.clock.advance(301)

    await growing.show("The first half, and the second.")
    await growing.finish(Card(text="The first half, and the second.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("The first half, and the second.")
    assert answer.buttons == ["Again"]
    assert not thread.slack.violations


@pytest.mark.parametrize("after", [True, False], ids=["taken", "not taken"])
async def test_a_piece_of_which_nobody_knows_whether_it_was_taken_is_there_once(
    thread: Thread, after: bool
) -> None:
    growing = thread.growing()
    await growing.show("One, ")
    thread.slack.fail("chat.appendStream", "", after=after)

    await growing.show("One, two, ")
    await growing.show("One, two, three.")
    await growing.finish(Card(text="One, two, three.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("One, two, three.")
    assert not thread.slack.violations


@pytest.mark.parametrize("after", [True, False], ids=["begun", "not begun"])
async def test_a_stream_of_which_nobody_knows_whether_it_began_is_one_message(
    thread: Thread, after: bool
) -> None:
    growing = thread.growing()
    thread.slack.fail("chat.startStream", "", after=after)

    await growing.show("One, ")
    await growing.show("One, two.")
    await growing.finish(Card(text="One, two.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("One, two.")
    assert not thread.slack.violations


@pytest.mark.parametrize("after", [True, False], ids=["stopped", "not stopped"])
async def test_a_stream_of_which_nobody_knows_whether_it_ended_is_whole(
    thread: Thread, after: bool
) -> None:
    growing = thread.growing()
    await growing.show("One, ")
    thread.slack.fail("chat.stopStream", "", after=after)

    await growing.finish(Card(text="One, two.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("One, two.")
    assert answer.buttons == ["Again"]
    assert not thread.slack.violations


@pytest.mark.parametrize("after", [True, False], ids=["posted", "not posted"])
async def test_a_message_of_which_nobody_knows_whether_it_was_posted_is_there_once(
    thread: Thread, after: bool
) -> None:
    growing = thread.growing(streams=False)
    thread.slack.fail("chat.postMessage", "", after=after)

    with pytest.raises(Lost):
        await growing.show("One, ")
    await growing.show("One, two.")
    await growing.finish(Card(text="One, two.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("One, two.")
    assert not thread.slack.violations


async def test_where_streams_are_refused_an_answer_grows_by_edits(thread: Thread) -> None:
    thread.slack.fail("chat.startStream", "channel_type_not_supported")
    growing = thread.growing()

    for end in range(10, 200, 10):
        await growing.show("Words in a row. "[:16] * (end // 10))
        thread.slack.clock.advance(1)
    await growing.finish(Card(text="Words in a row. " * 19, controls=PRESS), {})
    again = thread.growing("b")
    await again.show("Five.")
    await again.finish(Card(text="Five."), {})

    assert len(thread.answers()) == 2
    assert len(thread.slack.called("chat.startStream")) == 1
    assert not thread.slack.violations


async def test_edits_that_slack_would_not_take_are_left_out(thread: Thread) -> None:
    growing = thread.growing(streams=False)
    for end in range(1, 120):
        await growing.show("word " * end)
    await growing.finish(Card(text="word " * 119, controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.buttons == ["Again"]
    assert len(thread.slack.called("chat.update")) < 30
    assert not thread.slack.violations


async def test_what_slack_wants_later_comes_later(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("One, ")
    thread.slack.fail("chat.appendStream", "ratelimited", retry_after=30)

    await growing.show("One, two, ")
    assert "two" not in thread.said()
    thread.slack.fail("chat.stopStream", "ratelimited", retry_after=20)
    await growing.finish(Card(text="One, two, three.", controls=PRESS), {})

    assert thread.said().startswith("One, two, three.")
    assert not [each for each in thread.slack.violations if each.kind == "impatient"]


async def test_a_text_that_is_another_than_what_grew_takes_its_place(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("I believe that ")

    await growing.finish(Card(title="Five", text="There are five.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("Five\nThere are five.")
    assert not thread.slack.violations


async def test_who_presses_stop_is_heard(thread: Thread) -> None:
    growing = thread.growing()
    await growing.show("One, ")
    (answer,) = thread.answers()
    await thread.slack.stop(thread.ada, answer)

    with pytest.raises(Stopped):
        await growing.show("One, two, ")
    await growing.finish(Card(text="One, two, ", notes=("Interrupted.",)), {})

    assert "One, two," in answer.words
    assert "Interrupted." in answer.words
    assert len(thread.answers()) == 1


async def test_another_process_finishes_what_was_left_in_the_same_messages(
    thread: Thread,
) -> None:
    left = thread.growing()
    await left.show("Half of ")

    heir = thread.growing()
    assert await heir.adopt()
    await heir.finish(Card(text="Half of it is all there is.", controls=PRESS), {})

    (answer,) = thread.answers()
    assert answer.words.startswith("Half of it is all there is.")
    assert answer.buttons == ["Again"]
    assert not thread.slack.violations


async def test_another_process_does_not_say_again_what_was_said(thread: Thread) -> None:
    card = Card(text="word " * 4_000, controls=PRESS)
    await thread.growing().finish(card, {})
    count = len(thread.answers())

    heir = thread.growing()
    await heir.adopt()
    await heir.finish(card, {})

    assert len(thread.answers()) == count > 1
    assert not thread.slack.violations


async def test_a_channel_that_is_gone_is_refused_for_good(thread: Thread) -> None:
    growing = thread.growing()
    await thread.slack.archive(thread.channel)

    with pytest.raises(Refused) as refused:
        await growing.finish(Card(text="Five."), {})

    assert refused.value.for_good


async def test_a_platform_that_is_away_for_long_takes_the_answer_once_it_is_back(
    thread: Thread,
) -> None:
    growing = thread.growing()
    thread.slack.down(600)
    card = Card(text="Five.", controls=PRESS)

    tries = 0
    while not thread.answers():
        try:
            await growing.finish(card, {})
        except (Lost, Busy):
            tries += 1
            thread.slack.clock.advance(10)

    assert tries > 5
    (answer,) = thread.answers()
    assert answer.buttons == ["Again"]
    assert not thread.slack.violations


HOSTILE = (
    "<!channel> <!everyone> <!here|x> <@U0123> <#C0123|x> <!subteam^S1> @everyone @here "
    "<https://evil.example|click> [click](https://evil.example) ![x](https://evil.example/p.png) "
    "https://evil.example www.evil.example &lt;!channel&gt; <mailto:a@b.c|x> [a]: https://evil.example"
)


@pytest.mark.parametrize("streams", [True, False])
async def test_nothing_in_an_answer_pings_or_links(thread: Thread, streams: bool) -> None:
    growing = thread.growing(streams=streams)
    for end in range(0, len(HOSTILE), 7):
        await growing.show(HOSTILE[:end])
        thread.slack.clock.advance(5)
    await growing.finish(Card(text=HOSTILE, notes=(HOSTILE,), controls=PRESS), {})

    (answer,) = thread.answers()
    raw = str([answer.text, answer.markdown, answer.stream and answer.stream.text])
    for token in (
        "<!",
        "<@",
        "<#",
        "<http",
        "](http",
        "://",
        "www.",
        "<mailto",
        "@everyone",
        "@here",
    ):
        assert token not in raw
    assert "'type': 'link'" not in str(answer.shown)
    assert "'type': 'broadcast'" not in str(answer.shown)
    assert "mrkdwn" not in str(answer.shown)
    assert not thread.slack.violations
