"""The analyst: looks, asks, repairs, shows, cites, and comes to an end."""

from core.app import Core
from core.charts import Grid
from core.chats import Done, Said, ToolReturned, ToolUsed, Visualized
from core.connections import Connection
from core.identity import Actor
from tests.core.chats.scripts import Script, Use, asked

COUNT = Use("run_sql", {"sql": "SELECT count(*) AS orders FROM orders"})


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
