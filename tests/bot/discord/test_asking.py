"""Questions on Discord: in threads, in direct messages, and where no thread can be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, FunctionModel

from bot.asking import NEXT, TAKEN_BACK
from bot.discord.aloud import GO_ON
from bot.discord.aside import CLOSED
from bot.discord.patience import Patience
from core.page import PageAsked
from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.town import QUICK, Town
from tests.bot.models import Held, offers
from tests.minds import Scripted

REVENUE = "monthly revenue for 2025"


async def test_a_mention_is_answered_in_a_thread_of_its_own(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)

    answer = await town.in_thread(asked)

    assert asked.thread is not None
    assert asked.thread.name == REVENUE
    assert "951,522.25" in answer.content
    assert "2025-12  951,522.25" in answer.content
    assert answer.content.endswith("-# Saved query “Monthly revenue” on sample")
    (chart,) = answer.files
    assert chart.name == "Monthly_revenue.png"
    assert chart.description is not None
    assert chart.description.startswith("Line chart: Monthly revenue. 2025-01: 387670")
    assert next(iter(answer.buttons)).startswith("up:")
    assert town.platform.answers(town.sales) == ()
    assert town.platform.refusals == []


async def test_whoever_is_in_the_channel_goes_on_in_the_thread_without_a_mention(
    town: Town,
) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)
    assert asked.thread is not None

    await town.platform.say(town.vic, asked.thread, "and for 2024?")

    answer = await town.answered(asked.thread, 2)
    assert "2024-12" in answer.content
    chats = await town.core.chats.list(town.stage.ada, PageAsked())
    assert len(chats.items) == 1


async def test_people_may_talk_to_each_other_in_a_thread(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.in_thread(asked)
    assert asked.thread is not None
    thread = asked.thread

    ours = await town.platform.say(town.vic, thread, f"{town.ada.mention} is that right?")
    await town.platform.say(town.ada, thread, "I think so", reply_to=ours)
    await town.platform.say(town.vic, thread, "Revenue by region 2025", reply_to=answer)

    await town.answered(thread, 2)
    assert len(town.platform.answers(thread)) == 2
    town.platform.pings.clear()  # they called each other


async def test_without_the_intent_people_are_told_to_mention_us(open_stage: Open) -> None:
    async with DiscordPlatform(concurrency=100) as platform:
        town = Town(platform, await open_stage())
        await town.connect()

        asked = await platform.mention(town.ada, town.sales, REVENUE)
        answer = await town.in_thread(asked)
        assert asked.thread is not None
        assert answer.content.endswith(f"-# {GO_ON}")
        await platform.say(town.ada, asked.thread, "and for 2024?")
        await platform.mention(town.ada, asked.thread, "and for 2023?")
        second = await town.answered(asked.thread, 2)

        assert GO_ON not in second.content
        assert len(platform.answers(asked.thread)) == 2
        assert platform.gateway.closes == [4014]
        await town.stage.dialog.close(1)
        await town.discord.stop()


async def test_direct_messages_go_on_with_each_other(town: Town) -> None:
    dm = town.platform.dm(town.vic)
    await town.platform.say(town.vic, dm, REVENUE)
    await town.answered(dm)

    await town.platform.say(town.vic, dm, "and for 2024?")

    answer = await town.answered(dm, 2)
    assert "2024-12" in answer.content
    assert town.platform.refusals == []


async def test_a_reply_in_direct_messages_goes_on_with_what_it_replies_to(town: Town) -> None:
    dm = town.platform.dm(town.vic)
    await town.platform.say(town.vic, dm, REVENUE)
    old = await town.answered(dm)
    town.platform.clock.advance(2 * 86_400)

    await town.platform.say(town.vic, dm, "and for 2024?", reply_to=old)
    answer = await town.answered(dm, 2)

    assert "2024-12" in answer.content


async def test_the_next_day_is_another_chat(town: Town) -> None:
    dm = town.platform.dm(town.vic)
    await town.platform.say(town.vic, dm, REVENUE)
    await town.answered(dm)
    town.platform.clock.advance(2 * 86_400)

    await town.platform.say(town.vic, dm, REVENUE)
    await town.answered(dm, 2)

    vic = await town.member("vic@acme.test")
    assert len((await town.core.chats.list(vic, PageAsked())).items) == 2


async def test_where_no_thread_may_be_begun_replies_hold_a_chat_together(town: Town) -> None:
    town.platform.forbid(town.sales, "create_public_threads")
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    first = await town.answered(town.sales)
    other = await town.platform.mention(town.vic, town.sales, "Revenue by region 2025")
    second = await town.answered(town.sales, 2)

    more = await town.platform.say(town.vic, town.sales, "and for 2024?", reply_to=first)
    third = await town.answered(town.sales, 3)

    assert [each.reply_to for each in (first, second, third)] == [asked, other, more]
    assert "2024-12" in third.content
    assert town.platform.threads(town.sales) == ()
    assert len((await town.core.chats.list(town.stage.ada, PageAsked())).items) == 1


async def test_a_mention_with_no_text_is_told_what_may_be_asked(town: Town) -> None:
    await town.platform.mention(town.ada, town.sales)

    said = await town.answered(town.platform.dm(town.ada))

    assert said.content.startswith("Ask me something about your data")
    assert "-# About what you said in #sales, Acme." in said.content
    assert [each.startswith("run:") for each in said.buttons] == [True] * 4
    assert town.platform.answers(town.sales) == ()


async def test_a_mention_of_our_role_is_one_of_us(town: Town) -> None:
    role = next(each for each in town.guild.roles.values() if each.name == town.platform.bot.name)

    asked = await town.platform.say(town.ada, town.sales, f"<@&{role.id}> {REVENUE}")

    assert "951,522.25" in (await town.in_thread(asked)).content


async def test_strangers_are_told_what_to_do_and_nobody_else_is(town: Town) -> None:
    await town.platform.mention(town.stranger, town.sales, REVENUE)

    said = await town.answered(town.platform.dm(town.stranger))

    assert "/link" in said.text
    assert [each["label"] for each in said.buttons.values()] == ["I have a code"]
    assert town.platform.answers(town.sales) == ()
    assert town.platform.threads(town.sales) == ()


async def test_whoever_takes_no_direct_messages_is_told_no_more_than_that(town: Town) -> None:
    town.platform.close_dm(town.stranger)
    asked = await town.platform.mention(town.stranger, town.sales, REVENUE)

    said = await town.answered(town.sales)

    assert said.content == CLOSED.format(person=town.stranger.id)
    assert said.reply_to is asked
    assert not said.pings


async def test_other_bots_and_ourselves_are_not_answered(town: Town) -> None:
    bot = town.platform.person("other", town.guild, bot=True)

    await town.platform.mention(bot, town.sales, REVENUE)
    await town.platform.notice(town.ada, town.sales)
    await town.platform.say(town.ada, town.sales, "revenue is a topic")
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert len(town.platform.threads(town.sales)) == 1


async def test_other_servers_are_not_answered(town: Town) -> None:
    other = town.platform.guild("Other", town.ada)
    there = town.platform.channel(other, "general")

    await town.platform.mention(town.ada, there, REVENUE)
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert town.platform.answers(there) == ()
    assert town.platform.threads(there) == ()
    assert town.platform.commands(other) == {}


async def test_what_is_delivered_again_is_answered_once(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.platform.redeliver(asked)
    await town.in_thread(asked)
    await town.platform.redeliver(asked)
    again = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(again)

    assert asked.thread is not None
    assert len(town.platform.answers(asked.thread)) == 1


async def test_what_was_edited_is_answered_as_it_was_asked(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.platform.edit(town.ada, asked, f"{town.platform.bot.mention} something else")
    await town.platform.unfurl(asked)

    answer = await town.in_thread(asked)

    assert "951,522.25" in answer.content
    assert asked.thread is not None
    assert len(town.platform.answers(asked.thread)) == 1


class Telling:
    """A model that says what it is told to, piece by piece."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces

    async def _answer(self, _messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        for piece in self.pieces:
            await asyncio.sleep(0)
            yield piece

    @property
    def provider(self) -> Scripted:
        return Scripted(FunctionModel(offers, stream_function=self._answer))


@asynccontextmanager
async def opened(
    platform: DiscordPlatform, open_stage: Open, provider: Scripted, patience: Patience = QUICK
) -> AsyncIterator[Town]:
    town = Town(platform, await open_stage(provider), patience)
    try:
        await town.connect()
        yield town
    finally:
        await town.stage.dialog.close(1)
        await town.discord.stop()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def slow(platform: DiscordPlatform, open_stage: Open, held: Held) -> AsyncIterator[Town]:
    async with opened(platform, open_stage, held.provider) as town:
        yield town


async def test_an_answer_grows_by_edits(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)

    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(lambda: growing.content.startswith("Half."))
    held.go.set()
    answer = await slow.answered(thread)

    assert answer is growing
    assert answer.content == "Half. Whole."
    assert answer.versions[0].content == "-# Working on it…"
    assert len(slow.platform.answers(thread)) == 1


async def test_a_deleted_question_stops_its_answer(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(lambda: growing.content.startswith("Half."))

    await slow.platform.delete(slow.ada, asked)

    answer = await slow.answered(thread)
    assert TAKEN_BACK in answer.text
    assert not held.go.is_set()


async def test_a_second_question_in_a_thread_waits_for_the_first(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    await slow.until(held.speaking.is_set)

    await slow.platform.say(slow.ada, thread, "and another")
    said = await slow.answered(slow.platform.dm(slow.ada))
    held.go.set()
    await slow.answered(thread, 2)

    assert said.content.startswith(NEXT)
    assert [each.content for each in slow.platform.answers(thread)] == ["Half. Whole."] * 2


async def test_a_long_answer_is_several_messages_with_the_buttons_under_the_last(
    platform: DiscordPlatform, open_stage: Open
) -> None:
    paragraphs = [f"{number}. " + "some words about it " * 45 for number in range(1, 6)]
    telling = Telling(*(f"{each}\n\n" for each in paragraphs))
    async with opened(platform, open_stage, telling.provider) as town:
        asked = await platform.mention(town.ada, town.sales, "tell me a long story")
        thread = await town.until(lambda: asked.thread)
        await town.until(lambda: platform.answers(thread)[-1].buttons)

        found = platform.answers(thread)
        assert [each.content[0] for each in found] == ["1", "3", "5"]
        assert [bool(each.buttons) for each in found] == [False, False, True]


async def test_an_answer_without_end_goes_on_in_a_file(
    platform: DiscordPlatform, open_stage: Open
) -> None:
    text = "".join(f"Sentence number {number} of many.\n\n" for number in range(900))
    async with opened(platform, open_stage, Telling(text).provider) as town:
        platform.limits_off()
        asked = await platform.mention(town.ada, town.sales, "tell me everything")
        thread = await town.until(lambda: asked.thread)
        last = await town.until(
            lambda: next((each for each in platform.answers(thread) if each.files), None)
        )

        assert last.files[0].name == "answer.md"
        assert "Sentence number 899" in last.files[0].content.decode()
        assert "The whole answer is in the file." in last.content
        assert len(platform.answers(thread)) == 6


async def test_nothing_in_an_answer_rings_or_leads_away(
    platform: DiscordPlatform, open_stage: Open
) -> None:
    text = "@everyone <@&1> look at https://evil.example/x?q=1 and [this](https://evil.example)"
    async with opened(platform, open_stage, Telling(text).provider) as town:
        asked = await platform.mention(town.ada, town.sales, f"say {town.ada.mention} something")
        answer = await town.in_thread(asked)

        assert "@everyone" not in answer.content
        assert "https://" not in answer.content
        for request in platform.requests:
            body = request.body or {}
            if request.method == "POST" and request.path.endswith("/messages"):
                assert body["allowed_mentions"] == {"parse": [], "replied_user": False}
        platform.pings.clear()  # ada rang her own telephone
