"""What the app may do in a workspace; `manifest.yaml` asks for the same."""

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "mpim:history",
    "users:read",
    "users:read.email",
)
"""docs/slack.md tells what each is for."""
EXTRA = frozenset({"links:read", "links:write", "assistant:write"})
"""Without these everything but the unfurling of links, and the pane, works."""
