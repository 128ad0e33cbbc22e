"""Notices: a saved query, posted into a channel whenever its time comes."""

from core.notices.errors import (
    ChannelUnknown,
    NoticeAmbiguous,
    NoticedTooOften,
    NoticeNotFound,
    NoticeNotYours,
    PosterGone,
    PostingFailed,
    TooManyNotices,
    WhenUnclear,
    WorkspaceAmbiguous,
    ZoneUnknown,
)
from core.notices.poster import Poster
from core.notices.posting import Attempts
from core.notices.records import Notice, NoticeDraft, Posting
from core.notices.service import Notices
from core.notices.when import When, read_when

__all__ = [
    "Attempts",
    "ChannelUnknown",
    "Notice",
    "NoticeAmbiguous",
    "NoticeDraft",
    "NoticeNotFound",
    "NoticeNotYours",
    "NoticedTooOften",
    "Notices",
    "Poster",
    "PosterGone",
    "Posting",
    "PostingFailed",
    "TooManyNotices",
    "When",
    "WhenUnclear",
    "WorkspaceAmbiguous",
    "ZoneUnknown",
    "read_when",
]
