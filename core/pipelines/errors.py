"""The refusals of pipelines.

* Invalid   DocumentInvalid, PipelineInvalid, PlanInvalid, ValueUnresolved
"""

from core.errors import Invalid


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


class ValueUnresolved(Invalid):
    """A template leads to nothing."""
