"""Documents: each kind as it is written by its own programs, and as it is broken."""
