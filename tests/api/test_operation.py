"""What those who run the server see of it."""

import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from typing_extensions import override

from api.app import create_app
from core.app import VERSION, Core, build
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.models import Model, Models
from core.models.providers.nobody import Nobody
from core.page import PageAsked
from core.secrets import Vault


async def test_the_process_tells_that_it_lives(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "ok", "version": VERSION}


async def test_the_server_tells_that_it_is_ready(http: httpx2.AsyncClient) -> None:
    ready = await http.get("/ready")

    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


class TestUnready:
    """A server whose store is not what it needs."""

    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/empty.db"

    @pytest.fixture
    async def core(self, store_url: str, vault: Vault) -> AsyncIterator[Core]:
        db = Database(store_url)
        yield build(db, vault)
        await db.close()
        # A connection that could not be opened ends by itself, in a thread that needs our loop.
        for thread in threading.enumerate():
            if "_connection_worker_thread" in thread.name:
                thread.join(5)

    async def test_it_lives_but_is_not_ready(self, http: httpx2.AsyncClient) -> None:
        ready = await http.get("/ready")

        assert (await http.get("/health")).status_code == 200
        # Many a watcher asks for the head alone.
        heads = [(await http.head(path)).status_code for path in ("/health", "/ready")]
        assert heads == [200, 503]
        assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
        assert "start Trellis again" in ready.json()["detail"]
        assert int(ready.headers["retry-after"]) > 0

    async def test_whoever_asks_is_told_that_it_is_not_their_fault(
        self, http: httpx2.AsyncClient
    ) -> None:
        key = "tr_abcdefgh_" + "x" * 43
        asked = await http.get("/v1/queries", headers={"authorization": f"Bearer {key}"})

        assert (asked.status_code, asked.json()["code"]) == (503, "store_unavailable")


class TestUnreachable(TestUnready):
    """A server whose store cannot even be opened."""

    @pytest.fixture
    @override
    def store_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/nowhere/trellis.db"

    @override
    async def test_it_lives_but_is_not_ready(self, http: httpx2.AsyncClient) -> None:
        ready = await http.get("/ready")

        assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
        assert "cannot be opened" in ready.json()["detail"]


async def test_figures_are_for_those_who_may_read_the_trail(
    http: httpx2.AsyncClient, ada_key: str, vic: Actor
) -> None:
    body = {"email": "vic@acme.test"}
    issued = await http.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)
    bearer = {"authorization": f"Bearer {issued.json()['token']}"}

    assert (await http.get("/metrics", headers=bearer)).status_code == 403


async def test_figures_count_requests_by_template_and_statements_by_outcome(
    as_ada: httpx2.AsyncClient, shop: Connection
) -> None:
    body = {"title": "a", "prompt": "b", "sql": "SELECT id FROM orders"}
    query = (await as_ada.post("/v1/queries", json=body)).json()
    for _run in range(3):
        await as_ada.post(f"/v1/queries/{query['id']}/run", json={})
    await as_ada.get("/v1/elsewhere")
    await as_ada.request("BREW", "/v1/queries")

    read = await as_ada.get("/metrics")
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parse(read.text)
        for sample in family.samples
    }

    assert read.headers["content-type"].startswith("text/plain")
    ran = [("method", "POST"), ("route", "/v1/queries/{query_id}/run"), ("status", "200")]
    assert values["trellis_http_request_seconds_count", *ran] == 3
    assert values["trellis_http_request_seconds_bucket", ("le", "+Inf"), *ran] == 3
    assert 0 < values["trellis_http_request_seconds_sum", *ran] < 60
    lost = [("method", "GET"), ("route", "unknown"), ("status", "404")]
    assert values["trellis_http_request_seconds_count", *lost] == 1
    odd = [("method", "other"), ("route", "/v1/queries"), ("status", "405")]
    assert values["trellis_http_request_seconds_count", *odd] == 1
    statements = [("dialect", "sqlite"), ("outcome", "success")]
    assert values["trellis_statement_seconds_count", *statements] == 3
    assert values["trellis_info", ("version", VERSION)] == 1
    assert query["id"] not in read.text


async def test_figures_come_as_openmetrics_where_that_is_wanted(
    as_ada: httpx2.AsyncClient,
) -> None:
    wanted = {"accept": "application/openmetrics-text; version=1.0.0"}
    read = await as_ada.get("/metrics", headers=wanted)

    assert read.headers["content-type"].startswith("application/openmetrics-text")
    assert read.text.endswith("# EOF\n")


async def test_an_id_that_is_offered_is_kept_through_the_trail(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    offered = {"x-correlation-id": "my-request.7"}
    created = await as_ada.post("/v1/projects", headers=offered, json={"name": "a"})

    assert created.headers["x-correlation-id"] == "my-request.7"
    trail = await core.audit.list(ada, PageAsked())
    event = next(each for each in trail.items if each.verb == "project.created")
    assert event.correlation_id == "my-request.7"


@pytest.mark.parametrize("offered", ["", "a b", "x" * 101, "a;b", "\t", "ä"])
async def test_an_id_that_is_none_is_replaced(http: httpx2.AsyncClient, offered: str) -> None:
    headers = [(b"x-correlation-id", offered.encode())]
    answers = [await http.get("/health", headers=headers) for _time in range(2)]

    first, second = (each.headers["x-correlation-id"] for each in answers)
    assert len(first) == 32
    assert first != second


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/nowhere", "/v1/queries"])
async def test_a_browser_is_told_to_be_careful(http: httpx2.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "script-src" not in headers["content-security-policy"]
    assert "server" not in headers


class Broken(Models):
    """A part with a fault in it."""

    @override
    async def list(self, actor: Actor) -> tuple[Model, ...]:
        raise ZeroDivisionError(f"postgresql://reader:hunter2@db/shop {actor.name}")


async def test_a_fault_of_ours_is_a_plain_apology(core: Core, bearer: dict[str, str]) -> None:
    app = create_app(replace(core, models=Broken(Nobody())))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        sorry = await http.get("/v1/models", headers=bearer)
        after = await http.get("/v1/queries", headers=bearer)

    assert sorry.status_code == 500
    assert set(sorry.json()) == {"detail", "code", "debug_id"}
    assert sorry.json()["debug_id"] in sorry.json()["detail"]
    assert "hunter2" not in sorry.text
    assert "ZeroDivision" not in sorry.text
    assert sorry.headers["x-correlation-id"]
    assert after.status_code == 200
