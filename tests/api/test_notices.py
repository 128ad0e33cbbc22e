"""Notices over HTTP."""

from typing import Any

import httpx2
import pytest

from core.app import Core
from core.channels import WorkspaceDraft
from core.connections import Connection
from core.identity import Actor, Surface
from core.queries import Query, QueryDraft

FIELDS = [
    *("id", "query_id", "title", "parameters", "integration_id", "when", "cron", "zone"),
    *("surface", "workspace", "channel", "channel_name", "paused", "problem", "next_at"),
    *("last_at", "created_by", "created_by_name", "created_at"),
]


@pytest.fixture
async def query(core: Core, ada: Actor, shop: Connection) -> Query:
    await core.channels.install(ada, WorkspaceDraft(surface=Surface.SLACK, id="T1"))
    sql = "SELECT amount FROM orders WHERE region = {{region}}"
    return await core.queries.create(
        ada, QueryDraft(title="Sales", prompt="?", sql=sql, connection="shop")
    )


def wanted(query: Query, **fields: Any) -> dict[str, Any]:
    usual = {
        "query_id": query.id,
        "parameters": {"region": "EU"},
        "when": "every weekday at 8:30",
        "zone": "Europe/Berlin",
        "surface": "slack",
        "channel": "C0123",
        "channel_name": "sales",
    }
    return usual | fields


async def test_a_notice_is_made_listed_paused_resumed_and_deleted(
    as_ada: httpx2.AsyncClient, ada: Actor, query: Query
) -> None:
    made = await as_ada.post("/v1/notices", json=wanted(query))
    assert made.status_code == 201, made.text
    notice = made.json()
    assert sorted(notice) == sorted(FIELDS)
    assert (notice["when"], notice["cron"]) == ("every weekday at 08:30", "30 8 * * 1,2,3,4,5")
    assert (notice["workspace"], notice["created_by"]) == ("T1", ada.member_id)
    assert notice["next_at"].endswith("Z")

    url = f"/v1/notices/{notice['id']}"
    paused = (await as_ada.patch(url, json={"paused": True})).json()
    assert (paused["paused"], paused["next_at"]) == (True, None)
    listed = (await as_ada.get("/v1/notices")).json()
    assert listed == {"notices": [paused], "total": 1, "page": 1, "has_more": False}
    assert (await as_ada.patch(url, json={"paused": False})).json() == notice
    assert (await as_ada.delete(url)).status_code == 204
    gone = await as_ada.delete(url)
    assert (gone.status_code, gone.json()["code"]) == (404, "notice_not_found")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"when": "soon"}, 400, "when_unclear"),
        ({"when": "* * * * *"}, 400, "noticed_too_often"),
        ({"zone": "Mars/Phobos"}, 400, "zone_unknown"),
        ({"channel": "sales"}, 400, "channel_unknown"),
        ({"channel": "D0123"}, 400, "channel_unknown"),
        ({"surface": "cli"}, 400, "invalid"),
        ({"surface": "discord", "channel": "80351110224678912"}, 404, "workspace_unknown"),
        ({"workspace": "T2"}, 404, "workspace_unknown"),
        ({"query_id": "nothing"}, 404, "query_not_found"),
        ({"parameters": {}}, 400, "parameters_missing"),
        ({"integration_id": "nothing"}, 404, "connection_not_found"),
        ({"more": 1}, 400, "invalid"),
    ],
)
async def test_what_cannot_be_posted_is_refused(
    as_ada: httpx2.AsyncClient, query: Query, fields: dict[str, Any], status: int, code: str
) -> None:
    refused = await as_ada.post("/v1/notices", json=wanted(query, **fields))

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await as_ada.get("/v1/notices?page=0")).json()["total"] == 0


async def test_of_several_workspaces_one_is_named(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, query: Query
) -> None:
    await core.channels.install(ada, WorkspaceDraft(surface=Surface.SLACK, id="T2"))

    unclear = await as_ada.post("/v1/notices", json=wanted(query))
    made = await as_ada.post("/v1/notices", json=wanted(query, workspace="T2"))

    assert (unclear.status_code, unclear.json()["code"]) == (409, "workspace_ambiguous")
    assert "T1, T2" in unclear.json()["detail"]
    assert made.json()["workspace"] == "T2"


async def test_a_viewer_makes_none(
    http: httpx2.AsyncClient, core: Core, vic: Actor, ada: Actor, query: Query, ada_key: str
) -> None:
    token = await core.identity.authenticate(ada_key, "vic@acme.test")
    http.headers["authorization"] = f"Bearer {token.token.get_secret_value()}"

    refused = await http.post("/v1/notices", json=wanted(query))
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
