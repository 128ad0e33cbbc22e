"""The servers that Trellis moves in on."""

import pytest
from pydantic import ValidationError

from bot.discord.homes import Homes
from core.app import Core
from core.identity import Surface


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_what_broke_while_we_moved_in_is_tried_again(core: Core) -> None:
    homes = Homes(core, [7])
    with pytest.raises(ValidationError):
        await homes.move_in(7, "a name that nothing\x00 keeps", 1)

    await homes.move_in(7, "Acme", 1)

    assert (await core.channels.workspace(Surface.DISCORD, "7")).name == "Acme"
