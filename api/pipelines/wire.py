"""What goes in and comes out of the routes of pipelines, as their contract names it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StrictBool, StringConstraints

from api.wire import failing, shown
from core.ids import MemberId, RunId
from core.pipelines import Options, Run, RunDraft, RunEvent, RunResult, RunState
from core.record import Record, Storable

GREET: dict[str, JsonValue] = {
    "id": "hello",
    "goal": "Greet the world",
    "tasks": [
        {
            "id": "greet",
            "tool": "llm_job",
            "inputs": {"prompt": "Say hello in one sentence."},
        }
    ],
}
PLAN: dict[str, JsonValue] = {
    "id": "report",
    "goal": "Fetch sales and tell what they mean",
    "inputs": {"year": 2025},
    "sub_pipelines": [
        {"id": "fetch", "goal": "Fetch sales", "stores": ["sales"], "inputs": ["year"]},
        {"id": "tell", "goal": "Tell what they mean", "reads": ["sales"]},
    ],
}
SAID: JsonValue = "Hello, world! It's wonderful to meet you."
RESULT: dict[str, JsonValue] = {
    "outputs": {"greet": SAID},
    "waves_executed": 1,
    "tasks_executed": 1,
}
RUN = "a3f7b2c1d4e5f6a7b8c9d0e1f2a3b4c5"
TEXT = "pipeline:\n  id: hello\n  goal: Greet\n  tasks:\n    - {id: greet, tool: mock}\n"
MEMBER = "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11"
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
]


class RunIn(Record):
    """A pipeline, and what it is run with."""

    pipeline: dict[str, Any]
    """The definition: `id`, `goal`, `tasks`, perhaps `params` and `inputs`; see /pipelines/schema.
    """
    inputs: dict[str, Any] = Field(default={})
    """`{{pipeline.inputs…}}`; those that are called like a param are its value, too."""
    session: dict[str, Any] = Field(default={})
    """What stands on the blackboard before the first task: `{{session…}}`."""
    options: Options = Options()
    collect_events: StrictBool = False
    """Whether each task's beginning and end is told."""
    tenant_id: Name = "default"
    """Whose blackboard it is; only runs in the background share one."""

    model_config = shown({"pipeline": {**GREET}, "options": {"per_task_timeout": 30}})

    def draft(self) -> RunDraft:
        """Return it in the words of the core."""
        return RunDraft(
            pipeline=self.pipeline,
            inputs=self.inputs,
            session=self.session,
            options=self.options,
            collect_events=self.collect_events,
            tenant=self.tenant_id,
        )


class PlanIn(Record):
    """A plan."""

    plan: dict[str, Any]
    """`id`, `goal`, `inputs` and `sub_pipelines` with what they read and store."""

    model_config = shown({"plan": {**PLAN}})


class Detail(Record):
    """A no, in words."""

    detail: str

    model_config = shown({"detail": "Run not found"})


class Problem(Record):
    """What makes a body none."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any = None
    ctx: dict[str, Any] | None = None


class Problems(Record):
    """Why a body is no JSON, or has no pipeline."""

    detail: tuple[Problem, ...]

    model_config = shown(
        {
            "detail": [
                {
                    "type": "missing",
                    "loc": ["body", "pipeline"],
                    "msg": "Field required",
                    "input": {},
                }
            ]
        }
    )


class CheckedOut(Record):
    """What looking at a definition found."""

    ok: bool
    errors: tuple[str, ...] | None
    message: str

    model_config = shown({"ok": True, "errors": None, "message": "Pipeline is valid"})


class ToolInput(Record):
    """One input of a tool."""

    name: str
    description: str
    required: bool
    default: Any


class Output(Record):
    """What a tool gives back."""

    name: str
    description: str
    type: str


class ToolOut(Record):
    """A tool that tasks may use."""

    name: str
    description: str
    inputs: dict[str, ToolInput]
    output: Output


class Tools(Record):
    """Every tool there is."""

    tools: tuple[str, ...]
    """Their names, sorted."""
    metadata: tuple[ToolOut, ...]

    model_config = shown(
        {
            "tools": ["llm_job"],
            "metadata": [
                {
                    "name": "llm_job",
                    "description": "Run a single LLM prompt and return the response text.",
                    "inputs": {
                        "prompt": {
                            "name": "prompt",
                            "description": "What the model is asked.",
                            "required": True,
                            "default": None,
                        }
                    },
                    "output": {
                        "name": "output",
                        "description": "LLM response text",
                        "type": "string",
                    },
                }
            ],
        }
    )


class EventOut(Record):
    """Something that happened in a run."""

    type: Literal["on_task_started", "on_task_finished", "on_task_failed"]
    task_id: str
    tool: str
    error: str | None = None
    """Why it failed."""
    duration_ms: float | None = None
    """At its end."""


class RunOut(Record):
    """What a run came to."""

    outputs: dict[str, Any]
    """What each task gave back, by its id; a list where it ran over one."""
    waves_executed: int
    tasks_executed: int
    """Each item of a list counts."""
    events: tuple[EventOut, ...] | None
    """Null unless they were to be collected."""

    model_config = shown({**RESULT, "events": None})


class Queued(Record):
    """A run that was left for a worker."""

    run_id: RunId
    status: Literal["queued"]

    model_config = shown({"run_id": RUN, "status": "queued"})


class ResultOut(Record):
    """What a run in the background came to."""

    outputs: dict[str, Any]
    waves_executed: int
    tasks_executed: int


class StatusOut(Record):
    """How far a run is."""

    run_id: RunId
    status: RunState
    result: ResultOut | None
    """Once it has succeeded."""
    error: str | None
    """Once it has failed."""
    events: tuple[EventOut, ...] | None
    """Null unless they were to be collected, and there are some."""

    model_config = shown(
        {
            "run_id": RUN,
            "status": "succeeded",
            "result": {**RESULT},
            "error": None,
            "events": None,
        }
    )


class RunHead(Record):
    """A run, without what it came to."""

    run_id: RunId
    status: RunState
    pipeline_id: str
    goal: str
    name: str | None
    """Of the saved pipeline that it is a run of, with its version."""
    version: int | None
    tenant_id: str
    error: str | None
    created_by: MemberId
    created_at: datetime
    began_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> "RunHead":
        """Return a run in the words of this API."""
        same = run.model_dump(include=set(cls.model_fields))
        return cls(**same, run_id=run.id, status=run.state, tenant_id=run.tenant)


HEAD: dict[str, JsonValue] = {
    "run_id": RUN,
    "status": "succeeded",
    "pipeline_id": "hello",
    "goal": "Greet the world",
    "name": None,
    "version": None,
    "tenant_id": "default",
    "error": None,
    "created_by": MEMBER,
    "created_at": "2026-01-31T09:00:00Z",
    "began_at": "2026-01-31T09:00:01Z",
    "ended_at": "2026-01-31T09:00:03Z",
}


class RunPage(Record):
    """A page of runs."""

    runs: tuple[RunHead, ...]
    total: int
    page: int
    has_more: bool

    model_config = shown({"runs": [{**HEAD}], "total": 1, "page": 1, "has_more": False})


def told(events: tuple[RunEvent, ...]) -> list[dict[str, Any]]:
    """Return events as the contract has them."""
    return [each.model_dump(exclude_none=True) for each in events]


def result(came: RunResult) -> dict[str, Any]:
    """Return what a run came to as JSON; its outputs are that already, and may be large."""
    return {
        "outputs": came.outputs,
        "waves_executed": came.waves_executed,
        "tasks_executed": came.tasks_executed,
    }


def status(run: Run, events: tuple[RunEvent, ...]) -> dict[str, Any]:
    """Return how far a run is, as JSON."""
    return {
        "run_id": run.id,
        "status": run.state,
        "result": None if run.result is None else result(run.result),
        "error": run.error,
        "events": told(events) or None,
    }


def nay(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how the contract's own failures are described, for a route's `responses`."""
    words = {
        400: ("It cannot run, or not in its present state", "Invalid pipeline: goal: …"),
        404: ("There is none in this organization", "Run not found"),
        500: ("A task failed", "Task greet failed: ValueError: …"),
    }
    found = failing(*(set(statuses) - {*words, 422}))
    for each in set(statuses) & {*words}:
        meaning, said = words[each]
        content = {"application/json": {"example": {"detail": said}}}
        found[each] = {"model": Detail, "description": meaning, "content": content}
    if 422 in statuses:  # noqa: PLR2004
        found[422] = {"model": Problems, "description": "No JSON, or no pipeline in it"}
    return found
