"""Templates: what they name, what they become, and where they lead nowhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pipelines.errors import ValueUnresolved
from core.pipelines.plain import MOST
from core.pipelines.template import Malformed, Parsed, Reference, Scope, references, resolve

SCOPE = Scope(
    outputs={
        "fetch": {"rows": [{"id": 1}, {"id": 2}], "empty": [], "output": {"deep": "x"}},
        "judge": 'Here you are:\n```json\n{"verdict": {"good": true}}\n```\nBye.',
        "plain": '{"a": {"b": 2}} and more',
        "words": "no JSON at all",
        "count": 7,
        "none": None,
        "ids": [1, 2, 3],
    },
    params={"year": 2025, "tags": ["a", "b"]},
    inputs={"ticker": "AAPL"},
    goal="Find out",
    session={"facts": {"x": 1.5}},
    item=({"name": "Ada"},),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{fetch.output.rows}}", [{"id": 1}, {"id": 2}]),
        ("{{fetch.rows}}", [{"id": 1}, {"id": 2}]),
        (" {{ fetch.rows.first.id }} ", 1),
        ("{{fetch.rows.last.id}}", 2),
        ("{{fetch.output.output.deep}}", "x"),
        ("{{count}}", 7),
        ("{{none}}", None),
        ("{{ids.first}}", 1),
        ("{{params.year}}", 2025),
        ("{{pipeline.inputs.ticker}}", "AAPL"),
        ("{{pipeline.inputs}}", {"ticker": "AAPL"}),
        ("{{pipeline.goal}}", "Find out"),
        ("{{session.facts.x}}", 1.5),
        ("{{item}}", {"name": "Ada"}),
        ("{{item.name}}", "Ada"),
        ("{{judge.verdict.good}}", True),
        ("{{plain.a.b}}", 2),
        ("year {{params.year}} of {{pipeline.inputs.ticker}}", "year 2025 of AAPL"),
        ("tags: {{params.tags}}", 'tags: ["a", "b"]'),
        ("is {{judge.verdict.good}}, {{none}}", "is true, null"),
        ("{{count}}{{count}}", "77"),
        ("no template", "no template"),
        ("{ {x} }", "{ {x} }"),
    ],
)
def test_a_template_becomes_its_value(text: str, value: Any) -> None:
    assert resolve(text, SCOPE) == value


def test_templates_are_resolved_however_deep() -> None:
    inputs = {"a": [{"b": "{{count}}"}, ("{{params.year}}",)], "c": 1, "d": None}

    assert resolve(inputs, SCOPE) == {"a": [{"b": 7}, [2025]], "c": 1, "d": None}


def test_what_a_template_becomes_is_not_read_again() -> None:
    scope = SCOPE._replace(inputs={"evil": "{{session.facts}}"})

    assert resolve("{{pipeline.inputs.evil}}", scope) == "{{session.facts}}"
    assert resolve("so: {{pipeline.inputs.evil}}", scope) == "so: {{session.facts}}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{nobody.output}}", "no output of a task 'nobody'"),
        ("{{fetch.missing}}", "there is rows, empty, output"),
        ("{{fetch.empty.first}}", "the list before .first is empty"),
        ("{{ids.0}}", "a list has .first and .last"),
        ("{{count.x}}", "it is a number"),
        ("{{none.x}}", "it is null"),
        ("{{words.x}}", "it is a text"),
        ("{{params}}", "a name is missing"),
        ("{{session}}", "a name is missing"),
        ("{{params.nope}}", "there is no 'nope'"),
        ("{{pipeline.nope}}", "inputs and a goal"),
        ("{{}}", "no template"),
        ("{{a..b}}", "no template"),
        ("{{a b}}", "no template"),
        ("{{count.__class__}}", "it is a number"),
    ],
)
def test_a_template_that_leads_nowhere_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueUnresolved, match="leads to nothing") as refusal:
        resolve(text, SCOPE)

    assert why in refusal.value.message


def test_without_a_list_there_is_no_item() -> None:
    with pytest.raises(ValueUnresolved, match="does not run over a list"):
        resolve("{{item}}", SCOPE._replace(item=None))


def test_what_cannot_be_written_as_text_is_no_part_of_one() -> None:
    scope = SCOPE._replace(outputs={"odd": object()})

    with pytest.raises(ValueUnresolved, match="cannot be written as text"):
        resolve("it is {{odd}}", scope)


def test_references_come_in_their_order_malformed_ones_too() -> None:
    value = {"a": ["{{x.output}} {{y}}", {"b": "{{}} {{z"}], "c": 3}

    assert list(references(value)) == [
        Reference("x.output", "x", ("output",)),
        Reference("y", "y", ()),
        Malformed("{{}}"),
        Malformed("{{z"),
    ]


def test_text_of_a_stranger_is_walked_through_once() -> None:
    # Walked through once for each brace or blank, either would take an hour.
    (malformed,) = references("{{ " * 300_000)
    scope = SCOPE._replace(outputs={"page": "```" + " " * 1_000_000})

    assert isinstance(malformed, Malformed)
    with pytest.raises(ValueUnresolved, match="it is a text"):
        resolve("{{page.title}}", scope)


@given(st.text(alphabet="{}. ax\n", max_size=40))
def test_whatever_is_written_resolves_or_is_refused(text: str) -> None:
    try:
        resolve(text, SCOPE)
    except ValueUnresolved as refusal:
        assert "leads to nothing" in refusal.message  # noqa: PT017 - either is fine


@pytest.mark.parametrize(
    "value",
    ["{{plain}} " * 300, ["{{plain}}"] * 300, [{"x": "{{rows}}"}] * 300, "{{rows}}" * 300],
)
def test_templates_become_no_more_than_a_run_can_carry(value: Any) -> None:
    large = {"plain": "x" * (MOST // 200), "rows": [{"x": "y" * 100}] * (MOST // 20_000)}

    with pytest.raises(ValueUnresolved, match="What the templates become takes more than 16 MB"):
        resolve(value, SCOPE._replace(outputs=large))

    resolve(value[:100], SCOPE._replace(outputs=large))


def test_a_long_text_is_read_once_however_many_look_into_it() -> None:
    text = '{"rows": [' + "1, " * 1000 + '{"x": [2]}]}'
    scope = SCOPE._replace(outputs={"judge": text}, parsed=Parsed())

    first, second = resolve(["{{judge.rows.last.x}}"] * 2, scope)
    (third,) = resolve(["{{judge.rows.last.x}}"], scope)

    assert first == [2]
    assert first is second is third


def test_texts_that_were_read_are_forgotten_where_they_take_too_much() -> None:
    texts = [f'{{"at": [{at}], "x": "{"y" * 2000}"}}' for at in range(3)]
    parsed = Parsed(5000)

    found = [parsed.of(text) for text in (*texts, texts[0])]

    assert [each["at"] for each in found] == [[0], [1], [2], [0]]
    assert found[0] is not found[3]
    assert parsed.of(texts[0]) is found[3]
