"""What DBOS says, in the voice of the house: no advertisement, no noise of our own making."""

import logging

NOISE = (
    # We stop jobs by cancelling their tasks; they keep their place.
    "Asyncio task cancelled for workflow or step",
    # It looks whether it has to make the database, in another one that it may not be let into.
    "Could not connect to postgres database to verify",
    # A job that was left twice is one job.
    "Workflow already exists in queue",
)


def hush() -> None:
    """Let DBOS speak through our own logging, of what matters; before it is imported.

    Without a handler it brings its own, and below a warning it advertises a console of its makers
    and calls SQLite fit for development alone.
    """
    voice = logging.getLogger("dbos")
    if not voice.handlers:
        voice.addHandler(logging.NullHandler())
    voice.setLevel(logging.WARNING)
    if _worth_a_line not in voice.filters:
        voice.addFilter(_worth_a_line)


def _worth_a_line(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(NOISE)
