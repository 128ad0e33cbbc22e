"""Where a platform is spoken on: workspaces, channels, and what was heard there."""

from core.channels.records import Default, Hearing, Spot, Workspace

__all__ = ["Default", "Hearing", "Spot", "Workspace"]
