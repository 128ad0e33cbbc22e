"""Where a platform is spoken on: workspaces, channels, and what was heard there."""

from core.channels.errors import (
    HeardInvalid,
    InvitationUsed,
    Stopping,
    WorkspaceTaken,
    WorkspaceUnknown,
)
from core.channels.invitations import Invited
from core.channels.records import DIRECT, Default, Hearing, Spot, Workspace, WorkspaceDraft
from core.channels.service import Channels

__all__ = [
    "DIRECT",
    "Channels",
    "Default",
    "HeardInvalid",
    "Hearing",
    "InvitationUsed",
    "Invited",
    "Spot",
    "Stopping",
    "Workspace",
    "WorkspaceDraft",
    "WorkspaceTaken",
    "WorkspaceUnknown",
]
