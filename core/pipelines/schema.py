"""The JSON Schema of a definition, for editors: what `definition` refuses whatever the values are.

It knows nothing of templates, of ids that stand twice and of circles; the rules themselves do.
"""

from collections.abc import Iterable
from typing import Any

from core.pipelines.definition import ID, MOST_RETRIES, MOST_TASKS
from core.pipelines.records import ParamType
from core.pipelines.template import RESERVED

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAME = rf"^{ID.pattern}$"
WORDS = r"\S"
TEMPLATE = r"\{\{.*\}\}"
KINDS = {
    ParamType.STRING: "string",
    ParamType.INTEGER: "integer",
    ParamType.NUMBER: "number",
    ParamType.BOOLEAN: "boolean",
    ParamType.LIST: "array",
    ParamType.OBJECT: "object",
}
MAYBE_OBJECT = ["object", "null"]


def schema(tools: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a pipeline, alone or under `pipeline:`, which may use *tools*."""
    return {
        "$schema": DRAFT,
        "title": "Trellis pipeline",
        "description": "A graph of tasks, alone or under `pipeline`.",
        "type": "object",
        "if": {"required": ["pipeline"]},
        "then": {"properties": {"pipeline": {"$ref": "#/$defs/pipeline"}}},
        "else": {"$ref": "#/$defs/pipeline"},
        "$defs": {"pipeline": _pipeline(), "param": _param(), "task": _task(sorted(tools))},
    }


def _pipeline() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "goal", "tasks"],
        "additionalProperties": False,
        "properties": {
            "id": _id("What it is called; saved pipelines are found by it."),
            "goal": {
                "description": "What it is for, in a sentence; {{params.name}} may stand in it.",
                "type": "string",
                "pattern": WORDS,
            },
            "inputs": {
                "description": "Values that tasks read as {{pipeline.inputs.name}}.",
                "type": MAYBE_OBJECT,
            },
            "params": {
                "description": "Values that whoever runs it gives, read as {{params.name}}.",
                "type": MAYBE_OBJECT,
                "additionalProperties": {"$ref": "#/$defs/param"},
            },
            "tasks": {
                "description": "Each begins when those are done whose outputs it reads.",
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_TASKS,
                "items": {"$ref": "#/$defs/task"},
            },
        },
    }


def _param() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "type": {"enum": [each.value for each in ParamType], "default": "string"},
            "description": {"description": "What it means, for those who run the pipeline."},
            "default": {"description": "Its value where none is given; without it one must be."},
        },
        "allOf": [
            {
                "if": {"properties": {"type": {"const": each.value}}, "required": ["type"]},
                "then": {"properties": {"default": {"type": [kind, "null"]}}},
            }
            for each, kind in KINDS.items()
        ]
        + [
            {
                "if": {"not": {"required": ["type"]}},
                "then": {"properties": {"default": {"type": ["string", "null"]}}},
            }
        ],
    }


def _task(tools: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "tool"],
        "additionalProperties": False,
        "properties": {
            "id": {
                **_id("What others read its output by: {{id.output}}."),
                "not": {"enum": sorted(RESERVED)},
            },
            "tool": {"description": "What it does.", "enum": tools},
            "inputs": {
                "description": "What the tool takes; texts may hold {{templates}}.",
                "type": MAYBE_OBJECT,
            },
            "parallel_over": {
                "description": "A template that leads to a list: it runs once for each {{item}}.",
                "type": ["string", "null"],
                "pattern": TEMPLATE,
            },
            "retry": {
                "description": "How often it is tried again after it failed.",
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_RETRIES,
                "default": 0,
            },
            "await": {
                "description": "Tasks that are over before it begins, besides those it reads.",
                "type": ["array", "null"],
                "items": {"type": "string"},
            },
        },
        "if": {"properties": {"tool": {"const": "compute"}}, "required": ["tool"]},
        "then": {
            "required": ["inputs"],
            "properties": {"inputs": {"type": "object", "required": ["function"]}},
        },
    }


def _id(said: str) -> dict[str, Any]:
    return {"description": said, "type": "string", "pattern": NAME}
