"""Pipelines as they are written: every rule of the contract, and where it is broken."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.pipelines.definition import MOST_TASKS, PROBLEMS, define, parse
from core.pipelines.document import Document
from core.pipelines.errors import PipelineInvalid
from core.pipelines.records import Param, ParamType

TOOLS = ("compute", "export", "fetch_data", "llm_job", "mock", "store")
SALES = """\
pipeline:
  id: sales_report
  goal: "Report on {{params.year}}"
  inputs: {ticker: AAPL}
  params:
    year: {type: integer, description: Which one}
    tags: {type: list, default: []}
  tasks:
    - id: fetch
      tool: fetch_data
      inputs: {source: url, url: "https://example.test/{{params.year}}"}
      retry: 2
    - id: each
      tool: llm_job
      parallel_over: "{{fetch.output.rows}}"
      inputs: {prompt: "Read {{item.name}} for {{pipeline.goal}}"}
    - id: keep
      tool: store
      inputs: {key: done, value: "{{each.output}}"}
      await: [fetch]
"""


def tasks(*given: dict[str, Any], **more: Any) -> Document:
    return Document({"id": "a", "goal": "b", "tasks": list(given)} | more, {})


def problems(document: Document) -> Sequence[str]:
    with pytest.raises(PipelineInvalid) as refusal:
        define(document, TOOLS)
    return refusal.value.problems


def test_a_definition_becomes_a_pipeline_with_its_order() -> None:
    pipeline = parse(SALES, TOOLS)

    assert pipeline.id == "sales_report"
    assert pipeline.params == {
        "year": Param(type=ParamType.INTEGER, description="Which one"),
        "tags": Param(type=ParamType.LIST, required=False, default=[]),
    }
    assert [each.waits_for for each in pipeline.tasks] == [(), ("fetch",), ("fetch", "each")]
    assert pipeline.waves == (("fetch",), ("each",), ("keep",))
    assert pipeline.tasks[0].retry == 2


def test_without_the_word_around_it_it_is_the_same() -> None:
    bare = "\n".join(line[2:] for line in SALES.splitlines()[1:])

    assert parse(bare, TOOLS) == parse(SALES, TOOLS)


def test_what_waits_for_nothing_runs_together() -> None:
    pipeline = define(
        tasks(*({"id": f"t{at}", "tool": "mock"} for at in range(5))),
        TOOLS,
    )

    assert pipeline.waves == (("t0", "t1", "t2", "t3", "t4"),)


MOCK: dict[str, Any] = {"id": "one", "tool": "mock"}
OVER = {"parallel_over": "{{one}}", "inputs": {"x": "{{item}}"}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (Document([], {}), "A pipeline is id, goal and tasks"),
        (Document({"goal": "b", "tasks": [MOCK]}, {}), "id: Field required"),
        (Document({"id": "a", "tasks": [MOCK]}, {}), "goal: Field required"),
        (Document({"id": "a", "goal": " ", "tasks": [MOCK]}, {}), "goal: It is a text, not empty"),
        (Document({"id": 7, "goal": "b", "tasks": [MOCK]}, {}), "id: It is a text"),
        (Document({"id": "a", "goal": "b"}, {}), "one task at least"),
        (tasks(), "one task at least"),
        (Document({"id": "a", "goal": "b", "tasks": {"x": 1}}, {}), "tasks: It is a list"),
        (tasks(MOCK, id="Sales"), "id: 'Sales' is no id"),
        (tasks(MOCK, id="1st"), "is no id"),
        (tasks(MOCK, id="a-b"), "is no id"),
        (tasks(MOCK, id="ünit"), "is no id"),
        (tasks(MOCK, extra=1), "extra: Unknown field"),
        (tasks(MOCK, task=1), "did you mean tasks?"),
        (tasks(MOCK | {"id": "One"}), "tasks.0.id: 'One' is no id"),
        (tasks(MOCK | {"id": "session"}), "take another name"),
        (tasks(MOCK, MOCK), "tasks.1.id: Another task is called one"),
        (tasks({"id": "one"}), "tasks.0.tool: Field required"),
        (tasks(MOCK | {"tool": "llm_jobs"}), "'llm_jobs'; did you mean llm_job?"),
        (tasks("mock"), "A task is id, tool and inputs"),  # type: ignore[arg-type]
        (tasks(MOCK | {"inputs": [1]}), "tasks.0.inputs: It is names with values"),
        (tasks(MOCK | {"retry": -1}), "tasks.0.retry: It is a whole number"),
        (tasks(MOCK | {"retry": 1.5}), "tasks.0.retry: It is a whole number"),
        (tasks(MOCK | {"retry": True}), "tasks.0.retry: It is a whole number"),
        (tasks(MOCK | {"retry": 10**9}), "0 to 100"),
        (tasks(MOCK | {"await": ["two"]}), "There is no task 'two' to await"),
        (tasks(MOCK | {"await": "one"}), "tasks.0.await: It is a list"),
        (tasks(MOCK | {"await": ["one"]}), "wait for each other: one -> one"),
        (tasks(MOCK | {"retries": 3}), "did you mean retry?"),
        (tasks({"id": "one", "tool": "compute"}), "compute needs an input function"),
        (tasks(MOCK | {"inputs": {"x": "{{two.output}}"}}), "there is no task 'two'"),
        (tasks(MOCK | {"inputs": {"x": "{{params.year}}"}}), "no such param is declared"),
        (tasks(MOCK, goal="{{params.year}}"), "goal: {{params.year}}: no such param"),
        (tasks(MOCK, goal="{{one.output}}"), "only params may stand here"),
        (tasks(MOCK, inputs={"x": "{{params.y}}"}), "inputs: {{params.y}}: no such param"),
        (tasks(MOCK | {"inputs": {"x": "{{params}}"}}), "a name is missing"),
        (tasks(MOCK | {"inputs": {"x": "{{pipeline.x}}"}}), "a pipeline has inputs and a goal"),
        (tasks(MOCK | {"inputs": {"x": "{{a b}}"}}), "{{a b}} is no template"),
        (tasks(MOCK | {"inputs": {"x": "{{item}}"}}), "with parallel_over"),
        (tasks(MOCK, MOCK | {"id": "two", "parallel_over": "{{one}}"}), "has to use {{item}}"),
        (tasks(MOCK, MOCK | OVER | {"id": "two", "parallel_over": "one"}), "leads to a list"),
        (tasks(MOCK, MOCK | OVER | {"id": "two", "parallel_over": [1]}), "leads to a list"),
        (tasks(MOCK, MOCK | OVER | {"id": "two", "parallel_over": "{{item}}"}), "with parallel"),
        (tasks(MOCK, params=[1]), "params: It is names with values"),
        (tasks(MOCK, params={"y": 1}), "params.y: A parameter is a type"),
        (tasks(MOCK, params={"y": {"type": "date"}}), "params.y.type: It is one of string"),
        (tasks(MOCK, params={"y": {"type": []}}), "params.y.type: It is one of string"),
        (tasks(MOCK, params={"y": {"type": "integer", "default": "x"}}), "default is no integer"),
        (tasks(MOCK, params={"y": {"typ": "integer"}}), "did you mean type?"),
    ],
)
def test_each_rule_that_is_broken_is_told(document: Document, said: str) -> None:
    assert any(said in problem for problem in problems(document)), problems(document)


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    text = SALES.replace("llm_job", "llm").replace("await: [fetch]", "await: [fech]")

    with pytest.raises(PipelineInvalid) as refusal:
        parse(text, TOOLS)

    tool, awaited = refusal.value.problems
    assert tool == "tasks.1.tool: Unknown tool 'llm'; did you mean llm_job? (line 14, column 13)"
    assert awaited.startswith("tasks.2.await.0: There is no task 'fech' to await; did you mean")
    assert awaited.endswith("fetch? (line 20, column 15)")


def test_a_circle_is_told_in_its_order() -> None:
    circle = tasks(
        {"id": "one", "tool": "mock", "inputs": {"x": "{{three}}"}},
        {"id": "two", "tool": "mock", "await": ["one"]},
        {"id": "three", "tool": "mock", "inputs": {"x": "{{two.output}}"}},
        {"id": "four", "tool": "mock", "await": ["three"]},
    )

    (problem,) = problems(circle)

    assert problem == "tasks: These tasks wait for each other: one -> two -> three -> one"


def test_ten_thousand_tasks_are_too_many_and_a_thousand_problems_are_cut() -> None:
    many = [{"id": f"t{at}", "tool": "mock"} for at in range(MOST_TASKS + 1)]
    wrong = [{"id": f"t{at}", "tool": "mick"} for at in range(1000)]

    assert "5,000 tasks at most, not 5,001" in problems(tasks(*many))[0]
    assert len(problems(tasks(*wrong))) == PROBLEMS


def test_what_was_meant_is_looked_for_within_bounds() -> None:
    names = [f"t{at:03}_of_many_tasks" for at in range(300)]
    written: list[dict[str, Any]] = [{"id": name, "tool": "mock"} for name in names]
    written[0]["await"] = [f"u{at:03}_of_many_tasks" for at in range(PROBLEMS)]

    found = problems(tasks(*written))

    assert len(found) == PROBLEMS
    assert 0 < sum("did you mean" in each for each in found) < PROBLEMS / 2
