"""The names of {{parameters}}, as the lexer finds them."""

import subprocess
import sys

import pytest

from core.connections.errors import ParameterMisnamed
from core.connections.records import Dialect
from core.connections.template import parameters

everywhere = pytest.mark.parametrize("dialect", list(Dialect))


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        (None, ()),
        ("", ()),
        ("SELECT 1", ()),
        ("SELECT {{year}}", ("year",)),
        ("SELECT {{ year }}, {{region}}, {{year}}", ("year", "region")),
        ("SELECT {{\n  year\n}}", ("year",)),
        ("WHERE region = '{{region}}'", ("region",)),
        ("WHERE d BETWEEN '{{from_}}-01-01' AND '{{to}}-{{month}}-01'", ("from_", "to", "month")),
        ("WHERE note = 'it''s -- {{odd}}' AND y = {{year}}", ("odd", "year")),
        ("SELECT '{' || '}'", ()),
        ("SELECT '{{1,2},{3,4}}'::int[], '{{1,2}}'::int[], '{{-1}}'::int[]", ()),
        ("SELECT {{年}}, {{año}}", ("年", "año")),
        # Only MySQL reads these two so, and a query may be saved before anyone says for which.
        (r"SELECT 'it\'s -- {{a}}'", ("a",)),
        ('SELECT "{{a}}"', ("a",)),
    ],
)
def test_names_come_first_seen_first_and_once(sql: str | None, names: tuple[str, ...]) -> None:
    assert parameters(sql) == names


def test_names_are_read_without_the_parser_which_is_slow_to_load() -> None:
    code = (
        "import sys; from core.connections.template import parameters; "
        "print(parameters('SELECT {{a}}'), 'sqlglot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "('a',) False"


@everywhere
@pytest.mark.parametrize(
    "slot",
    [
        "{{}}",
        "{{ }}",
        "{{a b}}",
        "{{1st}}",
        "{{a;b}}",
        "{{a-b}}",
        "{{a.b}}",
        "{{" + "a" * 65 + "}}",
    ],
)
def test_a_placeholder_without_a_proper_name_is_refused(dialect: Dialect, slot: str) -> None:
    for sql in (f"SELECT {slot}", f"SELECT '{slot}'"):
        with pytest.raises(ParameterMisnamed, match=r"line 1, column [89]\b"):
            parameters(sql, dialect)
        with pytest.raises(ParameterMisnamed):
            parameters(sql)


def test_a_misnamed_one_is_told_a_better_name() -> None:
    with pytest.raises(ParameterMisnamed, match=r"try \{\{start_date\}\}"):
        parameters("SELECT {{start date}}")


@everywhere
@pytest.mark.parametrize("sql", ["SELECT {{year", "SELECT {{year}", "SELECT {{{year}}}"])
def test_a_placeholder_that_is_not_closed_is_refused(dialect: Dialect, sql: str) -> None:
    with pytest.raises(ParameterMisnamed, match="line 1, column 8"):
        parameters(sql, dialect)
