"""Bodies that are none, and bodies that are hard to read."""

import json
import time
from typing import Any

import httpx2
import pytest

from tests.api.pipelines.conftest import pipeline, task

VALIDATE, RUN, LEAVE = "/pipelines/validate", "/pipelines/run", "/pipelines/run_async"
WITH_PIPELINE = (VALIDATE, RUN, LEAVE)
WITH_PLAN = ("/plans/validate", "/plans/run")
JSON = {"content-type": "application/json"}
GOOD = pipeline(task())


@pytest.mark.parametrize("path", WITH_PIPELINE + WITH_PLAN)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "missing"),
        (b"{", "json_invalid"),
        (b"pipeline: yaml", "json_invalid"),
        (b"\xff\xfe{}", "json_invalid"),
        (b"[]", "model_attributes_type"),
        (b"null", "model_attributes_type"),
        (b'"text"', "model_attributes_type"),
    ],
)
async def test_what_is_no_json_object_is_a_422_with_the_list_of_fastapi(
    as_ada: httpx2.AsyncClient, path: str, body: bytes, kind: str
) -> None:
    answer = await as_ada.post(path, content=body, headers=JSON)

    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["detail"]
    assert error["type"] == kind
    assert error["loc"][0] == "body"
    assert error["msg"]
    assert "input" in error


@pytest.mark.parametrize(
    ("path", "name"), [(path, "pipeline") for path in WITH_PIPELINE] + [("/plans/validate", "plan")]
)
@pytest.mark.parametrize("given", ["missing", None, [], "text", 7, True])
async def test_a_body_without_a_pipeline_is_a_422(
    as_ada: httpx2.AsyncClient, path: str, name: str, given: Any
) -> None:
    body = {} if given == "missing" else {name: given}

    answer = await as_ada.post(path, json=body)

    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert error["loc"] == ["body", name]
    assert error["type"] == ("missing" if given == "missing" else "dict_type")
    assert error["input"] == ({} if given == "missing" else given)


async def test_a_body_of_another_kind_is_a_422(as_ada: httpx2.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await as_ada.post(
            RUN, content=json.dumps({"pipeline": GOOD}), headers={"content-type": kind}
        )
        assert answer.status_code == 422
        assert "Content-Type: application/json" in answer.json()["detail"][0]["ctx"]["error"]


async def test_a_large_body_is_not_repeated(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post(RUN, json={"pipeline": ["x" * 100_000]})

    assert answer.status_code == 422
    assert len(answer.content) < 500


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"options": {"per_task_timeout": -1}}, "options.per_task_timeout: "),
        ({"options": {"per_task_timeout": "soon"}}, "options.per_task_timeout: "),
        ({"options": {"fan_out_concurrency": 0}}, "options.fan_out_concurrency: "),
        ({"options": {"fan_out_concurrency": 1.5}}, "options.fan_out_concurrency: "),
        ({"options": {"backoff_jitter": 1.1}}, "options.backoff_jitter: "),
        ({"options": {"backoff_jitter": None}}, "options.backoff_jitter: "),
        ({"options": {"retries": 1}}, "options.retries: Unknown field"),
        ({"options": []}, "options: A JSON object is required"),
        ({"inputs": []}, "inputs: A JSON object is required"),
        ({"session": "x"}, "session: A JSON object is required"),
        ({"collect_events": "yes"}, "collect_events: "),
        ({"tenant_id": ""}, "tenant_id: "),
        ({"tenant_id": "x" * 201}, "tenant_id: "),
        ({"input": {}}, "input: Unknown field"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_wrong_beside_a_pipeline_is_told_with_its_field(
    as_ada: httpx2.AsyncClient, more: dict[str, Any], said: str
) -> None:
    body = {"pipeline": GOOD} | more

    for path in (RUN, LEAVE):
        refused = await as_ada.post(path, json=body)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith(f"Invalid pipeline: {said}")
    checked = await as_ada.post(VALIDATE, json=body)
    assert checked.status_code == 200
    assert checked.json()["ok"] is False
    assert checked.json()["errors"][0].startswith(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"pipeline": {"id": "a", "id": "b"}}', "id: The field is given twice"),
        ('{"pipeline": {}, "pipeline": {}}', "pipeline: The field is given twice"),
        ('{"pipeline": {"id": NaN}}', "NaN is not a JSON number"),
        ('{"pipeline": {"id": 1e999}}', "too large a number"),
        ('{"pipeline": {"id": "\\u0000"}}', "A NUL character cannot be kept"),
        ('{"pipeline": {"id": "\\ud800"}}', "Half of a character"),
        ('{"pipeline": ' + "[" * 100_000 + "]" * 100_000 + "}", "Nested too deeply"),
        ('{"pipeline": {"id": ' + "9" * 5_000 + "}}", "too many digits"),
    ],
    ids=lambda value: value[:40],
)
async def test_what_readers_would_understand_differently_is_refused(
    as_ada: httpx2.AsyncClient, body: str, said: str
) -> None:
    run = await as_ada.post(RUN, content=body, headers=JSON)
    checked = await as_ada.post(VALIDATE, content=body, headers=JSON)

    assert run.status_code == 400
    assert run.json()["detail"].startswith("Invalid pipeline: ")
    assert said in run.json()["detail"]
    assert (checked.status_code, checked.json()["ok"]) == (200, False)


def deep(levels: int) -> Any:
    found: Any = 1
    for _each in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize("field", ["pipeline", "inputs", "session"])
@pytest.mark.parametrize(
    ("value", "said"),
    [(deep(100), "60 deep at most"), (2**64, "more than 64 bits")],
    ids=["deep", "large"],
)
async def test_values_that_nobody_could_keep_are_refused(
    as_ada: httpx2.AsyncClient, field: str, value: Any, said: str
) -> None:
    body: dict[str, Any] = {"pipeline": pipeline(task()), "inputs": {}, "session": {}}
    body[field] = pipeline(task(a=value)) if field == "pipeline" else {"a": value}

    for path in (RUN, LEAVE):
        refused = await as_ada.post(path, json=body)
        assert refused.status_code == 400, refused.text
        assert said in refused.json()["detail"]


async def test_ten_thousand_tasks_are_answered_at_once(as_ada: httpx2.AsyncClient) -> None:
    tasks = [task(id=f"t{n}", a=f"{{{{t{n - 1}.output}}}}" if n else 1) for n in range(10_000)]

    for path, status in ((VALIDATE, 200), (RUN, 400)):
        begun = time.perf_counter()
        answer = await as_ada.post(path, json={"pipeline": pipeline(*tasks)})
        assert time.perf_counter() - begun < 5
        assert answer.status_code == status
        assert "A pipeline has 5,000 tasks at most, not 10,000" in answer.text


async def test_a_thousand_tasks_run(as_ada: httpx2.AsyncClient) -> None:
    tasks = [task("mock", id=f"t{n}") for n in range(1_000)]

    answer = await as_ada.post(RUN, json={"pipeline": pipeline(*tasks)})

    assert answer.status_code == 200
    assert (answer.json()["waves_executed"], answer.json()["tasks_executed"]) == (1, 1_000)


async def test_a_body_that_is_too_large_is_refused_as_everywhere(
    as_ada: httpx2.AsyncClient,
) -> None:
    answer = await as_ada.post(RUN, json={"pipeline": {}, "inputs": {"a": "x" * 3_000_000}})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_names_in_any_script_are_told_as_they_are(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post(VALIDATE, json={"pipeline": pipeline(task(), id="販売")})

    assert answer.json()["errors"][0].startswith("id: '販売' is no id")
