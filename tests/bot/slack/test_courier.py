"""Letters of pipelines on Slack: carried once, where we are at home, and calling nobody."""

import pytest

from bot.letters import AddressUnclear, HeardOutside
from core.errors import CoreError
from core.pipelines import Letter
from tests.bot.slack.room import Room


def letter(room: Room, to: str | None = None, key: str = "run:task:") -> Letter:
    text = "**Done** <!channel> see https://evil.example"
    # The stage has a second workspace.
    place = to or f"{room.slack.workspace.id}/{room.sales.id}"
    return Letter(to=place, title="Nightly run", text=text, key=key)


async def carried(room: Room, said: Letter) -> str:
    courier = room.core.couriers.find("slack")
    assert courier is not None
    return await courier.carry(room.stage.ada, said)


async def test_a_letter_is_posted_once_however_often_it_is_carried(room: Room) -> None:
    to = await carried(room, letter(room))
    await carried(room, letter(room))
    await carried(room, letter(room, key="run:other:"))

    said = room.slack.messages(room.sales)
    assert to.endswith(f"/{room.sales.id}")
    assert len(said) == 2
    assert "Nightly run" in said[0].text or "Nightly run" in str(said[0].blocks)
    assert "<!channel>" not in str(said[0].blocks)


@pytest.mark.parametrize(
    "to", ["#sales", "sales", "", "C0/..", "T0NOBODY/C0123456789", "C0123456789"]
)
async def test_what_is_no_channel_is_refused(room: Room, to: str) -> None:
    with pytest.raises(AddressUnclear):
        await carried(room, letter(room, to or " "))


async def test_a_channel_that_there_is_not_is_refused(room: Room) -> None:
    with pytest.raises(CoreError, match="gone, or Trellis may not speak"):
        await carried(room, letter(room, f"{room.slack.workspace.id}/C0999999999"))


async def test_another_organization_does_not_speak_here(room: Room) -> None:
    member = await room.core.identity.found("Elsewhere", owner="Eve", email="eve@x.test")
    stranger = room.stage.ada.model_copy(
        update={"organization_id": member.organization_id, "member_id": member.id}
    )
    courier = room.core.couriers.find("slack")
    assert courier is not None

    with pytest.raises(AddressUnclear, match="no such workspace"):
        await courier.carry(stranger, letter(room))

    assert room.slack.messages(room.sales) == []


async def test_what_a_pipeline_says_stays_with_its_own_organization(room: Room) -> None:
    partner = room.slack.team("Partner")
    shared = room.slack.channel("joint", shared_with=(partner,))

    with pytest.raises(HeardOutside):
        await carried(room, letter(room, f"{room.slack.workspace.id}/{shared.id}"))

    assert room.slack.messages(shared) == []
