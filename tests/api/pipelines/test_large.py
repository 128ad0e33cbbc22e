"""Large results: a reader who takes none of them costs no more than a few."""

import asyncio

import httpx2

from api.app import create_app
from api.limits import Held, Limits
from core.app import Core
from core.identity import Actor
from core.pipelines import RunDraft
from tests.api.pipelines.conftest import pipeline, task
from tests.serving import serving


async def test_few_large_results_are_read_at_once(
    core: Core, ada: Actor, bearer: dict[str, str]
) -> None:
    large = pipeline(task(text="x" * 2_000_000))
    small = pipeline(task(text="x"))
    kept = await core.pipelines.run(ada, RunDraft(pipeline=large))
    path = f"/pipelines/runs/{kept.run_id}"
    app = create_app(core)
    app.state.limits = Limits(large=Held(2, 3))

    async with (
        serving(app, narrow=True) as url,
        httpx2.AsyncClient(base_url=url, headers=bearer) as http,
    ):
        async with http.stream("GET", path) as one, http.stream("GET", path) as two:
            assert (one.status_code, two.status_code) == (200, 200)
            no = await http.get(path)
            assert (no.status_code, no.json()["code"]) == (429, "too_often")
            assert (await http.post("/pipelines/run", json={"pipeline": small})).status_code == 200

        async with asyncio.timeout(10):
            while app.state.limits.large.held():  # noqa: ASYNC110 - the server hears that they left
                await asyncio.sleep(0.02)
        whole = await http.get(path)

    assert whole.status_code == 200
    assert len(whole.json()["result"]["outputs"]["greet"]["text"]) == 2_000_000
    assert app.state.limits.large.held() == 0
