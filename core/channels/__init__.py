"""Where a platform is spoken on: workspaces, channels, and what was heard there."""

from core.channels.errors import HeardInvalid, Stopping, WorkspaceTaken, WorkspaceUnknown
from core.channels.records import Default, Hearing, Spot, Workspace, WorkspaceDraft
from core.channels.service import Channels

__all__ = [
    "Channels",
    "Default",
    "HeardInvalid",
    "Hearing",
    "Spot",
    "Stopping",
    "Workspace",
    "WorkspaceDraft",
    "WorkspaceTaken",
    "WorkspaceUnknown",
]
