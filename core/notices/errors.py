"""The refusals of notices.

* Invalid      WhenUnclear, NoticedTooOften, ZoneUnknown, ChannelUnknown
* Denied       NoticeNotYours, MakerGone
* NotFound     NoticeNotFound, PosterGone
* Conflict     NoticeAmbiguous, WorkspaceAmbiguous
* Limited      TooManyNotices
* Unavailable  PostingFailed, PostingBroken
"""

from core.errors import Conflict, Denied, Invalid, Limited, NotFound, Unavailable

EXAMPLES = (
    "every Monday 9:00; every weekday at 8:30; daily 17:00; mondays and thursdays 9:00; "
    "every month on the 1st at 7:00; every hour; or five fields of cron: 0 9 * * 1"
)


class WhenUnclear(Invalid):
    """That says no time at which something can be repeated."""

    def __init__(self, text: str) -> None:
        """Say what was not understood, and what would be."""
        self.text = text
        said = f"“{text[:80]}” says no time at which something can be repeated."
        super().__init__(f"{said} Understood are: {EXAMPLES}.")


class NoticedTooOften(Invalid):
    """A notice comes every five minutes at most."""


class ZoneUnknown(Invalid):
    """A time zone has a name such as Europe/Berlin, America/New_York or UTC."""


class ChannelUnknown(Invalid):
    """A channel is given by its platform's own id, such as C0123456789 or 80351110224678912."""


class WorkspaceAmbiguous(Conflict):
    """There are several workspaces; name one."""


class NoticeNotFound(NotFound):
    """Notice not found"""


class NoticeAmbiguous(Conflict):
    """Several notices have that title; give the id of one."""


class NoticeNotYours(Denied):
    """Only who made a notice, or an admin, changes it."""


class TooManyNotices(Limited):
    """There are as many notices as there may be; delete some first."""


class PosterGone(NotFound):
    """The channel is gone, or Trellis may not speak there any more."""


class MakerGone(Denied):
    """Whoever made this notice is no member any more, or may make no notices any more."""


class PostingFailed(Unavailable):
    """The platform did not take it."""


class PostingBroken(Unavailable):
    """Something broke on our side; the worker's log says more."""
