"""Chats over HTTP, as the contract has them."""

from typing import Any

import httpx2
import pytest

from core.app import Core
from core.chats import ChatDraft
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.projects import ProjectDraft
from core.queries import QueryDraft
from tests.api.hearing import asked
from tests.api.many import many_chats

STRANGE = ["nothing", "00000000-0000-4000-8000-000000000000", "..%2f..", "%00", "a" * 101, "é"]


async def created(http: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await http.post("/v1/chats/create", json=fields)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def bearer_of(core: Core, actor: Actor) -> dict[str, str]:
    _record, key = await core.identity.create_key(actor, "another")
    return {"authorization": f"Bearer {key.get_secret_value()}"}


async def test_a_chat_begins_in_the_words_of_the_contract(
    as_ada: httpx2.AsyncClient, ada: Actor, shop: Connection
) -> None:
    chat = await created(as_ada, title="  Revenue ", integration_id=shop.id)

    assert list(chat) == ["id", "organization_id", "member_id", "title", "created_at"]
    assert (chat["organization_id"], chat["member_id"]) == (ada.organization_id, ada.member_id)
    assert chat["title"] == "Revenue"
    assert chat["created_at"].endswith("Z")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"title": null, "integration_id": null}'])
async def test_a_chat_begins_without_a_word(as_ada: httpx2.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    made = await as_ada.post("/v1/chats/create", content=body, headers=headers)

    assert (made.status_code, made.json()["title"]) == (200, "New chat")


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/v1/chats/create", {"title": " "}, "title"),
        ("POST", "/v1/chats/create", {"title": "x" * 201}, "title"),
        ("POST", "/v1/chats/create", {"title": 7}, "title"),
        ("POST", "/v1/chats/create", {"name": "x"}, "name"),
        ("POST", "/v1/chats", {}, "message"),
        ("POST", "/v1/chats", {"message": ""}, "message"),
        ("POST", "/v1/chats", {"message": " \n "}, "message"),
        ("POST", "/v1/chats", {"message": None}, "message"),
        ("POST", "/v1/chats", {"message": "x" * 40_001}, "message"),
        ("POST", "/v1/chats", {"message": "a\x00b"}, "message"),
        ("POST", "/v1/chats", {"message": "a", "chat_id": 7}, "chat_id"),
        ("POST", "/v1/chats", {"message": "a", "parameters": []}, "parameters"),
        ("POST", "/v1/chats", {"message": "a", "upload_ids": "x"}, "upload_ids"),
        ("POST", "/v1/chats", {"message": "a", "upload_ids": ["x"] * 21}, "upload_ids"),
        ("POST", "/v1/chats", {"message": "a", "include_tool_events": "x"}, "include_tool_events"),
        ("POST", "/v1/chats", {"message": "a", "stream": True}, "stream"),
        ("PUT", "/v1/chats/x", {}, "title"),
        ("PUT", "/v1/chats/x", {"title": ""}, "title"),
        ("DELETE", "/v1/chats", {}, "chat_ids"),
        ("DELETE", "/v1/chats", {"chat_ids": []}, "chat_ids"),
        ("DELETE", "/v1/chats", {"chat_ids": "x"}, "chat_ids"),
        ("DELETE", "/v1/chats", {"chat_ids": [7]}, "chat_ids.0"),
        ("DELETE", "/v1/chats", {"chat_ids": ["x"] * 1001}, "chat_ids"),
        ("PATCH", "/v1/chats/x/messages/y", {}, "content"),
        ("PATCH", "/v1/chats/x/messages/y", {"content": " "}, "content"),
        ("PATCH", "/v1/chats/messages/y/feedback", {}, "feedback"),
        ("PATCH", "/v1/chats/messages/y/feedback", {"feedback": "fine"}, "feedback"),
        ("PATCH", "/v1/chats/messages/y/feedback", {"feedback": "positive", "note": 1}, "note"),
        ("POST", "/v1/chats/followups", {}, "body"),
        ("POST", "/v1/chats/followups", {"chat_id": "a", "user_messages": ["b"]}, "body"),
        ("POST", "/v1/chats/followups", {"user_messages": []}, "user_messages"),
        ("POST", "/v1/chats/followups", {"user_messages": [" "]}, "user_messages.0"),
        ("POST", "/v1/chats/followups", {"user_messages": ["a"] * 101}, "user_messages"),
        ("GET", "/v1/chats?page=one", None, "page"),
        ("GET", "/v1/chats?page=1.5", None, "page"),
    ],
)
async def test_what_makes_no_sense_is_told_by_its_field(
    as_ada: httpx2.AsyncClient, method: str, path: str, body: Any, field: str
) -> None:
    refused = await as_ada.request(method, path, json=body)

    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"].startswith(f"{field}: ")
    assert refused.json()["code"] == "INVALID"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "chat_ids: Name at least one"), (1001, "chat_ids: Name 1000 at most")],
)
async def test_too_few_or_too_many_are_told_in_plain_words(
    as_ada: httpx2.AsyncClient, count: int, said: str
) -> None:
    refused = await as_ada.request("DELETE", "/v1/chats", json={"chat_ids": ["x"] * count})

    assert refused.json()["detail"].startswith(said), refused.text
    assert "uple" not in refused.text


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b'{"message": NaN}', b"\xff"])
async def test_what_is_no_json_object_begins_nothing(
    as_ada: httpx2.AsyncClient, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    refused = await as_ada.post("/v1/chats", content=body, headers=headers)

    assert refused.status_code == 400
    assert (await as_ada.get("/v1/chats")).json()["total"] == 0


async def test_chats_are_listed_page_by_page_the_latest_first(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    project = await core.projects.create(ada, ProjectDraft(name="Mine"))
    for each in range(21):
        await core.chats.create(ada, ChatDraft(title=f"{each}"))
    await core.chats.create(ada, ChatDraft(title="last", project_id=project.id))

    first = (await as_ada.get("/v1/chats")).json()
    second = (await as_ada.get("/v1/chats?page=2")).json()
    beyond = (await as_ada.get(f"/v1/chats?page={10**40}")).json()
    before = [(await as_ada.get(f"/v1/chats?page={each}")).json() for each in (0, -7)]

    assert list(first) == ["chats", "total", "page", "page_size", "has_more"]
    assert list(first["chats"][0]) == ["id", "title", "preview", "timestamp", "metadata"]
    assert [each["title"] for each in first["chats"]] == ["last", *map(str, range(20, 1, -1))]
    assert [each["title"] for each in second["chats"]] == ["1", "0"]
    assert first["chats"][0]["metadata"] == {"source_type": "project"}
    assert first["chats"][1]["metadata"] == {"source_type": "database"}
    assert (first["total"], first["page"], first["page_size"], first["has_more"]) == (
        22,
        1,
        20,
        True,
    )
    assert (second["page"], second["has_more"]) == (2, False)
    assert (beyond["chats"], beyond["has_more"], beyond["total"]) == ([], False, 22)
    assert before == [first, first]


async def test_a_chat_is_told_with_everything_that_was_said(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, shop: Connection
) -> None:
    sql = "SELECT id, amount FROM orders WHERE id <= {{most}}"
    query = await core.queries.create(ada, QueryDraft(title="Few", prompt="?", sql=sql))
    frames = await asked(
        as_ada, message="the first ones", saved_query_id=query.id, parameters={"most": 3}
    )
    chat_id, answer = frames[0].data["id"], frames[-1].data["id"]
    judged = await as_ada.patch(
        f"/v1/chats/messages/{answer}/feedback", json={"feedback": "negative", "note": "why 3?"}
    )

    chat = (await as_ada.get(f"/v1/chats/{chat_id}")).json()

    assert judged.json() == {
        "id": answer,
        "metadata": {"feedback": "negative", "feedback_note": "why 3?"},
    }
    assert list(chat) == ["id", "title", "preview", "messages"]
    assert chat["title"] == "the first ones"
    question, said = chat["messages"]
    assert list(question) == ["id", "role", "content", "timestamp"]
    assert (question["role"], question["content"]) == ("user", "the first ones")
    assert question["id"] == frames[0].data["user_message_id"]
    assert (said["id"], said["role"]) == (answer, "assistant")
    assert said["content"] == frames[-1].data["content"]
    metadata = said["metadata"]
    assert (metadata["status"], metadata["feedback"]) == ("done", "negative")
    assert metadata["feedback_note"] == "why 3?"
    assert "FROM orders" in metadata["sql"]
    assert metadata["statements"][0]["values"] == {"most": 3}
    shown = [each.data for each in frames if each.event == "visualization"]
    assert metadata["visualizations"] == shown
    assert shown[0]["type"] == "table"
    assert shown[0]["data"]["rows"][0] == {"id": 1, "amount": 0.5}
    assert (shown[0]["data"]["total_rows"], shown[0]["data"]["truncated"]) == (3, False)


async def test_the_last_word_of_feedback_counts(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    answer = (await asked(as_ada, message="anything"))[-1].data["id"]
    path = f"/v1/chats/messages/{answer}/feedback"

    await as_ada.patch(path, json={"feedback": "negative", "note": "no"})
    judged = await as_ada.patch(path, json={"feedback": "positive"})

    assert judged.json() == {"id": answer, "metadata": {"feedback": "positive"}}


async def test_a_chat_gets_another_title(as_ada: httpx2.AsyncClient) -> None:
    chat = await created(as_ada, title="Revenue")

    renamed = await as_ada.put(f"/v1/chats/{chat['id']}", json={"title": "Turnover"})

    assert list(renamed.json()) == ["id", "title", "preview", "timestamp"]
    assert renamed.json()["title"] == "Turnover"
    assert (await as_ada.get("/v1/chats")).json()["chats"][0]["title"] == "Turnover"


async def test_chats_are_forgotten_one_by_one_and_together(
    as_ada: httpx2.AsyncClient, core: Core, eve: Actor
) -> None:
    ours = [(await created(as_ada))["id"] for _each in range(3)]
    hers = (await core.chats.create(eve, ChatDraft(title="Hers"))).id

    one = await as_ada.delete(f"/v1/chats/{ours[0]}")
    again = await as_ada.delete(f"/v1/chats/{ours[0]}")
    asked = [ours[2], "nothing", hers, ours[1], ours[2], "'; DROP", ours[0]]
    rest = await as_ada.request("DELETE", "/v1/chats", json={"chat_ids": asked})

    assert (one.status_code, one.json()) == (200, {"message": "Chat deleted successfully"})
    assert (again.status_code, again.json()["detail"]) == (404, "Chat not found")
    assert rest.status_code == 200
    assert rest.json() == {
        "deleted": [ours[2], ours[1]],
        "not_found": ["nothing", hers, "'; DROP", ours[0]],
        "deleted_count": 2,
    }
    assert (await as_ada.get("/v1/chats")).json()["total"] == 0
    assert (await core.chats.get(eve, hers)).chat.title == "Hers"


async def test_a_message_goes_with_every_later_one(as_ada: httpx2.AsyncClient) -> None:
    first = await asked(as_ada, message="one")
    chat_id = first[0].data["id"]
    second = await asked(as_ada, message="two", chat_id=chat_id)

    gone = await as_ada.delete(f"/v1/chats/{chat_id}/messages/{second[0].data['user_message_id']}")

    assert (gone.status_code, gone.content) == (204, b"")
    messages = (await as_ada.get(f"/v1/chats/{chat_id}")).json()["messages"]
    assert [each["id"] for each in messages] == [
        first[0].data["user_message_id"],
        first[-1].data["id"],
    ]


@pytest.mark.parametrize("id", STRANGE)
async def test_ids_that_are_none_are_not_found(as_ada: httpx2.AsyncClient, id: str) -> None:
    chat = (await created(as_ada))["id"]
    content, feedback = {"content": "x"}, {"feedback": "positive"}
    answers = [
        (await as_ada.get(f"/v1/chats/{id}"), "Chat"),
        (await as_ada.put(f"/v1/chats/{id}", json={"title": "x"}), "Chat"),
        (await as_ada.delete(f"/v1/chats/{id}"), "Chat"),
        (await as_ada.delete(f"/v1/chats/{id}/messages/{id}"), "Chat"),
        (await as_ada.patch(f"/v1/chats/{id}/messages/{id}", json=content), "Chat"),
        (await as_ada.get(f"/v1/chats/{id}/messages/{id}/events"), "Chat"),
        (await as_ada.delete(f"/v1/chats/{chat}/messages/{id}"), "Message"),
        (await as_ada.patch(f"/v1/chats/{chat}/messages/{id}", json=content), "Message"),
        (await as_ada.get(f"/v1/chats/{chat}/messages/{id}/events"), "Message"),
        (await as_ada.patch(f"/v1/chats/messages/{id}/feedback", json=feedback), "Message"),
        (await as_ada.post("/v1/chats", json={"message": "x", "chat_id": id}), "Chat"),
    ]

    for answer, what in answers:
        if "%2f" in id and answer.request.method != "POST":
            assert answer.status_code == 404
            continue
        assert answer.status_code == 404, answer.text
        assert answer.json() == {
            "detail": f"{what} not found",
            "code": f"{what.upper()}_NOT_FOUND",
        }


async def test_a_colleague_sees_nothing_of_it(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    frames = await asked(as_ada, message="mine")
    chat, mine = frames[0].data["id"], frames[0].data["user_message_id"]
    answer = frames[-1].data["id"]
    body = {"email": "bob@acme.test"}
    key = as_ada.headers["authorization"].removeprefix("Bearer ")
    issued = await as_ada.post("/v1/authenticate", headers={"x-api-key": key}, json=body)
    as_bob = as_ada
    as_bob.headers["authorization"] = f"Bearer {issued.json()['token']}"
    event = {"last-event-id": f"{answer}:1"}

    answers = [
        await as_bob.get(f"/v1/chats/{chat}"),
        await as_bob.put(f"/v1/chats/{chat}", json={"title": "x"}),
        await as_bob.delete(f"/v1/chats/{chat}"),
        await as_bob.delete(f"/v1/chats/{chat}/messages/{mine}"),
        await as_bob.patch(f"/v1/chats/{chat}/messages/{mine}", json={"content": "x"}),
        await as_bob.patch(f"/v1/chats/messages/{answer}/feedback", json={"feedback": "positive"}),
        await as_bob.post("/v1/chats", json={"message": "x", "chat_id": chat}),
        await as_bob.post("/v1/chats", json={"message": "x"}, headers=event),
        await as_bob.get(f"/v1/chats/{chat}/messages/{answer}/events"),
        await as_bob.post("/v1/chats/followups", json={"chat_id": chat}),
    ]

    assert [each.status_code for each in answers] == [404] * len(answers)
    assert (await as_bob.get("/v1/chats")).json()["total"] == 0
    assert len((await core.chats.get(ada, chat)).messages) == 2


async def test_chats_are_created_twenty_times_a_minute(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    for _each in range(20):
        await created(as_ada)

    refused = await as_ada.post("/v1/chats/create", json={})
    other = await as_ada.post("/v1/chats/create", json={}, headers=await bearer_of(core, ada))

    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMIT")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_beyond_five_hundred_chats_there_is_a_cap(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, db: Database
) -> None:
    await many_chats(core, ada, db, 500)

    created_one = await as_ada.post("/v1/chats/create", json={})
    asked_one = await as_ada.post("/v1/chats", json={"message": "x"})

    for refused in (created_one, asked_one):
        assert (refused.status_code, refused.json()["code"]) == (409, "OPEN_CHAT_CAP")


async def test_followups_are_three_questions(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    frames = await asked(as_ada, message="orders by region")

    of_a_chat = await as_ada.post("/v1/chats/followups", json={"chat_id": frames[0].data["id"]})
    of_words = await as_ada.post("/v1/chats/followups", json={"user_messages": ["orders", "more"]})

    for answer in (of_a_chat, of_words):
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == ["followups"]
        assert len(answer.json()["followups"]) == 3
        assert all(isinstance(each, str) and each for each in answer.json()["followups"])


async def test_followups_come_five_at_once(as_ada: httpx2.AsyncClient, shop: Connection) -> None:
    body = {"user_messages": ["orders"]}
    answers = [await as_ada.post("/v1/chats/followups", json=body) for _each in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == "RATE_LIMIT"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
