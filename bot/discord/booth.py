"""What every speaker on Discord needs."""

from typing import NamedTuple

from bot.discord.patience import Pace, Patience
from bot.discord.wire import Wire
from core.app import Core


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
