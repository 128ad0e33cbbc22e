"""Every tool there is: what is told of each, and the small ones."""

from pathlib import Path
from typing import Any

import pytest

from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.pipelines import RunDraft, Toolbox
from core.pipelines.board import Slate
from core.pipelines.tools.every import Means
from core.pipelines.tools.mocking import Mock
from core.pipelines.tools.storing import Store
from core.secrets import Vault
from tests.core.pipelines.kept.bench import call, use

CONTRACT = {
    "ingest_document": {"path", "model"},
    "select": {"document", "prompt", "pages", "granularity", "top_k", "model"},
    "extract_from_texts": {"document", "prompt", "model"},
    "extract_from_tables": {"document", "selector", "model"},
    "extract_fields": {
        *("document", "schema", "rules", "selector", "period_end", "section_filter", "model"),
    },
    "extract_chart": {"document", "classification"},
    "load_schema": {"source", "hint"},
    "llm_job": {"prompt", "model", "temperature", "max_tokens", "system"},
    "fetch_data": {
        *("source", "companies", "ticker", "company", "period_end", "period_type", "forms"),
        *("year", "count", "url", "method", "headers", "body"),
    },
    "search_web": {"query", "top_n", "provider", "timeout"},
    "compute": {"function"},
    "store": {"key", "value", "append"},
    "export": {
        *("data", "content", "format", "filename", "output_dir", "schema", "strict", "metadata"),
        *("periods", "analyst_notes"),
    },
    "classify_page": {"document", "labels", "model"},
    "mock": set(),
}
OURS = {"run_sql", "run_query", "ask", "make_chart", "notify"}
DEFAULTS = {
    ("select", "granularity"): "page",
    ("select", "top_k"): 15,
    ("llm_job", "temperature"): 0.7,
    ("llm_job", "max_tokens"): 2000,
    ("fetch_data", "method"): "GET",
    ("fetch_data", "count"): 20,
    ("search_web", "top_n"): 5,
    ("search_web", "provider"): "duckduckgo",
    ("search_web", "timeout"): 15,
    ("store", "append"): False,
    ("export", "format"): "markdown",
    ("export", "filename"): "artifact",
    ("export", "output_dir"): "outputs",
    ("export", "strict"): False,
}


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def told(core: Core) -> dict[str, Any]:
    toolbox: Toolbox = core.pipelines.toolbox
    return {each["name"]: each for each in toolbox.described()}


def test_all_tools_of_the_contract_and_ours_are_there(told: dict[str, Any]) -> None:
    assert set(told) >= {*CONTRACT, *OURS}
    for name, inputs in CONTRACT.items():
        assert set(told[name]["inputs"]) == inputs, name
    for (name, field), default in DEFAULTS.items():
        assert told[name]["inputs"][field]["default"] == default, (name, field)


def test_whoever_reads_of_a_tool_knows_what_to_give(told: dict[str, Any]) -> None:
    for each in told.values():
        assert each["description"].endswith("."), each["name"]
        assert each["output"]["description"]
        for field in each["inputs"].values():
            assert field["description"], (each["name"], field["name"])


async def test_mock_says_what_it_was_given() -> None:
    mock = Mock()

    await use(mock, a=1)
    made = await use(mock, a=[1], b="x")

    assert made == {
        "status": "success",
        "message": "Mock tool executed",
        "inputs": {"a": [1], "b": "x"},
        "call_count": 2,
    }


async def test_what_is_stored_is_on_the_board_once() -> None:
    board = Slate()

    made = await use(Store(), call(board=board), key="k", value=[1], append=True)
    await use(Store(), call(board=board), key="k", value=[1], append=True)
    await use(Store(), call(board=board, task="other"), key="k", value=2, append=True)

    assert made == {"status": "success", "key": "k", "append": True, "value": [1]}
    assert await board.all() == {"k": [[1], 2]}


async def test_a_pipeline_goes_from_a_figure_to_a_file(
    db: Database, vault: Vault, ada: Actor, tmp_path: Path
) -> None:
    core = build(db, vault, means=Means(folder=tmp_path / "pipelines"))
    tasks = [
        {
            "id": "ratio",
            "tool": "compute",
            "inputs": {
                "function": "current_ratio",
                "current_assets": "{{pipeline.inputs.assets}}",
                "current_liabilities": 2,
            },
        },
        {"id": "keep", "tool": "store", "inputs": {"key": "r", "value": "{{ratio.output}}"}},
        {
            "id": "save",
            "tool": "export",
            "await": ["keep"],
            "inputs": {"data": {"ratio": "{{session.r}}"}, "format": "csv", "filename": "ratio"},
        },
    ]
    pipeline = {"id": "ratios", "goal": "A ratio", "inputs": {"assets": 3}, "tasks": tasks}

    result = await core.pipelines.run(ada, RunDraft(pipeline=pipeline))

    await core.audit.close()
    path = Path(result.outputs["save"]["path"])
    assert path.read_text("utf-8-sig").splitlines() == ["field,value", "ratio,1.5"]
