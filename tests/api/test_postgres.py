"""The same wire on a store that is a server: what differs between engines stays inside."""

import httpx2
import pytest
from sqlalchemy import text

from core.connections import Connection
from core.db import Database


@pytest.fixture
async def store_url(postgres_store_url: str) -> str:
    """Return an empty PostgreSQL store."""
    db = Database(postgres_store_url)
    async with db.transaction() as tx:
        await tx.execute(text("DROP SCHEMA public CASCADE"))
        await tx.execute(text("CREATE SCHEMA public"))
    await db.close()
    return postgres_store_url


async def test_a_whole_visit(
    as_ada: httpx2.AsyncClient, ada_key: str, shop: Connection, eves_shop: Connection
) -> None:
    body = {"email": "bob@acme.test"}
    issued = await as_ada.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)
    draft = {"title": "Ünits ☃", "prompt": "?", "sql": "SELECT {{n}} AS n", "keywords": ["a"]}
    saved = await as_ada.post("/v1/queries", json=draft)
    path = f"/v1/queries/{saved.json()['id']}"
    changed = await as_ada.patch(path, json={"title": "Units"})
    ran = await as_ada.post(f"{path}/run", json={"parameters": {"n": "x"}})
    listed = await as_ada.get("/v1/queries")
    ready = await as_ada.get("/ready")
    foreign = await as_ada.post(f"{path}/run", json={"integration_id": eves_shop.id})
    gone = await as_ada.delete(path)

    assert issued.status_code == 200
    assert saved.status_code == 201
    assert changed.json()["updated_at"] > saved.json()["updated_at"]
    assert changed.json()["created_at"] == saved.json()["created_at"]
    assert ran.json()["rows"] == [["x"]]
    assert [query["title"] for query in listed.json()["queries"]] == ["Units"]
    assert (ready.status_code, foreign.status_code, gone.status_code) == (200, 404, 204)


@pytest.mark.parametrize("id", ["%00", "a%00b", "%ED%A0%80", "x" * 5000, "';--"])
async def test_an_id_that_is_none_is_not_found(as_ada: httpx2.AsyncClient, id: str) -> None:
    for path in (f"/v1/queries/{id}", f"/v1/projects/{id}"):
        assert (await as_ada.get(path)).status_code == 404


async def test_a_reference_that_is_none_is_not_found(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    draft = {"title": "a", "prompt": "b", "integration_id": "x" * 100_000}

    missing = await as_ada.post("/v1/queries", json=draft)

    assert missing.status_code == 404
    assert len(missing.content) < 1000
