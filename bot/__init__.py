"""Talk: the one conversation that Slack and Discord share, and how each hears and speaks."""
