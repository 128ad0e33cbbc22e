"""Talk: Slack and Discord; their issue fills this room."""
