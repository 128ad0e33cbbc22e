"""One answer everywhere: ten questions, every database, every door."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from mcp import Client
from pydantic import SecretStr

from api.app import create_app
from core.app import Core, build
from core.connections import ConnectionDraft
from core.db import Database, migrate
from core.identity import Actor, Surface
from core.secrets import Vault, keys_of
from mcp_server.app import create_server
from mcp_server.desk import here
from tests.music import QUESTIONS, SHOPS, camel, chinook

HOUSE = Path(__file__).parent.parent
CHINOOK = os.environ.get("TEST_CHINOOK")
"""A folder with Chinook's scripts, to ask the same of a database that we did not make."""
SOURCES = ["ours", *(["chinook"] if CHINOOK else [])]
KINDS = {"ours": [*SHOPS], "chinook": ["sqlite", "postgresql", "mariadb"]}
DECIMALS = re.compile(r"\.0$")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
async def everywhere(home: Path) -> AsyncIterator[Core]:
    """Return a core whose store other processes may open too."""
    home.mkdir(mode=0o700)
    db = Database(f"sqlite:///{home}/trellis.db")
    await migrate(db)
    core = build(db, Vault(keys_of("", home)))
    yield core
    await core.connections.close()
    await core.audit.close()
    await db.close()


@pytest.fixture
async def owner(everywhere: Core) -> Actor:
    """Return the owner of the home, who has a shop already and needs no sample."""
    actor, _founded = await everywhere.identity.settle(Surface.CLI)
    await everywhere.identity.set_prepared(actor)
    return actor


@pytest.fixture(params=SOURCES)
async def shops(
    request: pytest.FixtureRequest, everywhere: Core, owner: Actor, tmp_path: Path
) -> list[str]:
    """Return the names of connections to one shop, in every dialect."""
    kinds = KINDS[request.param]
    for kind in kinds:
        url = ""
        if kind in {"postgresql", "mariadb"}:
            url = request.getfixturevalue({"postgresql": "postgres_url"}.get(kind, "mariadb_url"))
        if request.param == "ours":
            url = await asyncio.to_thread(SHOPS[kind], tmp_path, url)
        else:
            url = await asyncio.to_thread(chinook, kind, Path(str(CHINOOK)), url)
        draft = ConnectionDraft(name=f"{request.param}-{kind}", url=SecretStr(url))
        await everywhere.connections.add(owner, draft)
    return [f"{request.param}-{kind}" for kind in kinds]


def asked(sql: str, shop: str) -> str:
    return camel(sql) if shop in {"chinook-sqlite", "chinook-mariadb"} else sql


def plain(rows: Any) -> Any:
    return json.loads(orjson.dumps(rows))


async def test_every_database_gives_the_same_answer(
    everywhere: Core, owner: Actor, shops: list[str]
) -> None:
    for question in QUESTIONS:
        answers = [
            await everywhere.connections.run(
                owner, shop, asked(question.sql, shop), parameters=question.parameters
            )
            for shop in shops
        ]

        first, *others = answers
        assert first.row_count > 0, question.words
        for other in others:
            assert plain(other.rows) == plain(first.rows), (question.words, other.connection)
            names = [column.name for column in other.columns]
            assert names == [column.name for column in first.columns]


async def test_every_door_gives_the_same_answer(
    everywhere: Core, owner: Actor, shops: list[str], home: Path
) -> None:
    _record, key = await everywhere.identity.create_key(owner, "doors")
    http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(create_app(everywhere)),
        base_url="http://test",
        headers={"authorization": f"Bearer {key.get_secret_value()}"},
    )
    server = create_server(here(everywhere, owner))
    async with http, Client(server) as client:
        for shop in shops:
            for question in QUESTIONS:
                sql, values = asked(question.sql, shop), dict(question.parameters)
                answer = await everywhere.connections.run(owner, shop, sql, parameters=values)
                expected = plain(answer.rows)

                ran = await client.call_tool(
                    "run_sql", {"connection": shop, "sql": sql, "parameters": values}
                )
                assert ran.structured_content is not None, ran
                assert ran.structured_content["rows"] == expected, question.words

                title = f"{question.words} {shop}"
                integration = (await everywhere.connections.get(owner, shop)).id
                draft = {"title": title, "prompt": question.words, "sql": sql}
                saved = await http.post("/v1/queries", json=draft | {"integration_id": integration})
                assert saved.status_code == 201, saved.text
                run = await http.post(
                    f"/v1/queries/{saved.json()['id']}/run", json={"parameters": values}
                )
                assert run.json()["rows"] == expected, question.words

                again = await client.call_tool("run_query", {"query": title, "parameters": values})
                assert again.structured_content is not None
                assert again.structured_content["rows"] == expected, question.words
    await asyncio.to_thread(_terminal, everywhere, home, shops)


def _terminal(_core: Core, home: Path, shops: list[str]) -> None:
    """Ask two of the ten in a process of their own: each costs a start."""
    for question in (QUESTIONS[1], QUESTIONS[6]):
        title = f"{question.words} {shops[0]}"
        words = [f"{name}={json.dumps(value)}" for name, value in question.parameters.items()]
        said = subprocess.run(
            [sys.executable, "-m", "cli", "query", "run", title, *words, "--json"],
            cwd=HOUSE,
            env={"PATH": os.environ["PATH"], "TRELLIS_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert said.returncode == 0, said.stderr
        assert json.loads(said.stdout)["rows"]
