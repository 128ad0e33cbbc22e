"""Plans: their rules, their order, and pipelines that do not keep to them."""

from typing import Any

import pytest

from core.pipelines.definition import parse as parse_pipeline
from core.pipelines.document import Document
from core.pipelines.errors import PlanInvalid
from core.pipelines.plan import broken, define, order, parse

REPORT = """\
plan:
  id: report
  goal: Report
  inputs: {ticker: AAPL}
  sub_pipelines:
    - {id: write, goal: Write, reads: [facts, chart]}
    - {id: draw, goal: Draw, reads: [facts], stores: [chart]}
    - {id: find, goal: Find, stores: [facts], inputs: [ticker]}
"""


def part(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "goal": id} | more


def plan(*parts: Any, **more: Any) -> Document:
    return Document({"id": "a", "goal": "b", "sub_pipelines": list(parts)} | more, {})


def test_the_order_follows_from_what_is_stored_and_read() -> None:
    assert order(parse(REPORT)) == (("find",), ("draw",), ("write",))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (Document(None, {}), "A plan is id, goal and sub_pipelines"),
        (plan(), "1 to 500"),
        (plan("x"), "A sub-pipeline is id"),
        (plan(part("One")), "is no id"),
        (plan(part("one"), part("one")), "Another sub-pipeline is called one"),
        (plan(part("one", inputs=["x"])), "The plan has no input 'x'"),
        (plan(part("one", reads="x")), "It is a list"),
        (plan(part("one", reads=[1])), "It is a list of names"),
        (plan(part("one", store=["x"])), "did you mean stores?"),
        (plan({"id": "one"}), "sub_pipelines.0.goal: Field required"),
    ],
)
def test_each_rule_that_is_broken_is_told(document: Document, said: str) -> None:
    with pytest.raises(PlanInvalid) as refusal:
        define(document)

    assert any(said in each for each in refusal.value.problems), refusal.value.problems


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((part("a", stores=["x"]), part("b", stores=["x"])), "a and b both store 'x'"),
        ((part("a", reads=["x"]),), "a reads 'x', which nobody stores"),
        (
            (part("a", reads=["y"], stores=["x"]), part("b", reads=["x"], stores=["y"])),
            "These wait for each other: a -> b -> a",
        ),
    ],
)
def test_an_order_that_there_is_not_is_told(parts: tuple[Any, ...], said: str) -> None:
    written = define(plan(*parts))

    with pytest.raises(PlanInvalid) as refusal:
        order(written)

    assert refusal.value.problems == (said,)


def test_a_pipeline_that_does_not_keep_to_its_plan_is_told_how() -> None:
    find = parse(REPORT).sub_pipelines[2]
    pipeline = parse_pipeline(
        """
        {id: find, goal: Find, tasks: [
          {id: a, tool: mock, inputs: {x: "{{pipeline.inputs.cik}}", y: "{{session.other}}"}},
          {id: b, tool: store, inputs: {key: numbers, value: "{{a}}"}}]}
        """,
        ("mock", "store"),
    )

    assert broken(find, pipeline) == (
        "missing_store: find: facts",
        "undeclared_store: find: numbers",
        "undeclared_session: find: other",
        "undeclared_input: find: cik",
    )
