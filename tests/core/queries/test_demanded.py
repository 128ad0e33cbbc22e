"""A day that is no day, a year that is no year: refused, before a database answers otherwise."""

from pathlib import Path
from typing import Any

import pytest

from core.app import Core
from core.connections import ParameterInvalid
from core.connections.records import Dialect
from core.identity import Actor
from core.queries import QueryDraft
from core.queries.blanks import shape
from core.queries.demanded import demand
from tests.core.queries.questions import sampled

SURE = [
    ("d >= {{start}}::date", "start"),
    ("date(d) = {{day}}", "day"),
    ("d < date({{end}}, '+1 day')", "end"),
    ("strftime('%Y', d) = '{{year}}'", "year"),
    ("CAST(strftime('%Y', d) AS INTEGER) = {{year}}", "year"),
    ("extract(year FROM d) = {{y}}", "y"),
    ("d BETWEEN '{{year}}-01-01' AND '{{year}}-12-31'", "year"),
    ("substr(d, 1, 4) = {{year}}", "year"),
]
UNSURE = [
    "name >= {{start}} AND name < {{end}}",
    "({{start}} IS NULL OR d >= {{start}}::date)",
    "d >= coalesce({{start}}::date, now())",
    "sku LIKE '{{code}}-%'",
    "substr(sku, 1, 4) = {{code}}",
    "time(d) > {{start}}",
    "datetime({{start}}, 'unixepoch') < d",
    "julianday(d) > {{start}}",
    "grade = {{year}}",
    "d LIKE '{{year}}%'",
    "date_trunc('year', d) = {{year}}",
    "this is no SQL {{start}}",
]


@pytest.mark.parametrize(("where", "name"), SURE)
def test_what_the_sql_tells_is_certain(where: str, name: str) -> None:
    blanks = shape(f"SELECT 1 FROM t WHERE {where}", Dialect.SQLITE, None).blanks

    assert [each.name for each in blanks if each.sure] == [name]
    nonsense: Any
    for nonsense in ("yesterday", "25", 2025.5, None, True, [], "2025-02-31", "01/02/2025"):
        with pytest.raises(ParameterInvalid):
            demand(blanks, {name: nonsense})


@pytest.mark.parametrize("where", UNSURE)
def test_what_the_sql_does_not_tell_is_left_to_the_database(where: str) -> None:
    blanks = shape(f"SELECT 1 FROM t WHERE {where}", Dialect.SQLITE, None).blanks

    assert not [each for each in blanks if each.sure]


@pytest.mark.parametrize("value", ["2025-03-31", "2025-03-31 10:00:00", "2025-03-31T10:00:00Z"])
def test_days_and_moments_are_days(value: str) -> None:
    blanks = shape("SELECT 1 FROM t WHERE date(d) = {{day}}", Dialect.SQLITE, None).blanks

    demand(blanks, {"day": value})
    demand(blanks, {"day": [value]})


@pytest.mark.parametrize(
    ("title", "values", "told"),
    [
        ("Top products", {"start": "01/02/2025"}, "{{start}} is a day; write it as 2025-03-31."),
        ("Top products", {"start": "2025-1-1"}, "{{start}} is a day"),
        ("Top products", {"start": 2025}, "{{start}} is a day"),
        ("Top products", {"start": None}, "{{start}} is a day"),
        ("Top products", {"end": "2025-02-31"}, "{{end}} is a day"),
        ("Top products", {"end": "31.12.2025"}, "{{end}} is a day"),
        ("Top products", {"top": 0}, "{{top}} is a number of rows"),
        ("Open tickets by priority", {"day": "yesterday"}, "{{day}} is a day"),
        ("Monthly revenue", {"year": 25}, "{{year}} is a year; write it as 2025."),
        ("Monthly revenue", {"year": 2025.5}, "{{year}} is a year"),
        ("Monthly revenue", {"year": "abc"}, "{{year}} is a year"),
        ("Monthly revenue", {"year": []}, "{{year}} is a year"),
    ],
)
async def test_a_saved_query_refuses_what_it_would_answer_wrongly(
    core: Core, ada: Actor, tmp_path: Path, title: str, values: dict[str, Any], told: str
) -> None:
    await sampled(core, ada, tmp_path)
    right: dict[str, dict[str, Any]] = {
        "Top products": {"start": "2025-01-01", "end": "2025-12-31", "top": 3},
        "Open tickets by priority": {"day": "2025-12-31"},
        "Monthly revenue": {"year": 2025},
    }
    query = await core.queries.find(ada, title)

    for given in (right[title], {name: str(each) for name, each in right[title].items()}):
        await core.queries.run(ada, title, parameters=given)
    for run in (
        core.queries.run(ada, title, parameters=right[title] | values),
        core.queries.accept(ada, query.id, parameters=right[title] | values),
    ):
        with pytest.raises(ParameterInvalid) as refused:
            await run
        assert refused.value.message.startswith(told)


async def test_values_are_bound_as_they_are_where_nothing_is_certain(
    core: Core, ada: Actor, tmp_path: Path
) -> None:
    await sampled(core, ada, tmp_path)
    draft = QueryDraft(title="Echo", prompt="?", sql="SELECT {{day}} AS day", connection="sample")
    await core.queries.create(ada, draft)

    answer = await core.queries.run(ada, "Echo", parameters={"day": "soon"})

    assert answer.rows == (("soon",),) or list(map(list, answer.rows)) == [["soon"]]
