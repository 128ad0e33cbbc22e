"""Values for the tasks after: the blackboard, written."""

from typing import Any

from pydantic import Field
from typing_extensions import override

from core.pipelines.tool import Call, Inputs, Output, Tool


class StoreInputs(Inputs):
    """What `store` takes."""

    key: str = Field(
        min_length=1, max_length=200, description="What later tasks read it by: {{session.key}}."
    )
    value: Any = Field(description="What is kept.")
    append: bool = Field(
        False, description="Whether it is put behind what is there, in a list, not in its place."
    )


class Store(Tool):
    """Keeps a value."""

    name = "store"
    description = "Keep a value on the blackboard, where later tasks and runs read it."
    inputs: type[Inputs] = StoreInputs
    output = Output("status, key, append, value.")

    @override
    async def run(self, call: Call, given: StoreInputs) -> Any:
        await call.board.write(given.key, given.value, append=given.append, mark=call.key)
        return {
            "status": "success",
            "key": given.key,
            "append": given.append,
            "value": given.value,
        }
