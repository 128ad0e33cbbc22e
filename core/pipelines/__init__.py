"""Work that finishes: a question, documents and tools as a graph that survives crashes."""

from core.pipelines.courier import Courier, Couriers, Letter
from core.pipelines.errors import (
    BoardFull,
    DocumentInvalid,
    PipelineInvalid,
    PipelineNotFound,
    PlanInvalid,
    RunEnded,
    RunNotFound,
    TaskFailed,
    TooManyRuns,
)
from core.pipelines.files import Files, RunFile, RunFileNotFound
from core.pipelines.records import (
    Options,
    Param,
    ParamType,
    Pipeline,
    Plan,
    Run,
    RunDraft,
    RunEvent,
    RunResult,
    RunState,
    Saved,
    SubPipeline,
    Task,
)
from core.pipelines.service import Pipelines
from core.pipelines.tool import Call, Inputs, Output, Tool, Toolbox

__all__ = [
    "BoardFull",
    "Call",
    "Courier",
    "Couriers",
    "DocumentInvalid",
    "Files",
    "Inputs",
    "Letter",
    "Options",
    "Output",
    "Param",
    "ParamType",
    "Pipeline",
    "PipelineInvalid",
    "PipelineNotFound",
    "Pipelines",
    "Plan",
    "PlanInvalid",
    "Run",
    "RunDraft",
    "RunEnded",
    "RunEvent",
    "RunFile",
    "RunFileNotFound",
    "RunNotFound",
    "RunResult",
    "RunState",
    "Saved",
    "SubPipeline",
    "Task",
    "TaskFailed",
    "TooManyRuns",
    "Tool",
    "Toolbox",
]
