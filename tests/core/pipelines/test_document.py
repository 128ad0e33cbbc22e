"""Definitions as they are written: their places, and what is no definition at all."""

import json
from typing import Any

import pytest
import yaml

from core.pipelines.document import DEEPEST, LONGEST, given, read
from core.pipelines.errors import DocumentInvalid

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def nested(deep: int) -> Any:
    """Return lists in each other."""
    found: list[Any] = []
    for _each in range(deep):
        found = [found]
    return found


def test_everything_has_a_line_and_a_column() -> None:
    document = read("id: sales\ntasks:\n  - id: fetch\n    inputs:\n      year: 2025\n")

    assert document.data == {"id": "sales", "tasks": [{"id": "fetch", "inputs": {"year": 2025}}]}
    assert str(document.place(("tasks", 0, "inputs", "year"))) == "line 5, column 13"
    assert str(document.place(("tasks", 0, "nowhere", "at", "all"))) == "line 3, column 5"


def test_what_an_alias_leads_to_is_told_where_it_was_written() -> None:
    document = read("a: &a\n  x: [1, &b 2]\nc:\n  d: *a\n  e: [*a, *b]\n")

    assert document.data["c"] == {"d": {"x": [1, 2]}, "e": [{"x": [1, 2]}, 2]}
    assert str(document.place(("c", "d"))) == "line 4, column 6"
    assert str(document.place(("c", "d", "x", 1))) == "line 2, column 10"
    assert str(document.place(("c", "e", 0, "x"))) == "line 2, column 6"
    assert str(document.place(("c", "e", 1))) == "line 5, column 11"


WRITTEN = """
id: sales  # a remark
tasks:
- {id: a, tool: "same", inputs: &in {n: 1_000, on: yes, "ü 日本": ~, f: -1.5e+3, s: '5'}}
-   id: b
    inputs: *in
    text: |
      two
      lines
    folded: >-
      one
      line
    empty:
    time: 1:30
    list: [ [], {}, 0x1F, !!str 5, !!float 3, 2024-01-01 ]
"""


def test_who_has_no_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = read(WRITTEN)
    monkeypatch.setattr("core.pipelines.document.PARSER", yaml.SafeLoader)

    assert read(WRITTEN) == with_it
    assert with_it.data["tasks"][1]["list"] == [[], {}, 31, "5", 3.0, "2024-01-01"]
    assert with_it.data["tasks"][1]["inputs"] == {
        "n": 1000,
        True: True,
        "ü 日本": None,
        "f": -1500.0,
        "s": "5",
    }


def test_json_is_read_like_yaml() -> None:
    data = {"id": "a", "on": [1, 2.5, True, None, "x", {"ü": "日本"}]}

    assert read(json.dumps(data)).data == data
    assert read(json.dumps(data, ensure_ascii=False)).data == data


def test_a_day_stays_the_text_that_it_is() -> None:
    assert read("end: 2024-09-30").data == {"end": "2024-09-30"}


def test_an_alias_is_what_it_stands_for() -> None:
    assert read("a: &a {x: 1}\nb: *a").data == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1, 2", "line 1, column 9"),
        ("a: 1\nb: 2\na: 3", "the key 'a' stands here twice (line 3, column 1)"),
        ("a: {b: 1, b: 2}", "stands here twice"),
        ('{"a": 1, "a": 2}', "stands here twice"),
        ("a: &a [*a]", "An alias holds itself"),
        (BOMB, "unfolds into more than 200,000 values"),
        ("[" * 2000, "deep"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), f"{DEEPEST} deep"),
        ("", "empty"),
        ("# nothing", "empty"),
        ("a: 1\n--- \nb: 2", "line 2"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: !!binary aGVsbG8=", "could not determine a constructor"),
        ("a: !!set {x}", "could not determine a constructor"),
        ("<<: {a: 1}", "could not determine a constructor"),
        ("a: !!bool maybe", "this is no bool (line 1, column 4)"),
        ('a: !!int ""', "this is no int"),
        ("a: !!map [{b: 1}, c]", "could not determine a constructor"),
        ("a: !!str [b]", "could not determine a constructor"),
        ("!" * 100_000, "could not determine a constructor"),
        ("a: [*" + "a" * 10_000 + "]", "undefined alias"),
        ("a: &a 1\nb: &a 2", "duplicate anchor 'a' (line 2, column 4)"),
        ("a: &a [1]\n? *a\n: 2", "a key is a word (line 2, column 3)"),
        ("a: .nan", "a number is finite"),
        ("a: -.inf", "a number is finite"),
        (f"a: 1{':59' * 300}.5", "a number is finite"),
        (f"a: 1{':59' * 600_000}", "more than 64 bits is written as a text (line 1, column 4)"),
        ("? [1, 2]\n: 3", "a key is a word"),
        ("a: {{params.x}}", 'a template stands in quotes, as in "{{params.x}}" (line 1, column 5)'),
        ("- {{item}} of it", "a template stands in quotes"),
        ("a: \x07", "This is no YAML"),
        ("\ta: 1", "line 1"),
        ("a: *nobody", "undefined alias"),
        ("x" * (LONGEST + 1), "characters at most"),
    ],
)
def test_what_is_no_definition_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(DocumentInvalid) as refusal:
        read(text)

    assert said in refusal.value.message
    assert len(refusal.value.message) < 500


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"a": 2**64}, "more than 64 bits"),
        ({"a": -(2**63) - 1}, "more than 64 bits"),
        ({"a": ["\ud800"]}, "Half of a character"),
        ({"\udfff": 1}, "Half of a character"),
        ([[0] * 1_000] * 201, "more than 200,000 values"),
        (nested(61), "60 deep at most"),
    ],
    ids=["large", "small", "half", "half a key", "many", "deep"],
)
def test_data_that_cannot_be_kept_is_refused(data: Any, said: str) -> None:
    with pytest.raises(DocumentInvalid, match=said):
        given(data)


def test_data_that_can_be_kept_is_what_it_is() -> None:
    data = {"a": [2**64 - 1, -(2**63), 0.5, None, True, "日本 🌱"], "b": nested(59), "日": 1}

    assert given(data) == (data, {})


@pytest.mark.parametrize("text", ['a: "\\ud800"', "a: 18446744073709551616"])
def test_what_is_written_keeps_to_the_same(text: str) -> None:
    with pytest.raises(DocumentInvalid):
        read(text)


def test_what_holds_too_much_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.pipelines.document.NODES", 10)

    with pytest.raises(DocumentInvalid, match="more than 10 values"):
        read("[" + "1, " * 10 + "}")  # the end is malformed, and nobody comes so far
