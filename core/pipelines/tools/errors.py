"""The refusals of tools.

* Invalid      AddressRefused, PathRefused, DocumentRefused, PageMissing, ExportRefused,
               FunctionRefused, ReplyUnclear
* Unavailable  FetchFailed, SearchFailed, SettingMissing, MailFailed

What is `InputInvalid` would be the same another time, and is not tried again.
"""

from core.errors import Unavailable
from core.pipelines.errors import InputInvalid


class AddressRefused(InputInvalid):
    """Pipelines reach public addresses of the web alone."""


class PathRefused(InputInvalid):
    """Pipelines read files in the folders that this server allows alone."""


class DocumentRefused(InputInvalid):
    """The document cannot be read."""


class PageMissing(InputInvalid):
    """There is no such page on the web."""


class ExportRefused(InputInvalid):
    """The data does not fit what it is exported as."""


class FunctionRefused(InputInvalid):
    """The function does not take what it was given."""


class ReplyUnclear(Unavailable):
    """The model's answer was not what it was asked for; try again, or ask for less at once."""


class FetchFailed(Unavailable):
    """The web server did not answer."""


class SearchFailed(Unavailable):
    """The web could not be searched."""


class MailFailed(Unavailable):
    """The mail was not sent."""


class SettingMissing(InputInvalid):
    """Nobody has set this server up for that."""
