"""That this process lives, told to the others of its store: they take up what a dead one left."""

from core.pulse.pulse import ALIVE, Pulse
from core.pulse.runners import Runners, clock, runners

__all__ = ["ALIVE", "Pulse", "Runners", "clock", "runners"]
