"""What the store of jobs tells, in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.ids import JobId, OrganizationId
from core.jobs.errors import JobsUnavailable
from core.jobs.records import Job, JobState

if TYPE_CHECKING:  # see durable.py
    from dbos import WorkflowStatus

SCHEMA = "trellis_jobs"
"""Where its tables stand on PostgreSQL, apart from ours."""
STATES = {
    "DELAYED": JobState.WAITING,
    "ENQUEUED": JobState.WAITING,
    "PENDING": JobState.RUNNING,
    "SUCCESS": JobState.DONE,
    "ERROR": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": JobState.FAILED,
}
ENDED = [name for name, state in STATES.items() if state.ended]

log = structlog.get_logger()


def job_of(found: "WorkflowStatus") -> Job:
    """Return a workflow of DBOS as a job."""
    inputs: Any = found.input or {}
    given: tuple[Any, ...] = inputs.get("args") or ({},)
    return Job(
        id=JobId(found.workflow_id),
        organization_id=OrganizationId(found.authenticated_user or ""),
        name=found.name,
        given=given[0],
        state=STATES[found.status],
        result=found.output,
        problem=None if found.error is None else str(found.error),
    )


@contextmanager
def refusing() -> Iterator[None]:
    """Say plainly that the store of jobs is out of reach.

    Raises:
        JobsUnavailable: it is.
    """
    try:
        yield
    except (SQLAlchemyError, OSError, sqlite3.Error) as error:
        said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        log.debug("the store of jobs refused", reason=said)
        if "permission denied" in said.lower():
            raise JobsUnavailable(
                f"The schema {SCHEMA} of background work cannot be made or used: give Trellis' "
                "login the right to create in its database."
            ) from error
        raise JobsUnavailable from error
