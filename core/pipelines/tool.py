"""The promise of a tool: one kind of work that a task of a pipeline does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, NamedTuple, Protocol

import structlog
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticUndefined
from typing_extensions import override

from core.identity import Actor, Audience
from core.pipelines.board import Board

GROUP = "trellis.pipeline_tools"
"""Entry points under which a team adds tools of its own: each names a `Tool`, or what makes one."""

log = structlog.get_logger()


class Inputs(BaseModel):
    """What a tool takes; a field's description is read by people and by models."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Output(NamedTuple):
    """What a tool gives back."""

    description: str
    type: str = "object"


class Call(NamedTuple):
    """One attempt at one task, as its tool sees it."""

    actor: Actor
    tenant: str
    run_id: str
    task_id: str
    item: int | None
    """Which item of the list the task runs over, from 0; None where it runs over none."""
    attempt: int
    """From 1."""
    board: Board
    """The blackboard of the run."""
    say: Callable[[str], None] = lambda _text: None
    """Tells whoever watches what is being done."""

    @property
    def key(self) -> str:
        """What is the same whenever this very work is tried again, after a crash, too.

        A tool that changes something outside uses it to do so once.
        """
        return f"{self.run_id}:{self.task_id}:{'' if self.item is None else self.item}"


class Tool(Protocol):
    """Does one kind of work."""

    name: str
    description: str
    inputs: type[Inputs]
    output: Output
    audience: Audience = Audience.ALONE
    """Who hears what it is given. Whatever else a run does, it is told no more than they may hear:
    what one task reads, another may say."""

    async def run(self, call: Call, given: Any) -> Any:
        """Do it with what was *given*, an instance of `inputs`; return what JSON can say.

        Whatever is raised fails the attempt, and a `CoreError` says why in words for people. The
        rights of the call's actor hold; what is read on its behalf is data, never instructions.
        """
        ...


class Toolbox(Mapping[str, Tool]):
    """Every tool there is, by name."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        """Hold *tools*; of two of one name, the first."""
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            self._tools.setdefault(tool.name, tool)

    @override
    def __getitem__(self, name: str) -> Tool:
        """Return the tool of a *name*."""
        return self._tools[name]

    @override
    def __iter__(self) -> Iterator[str]:
        """Return the names in their order."""
        return iter(sorted(self._tools))

    @override
    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._tools)

    def described(self) -> list[dict[str, Any]]:
        """Return what each tool takes and gives, as the contract tells it."""
        return [_described(self[name]) for name in self]


def added() -> list[Tool]:
    """Return the tools that packages of the team bring; one that is broken is left out, and said"""
    found: list[Tool] = []
    for entry in entry_points(group=GROUP):
        try:
            offered = entry.load()
            found.append(_sound(offered() if isinstance(offered, type) else offered))
        except Exception:  # whatever a stranger's module does when it is imported
            log.exception("a tool of another package cannot be used", tool=entry.name)
    return found


def _sound(tool: Any) -> Tool:
    """Return a *tool* of somebody else's; what is none would break those that are."""
    if not (isinstance(_described(tool)["name"], str) and callable(tool.run)):
        raise TypeError("a tool has a name, a description, inputs, an output and run")
    found: Tool = tool
    return found


def _described(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "inputs": {
            field.alias or name: {
                "name": field.alias or name,
                "description": field.description or "",
                "required": field.is_required(),
                "default": None if field.default is PydanticUndefined else field.default,
            }
            for name, field in tool.inputs.model_fields.items()
        },
        "output": {
            "name": "output",
            "description": tool.output.description,
            "type": tool.output.type,
        },
    }
