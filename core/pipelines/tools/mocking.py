"""A tool that does nothing, to try a pipeline with."""

from typing import Any

from pydantic import ConfigDict
from typing_extensions import override

from core.pipelines.tool import Call, Inputs, Output, Tool


class MockInputs(Inputs):
    """Whatever is given."""

    model_config = ConfigDict(extra="allow")


class Mock(Tool):
    """Does nothing, and says what it was given."""

    name = "mock"
    description = "Do nothing, and return what was given; to try a pipeline with."
    inputs: type[Inputs] = MockInputs
    output = Output("status, message, inputs, call_count.")

    def __init__(self) -> None:
        """Begin without a call."""
        self._calls = 0

    @override
    async def run(self, call: Call, given: MockInputs) -> Any:
        self._calls += 1
        return {
            "status": "success",
            "message": "Mock tool executed",
            "inputs": dict(given.model_extra or {}),
            "call_count": self._calls,
        }
