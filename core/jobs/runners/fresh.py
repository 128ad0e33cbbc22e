"""What is known to be new need not be looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.ids import JobId


class Fresh:
    """The parts under way of which it is known that nobody has done them.

    Before every step DBOS asks its store whether it was done before: as much work again as to
    remember it. We have asked for all the steps of a job at once, when it was begun. That a job
    was cancelled, or is another worker's by now, DBOS finds out whenever it remembers a step, in
    one transaction with that.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._parts: set[tuple[str, int]] = set()

    def teach(self, store: Any) -> None:
        """Let the *store* of DBOS not look for them."""
        look = store.check_operation_execution

        def found(workflow_id: str, function_id: int, function_name: str) -> Any:
            if (workflow_id, function_id) in self._parts:
                return None
            return look(workflow_id, function_id, function_name)

        # Nothing public says that a step is new.
        store.check_operation_execution = found

    @contextmanager
    def part(self, job_id: JobId, number: int) -> Iterator[None]:
        """Know of one."""
        self._parts.add((job_id, number))
        try:
            yield
        finally:
            self._parts.discard((job_id, number))
