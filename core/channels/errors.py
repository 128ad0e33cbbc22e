"""The refusals of channels.

* Invalid      HeardInvalid, InvitationUsed
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


class InvitationUsed(Invalid):
    """That way to let a workspace in was used already, or is too old; begin anew."""


class Stopping(Unavailable):
    """Trellis is being stopped; say it again in a moment."""
