"""What every speaker on Discord needs."""

from collections.abc import Callable
from typing import NamedTuple

from bot.discord.patience import Pace, Patience
from bot.discord.where import Where
from bot.discord.wire import Wire
from core.app import Core
from core.channels import Spot
from core.identity import Audience


class Booth(NamedTuple):
    """The parts that speakers share."""

    core: Core
    wire: Wire
    patience: Patience
    pace: Pace
    me: int
    """Our own id."""
    app: int
    """Our application's."""
    hears: Callable[[Where], Audience | None]
    """Who hears a place by now; None where Discord has not told of its server yet."""

    def spot(self, spot: Spot, where: Where) -> Spot:
        """Return where something was said, with those who hear it by now."""
        heard_by = self.hears(where)
        return spot if heard_by is None else spot.model_copy(update={"audience": heard_by})
