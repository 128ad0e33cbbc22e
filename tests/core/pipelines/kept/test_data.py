"""Databases, saved queries, the analyst and charts, as tasks use them: whose run it is counts."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, FunctionModel

from core.app import Core, build
from core.charts import ChartUnfit
from core.connections import AudienceTooWide, ConnectionDraft, ConnectionNotFound, StatementRefused
from core.db import Database
from core.errors import NotFound
from core.identity import Actor, Audience, Role
from core.page import PageAsked
from core.pipelines import RunDraft, TaskFailed
from core.pipelines.errors import InputInvalid
from core.pipelines.tools.asking import Ask, AskFailed
from core.pipelines.tools.charting import MakeChart
from core.pipelines.tools.outputs import Outputs
from core.pipelines.tools.querying import RunQuery, RunSql, rows_of, unlike
from core.queries import QueryDraft
from core.secrets import Vault
from tests.core.pipelines.kept.bench import call, use
from tests.minds import Scripted


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


async def opened(core: Core, ada: Actor, folder: Path) -> Core:
    """Return a core with a small shop to be asked."""
    file = folder / "shop.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE orders (id INTEGER, month TEXT, amount REAL)")
        months = [(at, f"2025-{at:02}", 100.0 + at) for at in range(1, 13)]
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", months)
    database.close()
    url = SecretStr(f"sqlite:///{file}")
    await core.connections.add(ada, ConnectionDraft(name="shop", url=url))
    draft = QueryDraft(
        title="Monthly revenue",
        prompt="Revenue of each month of a year",
        sql="SELECT month, sum(amount) AS revenue FROM orders WHERE month LIKE {{year}} || '%' "
        "GROUP BY month ORDER BY month",
        connection="shop",
    )
    await core.queries.create(ada, draft)
    return core


@pytest.fixture
async def shop(core: Core, ada: Actor, tmp_path: Path) -> Core:
    return await opened(core, ada, tmp_path)


async def test_a_statement_is_answered_in_rows_by_name(shop: Core, ada: Actor) -> None:
    made = await use(
        RunSql(shop.connections),
        call(actor=ada),
        sql="SELECT {{n}} AS n, 'x' AS n, count(*) AS orders FROM orders",
        parameters={"n": 5},
    )

    assert made["columns"][0]["name"] == "n"
    assert [column["name"] for column in made["columns"]] == ["n", "n_2", "orders"]
    assert made["rows"][0]["n"] == 5
    assert made["rows"][0]["n_2"] == "x"
    assert made["rows"][0]["orders"] > 0
    assert (made["row_count"], made["truncated"], made["connection"]) == (1, False, "shop")


async def test_no_statement_writes(shop: Core, ada: Actor) -> None:
    with pytest.raises(StatementRefused):
        await use(RunSql(shop.connections), call(actor=ada), sql="DELETE FROM orders")


async def test_a_limit_cuts_and_says_so(shop: Core, ada: Actor) -> None:
    tool = RunSql(shop.connections)

    made = await use(tool, call(actor=ada), sql="SELECT * FROM orders ORDER BY 1", limit=3)

    assert (made["row_count"], made["truncated"]) == (3, True)


async def test_a_saved_query_runs_by_its_title(shop: Core, ada: Actor) -> None:
    made = await use(
        RunQuery(shop.queries),
        call(actor=ada),
        query="Monthly revenue",
        parameters={"year": "2025"},
    )

    assert made["row_count"] == 12


async def test_what_an_actor_does_not_see_is_not_found(
    shop: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    tool = RunSql(shop.connections)
    await shop.connections.limit(ada, "shop", least=Role.ADMIN)

    for stranger in (vic, eve):
        with pytest.raises(ConnectionNotFound):
            await use(tool, call(actor=stranger), sql="SELECT 1", connection="shop")
        with pytest.raises(NotFound):
            await use(RunQuery(shop.queries), call(actor=stranger), query="Monthly revenue")


async def test_a_database_that_is_busy_is_waited_for(
    shop: Core, ada: Actor, tmp_path: Path
) -> None:
    said: list[str] = []
    writer = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")

    def say(text: str) -> None:
        said.append(text)
        if "busy" in text:
            writer.rollback()

    made = await use(
        RunSql(shop.connections), call(actor=ada, say=say), sql="SELECT count(*) AS n FROM orders"
    )
    writer.close()

    assert made["rows"][0]["n"] > 0
    assert said == ["Asking the database", "The database is busy: waiting for it"]


async def test_what_must_not_be_told_there_is_not(shop: Core, ada: Actor) -> None:
    await shop.connections.limit(ada, "shop", audience=Audience.ALONE)
    public = ada.model_copy(update={"audience": Audience.PUBLIC})

    with pytest.raises(AudienceTooWide):
        await use(RunSql(shop.connections), call(actor=public), sql="SELECT 1")


async def test_a_pipeline_that_tells_others_says_why_it_reads_no_more(
    shop: Core, ada: Actor
) -> None:
    await shop.connections.limit(ada, "shop", audience=Audience.ALONE)
    read = {"id": "read", "tool": "run_sql", "inputs": {"sql": "SELECT 1", "connection": "shop"}}
    letter = {"channel": "email", "to": "a@b.test", "text": "{{read.rows}}"}
    tell = {"id": "tell", "tool": "notify", "inputs": letter}
    pipeline = {"id": "a", "goal": "g", "tasks": [read, tell]}

    with pytest.raises(TaskFailed, match="leave that task out"):
        await shop.pipelines.run(ada, RunDraft(pipeline=pipeline))
    alone = await shop.pipelines.run(ada, RunDraft(pipeline=pipeline | {"tasks": [read]}))

    assert alone.outputs["read"]["row_count"] == 1


async def test_the_analyst_answers_with_a_saved_query_and_its_chat_goes(
    shop: Core, ada: Actor
) -> None:
    said: list[str] = []
    made = await use(
        Ask(shop.chats), call(actor=ada, say=said.append), question="monthly revenue for 2025"
    )

    assert made["text"]
    assert made["tables"][0]["rows"]
    assert set(made["tables"][0]) == {"title", "columns", "rows", "row_count", "truncated"}
    assert made["sql"][0]["connection"] == "shop"
    assert (made["chat_id"], made["message_id"]) == (None, None)
    assert (await shop.chats.list(ada, PageAsked())).total == 0


async def test_a_chat_that_is_kept_can_be_gone_on_in(shop: Core, ada: Actor) -> None:
    made = await use(
        Ask(shop.chats), call(actor=ada), question="monthly revenue for 2025", keep=True
    )

    conversation = await shop.chats.get(ada, made["chat_id"])
    assert conversation.messages[1].id == made["message_id"]


async def test_an_analyst_who_fails_fails_the_task(
    db: Database, vault: Vault, core: Core, ada: Actor, tmp_path: Path
) -> None:
    async def broken(_messages: list[ModelMessage], _info: AgentInfo) -> Any:
        raise ModelHTTPError(401, "scripted")
        yield ""

    other = build(db, vault, provider=Scripted(FunctionModel(stream_function=broken)))
    await opened(other, ada, tmp_path)
    try:
        with pytest.raises(AskFailed, match="401"):
            await use(Ask(other.chats), call(actor=ada), question="why is the sky blue?")
        assert (await other.chats.list(ada, PageAsked())).total == 0
    finally:
        await other.chats.close()
        await other.connections.close()
        await other.audit.close()


async def test_whoever_cancels_stops_the_analyst(
    db: Database, vault: Vault, core: Core, ada: Actor, tmp_path: Path
) -> None:
    asked = asyncio.Event()
    stopped = asyncio.Event()

    async def slow(_messages: list[ModelMessage], _info: AgentInfo) -> Any:
        asked.set()
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 20)
        except asyncio.CancelledError:
            stopped.set()
            raise
        yield "never"

    other = build(db, vault, provider=Scripted(FunctionModel(stream_function=slow)))
    await opened(other, ada, tmp_path)
    try:
        task = asyncio.create_task(
            use(Ask(other.chats), call(actor=ada), question="why is the sky blue?")
        )
        await asyncio.wait_for(asked.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(stopped.wait(), 10)
        assert (await other.chats.list(ada, PageAsked())).total == 0
    finally:
        await other.chats.close()
        await other.connections.close()
        await other.audit.close()


async def test_rows_become_a_chart_and_a_picture(shop: Core, ada: Actor, tmp_path: Path) -> None:
    rows = await use(
        RunQuery(shop.queries),
        call(actor=ada),
        query="Monthly revenue",
        parameters={"year": "2025"},
    )
    tool = MakeChart(shop.drawing, Outputs(tmp_path / "out"))

    made = await use(tool, call(actor=ada), data=rows, title="Revenue", filename="revenue")

    assert made["title"] == "Revenue"
    assert made["vega_lite"]["$schema"].startswith("https://vega.github.io/schema/vega-lite")
    picture = Path(made["path"]).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert made["size"] == len(picture)


async def test_a_chart_is_made_of_plain_objects_too(tmp_path: Path, core: Core) -> None:
    tool = MakeChart(core.drawing, Outputs(tmp_path))

    made = await use(tool, data=[{"a": "x", "b": 1}, {"a": "y", "b": 2}], kind="pie")

    assert made["kind"] == "pie"
    assert "path" not in made


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ("text", InputInvalid),
        ([], InputInvalid),
        ({"rows": []}, ChartUnfit),
        ([1, 2], InputInvalid),
        ([{"a": "x"}], ChartUnfit),
    ],
)
async def test_what_makes_no_chart_is_refused(
    tmp_path: Path, core: Core, data: Any, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await use(MakeChart(core.drawing, Outputs(tmp_path)), data=data)


@pytest.mark.parametrize(
    ("names", "unlike_each_other"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
    ],
)
def test_columns_of_one_name_are_told_apart(names: list[str], unlike_each_other: list[str]) -> None:
    assert unlike(names) == unlike_each_other


def test_rows_that_share_no_column_are_not_laid_out() -> None:
    with pytest.raises(InputInvalid, match="3,000 rows of 3,000 columns are too many"):
        rows_of([{f"column {at}": 1} for at in range(3_000)])


def test_rows_are_found_in_what_tools_give_back() -> None:
    table = {"columns": [{"name": "d", "type": "date"}], "rows": [{"d": "2025-01-01"}]}

    assert rows_of(table) == ([("d", "date")], [["2025-01-01"]])
    assert rows_of({"tables": [table]}) == rows_of(table)
    assert rows_of({"headers": ["n"], "rows": [[1]]}) == ([("n", "integer")], [[1]])
    assert rows_of([{"a": 1.5}, {"b": "2025-01-01"}]) == (
        [("a", "number"), ("b", "date")],
        [[1.5, None], [None, "2025-01-01"]],
    )
    assert rows_of("text") is None
