"""What is saved is read by the whole organization: keys do not stand in it."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.pipelines import PipelineInvalid, RunDraft
from core.pipelines.tools.every import Means
from core.secrets import Vault
from tests.core.pipelines.kept.bench import HERE, secret, site

FETCH = """
id: fetch
goal: Fetch with a key
params: {{token: {{type: string, default: ""}}}}
tasks:
  - {{id: wait, tool: mock}}
  - {{id: get, tool: fetch_data, inputs: {{source: url, url: "https://a.test", headers: {}}}}}
"""


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.mark.parametrize(
    "headers",
    [
        "{Authorization: Bearer abc}",
        "{X-Api-Key: abc}",
        "{x_api_key: abc}",
        "{Cookie: session=abc}",
        "{X-Auth-Token: abc, Accept: text/html}",
    ],
)
async def test_a_key_is_not_saved(core: Core, ada: Actor, headers: str) -> None:
    with pytest.raises(PipelineInvalid) as refusal:
        await core.pipelines.save(ada, FETCH.format(headers))

    (problem,) = refusal.value.problems
    assert problem.startswith("tasks.1.inputs.headers.")
    assert "TRELLIS_FETCH_HEADERS" in problem
    await core.pipelines.validate(ada, FETCH.format(headers))  # to run it tells nobody


@pytest.mark.parametrize(
    "headers",
    [
        "{Accept: text/html, User-Agent: me}",
        '{Authorization: "Bearer {{params.token}}"}',
        '{Authorization: "{{session.token}}"}',
        '{Authorization: ""}',
        "{}",
        '"{{params.token}}"',
    ],
)
async def test_what_is_no_key_is_saved(core: Core, ada: Actor, headers: str) -> None:
    assert (await core.pipelines.save(ada, FETCH.format(headers))).version == 1


async def test_a_key_that_the_operator_has_set_is_sent_and_stands_nowhere(
    db: Database, vault: Vault, ada: Actor
) -> None:
    async def answer(request: Request) -> Response:
        return PlainTextResponse("in" if request.headers.get("x-key") == "k-123" else "out")

    async with site(answer) as url:
        means = Means(
            folder=Path("nowhere"),
            fetch_networks=HERE,
            fetch_headers={url: {"X-Key": secret("k-123")}},
        )
        core = build(db, vault, means=means)
        task: dict[str, Any] = {"id": "get", "tool": "fetch_data"}
        task["inputs"] = {"source": "url", "url": f"{url}/data"}
        pipeline = {"id": "fetch", "goal": "g", "tasks": [task]}
        result = await core.pipelines.run(ada, RunDraft(pipeline=pipeline))
        await core.audit.close()

    assert result.outputs["get"]["data"] == "in"
    assert "k-123" not in repr(means) + str(result)
