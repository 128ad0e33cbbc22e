"""The refusals of uploads; what is wrong with a file is `core.sheets.FileRefused`."""

from core.errors import Conflict, Denied, Invalid, Limited, NotFound


class UploadNotFound(NotFound):
    """Upload not found"""


class TooManyFiles(Invalid):
    """One to five files may be uploaded at once, each at most 30 MB."""


class UploadsFull(Conflict):
    """There is no room for more uploads; delete chats that have some."""


class UploadsBusy(Conflict):
    """Another upload to this chat was made at the same time; send yours again."""


class UploadsQueued(Limited):
    """Many files of your organization wait to be read already; try again in a minute."""


class LinkInvalid(Denied):
    """The link to this file is not valid any more; open the chat again for a new one."""
