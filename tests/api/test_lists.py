"""Models, integrations and projects, as the contract has them."""

import httpx2
import pytest
from pydantic_ai.models.test import TestModel

from core.app import Core, build
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.secrets import Vault
from tests.minds import Scripted


async def test_without_a_provider_there_is_no_model(as_ada: httpx2.AsyncClient) -> None:
    assert (await as_ada.get("/v1/models")).json() == {"models": [], "default": None}


class TestWithModels:
    """A core that knows two models."""

    @pytest.fixture
    def core(self, db: Database, vault: Vault) -> Core:
        return build(
            db,
            vault,
            provider=Scripted(TestModel(), id="ollama:llama3.3", others=("openai:gpt-5",)),
        )

    async def test_the_first_model_is_the_default(self, as_ada: httpx2.AsyncClient) -> None:
        listed = (await as_ada.get("/v1/models")).json()

        assert listed["default"] == "ollama:llama3.3"
        assert [list(each) for each in listed["models"]] == [
            ["model_id", "display_name", "description"]
        ] * 2
        assert listed["models"][0]["model_id"] == "ollama:llama3.3"
        assert listed["models"][0]["display_name"] == "llama3.3"


async def test_a_connection_is_an_integration(
    as_ada: httpx2.AsyncClient, shop: Connection, eves_shop: Connection
) -> None:
    assert (await as_ada.get("/v1/integrations")).json() == {
        "integrations": [
            {
                "id": shop.id,
                "display_name": "shop",
                "type": "database",
                "dialect": "sqlite",
                "status": "pending",
            }
        ]
    }


async def test_a_project_is_begun_listed_and_found(as_ada: httpx2.AsyncClient) -> None:
    body = {"name": "Spring", "description": "What it brought", "tags": ["a", "b"]}
    created = await as_ada.post("/v1/projects", json=body)
    project = created.json()

    assert created.status_code == 201
    assert project["id"].startswith("proj_")
    assert body.items() <= project.items()
    assert project["created_at"].endswith("Z")
    assert project["updated_at"].endswith("Z")
    assert (await as_ada.get("/v1/projects")).json() == {"projects": [project]}
    assert (await as_ada.get(f"/v1/projects/{project['id']}")).json() == project


async def test_an_unknown_project_is_not_found(as_ada: httpx2.AsyncClient) -> None:
    missing = await as_ada.get("/v1/projects/proj_nowhere")

    assert missing.status_code == 404
    assert missing.json() == {"detail": "Project not found", "code": "project_not_found"}


async def test_a_viewer_begins_no_project(
    http: httpx2.AsyncClient, core: Core, ada_key: str, vic: Actor
) -> None:
    body = {"email": "vic@acme.test"}
    issued = await http.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)
    bearer = {"authorization": f"Bearer {issued.json()['token']}"}

    refused = await http.post("/v1/projects", headers=bearer, json={"name": "Spring"})

    assert refused.status_code == 403
