"""What pipelines are written with: the tools, the schema, and a model that writes them."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from api.actor import TheCore
from api.hangup import unless_gone
from api.limits import ASK, Limits
from api.pipelines.door import Caller, Local
from api.pipelines.refused import json
from api.pipelines.wire import TEXT, Tools
from api.wire import failing, shown
from core.identity import Permission
from core.pipelines.schema import DRAFT, schema
from core.record import Record

router = APIRouter(
    prefix="/pipelines",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)

SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": {"$schema": DRAFT, "type": "object"}}}}
}


class GoalIn(Record):
    """What a pipeline is to do, in words."""

    goal: str = Field(min_length=1, max_length=10_000)
    model: str | None = Field(default=None, max_length=200)
    max_repairs: int = Field(default=2, ge=0, le=10)
    """How often the model may mend what breaks a rule."""

    model_config = shown({"goal": "Fetch the sales of a year and store a summary"})


class CompiledOut(Record):
    """A pipeline that a model wrote, and that keeps every rule."""

    text: str
    id: str
    goal: str
    attempts: int
    model: str

    model_config = shown(
        {"text": TEXT, "id": "hello", "goal": "Greet", "attempts": 1, "model": "openai:gpt-5"}
    )


@router.get("/tools", response_model=Tools)
async def list_tools(core: TheCore, caller: Caller) -> Response:
    """List what tasks may do: every tool, what it takes, and what it gives back."""
    caller.require(Permission.PIPELINES_READ)
    toolbox = core.pipelines.toolbox
    return json({"tools": list(toolbox), "metadata": toolbox.described()})


@router.get("/schema", response_model=dict[str, Any], responses=SCHEMA)
async def get_schema(core: TheCore, caller: Caller) -> Response:
    """Show the JSON Schema of a definition, for editors and generators. Ours."""
    caller.require(Permission.PIPELINES_READ)
    return json(schema(core.pipelines.toolbox))


@router.post("/compile", responses=failing(400, 404, 413, 429))
async def compile_pipeline(
    request: Request, core: TheCore, caller: Caller, asked: GoalIn
) -> CompiledOut:
    """Have a model write a pipeline from a goal in words; nothing is run. Ours."""
    limits: Limits = request.app.state.limits
    limits.hit(ASK, caller.member_id)
    writing = core.compiler.compile(
        caller, asked.goal, model=asked.model, max_repairs=asked.max_repairs
    )
    compiled = await unless_gone(request, writing)
    return CompiledOut(
        text=compiled.text,
        id=compiled.pipeline.id,
        goal=compiled.pipeline.goal,
        attempts=compiled.attempts,
        model=compiled.model,
    )
