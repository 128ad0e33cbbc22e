"""The schema for editors, held against the rules themselves."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from core.pipelines.definition import define, parse
from core.pipelines.document import given
from core.pipelines.errors import PipelineInvalid
from core.pipelines.schema import schema

TOOLS = ("compute", "mock")
GOOD: dict[str, Any] = {
    "id": "sales_2025",
    "goal": "売上 of {{params.year}}",
    "inputs": {"region": "EU"},
    "params": {
        "year": {"type": "integer", "description": "Which", "default": 2025},
        "who": {},
        "rate": {"type": "number", "default": 1},
        "rows": {"type": "list", "default": [1]},
        "more": {"type": "object", "default": {"a": 1}},
        "on": {"type": "boolean", "default": None},
    },
    "tasks": [
        {"id": "fetch", "tool": "mock", "inputs": {"a": [1, {"b": "{{params.year}}"}]}},
        {
            "id": "each",
            "tool": "mock",
            "parallel_over": "{{fetch.output.a}}",
            "inputs": {"n": "{{item}}"},
            "retry": 2,
            "await": ["fetch"],
        },
        {"id": "sum", "tool": "compute", "inputs": {"function": "add"}},
        {"id": "bare", "tool": "mock", "inputs": None, "parallel_over": None, "await": None},
    ],
}
CHECK = jsonschema_rs.Draft202012Validator(schema(TOOLS))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return the good pipeline with something else at a place; `...` takes it away."""
    found = copy.deepcopy(GOOD)
    at: Any = found
    for each in path[:-1]:
        at = at[each]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


def holds(data: Any) -> bool:
    """Return whether the rules let a definition through."""
    try:
        define(given(data), TOOLS)
    except PipelineInvalid:
        return False
    return True


SAME: list[tuple[tuple[Any, ...], Any, bool]] = [
    (("id",), "a", True),
    (("id",), "a" * 100, True),
    (("id",), "a" * 101, False),
    (("id",), "Sales", False),
    (("id",), "1st", False),
    (("id",), "_a", False),
    (("id",), "売上", False),
    (("id",), "a\n", False),
    (("id",), 7, False),
    (("id",), ..., False),
    (("goal",), "", False),
    (("goal",), " \n", False),
    (("goal",), None, False),
    (("goal",), ..., False),
    (("more",), 1, False),
    (("inputs",), None, True),
    (("inputs",), ..., True),
    (("inputs",), [], False),
    (("params",), [], False),
    (("params", "new"), None, False),
    (("params", "new"), "string", False),
    (("params", "new"), {"type": "text"}, False),
    (("params", "new"), {"type": None}, False),
    (("params", "new"), {"types": "string"}, False),
    (("params", "new"), {"default": 1}, False),
    (("params", "new"), {"default": "a"}, True),
    (("params", "new"), {"type": "string", "default": 1}, False),
    (("params", "new"), {"type": "integer", "default": 1.5}, False),
    (("params", "new"), {"type": "integer", "default": True}, False),
    (("params", "new"), {"type": "number", "default": "1"}, False),
    (("params", "new"), {"type": "boolean", "default": 0}, False),
    (("params", "new"), {"type": "list", "default": {}}, False),
    (("params", "new"), {"type": "object", "default": []}, False),
    (("params", "new"), {"type": "object", "default": None}, True),
    (("tasks",), [], False),
    (("tasks",), {}, False),
    (("tasks",), None, False),
    (("tasks",), ..., False),
    (("tasks", 3), "text", False),
    (("tasks", 3, "id"), "item", False),
    (("tasks", 3, "id"), "Bare", False),
    (("tasks", 3, "id"), ..., False),
    (("tasks", 3, "tool"), "mok", False),
    (("tasks", 3, "tool"), ..., False),
    (("tasks", 3, "inputs"), [], False),
    (("tasks", 3, "more"), 1, False),
    (("tasks", 3, "retry"), 0, True),
    (("tasks", 3, "retry"), 100, True),
    (("tasks", 3, "retry"), 101, False),
    (("tasks", 3, "retry"), -1, False),
    (("tasks", 3, "retry"), None, False),
    (("tasks", 3, "retry"), True, False),
    (("tasks", 3, "retry"), "2", False),
    (("tasks", 3, "await"), [], True),
    (("tasks", 3, "await"), "fetch", False),
    (("tasks", 3, "await"), [7], False),
    (("tasks", 1, "parallel_over"), "fetch", False),
    (("tasks", 1, "parallel_over"), ["{{fetch}}"], False),
    (("tasks", 2, "inputs"), {}, False),
    (("tasks", 2, "inputs"), None, False),
    (("tasks", 2, "inputs"), ..., False),
]


def test_what_the_rules_let_through_the_schema_does() -> None:
    assert holds(GOOD)
    assert CHECK.is_valid(GOOD)
    assert CHECK.is_valid({"pipeline": GOOD})
    assert parse(json.dumps({"pipeline": GOOD}), TOOLS).id == "sales_2025"


@pytest.mark.parametrize(("path", "value", "right"), SAME, ids=lambda each: str(each)[:30])
def test_schema_and_rules_agree(path: tuple[Any, ...], value: Any, right: bool) -> None:
    data = changed(path, value)

    assert holds(data) is right
    assert CHECK.is_valid(data) is right
    assert CHECK.is_valid({"pipeline": data}) is right


@pytest.mark.parametrize("data", [None, [], "text", 7, {}, {"pipeline": None}, {"pipeline": []}])
def test_what_is_no_pipeline_at_all_is_none(data: Any) -> None:
    assert not CHECK.is_valid(data)


def test_what_only_the_rules_know_the_schema_lets_through() -> None:
    for path, value in (
        (("tasks", 3, "id"), "fetch"),
        (("tasks", 0, "await"), ["sum", "nobody"]),
        (("tasks", 0, "inputs"), {"a": "{{nobody.output}}"}),
    ):
        data = changed(path, value)
        assert not holds(data)
        assert CHECK.is_valid(data)


def test_the_schema_is_a_schema_and_explains_itself() -> None:
    jsonschema_rs.meta.validate(schema(TOOLS))
    kept = json.loads(Path("docs/pipeline.schema.json").read_text("utf-8"))
    jsonschema_rs.meta.validate(kept)
    for name in ("pipeline", "task"):
        for field in kept["$defs"][name]["properties"].values():
            assert field["description"]
