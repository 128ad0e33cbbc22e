"""The analyst's tools as the library of models wants them; imported when a model is first asked."""

from functools import cache
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema
from typing_extensions import override

from core.chats.desk import Desk
from core.chats.tools import TOOLS

ANYTHING = SchemaValidator(core_schema.dict_schema())
"""Arguments are judged at the desk, where the answer to wrong ones is ours."""
TRIES = 100
"""The library's own count of tries; the ceilings of the turn end it long before."""


class Toolset(AbstractToolset[Desk]):
    """Lends every run the same tools, which work at the run's own desk."""

    @property
    @override
    def id(self) -> str:
        return "analyst"

    @override
    async def get_tools(self, ctx: RunContext[Desk]) -> dict[str, ToolsetTool[Desk]]:
        return {
            definition.name: ToolsetTool(
                toolset=self, tool_def=definition, max_retries=TRIES, args_validator=ANYTHING
            )
            for definition in definitions()
        }

    @override
    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[Desk],
        tool: ToolsetTool[Desk],
    ) -> str:
        desk = ctx.deps
        desk.begin(ctx.usage.requests, ctx.usage.total_tokens)
        reply = await desk.call(name, tool_args)
        desk.replies[ctx.tool_call_id or ""] = reply
        if reply.failed:
            raise ToolFailed(desk.text(reply))
        return desk.text(reply)


@cache
def definitions() -> tuple[ToolDefinition, ...]:
    """Return what a model is told of the tools."""
    return tuple(
        ToolDefinition(
            name=tool.name,
            description=tool.does,
            parameters_json_schema=_bare(tool.arguments.model_json_schema()),
            strict=False,
        )
        for tool in TOOLS.values()
    )


def _bare(schema: Any) -> Any:
    """Return a schema without what says nothing to a model: titles, defaults, nulls."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) == 1:
        schema = {name: each for name, each in schema.items() if name != "anyOf"} | kinds[0]
    kept: dict[str, Any] = {}
    for name, each in schema.items():
        if name == "properties":
            kept[name] = {field: _bare(of) for field, of in each.items()}
        elif name not in {"title", "default"}:
            kept[name] = _bare(each)
    if "properties" in kept:
        kept.pop("description", None)
    return kept
