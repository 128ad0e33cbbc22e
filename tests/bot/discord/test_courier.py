"""Letters of pipelines on Discord: carried once, where we are at home, and calling nobody."""

import pytest

from bot.letters import AddressUnclear, HeardOutside
from core.errors import CoreError
from core.pipelines import Letter
from tests.bot.discord.town import Town


def letter(town: Town, to: str | None = None, key: str = "run:task:") -> Letter:
    text = "**Done** @everyone see https://evil.example"
    return Letter(to=to or str(town.sales.id), title="Nightly run", text=text, key=key)


async def carried(town: Town, said: Letter) -> str:
    courier = town.core.couriers.find("discord")
    assert courier is not None
    return await courier.carry(town.stage.ada, said)


async def test_a_letter_is_posted_once_however_often_it_is_carried(town: Town) -> None:
    to = await carried(town, letter(town))
    await carried(town, letter(town))
    await carried(town, letter(town, key="run:other:"))

    said = town.platform.answers(town.sales)
    assert to == f"{town.guild.id}/{town.sales.id}"
    assert len(said) == 2


@pytest.mark.parametrize("to", ["#sales", "sales", "x/y", "1" * 30])
async def test_what_is_no_channel_is_refused(town: Town, to: str) -> None:
    with pytest.raises(AddressUnclear):
        await carried(town, letter(town, to))


async def test_a_channel_that_there_is_not_is_refused(town: Town) -> None:
    with pytest.raises(CoreError, match="gone, or Trellis may not speak"):
        await carried(town, letter(town, "123456789012345678"))


async def test_another_organization_does_not_speak_here(town: Town) -> None:
    member = await town.core.identity.found("Elsewhere", owner="Eve", email="eve@x.test")
    stranger = town.stage.ada.model_copy(
        update={"organization_id": member.organization_id, "member_id": member.id}
    )
    courier = town.core.couriers.find("discord")
    assert courier is not None

    with pytest.raises(AddressUnclear, match="no such workspace"):
        await courier.carry(stranger, letter(town))

    assert town.platform.answers(town.sales) == ()


async def test_where_strangers_may_join_a_pipeline_says_nothing(town: Town) -> None:
    town.guild.features.append("COMMUNITY")

    with pytest.raises(HeardOutside):
        await carried(town, letter(town))

    assert town.platform.answers(town.sales) == ()
