"""What Slack delivered, noted down: as much as answering takes, in this process or another."""

import time
from enum import StrEnum

from pydantic import Field

from core.record import Record

HOOK_LIFE = 1_740.0
"""Seconds for which a `response_url` is used; Slack takes it for half an hour."""
HOOK_USES = 5
TRIGGER_LIFE = 2.8
"""Seconds within which a modal can be opened; Slack gives three."""


class Kind(StrEnum):
    """What was done."""

    ASKED = "asked"
    COMMANDED = "commanded"
    PRESSED = "pressed"
    SUBMITTED = "submitted"


class Note(Record):
    """Something that somebody said or did."""

    id: str
    kind: Kind
    team: str
    user: str
    channel: str = ""
    """Empty for what is pressed on the home tab, which is in no channel."""
    channel_kind: str = ""
    """What Slack calls the channel's kind, where it says so."""
    shared: bool | None = None
    """Whether other organizations hear it, where Slack says so."""
    thread: str | None = None
    """The thread that the answer belongs into."""
    ts: str = ""
    """The message that says it, or on which something was pressed."""
    said: bool = False
    """Whether that message is the asker's own, and who deletes it takes it back."""
    active: bool = False
    """Whether the thread has begun already: Slack whispers in no other."""
    whispered: bool = False
    """Whether what was pressed on is seen by nobody else."""
    private: bool = False
    """Whether the answer is for the asker alone."""
    text: str = ""
    """What was said, or follows the verb, in Slack's own markup."""
    verb: str = ""
    press: str = ""
    value: str = ""
    values: dict[str, str] = Field(default={})
    hook: str = ""
    """Where answers may be posted to for a while."""
    trigger: str = ""
    at: float = 0.0
    """Seconds since 1970 at which it came."""

    @property
    def hook_works(self) -> bool:
        """Whether Slack still takes what is posted to the hook."""
        return bool(self.hook) and time.time() < self.at + HOOK_LIFE

    @property
    def trigger_works(self) -> bool:
        """Whether a modal may still be opened."""
        return bool(self.trigger) and time.time() < self.at + TRIGGER_LIFE
