"""The promise of a platform that talks back."""

from collections.abc import Mapping
from typing import Protocol

from bot.cards import Card, Form
from bot.heard import Anything
from core.channels import Spot


class Speaker(Protocol):
    """Talks back to one thing that was heard, where it was heard.

    A speaker keeps its platform's limits: it throttles what grows, waits where it is told to,
    tries again what failed for a while, and splits what is too long. It raises `SpeechFailed`
    when an answer cannot be delivered at all.
    """

    fields: int
    """How many fields a form may have."""

    async def begin(self) -> Mapping[str, object] | None:
        """Show that work goes on, where the answer will stand.

        Return what is needed to find that place again in another process; None where nothing
        was shown that could be left hanging.
        """
        ...

    async def grow(self, text: str, status: str = "") -> None:
        """Show *text*, which is the whole answer so far, and what is being done.

        It may return before it is shown: calls come faster than platforms take edits, and the
        latest wins.
        """
        ...

    async def finish(self, card: Card) -> None:
        """Show the whole answer, in place of what grew.

        Without a `begin` before, it is a message of its own. It is called again when there is more
        to press; what is shown is shown once.
        """
        ...

    async def whisper(self, card: Card) -> None:
        """Show *card* to the one who was heard, and to nobody else; its files, too."""
        ...

    async def there(self) -> Spot:
        """Return where it was heard, and who hears it there by now, as the platform itself says.

        Whoever shows to everybody what was shown to one asks this before.
        """
        ...

    async def publish(self, card: Card) -> Spot:
        """Show *card* to everybody where it was heard, and return the thread that it begins.

        A `finish` that follows is shown in its place.
        """
        ...

    async def form(self, form: Form) -> None:
        """Ask for values; a platform takes this within seconds of what was heard, or never.

        Raises `SpeechFailed` where it is too late, or where nothing was pressed or commanded.
        """
        ...

    async def mend(self, card: Card) -> None:
        """Show *card* in place of the one whose button was pressed."""
        ...


class Speech(Protocol):
    """A platform, to whoever picks up what another process left."""

    async def again(self, payload: Mapping[str, object]) -> tuple[Anything, Speaker] | None:
        """Return what was heard, and who answers it; None if nobody can be answered any more."""
        ...

    async def resume(self, anchor: Mapping[str, object]) -> Speaker | None:
        """Return who finishes what was begun at *anchor*; None if it is gone."""
        ...


class SpeechFailed(Exception):
    """The platform did not take what was to be said."""

    def __init__(self, why: str = "", *, for_good: bool = False) -> None:
        """Say *why*.

        Args:
            why: in words, for the log.
            for_good: whether it never will: the channel is gone, or we were thrown out of it.
        """
        super().__init__(why)
        self.for_good = for_good
