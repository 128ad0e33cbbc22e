"""What of an output is shown as rows."""

from typing import Any

import pytest

from core.pipelines.shown import COLUMNS, shown


def test_an_answer_of_a_database_is_rows_and_what_else_it_says() -> None:
    columns = [{"name": "month", "type": "text"}, {"name": "n", "type": "integer"}]
    rows = [{"month": "2025-01", "n": 1}, {"month": "2025-02", "n": None}]
    output = {"columns": columns, "rows": rows, "sql": "SELECT 1", "row_count": 2}

    found = shown(output, 1)

    (table,) = found.tables
    assert table.columns == (("month", "text"), ("n", "integer"))
    assert (list(table.rows), table.total) == ([["2025-01", 1]], 2)
    assert found.rest == {"sql": "SELECT 1", "row_count": 2}
    empty = shown(output | {"rows": []}, 9)
    assert [(each.columns, list(each.rows)) for each in empty.tables] == [(table.columns, [])]


def test_a_list_of_objects_is_rows_and_nothing_else() -> None:
    found = shown([{"a": 1.5, "b": "x"}, {"a": None, "c": True}], 9)

    (table,) = found.tables
    assert table.columns == (("a", "number"), ("b", "text"), ("c", "text"))
    assert list(table.rows) == [[1.5, "x", None], [None, None, True]]
    assert found.rest is None


def test_the_tables_of_a_document_are_each_told_by_where_they_stand() -> None:
    first = {"headers": ["A", "B"], "rows": [{"A": "1", "B": "2"}], "source_page": 3}
    second = {"headers": ["A"], "rows": [["1"]], "source_page": 1, "sheet_name": "Sales"}

    found = shown({"tables": [first, second], "model": None}, 9)

    assert [each.title for each in found.tables] == ["Page 3", "Sales"]
    assert list(found.tables[0].rows) == [["1", "2"]]
    assert found.rest == {"model": None}


@pytest.mark.parametrize(
    "output",
    [
        None,
        "text",
        7,
        [],
        {},
        [1, 2],
        [{}],
        [{"a": 1}, 2],
        [{"a": {"b": 1}}],
        [{"a": [1]}],
        [{f"c{at}": at for at in range(COLUMNS + 1)}],
        {"rows": []},
        {"rows": "many"},
        {"rows": [[1]], "columns": 5},
        {"tables": []},
        {"tables": [{"headers": ["a"], "rows": [["1", "2"]]}]},
        {"tables": [{"headers": ["a"], "rows": [[["1"]]]}]},
        {"tables": [{"headers": ["a"], "rows": [["1"]]}, 5]},
    ],
    ids=repr,
)
def test_whatever_is_no_rows_is_left_as_it_is(output: Any) -> None:
    assert shown(output, 9) == ((), output)
