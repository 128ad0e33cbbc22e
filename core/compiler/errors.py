"""The refusals of the compiler.

* Invalid      GoalMissing, CompileFailed
"""

from core.errors import Invalid


class GoalMissing(Invalid):
    """Say in a sentence what the pipeline is for; up to 10,000 characters."""


class CompileFailed(Invalid):
    """The model wrote no pipeline that keeps the rules."""

    def __init__(self, text: str, problems: tuple[str, ...], attempts: int) -> None:
        """Keep the last *text* that it wrote, and what is wrong with it."""
        self.text = text
        self.problems = problems
        tried = "once" if attempts == 1 else f"{attempts} times"
        super().__init__(f"The model tried {tried} and wrote no valid pipeline: {problems[0]}")
