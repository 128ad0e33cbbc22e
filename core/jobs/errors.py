"""The refusals of jobs.

* NotFound     JobNotFound
* Unavailable  JobFailed, JobsUnavailable (JobsUnfit)
"""

from core.errors import NotFound, Unavailable


class JobNotFound(NotFound):
    """Job not found"""


class JobFailed(Unavailable):
    """The job failed; the worker's log says why."""


class JobsUnavailable(Unavailable):
    """The store of background work does not answer; try again in a moment."""


class JobsUnfit(JobsUnavailable):
    """Background work cannot be done by this Python with this SQLite."""


class PartFailed(Exception):
    """A part of a job failed, now or before a crash; both are told alike."""

    def __init__(self, kind: str, message: str) -> None:
        """Say what was raised: the name of its class, and what it said."""
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
