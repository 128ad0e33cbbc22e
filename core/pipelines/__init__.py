"""Work that finishes: a question, documents and tools as a graph that survives crashes."""

from core.pipelines.definition import define, parse
from core.pipelines.document import Document, read
from core.pipelines.errors import DocumentInvalid, PipelineInvalid, PlanInvalid, ValueUnresolved
from core.pipelines.records import Param, ParamType, Pipeline, Plan, SubPipeline, Task
from core.pipelines.template import Scope, resolve

__all__ = [
    "Document",
    "DocumentInvalid",
    "Param",
    "ParamType",
    "Pipeline",
    "PipelineInvalid",
    "Plan",
    "PlanInvalid",
    "Scope",
    "SubPipeline",
    "Task",
    "ValueUnresolved",
    "define",
    "parse",
    "read",
    "resolve",
]
