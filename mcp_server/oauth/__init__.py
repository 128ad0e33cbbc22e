"""OAuth 2.1, so that a program can be let in by this server's address alone."""
