"""The analyst: looks, asks, repairs, shows and cites."""

import asyncio

from core.app import Core
from core.charts import Chart, Grid
from core.chats import Done, Said, ToolReturned, ToolUsed, Visualized
from core.connections import Connection
from core.identity import Actor
from core.queries import QueryDraft
from tests.core.chats.scripts import Script, Use, ask, asked

COUNT = Use("run_sql", {"sql": "SELECT count(*) AS orders FROM orders"})
BY_DAY = Use(
    "run_sql",
    {"sql": "SELECT placed_at AS day, sum(total) AS revenue FROM orders GROUP BY 1 ORDER BY 1"},
)


async def test_an_answer_is_streamed_after_the_statement_that_it_cites(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script((COUNT,), ("There are ", "4 orders", " [r1]."))

    events, message = await asked(core, ada, script, "How many orders are there?")

    kinds = [type(each) for each in events if isinstance(each, ToolUsed | ToolReturned | Said)]
    assert kinds[:2] == [ToolUsed, ToolReturned]
    assert kinds.count(Said) > 1
    assert message.content == "There are 4 orders [r1]."
    assert [(each.result, each.row_count) for each in message.statements] == [("r1", 1)]
    assert message.statements[0].sql == "SELECT count(*) AS orders FROM orders"
    assert message.model == "test:scripted"
    assert message.usage is not None
    assert message.usage.requests == 2
    assert isinstance(events[-1], Done)
    [shown] = [each.visualization for each in events if isinstance(each, Visualized)]
    assert isinstance(shown, Grid)
    assert shown.rows == ((4,),)


async def test_before_the_first_step_it_knows_the_tables_nearest_to_the_question(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = QueryDraft(title="Orders by country", prompt="How many by country?", sql="SELECT 1")
    await core.queries.create(ada, query)
    script = Script(("I could not find it.",))

    await asked(core, ada, script, "Which customers never placed any orders?")

    assert "shop (sqlite)" in script.asked
    assert "orders(" in script.asked
    assert "customer_id" in script.asked
    assert "Orders by country: How many by country?" in script.asked
    assert script.asked.endswith("Which customers never placed any orders?")
    told = script.infos[0].instructions or ""
    assert "in a terminal" in told
    assert "Today is " in told


async def test_looking_and_asking_is_a_transcript_of_tools(
    core: Core, ada: Actor, shop: Connection
) -> None:
    await core.queries.create(
        ada, QueryDraft(title="Total of", prompt="?", sql="SELECT {{n}} * 2 AS twice")
    )
    script = Script(
        (
            Use("list_connections", {}),
            Use("search_schema", {"question": "customers"}),
            Use("describe_tables", {"tables": ["customers"]}),
            Use("search_queries", {"text": "total"}),
        ),
        (Use("run_query", {"query": "Total of", "parameters": {"n": 21}}),),
        (Use("run_sql", {"sql": "SELECT {{x}} AS x", "parameters": {"x": "a"}}),),
        ("42 [r1], a [r2].",),
    )

    events, message = await asked(core, ada, script)

    returned = [each for each in events if isinstance(each, ToolReturned)]
    assert not [each for each in returned if each.is_error]
    assert {each.name for each in returned[:4]} == {
        "list_connections",
        "search_schema",
        "describe_tables",
        "search_queries",
    }
    assert [each.name for each in returned[4:]] == ["run_query", "run_sql"]
    assert returned[-1].summary == "r2: 1 row"
    looked = script.returned(1)
    assert "shop (sqlite" in looked[0]
    assert "customers(" in looked[1]
    assert "email" in looked[2]
    assert "Total of (takes n)" in looked[3]
    assert "twice\n42" in script.returned(2)[0]
    assert [(each.title, each.values) for each in message.statements] == [
        ("Total of", {"n": 21}),
        (None, {"x": "a"}),
    ]


async def test_a_statement_is_repaired_from_what_the_database_says(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script(
        (Use("run_sql", {"sql": "SELECT sum(totl) FROM orders"}),),
        (Use("run_sql", {"sql": "SELECT sum(total) AS total FROM orders"}),),
        ("135.75 [r1]",),
    )

    events, message = await asked(core, ada, script)

    assert "totl" in script.returned(1)[0]
    assert "total" in script.returned(1)[0]
    assert "Repair it and run it again. You may try 4 more times." in script.returned(1)[0]
    assert [each.is_error for each in events if isinstance(each, ToolReturned)] == [True, False]
    assert [each.sql for each in message.statements] == ["SELECT sum(total) AS total FROM orders"]


async def test_after_so_many_repairs_no_statement_runs_any_more(
    core: Core, ada: Actor, shop: Connection
) -> None:
    bad = [(Use("run_sql", {"sql": f"SELECT nothing{n} FROM orders"}),) for n in range(6)]
    script = Script(*bad, ("I could not find it: the column is not there.",))

    _, message = await asked(core, ada, script)

    assert "You may try 1 more time." in script.returned(4)[0]
    assert "Do not try again" in script.returned(5)[0]
    assert script.returned(6)[0].startswith("Not run: it has failed 5 times in a row.")
    assert message.content.startswith("I could not find it")
    assert message.statements == ()


async def test_statements_that_fail_side_by_side_count_as_one_try(
    core: Core, ada: Actor, shop: Connection
) -> None:
    bad = tuple(Use("run_sql", {"sql": f"SELECT nothing{n} FROM orders"}) for n in range(8))
    script = Script(bad, (COUNT,), ("4 [r1]",))

    _, message = await asked(core, ada, script)

    assert all("You may try 4 more times." in each for each in script.returned(1))
    assert [each.row_count for each in message.statements] == [1]


async def test_no_rows_not_allowed_and_not_there_are_told_apart(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script(
        (
            Use("run_sql", {"sql": "SELECT * FROM orders WHERE total > 1000"}),
            Use("run_sql", {"sql": "DELETE FROM orders"}),
            Use("describe_tables", {"tables": ["salaries"]}),
            Use("run_sql", {"sql": "SELECT 1", "connection": "payroll"}),
            Use("run_sql", {"sql": "SELECT {{a}}", "parameters": {"b": 1}}),
            Use("run_query", {"query": "Nobody saved this"}),
        ),
        ("None [r1].",),
    )

    _, message = await asked(core, ada, script)

    empty, refused, unknown, elsewhere, unfit, unsaved = script.returned(1)
    assert empty.startswith("r1: no rows. The statement ran, and nothing fits its conditions.")
    assert refused.startswith("Trellis does not run this, whoever asks")
    assert unknown.startswith("There is no such table to be seen:")
    assert "may not see it" in unknown
    assert elsewhere.startswith("Which connection?")
    assert "shop" in elsewhere
    assert unfit.startswith("The parameters do not fit:")
    assert unsaved.startswith("There is no such saved query:")
    assert [each.row_count for each in message.statements] == [0]
    assert message.visualizations == ()


async def test_results_are_cut_for_the_model_and_whole_for_the_person(
    core: Core, ada: Actor, shop: Connection
) -> None:
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) "
        "SELECT i, 'x' || i AS name FROM n"
    )
    wide = "SELECT replace(printf('%5000d', 0), ' ', 'w') AS w"
    script = Script(
        (Use("run_sql", {"sql": many}),),
        (Use("read_rows", {"result": "r1", "first": 149}), Use("run_sql", {"sql": wide})),
        (Use("show_table", {"result": "[r1]", "title": "All of `them`"}),),
        ("Here they are.",),
    )

    _, message = await asked(core, ada, script)

    told = script.returned(1)[0]
    assert "150 rows; rows 1 to 50 are here" in told
    assert "\n50\tx50" in told
    assert "x51" not in told
    assert "Do not count or add up what you read" in told
    more, cut = script.returned(2)
    assert "149\tx149\n150\tx150" in more
    assert len(cut) < 1_000
    assert "…(+" in cut
    [shown] = message.visualizations
    assert isinstance(shown, Grid)
    assert shown.title == "All of 'them'"
    assert len(shown.rows) == 150
    assert shown.rows[-1] == (150, "x150")


async def test_the_model_chooses_what_is_drawn(core: Core, ada: Actor, shop: Connection) -> None:
    script = Script(
        (BY_DAY,),
        (
            Use("make_chart", {"result": "r1", "kind": "area", "title": "![a](http://evil.test)T"}),
            Use("make_chart", {"result": "r1", "x": "nobody"}),
            Use("make_chart", {"result": "r9"}),
            Use("show_table", {"result": "r9"}),
        ),
        ("Done [r1].",),
    )

    _, message = await asked(core, ada, script)

    [chart] = message.visualizations
    assert isinstance(chart, Chart)
    assert (chart.kind, chart.title, chart.result) == ("area", "T", "r1")
    drawn, unknown, none, neither = script.returned(2)
    assert drawn.startswith("The person sees r1 as a chart: area")
    assert unknown.startswith("No such chart:")
    assert none == neither == "There is no result 'r9'; there is r1."


async def test_what_the_model_forgot_to_show_is_shown(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script((BY_DAY,), (COUNT,), ("Revenue grew [r1].",))

    _, message = await asked(core, ada, script)

    assert {each.result for each in message.visualizations} == {"r1"}
    assert [each.type for each in message.visualizations] == ["table", "chart"]
    assert [each.result for each in message.statements] == ["r1"]


async def test_marks_of_results_that_do_not_exist_are_left_out(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script((COUNT,), ("4 orders [r1], 3 customers [r", "2]."))

    _, message = await asked(core, ada, script)

    assert message.content == "4 orders [r1], 3 customers."


async def test_what_it_says_on_the_way_is_said_before_the_tool_works(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script(("I count", " them", COUNT), ("4", " [r1]"))

    events, message = await asked(core, ada, script)

    at = next(n for n, each in enumerate(events) if isinstance(each, ToolUsed))
    assert "".join(each.text for each in events[:at] if isinstance(each, Said)).strip() == (
        "I count them"
    )
    assert message.content == "I count them\n\n4 [r1]"


async def test_tools_of_one_step_work_side_by_side(
    core: Core, ada: Actor, shop: Connection
) -> None:
    calls = tuple(Use("run_sql", {"sql": f"SELECT {n} AS n"}) for n in range(12))
    script = Script(calls, (f"All {', '.join(f'[r{n}]' for n in range(1, 13))}",))

    events, message = await asked(core, ada, script)

    assert sorted(each.result for each in message.statements) == sorted(
        f"r{n}" for n in range(1, 13)
    )
    results = {each.sql: each.result for each in message.statements}
    for n, told in enumerate(script.returned(1)):
        assert told.startswith(f"{results[f'SELECT {n} AS n']}: 1 row")
        assert f"\nn\n{n}\n" in told
    used = [each.id for each in events if isinstance(each, ToolUsed)]
    assert sorted(used) == sorted(each.id for each in events if isinstance(each, ToolReturned))


async def test_the_same_again_is_not_done_again(core: Core, ada: Actor, shop: Connection) -> None:
    script = Script((COUNT,), (COUNT,), ("4 [r1]",))

    _, message = await asked(core, ada, script)

    assert script.returned(2)[0].startswith("You have done exactly this before")
    assert len(message.statements) == 1


async def test_an_interrupted_answer_leaves_nothing_running(
    core: Core, ada: Actor, shop: Connection
) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    script = Script(("One moment. ", Use("run_sql", {"sql": endless})), ("never",))
    before = asyncio.all_tasks()
    turn = await ask(core, ada, script)
    async with asyncio.timeout(10):
        async for event in turn:
            if isinstance(event, ToolUsed):
                break
        await core.chats.interrupt(ada, turn.chat_id)
        async with asyncio.timeout(2):
            chat = await core.chats.wait(ada, turn.chat_id, 2)

    answer = chat.messages[-1]
    assert (answer.status, answer.content) == ("interrupted", "One moment.")
    assert len(script.heard) == 1
    left = [repr(each) for each in asyncio.all_tasks() - before]
    assert not [each for each in left if "pydantic_ai" in each or "drivers" in each]
