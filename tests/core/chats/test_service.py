"""Chats: kept for one member, asked with all that may be wrong about a question, judged."""

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg import sql

from core.app import Core, build
from core.audit import Event
from core.charts import Grid
from core.chats import (
    ChatBusy,
    ChatDraft,
    ChatNotFound,
    Conversation,
    Done,
    Failed,
    MessageNotAnswer,
    MessageNotFound,
    OpenChatCap,
    Question,
    Side,
    Turn,
    Verdict,
    Visualized,
)
from core.chats.draft import Draft
from core.chats.messages import MessageStore
from core.chats.records import Cited, Message, MessageStatus
from core.chats.stands import ROWS, TABLE, WHOLE
from core.connections import (
    Connection,
    ConnectionAmbiguous,
    ConnectionDraft,
    ConnectionNotFound,
    ParameterInvalid,
    ParametersMissing,
    ParametersUnknown,
)
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, MessageId, ProjectId, QueryId, UploadId, new_id, now
from core.models import ModelNotConfigured, ModelNotFound
from core.page import PageAsked
from core.projects import ProjectNotFound
from core.queries import Query, QueryDraft, QueryNotFound
from core.secrets import Vault
from core.uploads import UploadNotFound
from tests.core.chats.holding import Holding, ask, heard, soon
from tests.core.chats.scripts import Script
from tests.core.chats.scripts import ask as ask_script
from tests.minds import Scripted

NOWHERE = "00000000-0000-4000-8000-000000000000"
SLOW = (
    "WITH RECURSIVE c(n) AS (SELECT {{from}} UNION ALL SELECT n + 1 FROM c WHERE n < 400000000) "
    "SELECT count(*) AS n FROM c"
)


async def saved(core: Core, actor: Actor, sql: str | None, title: str = "One") -> Query:
    connection = None if sql is None else "shop"
    draft = QueryDraft(title=title, prompt="Say it", sql=sql, connection=connection)
    return await core.queries.create(actor, draft)


async def ended(core: Core, actor: Actor, question: Question) -> Done | Failed:
    last = (await heard(await core.chats.ask(actor, question)))[-1]
    assert isinstance(last, Done | Failed)
    return last


# A saved query


async def test_a_saved_query_answers_with_its_rows(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await saved(core, ada, "SELECT {{n}} AS n, x'00ff' AS odd, 'a' || char(0) AS nul")
    turn = await core.chats.ask(
        ada, Question(text="run it", query_id=query.id, parameters={"n": 1})
    )

    events = await heard(turn)

    last = events[-1]
    assert isinstance(last, Done)
    assert [type(each.visualization) for each in events if isinstance(each, Visualized)] == [Grid]
    kept = await core.chats.get(ada, turn.chat_id)
    assert kept.messages[-1] == last.message
    assert kept.messages[-1].model_dump_json() == last.message.model_dump_json()
    assert kept.chat.title == "run it"
    assert "**One** (n 1)" in last.message.content
    [cited] = last.message.statements
    assert (cited.query_id, cited.values, cited.row_count) == (query.id, {"n": 1}, 1)


async def test_a_saved_query_without_rows_says_so_and_with_which_values(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await saved(core, ada, "SELECT id FROM orders WHERE total > {{floor}}")

    last = await ended(
        core, ada, Question(text="run", query_id=query.id, parameters={"floor": 10**6})
    )

    assert last.message.content == (
        "**One** (floor 1,000,000): no rows. Nothing in shop fits these values."
    )


async def test_a_query_that_is_deleted_meanwhile_is_told_in_the_stream(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await saved(core, ada, "SELECT 1 AS a")
    asking = core.chats.ask(ada, Question(text="run", query_id=query.id, kept=True))
    turn = await asking
    await core.queries.delete(ada, query.id)

    last = (await heard(turn))[-1]

    assert isinstance(last, Done) or last.failure.code == "QUERY_NOT_FOUND"  # type: ignore[union-attr]
    assert (await core.chats.get(ada, turn.chat_id)).messages[0].content == "run"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"chat_id": ChatId(NOWHERE)}, ChatNotFound),
        ({"connection": "nowhere"}, ConnectionNotFound),
        ({"project_id": ProjectId(NOWHERE)}, ProjectNotFound),
        ({"query_id": QueryId(NOWHERE)}, QueryNotFound),
        ({"upload_ids": (UploadId(NOWHERE),)}, UploadNotFound),
        ({"model": "openai:gpt"}, ModelNotConfigured),
        ({"query_id": "sql", "parameters": {}}, ParametersMissing),
        ({"query_id": "sql", "parameters": {"n": 1, "m": 2}}, ParametersUnknown),
        ({"query_id": "sql", "parameters": {"n": {"a": 1}}}, ParameterInvalid),
        ({"query_id": "sql", "parameters": {"n": [1, 2]}}, ParameterInvalid),
        ({"query_id": "prompt"}, ModelNotConfigured),
        ({"query_id": "prompt", "parameters": {"n": 1}}, ParametersUnknown),
    ],
)
async def test_what_is_wrong_with_a_question_is_refused_before_anything_is_said(
    core: Core, ada: Actor, shop: Connection, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    ids = {
        "sql": (await saved(core, ada, "SELECT {{n}} AS n")).id,
        "prompt": (await saved(core, ada, None, "Two")).id,
    }
    if (named := fields.get("query_id")) in ids:
        fields = fields | {"query_id": ids[named]}

    with pytest.raises(refusal):
        await core.chats.ask(ada, Question(text="?", **fields))

    assert (await core.chats.list(ada, PageAsked())).total == 0


async def test_a_model_that_is_not_there_is_refused(db: Database, vault: Vault, ada: Actor) -> None:
    lent = build(db, vault, provider=Scripted(Holding().mind.keeper))

    with pytest.raises(ModelNotFound):
        await lent.chats.ask(ada, Question(text="?", model="test:other"))

    await lent.chats.close()


async def test_a_query_of_no_connection_needs_one_of_several_named(
    core: Core, ada: Actor, shop: Connection, shop_file: Any
) -> None:
    url = f"sqlite:///{shop_file}"
    twin = ConnectionDraft.model_validate({"name": "twin", "url": url})
    other = await core.connections.add(ada, twin)
    draft = QueryDraft(title="One", prompt="?", sql="SELECT 1 AS a")
    query = await core.queries.create(ada, draft)

    with pytest.raises(ConnectionAmbiguous):
        await core.chats.ask(ada, Question(text="?", query_id=query.id))
    last = await ended(core, ada, Question(text="?", query_id=query.id, connection="twin"))

    assert last.message.statements[0].connection == other.name


async def test_a_chat_whose_connection_was_removed_goes_on(
    core: Core, ada: Actor, shop: Connection
) -> None:
    chat = await core.chats.create(ada, ChatDraft(connection="shop"))
    await core.connections.remove(ada, "shop")

    last = await ended(core, ada, Question(text="Anything?", chat_id=chat.id))

    assert isinstance(last, Done)
    assert "no connection yet" in last.message.content


async def test_a_prompt_is_answered_by_a_model_with_the_message(core: Core, ada: Actor) -> None:
    query = await core.queries.create(ada, QueryDraft(title="Weekly", prompt="Sum up the week"))
    script = Script(("Done.",))

    turn = await ask_script(core, ada, script, "for the board", query_id=query.id)
    await heard(turn)

    assert "Sum up the week" in script.asked
    assert "for the board" in script.asked
    said = (await core.chats.get(ada, turn.chat_id)).messages
    assert [each.content for each in said] == ["for the board", "Done."]


# A statement that is not wanted any more


@pytest.mark.parametrize("how", ["leaves", "interrupts", "deletes"])
async def test_a_statement_stops_with_its_turn(
    core: Core, ada: Actor, shop: Connection, how: str
) -> None:
    query = await saved(core, ada, SLOW)
    question = Question(text="run", query_id=query.id, parameters={"from": 1}, kept=how != "leaves")
    turn = await core.chats.ask(ada, question)
    listening = aiter(turn)
    for _ in range(4):
        await anext(listening)
    loop = asyncio.get_running_loop()
    begun = loop.time()

    if how == "leaves":
        await listening.aclose()  # type: ignore[attr-defined]
    elif how == "interrupts":
        await core.chats.interrupt(ada, turn.chat_id)
    else:
        await core.chats.delete(ada, [turn.chat_id])

    assert await turn.ended(5)
    assert loop.time() - begun < 1.2
    # Its session is free again at once.
    await soon(core.connections.run(ada, "shop", "SELECT 1 AS a"))


# Chats and members


async def test_a_chat_is_its_members_own(core: Core, ada: Actor, vic: Actor) -> None:
    held = Holding()
    held.go.set()
    turn = await ask(core, vic, held)
    await heard(turn)
    refused: list[Any] = [
        core.chats.get(ada, turn.chat_id),
        core.chats.head(ada, turn.chat_id),
        core.chats.wait(ada, turn.chat_id, 0),
        core.chats.rename(ada, turn.chat_id, "Mine"),
        core.chats.interrupt(ada, turn.chat_id),
        core.chats.delete_from(ada, turn.chat_id, turn.id),
        core.chats.followups(ada, chat_id=turn.chat_id),
        core.chats.follow(ada, turn.id),
        core.chats.feedback(ada, turn.id, Verdict.NEGATIVE),
        core.chats.ask(ada, Question(text="?", chat_id=turn.chat_id)),
        core.chats.edit(ada, turn.user_message_id, Question(text="?", chat_id=turn.chat_id)),
    ]

    for verb in refused:
        with pytest.raises((ChatNotFound, MessageNotFound)):
            await verb

    assert await core.chats.delete(ada, [turn.chat_id]) == ()
    assert (await core.chats.list(ada, PageAsked())).items == ()
    assert len((await core.chats.get(vic, turn.chat_id)).messages) == 2


async def test_chats_are_listed_by_their_latest_activity(core: Core, ada: Actor) -> None:
    first = await core.chats.create(ada, ChatDraft(title="First"))
    await core.chats.create(ada, ChatDraft(title="Second"))
    await ended(core, ada, Question(text="help", chat_id=first.id))

    page = await core.chats.list(ada, PageAsked(size=1))

    assert [each.title for each in page.items] == ["First"]
    assert page.total == 2
    assert page.has_more


async def test_a_member_has_so_many_chats(
    core: Core, ada: Actor, vic: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.asking.MOST", 2)
    for _ in range(2):
        await core.chats.create(ada, ChatDraft())

    with pytest.raises(OpenChatCap):
        await core.chats.create(ada, ChatDraft())
    with pytest.raises(OpenChatCap):
        await core.chats.ask(ada, Question(text="?"))

    assert (await core.chats.create(vic, ChatDraft())).title == "New chat"


async def test_an_untitled_chat_is_named_by_its_first_question(core: Core, ada: Actor) -> None:
    chat = await core.chats.create(ada, ChatDraft())

    await ended(core, ada, Question(text="Which products sell?\nPlease.", chat_id=chat.id))
    await ended(core, ada, Question(text="And which do not?", chat_id=chat.id))

    assert (await core.chats.head(ada, chat.id)).title == "Which products sell?"


async def test_an_answer_is_judged_and_a_question_is_not(core: Core, ada: Actor) -> None:
    last = await ended(core, ada, Question(text="help"))
    id = last.message.id

    await core.chats.feedback(ada, id, Verdict.NEGATIVE, "wrong year")
    told = await core.chats.feedback(ada, id, Verdict.POSITIVE)

    assert (told.feedback, told.feedback_note) == (Verdict.POSITIVE, None)
    kept = await core.chats.get(ada, last.message.chat_id)
    assert kept.messages[1].feedback is Verdict.POSITIVE
    with pytest.raises(MessageNotAnswer):
        await core.chats.feedback(ada, kept.messages[0].id, Verdict.POSITIVE)
    with pytest.raises(MessageNotFound):
        await core.chats.feedback(ada, MessageId(NOWHERE), Verdict.POSITIVE)


async def test_an_answer_that_is_judged_while_it_is_written_stays_judged(
    core: Core, ada: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    await core.chats.feedback(ada, turn.id, Verdict.NEGATIVE, "too slow")
    held.go.set()
    await heard(turn)

    kept = (await core.chats.get(ada, turn.chat_id)).messages[-1]

    assert (kept.feedback, kept.feedback_note, kept.content) == (
        Verdict.NEGATIVE,
        "too slow",
        "Half. Whole.",
    )


async def test_what_was_done_in_chats_is_in_the_audit_trail(core: Core, ada: Actor) -> None:
    turn = await ask(core, ada, Holding())
    await core.chats.interrupt(ada, turn.chat_id)
    await heard(turn)
    again = Question(text="help", chat_id=turn.chat_id)
    await heard(await core.chats.edit(ada, turn.user_message_id, again))
    said = (await core.chats.get(ada, turn.chat_id)).messages
    await core.chats.delete_from(ada, turn.chat_id, said[1].id)
    await core.chats.rename(ada, turn.chat_id, "Mine")
    await core.chats.delete(ada, [turn.chat_id])

    events: tuple[Event, ...] = (await core.audit.list(ada, PageAsked(size=50))).items

    assert [each.verb for each in reversed(events) if each.verb[:4] in {"chat", "mess"}] == [
        "chat.created",
        "chat.asked",
        "chat.interrupted",
        "message.edited",
        "chat.asked",
        "message.deleted",
        "chat.renamed",
        "chat.deleted",
    ]


# What is kept


def drafted() -> Draft:
    chat, id = ChatId(new_id()), MessageId(new_id())
    message = Message(
        id=id,
        chat_id=chat,
        side=Side.ASSISTANT,
        content="",
        status=MessageStatus.RUNNING,
        created_at=now(),
    )
    return Draft(Turn(chat, MessageId(new_id()), id, kept=True), message)


async def test_a_table_is_kept_by_its_head_and_says_so() -> None:
    draft = drafted()
    for cell in ("x", "x" * 2_000):
        rows = tuple((number, cell) for number in range(5_000))
        columns = (("n", "integer"), ("t", "text"))
        draft.show(Grid(id="a", columns=columns, rows=rows, total=5_000, truncated=False))

    small, large = draft.shown
    assert isinstance(small, Grid)
    assert isinstance(large, Grid)
    assert (len(small.rows), small.total, small.truncated) == (ROWS, 5_000, True)
    assert 10 < len(large.rows) * 2_000 <= TABLE
    assert large.truncated


async def test_a_message_has_an_end_whatever_is_shown_and_cited_in_it() -> None:
    draft = drafted()
    rows = tuple((number, "y" * 2_000) for number in range(ROWS))
    cited = Cited(result="r1", connection="c", sql="-- " * 60_000, row_count=1)
    for _ in range(30):
        columns = (("n", "integer"), ("t", "text"))
        draft.show(Grid(id="a", columns=columns, rows=rows, total=ROWS, truncated=False))
        draft.cite(cited.model_copy(update={"values": {"ids": list(range(10_000))}}))
    draft.say("word " * 100_000)

    message = draft.message()

    assert len(message.model_dump_json()) < WHOLE
    assert len(message.visualizations) > 1
    assert len(message.statements) > 2
    assert message.content.endswith("characters)")


async def test_a_very_long_chat_is_told_by_its_last_messages(
    core: Core, db: Database, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.following.LAST", 150)
    chat = await core.chats.create(ada, ChatDraft())
    async with db.transaction() as tx:
        for number in range(260):
            message = drafted().message(
                chat_id=chat.id, content=str(number), status=MessageStatus.DONE
            )
            await MessageStore(tx).add(ada.organization_id, message)

    found: Conversation = await core.chats.get(ada, chat.id)

    assert [each.content for each in found.messages] == [str(n) for n in range(110, 260)]
    assert found.earlier == 110
    monkeypatch.setattr("core.chats.following.LAST_BYTES", 30)
    assert [each.content for each in (await core.chats.get(ada, chat.id)).messages] == [
        str(n) for n in range(250, 260)
    ]


async def test_nothing_is_changed_in_a_chat_that_is_busy(core: Core, ada: Actor) -> None:
    turn = await ask(core, ada, Holding())

    with pytest.raises(ChatBusy):
        await core.chats.delete_from(ada, turn.chat_id, turn.id)

    renamed = await core.chats.rename(ada, turn.chat_id, "Another")
    assert renamed.title == "Another"
    await core.chats.interrupt(ada, turn.chat_id)
    await heard(turn)


async def test_a_statement_on_a_server_stops_with_its_turn(
    core: Core, ada: Actor, postgres_url: str
) -> None:
    draft = {"name": "shop", "url": postgres_url}
    await core.connections.add(ada, ConnectionDraft.model_validate(draft))
    endless = "SELECT count(*) AS n FROM generate_series(1, 100000000) a, generate_series(1, 9) b"
    query = await saved(core, ada, endless)
    turn = await core.chats.ask(ada, Question(text="run", query_id=query.id))
    listening = aiter(turn)
    for _ in range(4):
        await anext(listening)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        busy = sql.SQL(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
            "AND query LIKE '%generate_series(1, 9)%' AND pid <> pg_backend_pid()"
        )

        async def counted(many: int) -> None:
            while await asyncio.to_thread(lambda: admin.execute(busy).fetchone()) != (many,):
                pass  # each look is a round trip

        await soon(counted(1))
        await listening.aclose()  # type: ignore[attr-defined]
        async with asyncio.timeout(2):
            await counted(0)

    assert await turn.ended(5)
    last = (await core.chats.get(ada, turn.chat_id)).messages[-1]
    assert last.status is MessageStatus.INTERRUPTED
