"""Saved queries."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from core.app import Core
from core.connections import (
    Connection,
    ConnectionAmbiguous,
    ConnectionDraft,
    ConnectionNotFound,
    StatementRefused,
)
from core.connections.errors import (
    ParameterMisnamed,
    ParameterMisplaced,
    ParametersMissing,
    ParametersUnknown,
)
from core.errors import Denied
from core.identity import Actor
from core.ids import OrganizationId, QueryId
from core.page import PageAsked
from core.queries import (
    QueryAmbiguous,
    QueryChange,
    QueryDraft,
    QueryExists,
    QueryNotFound,
    QueryPromptOnly,
)

SALES = QueryDraft(
    title="Sales by year",
    prompt="How much did we sell?",
    sql="SELECT sum(total) AS sales FROM orders WHERE placed_at LIKE '{{year}}%'",
    keywords=("money",),
)
PROMPT = QueryDraft(title="Why", prompt="Why did sales fall?")


async def test_a_saved_query_can_be_found_again(core: Core, ada: Actor, shop: Connection) -> None:
    query = await core.queries.create(ada, SALES)

    assert await core.queries.get(ada, query.id) == query
    assert query.parameters == ("year",)
    assert (query.last_updated_by_name, query.connection_id) == ("Ada", shop.id)
    for ref in ("Sales by year", " SALES BY YEAR ", query.id):
        assert await core.queries.find(ada, ref) == query


async def test_a_saved_query_runs_with_its_values_bound(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, SALES)

    by_title = await core.queries.run(ada, "sales by year", parameters={"year": 2025})
    by_id = await core.queries.run(ada, query.id, parameters={"year": "2024"}, connection="shop")

    assert [by_title.rows[0][0], by_id.rows[0][0]] == [35.75, 100]


@pytest.mark.parametrize("value", ["' OR 1=1 --", "2025'); DROP TABLE orders; --", "%", "\\"])
async def test_a_hostile_value_is_only_a_value(
    core: Core, ada: Actor, shop: Connection, value: str
) -> None:
    by_name = "SELECT count(*) AS n FROM customers WHERE name = {{name}}"
    await core.queries.create(ada, QueryDraft(title="Names", prompt="?", sql=by_name))

    answer = await core.queries.run(ada, "Names", parameters={"name": value})

    assert answer.rows[0][0] == 0
    assert value not in answer.sql


async def test_a_run_follows_every_change_at_once(core: Core, ada: Actor, shop: Connection) -> None:
    query = await core.queries.create(ada, SALES)
    await core.queries.run(ada, SALES.title, parameters={"year": 2025})

    await core.queries.update(ada, query.id, QueryChange(sql="SELECT 41 + 1 AS answer"))
    changed = await core.queries.run(ada, SALES.title)
    namesake = await core.queries.create(ada, SALES)
    with pytest.raises(QueryAmbiguous):
        await core.queries.run(ada, SALES.title)
    await core.queries.delete(ada, namesake.id)
    await core.queries.delete(ada, query.id)

    assert changed.rows == [(42,)]
    # By its id: a title that nobody has is searched for, a removed id is simply gone.
    for gone in (query.id, namesake.id):
        with pytest.raises(QueryNotFound):
            await core.queries.run(ada, gone)


async def test_a_run_names_what_is_missing_unknown_or_without_sql(
    core: Core, ada: Actor, shop: Connection
) -> None:
    await core.queries.create(ada, SALES)
    await core.queries.create(ada, PROMPT)

    with pytest.raises(ParametersMissing, match="Missing required parameters: year"):
        await core.queries.run(ada, "Sales by year")
    with pytest.raises(ParametersUnknown, match="yeer"):
        await core.queries.run(ada, "Sales by year", parameters={"year": 1, "yeer": 2})
    with pytest.raises(QueryPromptOnly):
        await core.queries.run(ada, "Why")
    with pytest.raises(QueryNotFound, match="Sales by year"):
        await core.queries.run(ada, "Sale by years")


async def test_two_of_one_title_are_told_apart_by_id(
    core: Core, ada: Actor, shop: Connection
) -> None:
    first = await core.queries.create(ada, PROMPT)
    await core.queries.create(ada, PROMPT)

    with pytest.raises(QueryAmbiguous, match=first.id):
        await core.queries.find(ada, "why")


async def test_another_organizations_query_does_not_exist(
    core: Core, ada: Actor, eve: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, SALES)

    for ask in (
        core.queries.get(eve, query.id),
        core.queries.find(eve, query.id),
        core.queries.find(eve, query.title),
        core.queries.update(eve, query.id, QueryChange(title="Mine")),
        core.queries.delete(eve, query.id),
        core.queries.run(eve, query.id, parameters={"year": 1}),
    ):
        with pytest.raises(QueryNotFound):
            await ask
    assert (await core.queries.list(eve, PageAsked())).total == 0
    assert await core.queries.search(eve, "sales") == ()
    with pytest.raises(ConnectionNotFound):
        await core.queries.create(eve, SALES.model_copy(update={"connection": shop.id}))
    assert await core.queries.get(ada, query.id) == query


async def test_a_list_is_by_title_whatever_its_case_and_in_pages(core: Core, ada: Actor) -> None:
    for title in "cAb":
        await core.queries.create(ada, QueryDraft(title=title, prompt="?"))

    first = await core.queries.list(ada, PageAsked(size=2))
    second = await core.queries.list(ada, PageAsked(number=2, size=2))

    assert [query.title for query in first.items + second.items] == ["A", "b", "c"]
    assert (first.has_more, second.has_more, first.total) == (True, False, 3)


async def test_a_search_puts_the_best_fit_first_and_follows_changes(core: Core, ada: Actor) -> None:
    costs = await core.queries.create(ada, QueryDraft(title="Costs by year", prompt="money out"))
    sales = await core.queries.create(ada, QueryDraft(title="Sales by year", prompt="money in"))

    assert (await core.queries.search(ada, "Sales of the year?"))[0] == sales
    assert (await core.queries.search(ada, "costs", limit=1)) == (costs,)
    await core.queries.update(ada, sales.id, QueryChange(title="Income of employees"))
    assert (await core.queries.search(ada, "employees", limit=1))[0].id == sales.id
    await core.queries.delete(ada, sales.id)
    assert sales.id not in {query.id for query in await core.queries.search(ada, "employees")}


async def test_only_the_fields_that_are_set_change(
    core: Core, ada: Actor, shop: Connection
) -> None:
    before = await core.queries.create(ada, SALES)

    after = await core.queries.update(ada, before.id, QueryChange(title="Income"))

    changed = {"title": "Income", "updated_at": after.updated_at}
    assert after == before.model_copy(update=changed)
    assert after.updated_at > before.updated_at
    assert await core.queries.get(ada, before.id) == after


async def test_a_query_without_sql_has_no_parameters(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, SALES)

    after = await core.queries.update(ada, query.id, QueryChange(sql=None, keywords=()))

    assert (after.sql, after.parameters, after.keywords) == (None, (), ())


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("SELECT 1 -- {{year}}", ParameterMisplaced),
        ("SELECT * FROM {{table}}", ParameterMisplaced),
        ('SELECT "{{column}}" FROM orders', ParameterMisplaced),
        ("SELECT {{a b}}", ParameterMisnamed),
        ("DELETE FROM orders", StatementRefused),
        ("SELECT 1; SELECT 2", StatementRefused),
    ],
)
async def test_a_query_that_could_never_run_is_not_saved(
    core: Core, ada: Actor, shop: Connection, sql: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await core.queries.create(ada, SALES.model_copy(update={"sql": sql}))
    query = await core.queries.create(ada, SALES)
    with pytest.raises(refusal):
        await core.queries.update(ada, query.id, QueryChange(sql=sql))

    assert (await core.queries.list(ada, PageAsked())).items == (query,)


async def test_without_a_connection_a_query_is_kept_until_somebody_says_where(
    core: Core, ada: Actor
) -> None:
    query = await core.queries.create(ada, SALES)

    assert query.connection_id is None
    with pytest.raises(ConnectionNotFound):
        await core.queries.run(ada, query.id, parameters={"year": 1})


async def test_a_removed_connection_leaves_its_queries(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, SALES)

    await core.connections.remove(ada, "shop")

    assert (await core.queries.get(ada, query.id)).connection_id is None


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "a\x00b"},
        {"keywords": ["a\x00b"]},
        {"prompt": " "},
        {"sql": ""},
        {"keywords": [""]},
        {"keywords": ["x"] * 101},
        {"sql": "x" * 200_001},
        {"unknown": 1},
    ],
)
def test_a_draft_has_bounds(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        QueryDraft.model_validate(SALES.model_dump() | fields)


async def test_a_viewer_reads_and_runs_but_does_not_write(
    core: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, SALES)

    assert await core.queries.get(vic, query.id) == query
    assert (await core.queries.run(vic, query.id, parameters={"year": 2024})).row_count == 1
    with pytest.raises(Denied, match="queries:write"):
        await core.queries.create(vic, SALES)
    with pytest.raises(Denied, match="queries:write"):
        await core.queries.delete(vic, query.id)


async def test_one_id_is_one_query(core: Core, ada: Actor) -> None:
    await core.queries.create(ada, PROMPT, id=QueryId("1"))

    with pytest.raises(QueryExists):
        await core.queries.create(ada, PROMPT, id=QueryId("1"))


async def test_every_change_is_on_record_and_told(core: Core, ada: Actor) -> None:
    told: list[OrganizationId] = []

    async def listen(organization_id: OrganizationId) -> None:
        told.append(organization_id)

    core.queries.changed.connect(listen)
    query = await core.queries.create(ada, PROMPT)
    await core.queries.update(ada, query.id, QueryChange(title="Income"))
    await core.queries.delete(ada, query.id)

    events = (await core.audit.list(ada, PageAsked())).items
    assert [event.verb for event in reversed(events)] == [
        "query.created",
        "query.updated",
        "query.deleted",
    ]
    assert told == [ada.organization_id] * 3


async def test_a_run_must_say_where_once_there_is_a_choice(
    core: Core, ada: Actor, shop: Connection, shop_file: Path
) -> None:
    query = await core.queries.create(ada, QueryDraft(title="One", prompt="?", sql="SELECT 1 a"))
    await core.connections.remove(ada, shop.id)
    url = SecretStr(f"sqlite:///{shop_file}")
    await core.connections.add(ada, ConnectionDraft(name="second", url=url))

    assert (await core.queries.run(ada, query.id)).connection == "second"
    await core.connections.add(ada, ConnectionDraft(name="third", url=url))
    with pytest.raises(ConnectionAmbiguous, match="second, third"):
        await core.queries.run(ada, query.id)
    assert (await core.queries.run(ada, query.id, connection="third")).connection == "third"
