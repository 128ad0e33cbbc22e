"""Files that runs have written are fetched by those who see the run, and by nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.pipelines.tools.every import Means
from core.secrets import Vault
from tests.api.pipelines.conftest import pipeline, task
from tests.api.pipelines.test_contract import viewer_token


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Core]:
    core = build(db, vault, means=Means(folder=tmp_path / "pipelines"))
    yield core
    await core.channels.close()
    await core.chats.close()
    await core.audit.close()


async def written(http: httpx2.AsyncClient, **inputs: Any) -> str:
    """Return the id of a run that has written a file."""
    body = {"pipeline": pipeline(task("export", **inputs))}
    answer = await http.post("/pipelines/run", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["x-run-id"])


@pytest.mark.parametrize(
    ("inputs", "path", "kind", "begins"),
    [
        ({"content": "# 売上"}, "outputs/artifact.md", "text/markdown; charset=utf-8", "# 売上\n"),
        (
            {"data": [{"a": 1}], "format": "csv", "filename": "売上 1", "output_dir": "2025"},
            "2025/売上 1.csv",
            "text/csv; charset=utf-8",
            "\ufeffa\r\n1\r\n",
        ),
        ({"data": {"a": 1}, "format": "json"}, "outputs/artifact.json", "application/json", "{"),
        (
            {"data": [{"a": 1}], "format": "xlsx"},
            "outputs/artifact.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "PK",
        ),
    ],
    ids=["markdown", "csv", "json", "xlsx"],
)
async def test_a_file_is_listed_and_fetched(
    as_ada: httpx2.AsyncClient,
    inputs: dict[str, Any],
    path: str,
    kind: str,
    begins: str,
) -> None:
    run_id = await written(as_ada, **inputs)

    listed = (await as_ada.get(f"/pipelines/runs/{run_id}/files")).json()
    (file,) = listed["files"]
    got = await as_ada.get(f"/pipelines/runs/{run_id}/files/{file['path']}")

    assert (file["path"], file["task_id"], file["size"]) == (path, "greet", len(got.content))
    assert got.content.startswith(begins.encode())
    assert got.headers["content-type"] == kind
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"


async def test_a_file_that_is_not_the_runs_is_not_found(
    as_ada: httpx2.AsyncClient, tmp_path: Path
) -> None:
    first = await written(as_ada, content="a")
    await written(as_ada, content="b")
    (tmp_path / "pipelines" / "secret.txt").write_text("s")

    for path in (
        "outputs/artifact.md",  # the second has written over it
        "outputs/other.md",
        "secret.txt",
        "..%2F..%2Fsecret.txt",
        "%2Fetc%2Fpasswd",
        "outputs%2F..%2Foutputs%2Fartifact.md",
        "%00",
        "%FF",
        "",
    ):
        missing = await as_ada.get(f"/pipelines/runs/{first}/files/{path}")
        assert (missing.status_code, missing.json()["code"]) == (404, "run_file_not_found"), path
    for run_id in ("0" * 32, "a.b", "%00"):
        for path in ("", "/outputs/artifact.md"):
            missing = await as_ada.get(f"/pipelines/runs/{run_id}/files{path}")
            assert (missing.status_code, missing.json()["code"]) == (404, "run_not_found")


async def test_nobody_else_fetches_it(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, vic: Actor
) -> None:
    url = f"/pipelines/runs/{await written(as_ada, content='a')}/files"
    token = await viewer_token(core, ada, vic)

    for authorization, status in ((f"Bearer {token}", 404), ("Bearer no", 401), ("", 401)):
        as_ada.headers["authorization"] = authorization
        for path in ("", "/outputs/artifact.md"):
            assert (await as_ada.get(f"{url}{path}")).status_code == status
