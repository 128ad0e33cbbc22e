"""The refusals of channels.

* Invalid      HeardInvalid
* NotFound     WorkspaceUnknown
* Conflict     WorkspaceTaken
* Unavailable  Stopping
"""

from core.errors import Conflict, Invalid, NotFound, Unavailable


class WorkspaceUnknown(NotFound):
    """Trellis is not at home in this workspace; somebody has to install it anew."""


class WorkspaceTaken(Conflict):
    """Another organization has let Trellis into that workspace; it has to be removed there first"""


class HeardInvalid(Invalid):
    """What was heard has no id by which it could be known again."""


class Stopping(Unavailable):
    """Trellis is being stopped; say it again in a moment."""
