"""The promise of whoever posts notices on a platform."""

from typing import Protocol

from core.identity import Audience
from core.notices.records import Notice, Posting


class Poster(Protocol):
    """Speaks into a platform's channels without having been asked.

    It keeps the platform's own limits. `PosterGone` says that it can never post there again as
    things are, and pauses the notice; any other refusal of the kinds `Unavailable` and `Limited`
    may pass, and is tried again for hours.
    """

    async def audience(self, notice: Notice) -> Audience:
        """Return who hears the notice's channel now: it may have been opened to others since.

        Raises:
            PosterGone: there is no such channel any more, or we may not speak there.
        """
        ...

    async def post(self, notice: Notice, posting: Posting) -> None:
        """Post it, in one message that can be found again by the posting's id.

        What it leaves out of that message, such as a file that was refused, it does not raise for:
        once the message is there, it is posted.

        Raises:
            PosterGone: there is no such channel any more, or we may not speak there.
        """
        ...

    async def posted(self, notice: Notice, posting_id: str) -> bool:
        """Return whether the message of this posting is there.

        It is asked alone when somebody began to post it before, and may have come to the end.
        """
        ...
