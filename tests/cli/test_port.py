"""Every way in on one port."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from cli.port import assemble
from config import Settings
from core.app import Core
from tests.serving import serving


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


async def test_rest_and_mcp_answer_on_one_port(
    core: Core, ada_key: str, tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    app = assemble(core, Settings(home=tmp_path))
    bearer = {"authorization": f"Bearer {ada_key}"}
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    accept = {"accept": "application/json, text/event-stream"}
    async with serving(app) as url:
        rest = await http.get(f"{url}/v1/queries", headers=bearer)
        greeted = await http.post(f"{url}/mcp", headers=bearer | accept, json=hello)
        stranger = await http.post(f"{url}/mcp", headers=accept, json=hello)
        rebound = await http.post(
            f"{url}/mcp", headers=bearer | accept | {"host": "evil.example"}, json=hello
        )
        figures = await http.get(f"{url}/metrics", headers=bearer)

    assert rest.status_code == 200
    assert "search_queries first" in greeted.text
    assert (stranger.status_code, rebound.status_code) == (401, 421)
    assert stranger.headers["x-correlation-id"]
    assert 'route="/mcp"' in figures.text


async def test_every_path_of_every_surface_is_open_or_guarded(
    core: Core, tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    app = assemble(core, Settings(home=tmp_path))
    paths = {getattr(route, "path", "") for route in app.routes} - {""}
    async with serving(app) as url:
        statuses = {
            path: (await http.post(f"{url}{path}", content=b"")).status_code
            for path in paths
            if "{" not in path
        }

    assert statuses["/mcp"] == 401
    assert not {path: status for path, status in statuses.items() if status >= 500}
    opened = {path for path, status in statuses.items() if status < 400}
    assert not opened, "a stranger's empty POST does something here"
