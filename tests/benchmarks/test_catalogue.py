"""The catalogue that search is measured on."""

from collections import Counter

import pytest

from benchmarks.catalogue import catalogue, flattened


def test_the_same_seed_gives_the_same_catalogue() -> None:
    assert catalogue(1000) == catalogue(1000)
    assert catalogue(1000, seed=1) != catalogue(1000, seed=2)


@pytest.mark.parametrize("size", [1000, 2500])
def test_a_catalogue_has_exactly_as_many_tables_as_asked_for(size: int) -> None:
    schema, _ = catalogue(size)
    assert len(schema.tables) == size
    assert len({(table.schema, table.name) for table in schema.tables}) == size


def test_every_question_can_be_answered_from_the_catalogue() -> None:
    schema, questions = catalogue(1000)
    there = {(table.schema, table.name) for table in schema.tables}
    assert len(questions) >= 200
    assert len({question.text for question in questions}) == len(questions)
    assert all(question.needed and question.needed <= there for question in questions)
    halves = Counter(question.held_out for question in questions)
    assert halves[True] == 120


def test_no_domain_is_in_both_halves() -> None:
    _, questions = catalogue(1000)
    developed = {question.domain for question in questions if not question.held_out}
    held_out = {question.domain for question in questions if question.held_out}
    assert developed.isdisjoint(held_out)


def test_a_flattened_catalogue_has_one_schema_and_the_same_questions() -> None:
    schema, questions = flattened(*catalogue(1000))
    there = {(table.schema, table.name) for table in schema.tables}
    assert {where for where, _ in there} == {"public"}
    assert len(there) == 1000
    assert all(question.needed <= there for question in questions)


def test_a_catalogue_too_small_for_its_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        catalogue(100)
