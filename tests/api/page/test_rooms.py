"""What the page says to bad input, and what it gives of an answer; a program asks."""

import asyncio
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.app import Core
from core.chats import ChatDraft, Cited, Question
from core.chats.rows import slotted
from core.connections import Connection, ConnectionDraft
from core.identity import Actor
from core.ids import ChatId, QueryId
from core.page import PageAsked
from core.queries import Query, QueryDraft
from core.queries.inputs import inputs, read_typed
from tests.api.page.visits import OURS, Visit
from tests.core.uploads.files import SALES

PART = {"x-part": "1"}


@pytest.fixture
async def orders(core: Core, ada: Actor, shop: Connection) -> Query:
    draft = QueryDraft(
        title="Orders of a region",
        prompt="Which orders came from a region?",
        sql="SELECT id, amount FROM orders WHERE region = {{region}} ORDER BY id",
        connection="shop",
    )
    return await core.queries.create(ada, draft)


async def chats(core: Core, ada: Actor) -> int:
    return (await core.chats.list(ada, PageAsked())).total


async def asked(core: Core, ada: Actor, query: Query, **values: Any) -> tuple[ChatId, str]:
    """Ask a saved query in a chat, and return the chat and the answer's id."""
    question = Question(text="Which?", query_id=query.id, parameters=values, kept=True)
    turn = await core.chats.ask(ada, question)
    await core.chats.wait(ada, turn.chat_id, 10)
    return turn.chat_id, turn.id


async def test_what_is_no_question_is_not_asked(at_page: Visit, core: Core, ada: Actor) -> None:
    for text in ("", "   ", "\n", "x" * 40_001, "a\x00b"):
        whole = await at_page.post("/ask", text=text)
        part = await at_page.post("/ask", headers=PART, text=text)

        assert (whole.status_code, part.status_code) == (400, 400)
        assert "A question has 1 to 40,000 characters" in whole.text
        assert part.text.startswith('<p class="wrong" role="alert">')
    assert await chats(core, ada) == 0


async def test_what_is_named_has_to_be_there(at_page: Visit, shop: Connection) -> None:
    named: list[tuple[dict[str, Any], str]] = [
        ({"chat": "nowhere"}, "Chat not found"),
        ({"chat": "../x"}, "Chat not found"),
        ({"connection": "<b>"}, "Connection not found: &lt;b&gt;"),
        ({"query": "nowhere"}, "Query not found"),
        ({"model": "openai:gpt"}, "No language model"),
    ]
    for fields, said in named:
        answer = await at_page.post("/ask", text="How many?", **fields)

        assert answer.status_code in {404, 503}
        assert said in answer.text


async def test_one_question_at_a_time_and_the_chat_stays_as_it_is(
    at_page: Visit, core: Core, ada: Actor, orders: Query
) -> None:
    chat, answer = await asked(core, ada, orders, region="EU")
    edited = await at_page.post(f"/chats/{chat}/messages/{answer}/edit", text="Mine now")
    nameless = await at_page.post(f"/chats/{chat}/rename", title="  ")
    endless = await at_page.post(f"/chats/{chat}/rename", title="x" * 201)
    judged = await at_page.post(f"/chats/{chat}/messages/{answer}/feedback", verdict="fine")
    gone = await at_page.post("/chats/none/delete")

    statuses = [each.status_code for each in (edited, nameless, endless, judged, gone)]
    assert statuses == [400, 400, 400, 400, 404]
    assert "Only your own questions can be rewritten" in edited.text
    kept = await core.chats.get(ada, chat)
    assert (kept.chat.title, len(kept.messages)) == ("Which?", 2)


async def test_the_events_of_an_answer_are_pieces_of_the_page_and_can_be_read_again(
    at_page: Visit, core: Core, ada: Actor, orders: Query
) -> None:
    _chat, answer = await asked(core, ada, orders, region="EU")
    first = await asyncio.wait_for(at_page.get(f"/messages/{answer}/events"), 10)
    again = await asyncio.wait_for(at_page.get(f"/messages/{answer}/events"), 10)
    nobody = await at_page.get("/messages/none/events")

    assert first.headers["content-type"].startswith("text/event-stream")
    assert first.text == again.text
    names = re.findall(r"^event: (\w+)$", first.text, re.MULTILINE)
    assert (names[0], names[-1]) == ("begin", "end")
    whole = json.loads(first.text.rpartition("data: ")[2])["html"]
    assert whole.startswith(f'<article class="answer" id="m-{answer}">')
    assert nobody.status_code == 404


async def test_an_answers_table_is_had_whole_as_csv_and_its_chart_in_two_lights(
    at_page: Visit, core: Core, ada: Actor, orders: Query
) -> None:
    chat, answer = await asked(core, ada, orders, region="EU")
    page = (await at_page.get(f"/chats/{chat}")).text
    links = re.findall(r'href="(/chats/[^"]+\.csv)"', page)
    pictures = re.findall(r'(?:src|srcset)="(/chats/[^"]+\.svg)"', page)
    csv = await at_page.get(links[0])

    assert len(csv.text.splitlines()) == 1 + 1250
    assert csv.text.startswith("\ufeffid,amount\r\n1,0.5\r\n")
    assert csv.headers["content-disposition"].endswith("Orders%20of%20a%20region.csv")
    grounds = [await at_page.get(each) for each in pictures]
    assert {each.headers["content-type"] for each in grounds} <= {"image/svg+xml"}
    assert all(each.text.startswith("<svg") for each in grounds)
    for strange in (f"/chats/{chat}/messages/{answer}/none", f"/chats/{chat}/messages/none/none"):
        for kind in ("csv", "svg"):
            assert (await at_page.get(f"{strange}.{kind}")).status_code == 404


async def test_a_form_that_does_not_fit_stays_as_it_was_filled_in(
    at_page: Visit, orders: Query, core: Core, ada: Actor
) -> None:
    empty = await at_page.post(f"/queries/{orders.id}/run")
    unsaved = await at_page.post("/queries/new", title="", prompt='Say "<why>"', sql="SELECT 1")
    writing = await at_page.post("/queries/new", title="T", prompt="P", sql="DROP TABLE orders")
    nowhere = await at_page.post("/queries/new", title="T", prompt="P", connection="nowhere")
    change = await at_page.post(f"/queries/{orders.id}/edit", title="x" * 201, prompt="P")

    for answer in (empty, unsaved, writing, change):
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert "region" in empty.text
    assert "Say &#34;&lt;why&gt;&#34;" in unsaved.text
    assert "DROP TABLE orders" in writing.text
    assert "Connection not found: nowhere" in nowhere.text
    assert (await core.queries.list(ada, PageAsked())).items == (orders,)


async def test_a_query_is_saved_from_an_answer_that_no_query_gave(
    at_page: Visit, core: Core, ada: Actor, orders: Query
) -> None:
    chat, answer = await asked(core, ada, orders, region="EU")
    form = await at_page.get(f"/queries/new?chat={chat}&message={answer}&result=r1")
    wrong = await at_page.get(f"/queries/new?chat={chat}&message={answer}&result=r9")

    assert 'value="Orders of a region"' in form.text
    assert "WHERE region = {{region}} ORDER BY id</textarea>" in form.text
    assert wrong.status_code == 404


async def test_lists_end_where_they_end(at_page: Visit, orders: Query) -> None:
    for path in ("/chats", "/queries"):
        for number in ("0", "-1", "2", "999999", "9" * 40, "one", "\u0663"):
            assert (await at_page.get(path, params={"page": number})).status_code == 200


async def test_a_database_that_is_away_is_said_and_not_a_fault(
    at_page: Visit, core: Core, ada: Actor, tmp_path: Path
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path}/gone.db")
    gone = await core.connections.add(ada, ConnectionDraft(name="gone", url=url))
    for verb in ("test", "discover"):
        done = await at_page.post(f"/connections/{gone.id}/{verb}")
        missing = await at_page.post(f"/connections/none/{verb}")

        assert (done.status_code, missing.status_code) == (303, 404)
    strange = await at_page.post(f"/connections/{gone.id}/drop")
    listed = await at_page.get("/connections")
    shown = await at_page.get(f"/connections/{gone.id}")

    assert strange.status_code == 404
    assert "does not answer" in listed.text
    assert shown.status_code == 200
    assert 'role="alert"' in shown.text


def cited(sql: str, **values: Any) -> Cited:
    return Cited(result="r1", connection="shop", sql=sql, values=values, row_count=1)


def test_bound_values_become_parameters_again_where_that_is_sure() -> None:
    once = cited("SELECT '?', \"$1\" FROM t WHERE a = ? -- ?\nAND b = $2", a=1)
    twice = cited("SELECT ?, ?", a=1, b=2)

    assert slotted(once)[0] == "SELECT '?', \"$1\" FROM t WHERE a = {{a}} -- ?\nAND b = {{a}}"
    assert slotted(twice) == (
        "SELECT ?, ?",
        "Values were bound where ? or $1 stands; write there, as it fits, {{a}}, {{b}}.",
    )
    assert slotted(cited("SELECT 1")) == ("SELECT 1", "")
    kept = twice.model_copy(update={"written": "SELECT {{b}}, {{a}}"})
    assert slotted(kept) == ("SELECT {{b}}, {{a}}", "")


async def test_a_form_asks_for_each_parameter_by_its_kind(
    core: Core, ada: Actor, shop: Connection
) -> None:
    sql = (
        "SELECT * FROM orders WHERE region IN ({{regions}}) AND amount > {{least}} "
        "AND id < {{top}} AND date(id) >= {{startDay}} AND strftime('%Y', id) = '{{year}}'"
    )
    query = await core.queries.create(ada, QueryDraft(title="Q", prompt="?", sql=sql))
    asked = {
        each.name: each for each in inputs(query, await core.queries.blanks(ada, QueryId(query.id)))
    }

    assert {name: each.kind for name, each in asked.items()} == {
        "regions": "text",
        "least": "number",
        "top": "number",
        "startDay": "date",
        "year": "number",
    }
    assert asked["startDay"].label == "Start day"
    typed = {"regions": "EU, US", "least": "2.5", "top": " ", "startDay": "2025-01-31"}
    assert read_typed(typed, list(asked.values())) == {
        "regions": ["EU", "US"],
        "least": 2.5,
        "startDay": date(2025, 1, 31),
    }


async def test_amounts_are_written_for_people_and_downloaded_for_programs(
    at_page: Visit, core: Core, ada: Actor, shop: Connection
) -> None:
    draft = QueryDraft(
        title="Amounts",
        prompt="Which amounts?",
        sql="SELECT 2025 AS year, 1234.5 AS revenue UNION ALL SELECT 2026, 1000000 ORDER BY 1",
        connection="shop",
    )
    query = await core.queries.create(ada, draft)

    shown = await at_page.post(f"/queries/{query.id}/run", headers=PART)
    form = {"mark": at_page.mark, "as": "csv"}
    sheet = await at_page.http.post(f"/queries/{query.id}/run", data=form, headers=OURS)

    cells = re.findall(r'<td class="right">([^<]+)', shown.text)
    assert cells == ["2025", "1,234.50", "2026", "1,000,000.00"]
    assert sheet.text.splitlines()[1:] == ["2025,1234.5", "2026,1000000"]


async def test_rows_are_counted_once(at_page: Visit, orders: Query) -> None:
    shown = await at_page.post(f"/queries/{orders.id}/run", headers=PART, **{"p.region": "EU"})

    assert shown.status_code == 200
    assert len(re.findall(r"\b\d+ rows?\b", shown.text)) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"sql": "DELETE FROM orders"}, "sql"),
        ({"sql": "SELECT 1", "connection": "nowhere"}, "connection"),
        ({"title": "x" * 300}, "title"),
        ({"prompt": "x" * 20_000}, "prompt"),
    ],
)
async def test_the_field_that_is_wrong_is_where_one_writes_on(
    at_page: Visit, orders: Query, fields: dict[str, str], wrong: str
) -> None:
    sent = {"mark": at_page.mark, "title": "New", "prompt": "Which?", "connection": "shop"}

    form = await at_page.http.post("/queries/new", data=sent | fields, headers=OURS)

    assert form.status_code == 400
    focused = re.findall(r'<[^>]* id="(\w+)"[^>]* autofocus', form.text)
    assert focused == [wrong]
    assert re.findall(r'<[^>]* id="(\w+)"[^>]* aria-invalid', form.text) == [wrong]


async def test_files_are_brought_to_a_chat_listed_and_fetched(
    at_page: Visit, vic_at_page: Visit, core: Core, ada: Actor
) -> None:
    chat = (await core.chats.create(ada, ChatDraft())).id
    form = {"mark": at_page.mark, "chat": chat}
    name = "売上 <b>.csv"

    sent = await at_page.http.post(
        "/files", data=form, files={"files": (name, SALES)}, headers=OURS
    )
    shown = await at_page.get(f"/chats/{chat}")
    link = re.search(r'href="(/files/[^"]+)"', shown.text)
    assert link is not None
    file = await at_page.get(link[1])

    assert (sent.status_code, sent.headers["location"]) == (303, f"/chats/{chat}")
    assert "Files (1)" in shown.text
    assert "売上 &lt;b&gt;.csv" in shown.text
    assert file.content == SALES
    assert file.headers["content-disposition"].startswith("attachment; ")
    assert (await vic_at_page.get(link[1])).status_code == 404


async def test_what_is_no_file_of_ours_is_refused_in_words(
    at_page: Visit, core: Core, ada: Actor
) -> None:
    chat = (await core.chats.create(ada, ChatDraft())).id
    form = {"mark": at_page.mark, "chat": chat}
    odd = [
        ({"mark": "forged"}, {"files": ("a.csv", SALES)}, OURS, 403),
        ({}, {"files": ("a.csv", SALES)}, OURS | {"sec-fetch-site": "cross-site"}, 403),
        ({"chat": "nowhere"}, {"files": ("a.csv", SALES)}, OURS, 404),
        ({}, {"files": ("a.exe", b"MZ\x00\x01")}, OURS, 400),
        ({}, {"other": ("a.csv", SALES)}, OURS, 400),
        ({}, {}, OURS, 400),
    ]
    for fields, files, headers, status in odd:
        answer = await at_page.http.post(
            "/files", data=form | fields, files=files or None, headers=headers
        )

        assert answer.status_code == status, answer.text
        assert "<h1" in answer.text
    assert await core.uploads.list(ada, chat) == ()
    assert (await at_page.get("/files/nowhere")).status_code == 404
