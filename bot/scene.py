"""Something that was heard, once it is known who said it."""

from typing import NamedTuple

from bot.heard import Anything
from bot.speaker import Speaker
from core.identity import Actor, Audience, Surface


class Scene(NamedTuple):
    """Who said what, and who answers it."""

    actor: Actor
    """Standing where it was said: with its place, and with those who hear the answer."""
    heard: Anything
    speaker: Speaker

    @property
    def alone(self) -> Actor:
        """Return the same actor with nobody listening, as for what is whispered.

        The place stays, so that what is said there can be looked up.
        """
        return self.actor.model_copy(update={"audience": Audience.ALONE})


def command(surface: Surface, words: str) -> str:
    """Return a command as it is typed on a platform."""
    return f"/trellis {words}" if surface is Surface.SLACK else f"/{words}"
