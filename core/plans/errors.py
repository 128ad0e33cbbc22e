"""The refusals of plans.

* Unavailable  PlanFailed
"""

from core.errors import CoreError, Unavailable


class PlanFailed(Unavailable):
    """A pipeline of the plan failed."""

    retryable = False

    def __init__(self, pipeline_id: str, cause: CoreError) -> None:
        """Say which pipeline, and why."""
        self.pipeline_id = pipeline_id
        self.cause = cause
        super().__init__(f"Pipeline '{pipeline_id}': {cause.message}")
