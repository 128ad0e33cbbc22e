"""Saved queries over HTTP, as the contract has them."""

from typing import Any

import httpx2
import orjson
import pytest

from core.app import Core, build
from core.connections import Ceilings, Connection
from core.db import Database
from core.identity import Actor
from core.secrets import Vault

FIELDS = [
    "id",
    "organization_id",
    "title",
    "description",
    "prompt",
    "sql",
    "keywords",
    "parameters",
    "last_updated_by",
    "last_updated_by_name",
    "created_at",
    "updated_at",
    "integration_id",
]
BY_REGION = "SELECT id, amount FROM orders WHERE region = {{region}} ORDER BY id"


async def saved(http: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"title": "Sales", "prompt": "How much did we sell?"} | fields
    response = await http.post("/v1/queries", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_query_is_saved_in_the_words_of_the_contract(
    as_ada: httpx2.AsyncClient, ada: Actor, shop: Connection
) -> None:
    query = await saved(as_ada, sql=BY_REGION, keywords=["money"], integration_id=shop.id)

    assert list(query) == FIELDS
    assert query["organization_id"] == ada.organization_id
    assert query["parameters"] == ["region"]
    assert query["keywords"] == ["money"]
    assert query["description"] is None
    assert (query["last_updated_by"], query["last_updated_by_name"]) == (ada.member_id, "Ada")
    assert query["created_at"] == query["updated_at"]
    assert query["created_at"].endswith("Z")
    assert query["integration_id"] == shop.id


async def test_a_query_without_sql_has_no_parameters(as_ada: httpx2.AsyncClient) -> None:
    query = await saved(as_ada)

    assert (query["sql"], query["parameters"]) == (None, [])


async def test_what_is_saved_is_listed_and_found(as_ada: httpx2.AsyncClient) -> None:
    second, first = await saved(as_ada, title="b"), await saved(as_ada, title="A")

    assert (await as_ada.get("/v1/queries")).json() == {"queries": [first, second]}
    assert (await as_ada.get(f"/v1/queries/{first['id']}")).json() == first


async def test_a_change_rewrites_what_it_names_and_no_more(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    query = await saved(as_ada, sql=BY_REGION, keywords=["money"], description="All of it")
    path = f"/v1/queries/{query['id']}"

    renamed = (await as_ada.patch(path, json={"title": "Turnover"})).json()
    cleared = (await as_ada.patch(path, json={"keywords": [], "description": None})).json()
    prompted = (await as_ada.patch(path, json={"sql": None})).json()

    changed = {"title", "updated_at"}
    assert {name for name in query if renamed[name] != query[name]} == changed
    assert renamed["updated_at"] > query["updated_at"]
    assert (cleared["keywords"], cleared["description"]) == ([], None)
    assert (prompted["sql"], prompted["parameters"]) == (None, [])


async def test_new_sql_has_its_own_parameters(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    query = await saved(as_ada, sql=BY_REGION)

    sql = "SELECT {{b}}, {{a}}, {{b}}"
    changed = await as_ada.patch(f"/v1/queries/{query['id']}", json={"sql": sql})

    assert changed.json()["parameters"] == ["b", "a"]


async def test_whoever_changes_a_query_is_remembered(
    as_ada: httpx2.AsyncClient, core: Core, ada_key: str
) -> None:
    query = await saved(as_ada)
    body = {"email": "bob@acme.test"}
    issued = await as_ada.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)

    as_ada.headers["authorization"] = f"Bearer {issued.json()['token']}"
    changed = await as_ada.patch(f"/v1/queries/{query['id']}", json={"title": "Turnover"})

    assert changed.json()["last_updated_by"] == issued.json()["member_id"]
    assert changed.json()["last_updated_by_name"] == "bob"


async def test_a_deleted_query_is_gone(as_ada: httpx2.AsyncClient) -> None:
    path = f"/v1/queries/{(await saved(as_ada))['id']}"

    gone = await as_ada.delete(path)

    assert (gone.status_code, gone.content) == (204, b"")
    missing = await as_ada.get(path)
    assert (missing.status_code, missing.json()["detail"]) == (404, "Query not found")
    assert (await as_ada.delete(path)).status_code == 404


async def test_a_run_answers_with_rows(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    query = await saved(as_ada, sql=BY_REGION)

    body = {"parameters": {"region": "EU"}, "limit": 2}
    run = await as_ada.post(f"/v1/queries/{query['id']}/run", json=body)
    answer = run.json()

    assert run.status_code == 200, run.text
    assert run.headers["content-type"] == "application/json"
    assert list(answer)[:6] == [
        "columns",
        "rows",
        "row_count",
        "truncated",
        "duration_ms",
        "sql",
    ]
    assert answer["columns"] == [
        {"name": "id", "type": "integer"},
        {"name": "amount", "type": "number"},
    ]
    assert answer["rows"] == [[1, 0.5], [3, 1.5]]
    assert answer["row_count"] == 2
    assert answer["truncated"] is True
    assert answer["truncation"] == {"rows": True, "bytes": False, "cells": 0}
    assert "EU" not in answer["sql"]
    assert answer["connection"] == "shop"


async def test_the_cursor_of_a_cut_answer_leads_to_the_rest(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    query = await saved(as_ada, sql="SELECT id FROM orders ORDER BY id LIMIT 5")
    path = f"/v1/queries/{query['id']}/run"

    first = (await as_ada.post(path, json={"limit": 3})).json()
    rest = (await as_ada.post(path, json={"limit": 3, "cursor": first["cursor"]})).json()

    assert [row[0] for row in first["rows"] + rest["rows"]] == [1, 2, 3, 4, 5]
    assert (rest["truncated"], rest["truncation"], rest["cursor"]) == (False, None, None)


async def test_a_run_needs_no_body_where_nothing_is_asked(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    query = await saved(as_ada, sql="SELECT 1 AS one")

    run = await as_ada.post(f"/v1/queries/{query['id']}/run")

    assert run.json()["rows"] == [[1]]
    assert run.json()["truncated"] is False


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "Missing required parameters: region"),
        ({"parameters": {"region": "EU", "colour": 1}}, 400, "colour"),
        ({"parameters": {"region": {"a": 1}}}, 400, "region"),
        ({"parameters": {"region": ["EU", ["EU"]]}}, 400, "region"),
        ({"parameters": {"region": "EU"}, "cursor": "3.0"}, 400, "cursor"),
        ({"parameters": {"region": "EU"}, "limit": 0}, 400, "limit: "),
        ({"parameters": {"region": "EU"}, "limit": "3"}, 400, "limit: "),
        ({"parameters": {"region": "EU"}, "limit": True}, 400, "limit: "),
        ({"parameters": [1]}, 400, "parameters: "),
        ({"parameters": {"region": "EU"}, "integration_id": "nowhere"}, 404, "nowhere"),
    ],
)
async def test_a_run_that_makes_no_sense_is_told_why(
    as_ada: httpx2.AsyncClient, shop: Connection, body: dict[str, Any], status: int, said: str
) -> None:
    query = await saved(as_ada, sql=BY_REGION)

    run = await as_ada.post(f"/v1/queries/{query['id']}/run", json=body)

    assert run.status_code == status, run.text
    assert said in run.json()["detail"]


async def test_null_is_a_value(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    sql = "SELECT count(*) FROM orders WHERE region IS {{region}}"
    query = await saved(as_ada, sql=sql)

    body = {"parameters": {"region": None}}
    run = await as_ada.post(f"/v1/queries/{query['id']}/run", json=body)

    assert run.json()["rows"] == [[1250]]


async def test_a_hostile_value_stays_a_value(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    query = await saved(as_ada, sql="SELECT {{x}} AS x")
    hostile = "'; DROP TABLE orders; -- \\ \" `{{y}}` ☃"

    body = {"parameters": {"x": hostile}}
    run = await as_ada.post(f"/v1/queries/{query['id']}/run", json=body)

    assert run.json()["rows"] == [[hostile]]


async def test_a_statement_that_writes_is_not_saved(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    body = {"title": "Oops", "prompt": "?", "sql": "DELETE FROM orders"}

    refused = await as_ada.post("/v1/queries", json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, "statement_refused")


async def test_a_prompt_only_query_does_not_run_here(as_ada: httpx2.AsyncClient) -> None:
    query = await saved(as_ada)

    run = await as_ada.post(f"/v1/queries/{query['id']}/run")

    assert (run.status_code, run.json()["code"]) == (400, "query_prompt_only")


async def test_a_viewer_reads_and_runs_and_writes_nothing(
    as_ada: httpx2.AsyncClient, ada_key: str, vic: Actor, shop: Connection
) -> None:
    query = await saved(as_ada, sql="SELECT 1")
    body = {"email": "vic@acme.test"}
    issued = await as_ada.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)
    as_ada.headers["authorization"] = f"Bearer {issued.json()['token']}"
    path = f"/v1/queries/{query['id']}"

    assert (await as_ada.get(path)).status_code == 200
    assert (await as_ada.post(f"{path}/run")).status_code == 200
    for refused in (
        await as_ada.post("/v1/queries", json={"title": "a", "prompt": "b"}),
        await as_ada.patch(path, json={"title": "a"}),
        await as_ada.delete(path),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "denied")


async def test_nobody_stands_in_the_way_of_an_id_by_a_title(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    query = await saved(as_ada, sql="SELECT 'mine'")
    await saved(as_ada, title=query["id"], sql="SELECT 'a stranger in its place'")

    run = await as_ada.post(f"/v1/queries/{query['id']}/run")

    assert run.json()["rows"] == [["mine"]]


class TestManyRows:
    """A core that hands out as many rows as are asked for."""

    @pytest.fixture
    def core(self, db: Database, vault: Vault) -> Core:
        return build(db, vault, ceilings=Ceilings(rows=200_000, bytes=1 << 30))

    @pytest.mark.usefixtures("shop")
    async def test_a_hundred_thousand_rows_are_written_once(
        self, as_ada: httpx2.AsyncClient
    ) -> None:
        sql = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
            "SELECT i, 'text ' || i AS t, i / 2.0 AS x FROM n"
        )
        query = await saved(as_ada, sql=sql)

        run = await as_ada.post(f"/v1/queries/{query['id']}/run")

        rows = orjson.loads(run.content)["rows"]
        assert len(rows) == 100_000
        assert rows[-1] == [100_000, "text 100000", 50_000.0]
