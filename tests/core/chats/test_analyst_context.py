"""What the analyst is told: the chat so far, the connections there are, the files, the query."""

import io
import sqlite3
from pathlib import Path

import pytest
from PIL import Image
from pydantic import BaseModel, SecretStr
from pydantic_ai.exceptions import ModelRequestRejectedError
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from core.app import Core
from core.chats import ChatDraft, Failed, ToolReturned, Verdict
from core.chats.complete import complete
from core.connections import Connection, ConnectionDraft
from core.identity import Actor
from core.models import Mind, ModelUnavailable
from core.queries import QueryDraft
from core.uploads import Offered
from tests.core.chats.scripts import MODEL, Script, Step, Use, asked

COUNT = Use("run_sql", {"sql": "SELECT count(*) AS orders FROM orders"})


def text(message: ModelMessage) -> str:
    """Return what the first part of a message says."""
    part = message.parts[0]
    assert isinstance(part, UserPromptPart | TextPart)
    return str(part.content)


def said(messages: list[ModelMessage]) -> list[str]:
    """Return who said something, in order."""
    return ["model" if isinstance(each, ModelResponse) else "user" for each in messages]


async def test_what_was_said_before_is_told_as_text_to_whichever_model_comes_next(
    core: Core, ada: Actor, shop: Connection
) -> None:
    first = Script((COUNT,), ("There are 4 orders [r1].",))
    _, answer = await asked(core, ada, first, "How many orders?")
    await core.chats.feedback(ada, answer.id, Verdict.NEGATIVE, "this note is private")
    second = Script((COUNT,), ("Yes, 4 [r1].",))

    _, message = await asked(core, ada, second, "Are you sure?", chat_id=answer.chat_id)

    heard = second.heard[0]
    assert said(heard) == ["user", "model", "user"]
    assert text(heard[0]) == "How many orders?"
    assert text(heard[1]) == "There are 4 orders."
    last = second.asked
    assert "shop: SELECT count(*) AS orders FROM orders\n-- 1 row\norders\n4" in last
    assert last.endswith("Are you sure?")
    assert "private" not in str(heard)
    assert [each.result for each in message.statements] == ["r1"]


async def test_of_a_long_chat_the_latest_is_told(core: Core, ada: Actor, shop: Connection) -> None:
    long = Script(("word " * 3_000,))
    _, answer = await asked(core, ada, long, "Number 0?")
    for n in range(1, 7):
        await asked(core, ada, long, f"Number {n}?", chat_id=answer.chat_id)

    told = str(long.heard[-1])
    assert said(long.heard[-1])[0] == "user"
    assert "Number 5?" in told
    assert "Number 0?" not in told
    assert len(told) < 70_000


async def test_an_unfinished_answer_is_told_as_one(
    core: Core, ada: Actor, shop: Connection
) -> None:
    broken = Script(("Half of ", ModelRequestRejectedError("scripted", "no")))
    _, answer = await asked(core, ada, broken, "And?")
    script = Script(("Whole.",))

    await asked(core, ada, script, "Again?", chat_id=answer.chat_id)

    assert text(script.heard[0][1]) == "Half of\n(I could not finish this answer.)"


async def test_of_several_connections_the_chosen_one_is_asked_or_the_one_it_names(
    core: Core, ada: Actor, shop: Connection, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "staff.db") as handle:
        handle.execute("CREATE TABLE people AS SELECT 7 AS id")
    handle.close()
    url = SecretStr(f"sqlite:///{tmp_path}/staff.db")
    await core.connections.add(ada, ConnectionDraft(name="staff", url=url))
    steps: list[Step] = [
        (
            Use("run_sql", {"sql": "SELECT id FROM people"}),
            Use("run_sql", {"sql": "SELECT id FROM people", "connection": "staff"}),
            Use("run_sql", {"sql": "SELECT count(*) FROM orders", "connection": "shop"}),
        ),
        ("Done [r1, r2, r3].",),
    ]
    unchosen, chosen = Script(*steps), Script(*steps)

    await asked(core, ada, unchosen, "How many people?")
    _, message = await asked(core, ada, chosen, "How many people?", connection="staff")

    assert "None is chosen: name the connection in every call." in unchosen.asked
    ambiguous, *both = unchosen.returned(1)
    assert ambiguous.startswith("Which connection?")
    assert {each.partition(":")[0] for each in both} == {"r1", "r2"}
    assert "Asked where you name none:" in chosen.asked
    assert "people(" in chosen.asked
    assert sorted(each.connection for each in message.statements) == ["shop", "staff", "staff"]


async def test_a_prompt_that_was_saved_goes_in_beside_the_question(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(
        ada, QueryDraft(title="Weekly report", prompt="Compare this week with the last.")
    )
    script = Script(("Done.",))

    await asked(core, ada, script, "For Japan", query_id=query.id)

    assert "what a saved query asks" in script.asked
    assert ">\nWeekly report\n" in script.asked
    assert "Compare this week with the last." in script.asked


async def test_tables_of_uploaded_files_are_asked_like_a_connection(
    core: Core, ada: Actor, shop: Connection
) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    csv = io.BytesIO(b"city,visits\nOslo,12\nRoma,30\n")
    [upload] = await core.uploads.add(ada, chat.id, [Offered("visits.csv", csv)])
    table = upload.tables[0].name
    script = Script(
        (
            Use(
                "run_sql", {"sql": f"SELECT sum(visits) AS n FROM {table}", "connection": "uploads"}
            ),
            Use("describe_tables", {"tables": [table], "connection": "uploads"}),
            Use("list_connections", {}),
        ),
        ("42 [r1].",),
    )

    _, message = await asked(
        core, ada, script, "How many visits?", chat_id=chat.id, upload_ids=(upload.id,)
    )

    assert f"{table}(" in script.asked
    counted, described, listed = script.returned(1)
    assert "\nn\n42" in counted
    assert "city" in described
    assert "uploads (duckdb): the files of this chat" in listed
    assert [each.connection for each in message.statements] == ["uploads"]


async def test_pictures_go_to_the_model_and_are_left_out_where_it_takes_none(
    core: Core, ada: Actor, shop: Connection
) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    png = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(png, "PNG")
    png.seek(0)
    [upload] = await core.uploads.add(ada, chat.id, [Offered("red.png", png)])

    def seen(messages: list[ModelMessage]) -> list[BinaryContent]:
        part = messages[-1].parts[-1]
        assert isinstance(part, UserPromptPart)
        return [each for each in part.content if isinstance(each, BinaryContent)]

    def plan(at: int, messages: list[ModelMessage]) -> Step:
        if seen(messages):
            return (ModelRequestRejectedError("scripted", "no images here"),)
        return ("I cannot see pictures.",)

    takes, takes_none = Script(("It is red.",)), Script(plan=plan)

    await asked(core, ada, takes, "Which colour?", chat_id=chat.id, upload_ids=(upload.id,))
    _, message = await asked(core, ada, takes_none, "And now?", chat_id=chat.id)

    [image] = seen(takes.heard[0])
    assert image.media_type == "image/png"
    assert len(takes_none.heard) == 2
    assert "cannot read files of this kind, so you have not seen them: red.png" in str(
        takes_none.heard[1]
    )
    assert message.content == "I cannot see pictures."


async def test_a_database_that_is_gone_is_not_the_same_as_no_rows(
    core: Core, ada: Actor, shop: Connection, shop_file: Path
) -> None:
    await core.connections.discover(ada, "shop")
    shop_file.unlink()
    script = Script((COUNT,), ("The database cannot be reached.",))

    events, message = await asked(core, ada, script)

    assert script.returned(1)[0].startswith("The database does not answer:")
    [returned] = [each for each in events if isinstance(each, ToolReturned)]
    assert returned.is_error
    assert not isinstance(events[-1], Failed)
    assert message.statements == ()


class Names(BaseModel):
    names: list[str]


async def test_a_small_question_is_answered_in_the_shape_that_is_wanted() -> None:
    mind = Mind(MODEL, TestModel(custom_output_args={"names": ["a", "b"]}), {})

    answer, usage = await complete(mind, "Name two.", "letters", Names, 5)

    assert answer.names == ["a", "b"]
    assert usage.requests == 1


async def test_a_small_question_that_is_not_answered_is_a_refusal() -> None:
    def broken(_messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        raise ModelRequestRejectedError("scripted", "no")

    mind = Mind(MODEL, FunctionModel(broken), {})

    with pytest.raises(ModelUnavailable, match="refused"):
        await complete(mind, "Name two.", "letters", Names, 5)
