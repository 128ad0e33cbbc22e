"""Notices on Discord: posted once, into channels that may hear them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.discord.poster import DiscordAway, DiscordPoster, marker
from bot.discord.wire import Wire
from core.channels import Spot
from core.charts import Grid
from core.identity import Audience, Surface
from core.notices import Notice, NoticeDraft, PosterGone, Posting
from tests.bot.discord.platform import Channel
from tests.bot.discord.town import Town

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ID = "3d0b0a7c-4e4b-5a5c-8b7a-0123456789ab"


@pytest.fixture
async def poster(town: Town) -> AsyncIterator[DiscordPoster]:
    """Return who posts from a process that hears nothing."""
    wire = Wire(town.platform.url, SecretStr(town.platform.token))
    yield DiscordPoster(town.core, wire)
    await wire.close()


async def notice(town: Town, place: Channel, audience: Audience = Audience.PUBLIC) -> Notice:
    spot = Spot(
        surface=Surface.DISCORD,
        workspace=str(town.guild.id),
        channel=str(place.id),
        audience=audience,
    )
    draft = NoticeDraft(
        query="Monthly revenue", parameters={"year": 2025}, when="every Monday 9:00", spot=spot
    )
    # Discord has told of the server by now.
    await town.discord._homes.move_in(town.guild.id, town.guild.name, town.platform.bot.id)
    return await town.core.notices.create(town.stage.ada, draft)


def posting(notice: Notice, **more: Any) -> Posting:
    grid = Grid(
        id="g",
        title=None,
        columns=(("month", "text"), ("revenue", "decimal")),
        rows=(("2025-01", 387670),),
        total=1,
        truncated=False,
    )
    return Posting(**{"id": ID, "notice": notice, "at": AT, "grid": grid} | more)


async def test_a_notice_is_posted_and_found_again(town: Town, poster: DiscordPoster) -> None:
    made = await notice(town, town.sales)

    assert not await poster.posted(made, ID)
    await poster.post(made, posting(made))
    (said,) = town.platform.answers(town.sales)

    assert said.content.startswith("**Monthly revenue (year 2025)**\n")
    assert "2025-01  387,670" in said.content
    assert "every Monday" in said.content
    assert marker(ID) in said.content
    assert list(said.buttons) == [f"repeat:{made.id}"]
    assert await poster.posted(made, ID)
    assert not await poster.posted(made, ID.replace("3d", "4e"))


async def test_a_posting_whose_fate_is_unknown_is_there_once(
    town: Town, poster: DiscordPoster
) -> None:
    made = await notice(town, town.sales)
    town.platform.losing("POST", "/channels/*/messages")

    with pytest.raises(DiscordAway):
        await poster.post(made, posting(made))
    assert await poster.posted(made, ID)
    await poster.post(made, posting(made))

    assert len(town.platform.answers(town.sales)) == 1


async def test_why_there_is_no_answer_is_said_and_found_again(
    town: Town, poster: DiscordPoster
) -> None:
    made = await notice(town, town.sales)

    await poster.post(made, posting(made, grid=None, refusal="The database does not answer."))
    (said,) = town.platform.answers(town.sales)

    assert said.embeds[0]["title"] == "Monthly revenue (year 2025)"
    assert said.embeds[0]["description"] == "The database does not answer."
    assert said.embeds[0]["footer"]["text"].endswith(marker(ID))
    assert await poster.posted(made, ID)


async def test_run_now_is_answered_below(town: Town, poster: DiscordPoster) -> None:
    made = await notice(town, town.sales)
    await poster.post(made, posting(made))
    (said,) = town.platform.answers(town.sales)

    await town.platform.press(town.vic, said, "Run now")
    thread = await town.until(lambda: said.thread)

    assert "951,522.25" in (await town.answered(thread)).content


async def test_who_hears_a_channel_is_looked_up_each_time(
    town: Town, poster: DiscordPoster
) -> None:
    board = town.platform.channel(town.guild, "board", town.ada)
    public, private = await notice(town, town.sales), await notice(town, board)

    assert await poster.audience(public) is Audience.PUBLIC
    assert await poster.audience(private) is Audience.PRIVATE
    thread = await town.platform.start_thread(town.ada, town.sales, "us", private=True)
    assert await poster.audience(await notice(town, thread)) is Audience.PRIVATE
    town.guild.features.append("COMMUNITY")
    assert await poster.audience(public) is Audience.OUTSIDE


async def test_a_channel_that_is_gone_is_told_as_such(town: Town, poster: DiscordPoster) -> None:
    made = await notice(town, town.sales)
    town.platform.remove(town.sales)

    with pytest.raises(PosterGone):
        await poster.audience(made)
    with pytest.raises(PosterGone):
        await poster.post(made, posting(made))
    assert not await poster.posted(made, ID)


async def test_where_we_may_not_speak_any_more_nothing_is_posted(
    town: Town, poster: DiscordPoster
) -> None:
    made = await notice(town, town.sales)
    town.platform.forbid(town.sales, "send_messages")

    with pytest.raises(PosterGone):
        await poster.post(made, posting(made))


async def test_discord_may_be_away(town: Town, poster: DiscordPoster) -> None:
    made = await notice(town, town.sales)

    async with town.platform.down():
        with pytest.raises(DiscordAway):
            await poster.posted(made, ID)


async def test_a_wrong_token_is_told(town: Town) -> None:
    made = await notice(town, town.sales)
    wire = Wire(town.platform.url, SecretStr("wrong"))

    with pytest.raises(DiscordAway, match="DISCORD_TOKEN"):
        await DiscordPoster(town.core, wire).post(made, posting(made))
    await wire.close()
