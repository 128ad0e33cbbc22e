"""No statement of any shape keeps the server busy for its parameters' sake."""

from collections.abc import Callable
from time import process_time

import pytest

from core.connections.errors import ParameterMisplaced
from core.connections.records import Dialect
from core.connections.template import check, parameters, render
from core.errors import CoreError

SIZE = 24_000
"""Characters, a third of what may be: what is quadratic took four seconds where this takes 0.3."""
BOUND = 3.0
"""Seconds of processor; the slowest takes a tenth to a third of that, by machine."""
GRAMMARS = [Dialect.SQLITE, Dialect.POSTGRESQL, Dialect.MYSQL]
"""The others' are one of these, or nearly."""

UNITS = {
    "placeholders": "{{a}},",
    "quotes": "'",
    "texts": "'a' ",
    "placeholders in texts": "'{{a}}',",
    "names": '"a" ',
    "backticks": "`",
    "brackets": "[",
    "comments": "/**/",
    "line comments": "--\n",
    "comments begun": "/*",
    "parentheses": "(",
    "calls": "()",
    "dollars": "$",
    "dollar tags": "$a$ ",
    "braces": "{",
    "structs": "{{'a':1}},",
    "casts": "{{a}}::text ",
    "cases": "CASE WHEN ",
    "marks": "?",
    "spaces": " ",
    "words": "a ",
    "numbers": "1,",
}
SHAPES = {
    **{f"many {name}": unit * (SIZE // len(unit)) for name, unit in UNITS.items()},
    "a text of placeholders": "'" + "{{a}}" * (SIZE // 5) + "'",
    "nested comments": "/*" * (SIZE // 4) + "*/" * (SIZE // 4),
    "closed parentheses": "(" * (SIZE // 2) + ")" * (SIZE // 2),
    "tags that differ": "".join(f"$a{number}$" for number in range(SIZE // 8)),
    "placeholders before a long word": "{{a}}," * 990 + "x" * (SIZE - 5_940),
    "placeholders before brackets": "{{a}}," * 990 + "[" * (SIZE - 5_940),
    "placeholders in what cannot be parsed": ") " + "{{a}}," * 990 + "b " * (SIZE // 4),
    "one list": "a IN (" + "{{a}}," * 990 + "1)",
    "lists in lists": "a IN ({{a}}," * 900 + "1" + ")" * 900,
}


@pytest.mark.parametrize("dialect", GRAMMARS)
@pytest.mark.parametrize("shape", list(SHAPES))
def test_no_shape_of_a_statement_takes_long(shape: str, dialect: Dialect) -> None:
    sql = f"SELECT {{{{a}}}}, {SHAPES[shape]}"
    work: tuple[Callable[[], object], ...] = (
        lambda: parameters(sql, dialect),
        lambda: render(sql, dialect, {"a": 1}),
    )
    for each in work:  # `check` and `specimen` do nothing that `render` does not do
        begun = process_time()
        try:
            each()
        except CoreError as refusal:
            assert refusal.message  # noqa: PT017 - a refusal will do, and so will an answer
        assert process_time() - begun < BOUND


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("sql", ["SELECT " + "{{a}}," * 1001 + "1", f"SELECT '{'{{a}}' * 1001}'"])
def test_the_thousand_and_first_placeholder_is_refused(sql: str, dialect: Dialect) -> None:
    with pytest.raises(ParameterMisplaced, match="at most 1000 placeholders"):
        parameters(sql, dialect)
    assert parameters(sql.replace("{{a}}", "", 1), dialect) == ("a",)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_lists_nested_without_end_are_refused(dialect: Dialect) -> None:
    sql = "SELECT 1 WHERE " + "a IN ({{a}}, " * 900 + "1" + ")" * 900
    with pytest.raises(ParameterMisplaced, match="at most 100 parentheses"):
        check(sql, dialect)
