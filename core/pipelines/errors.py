"""The refusals of pipelines.

* Invalid      DocumentInvalid, PipelineInvalid, PlanInvalid, ValueUnresolved, InputInvalid,
                OutputTooLarge, RunTooLarge
* NotFound     RunNotFound, PipelineNotFound
* Conflict     RunEnded
* Limited      TooManyRuns, BoardFull
* Unavailable  TaskFailed
"""

from core.errors import Conflict, CoreError, Invalid, Limited, NotFound, Unavailable


class DocumentInvalid(Invalid):
    """The definition cannot be read."""


class PipelineInvalid(Invalid):
    """Validation failed"""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Say every problem; `problems` has them one by one."""
        self.problems = problems
        super().__init__("; ".join(problems))


class PlanInvalid(PipelineInvalid):
    """Validation failed"""


def problems_of(refusal: CoreError) -> tuple[str, ...]:
    """Return everything that a refusal finds wrong, one by one."""
    return refusal.problems if isinstance(refusal, PipelineInvalid) else (refusal.message,)


class ValueUnresolved(Invalid):
    """A template leads to nothing."""


class InputInvalid(Invalid):
    """A tool does not take what it was given."""


class OutputTooLarge(Invalid):
    """The output is larger than 16 MB; let the tool give back less, or a file's path."""


class RunTooLarge(Invalid):
    """The outputs of a run take 64 MB at most; let its tasks give back less, or files' paths."""


class TaskFailed(Unavailable):
    """A task failed."""

    retryable = False

    def __init__(self, task_id: str, attempt: int, cause: str) -> None:
        """Say which task, on which attempt, and why: `Type: message`."""
        self.task_id = task_id
        self.attempt = attempt
        self.cause = cause
        super().__init__(f"Task '{task_id}' failed on attempt {attempt}: {cause}")


class RunNotFound(NotFound):
    """Run not found"""


class RunEnded(Conflict):
    """Cannot cancel run in current state"""


class PipelineNotFound(NotFound):
    """Pipeline not found"""


class TooManyRuns(Limited):
    """As many pipelines run as may at once; try again when one has ended."""


class BoardFull(Limited):
    """The blackboard holds 10,000 values, as many as it may; let tasks store less."""
