"""Exchanging an API key for a token, as the contract has it."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from core.app import Core
from core.identity import Actor, Role, Surface

WHO = {"email": "ada@acme.test"}


async def test_a_key_becomes_a_token_of_six_hours(
    http: httpx2.AsyncClient, ada: Actor, ada_key: str
) -> None:
    issued = await http.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=WHO)
    token = issued.json()

    assert issued.status_code == 200
    assert list(token) == ["token", "member_id", "organization_id", "expires_at"]
    assert token["member_id"] == ada.member_id
    assert token["organization_id"] == ada.organization_id
    assert token["expires_at"].endswith("Z")
    life = datetime.fromisoformat(token["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=5, minutes=59) < life <= timedelta(hours=6)

    bearer = {"authorization": f"Bearer {token['token']}"}
    assert (await http.get("/v1/queries", headers=bearer)).status_code == 200


async def test_the_key_itself_is_a_bearer_token_too(http: httpx2.AsyncClient, ada_key: str) -> None:
    bearer = {"authorization": f"bearer {ada_key}"}

    assert (await http.get("/v1/queries", headers=bearer)).json() == {"queries": []}


async def test_an_unknown_address_joins_as_an_analyst(
    http: httpx2.AsyncClient, core: Core, ada: Actor, ada_key: str
) -> None:
    body = {"email": "New@Acme.test"}
    issued = await http.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=body)

    members = {each.id: each for each in await core.identity.list_members(ada)}
    joined = members[issued.json()["member_id"]]
    assert (joined.email, joined.role) == ("new@acme.test", Role.ANALYST)


async def test_nobody_rises_above_the_key(http: httpx2.AsyncClient, core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(
        ada, name="Ann", email="ann@acme.test", role=Role.ANALYST
    )
    ann = Actor.of(member, Surface.CLI)
    _record, key = await core.identity.create_key(ann, "ann's")

    headers = {"x-api-key": key.get_secret_value()}
    refused = await http.post("/v1/authenticate", headers=headers, json=WHO)

    assert (refused.status_code, refused.json()["code"]) == (403, "denied")


@pytest.mark.parametrize(
    ("headers", "body", "status", "detail"),
    [
        ({}, WHO, 401, "Missing X-API-Key header"),
        ({"x-api-key": ""}, WHO, 401, "Missing X-API-Key header"),
        ({"x-api-key": "wrong"}, WHO, 401, "Invalid API key"),
        ({"x-api-key": "tr_abcdefgh_" + "x" * 43}, WHO, 401, "Invalid API key"),
        ({"x-api-key": "tr_abcdefgh_" + "x" * 43}, {"email": "no"}, 401, "Invalid API key"),
        ({"x-api-key": "ours"}, {"email": "no"}, 400, "Invalid email format"),
        ({"x-api-key": "ours"}, {"email": ""}, 400, "Invalid email format"),
        ({"x-api-key": "ours"}, {"email": "a@b@c"}, 400, "Invalid email format"),
        ({"x-api-key": "ours"}, {"email": 7}, 400, "email: Input should be a valid string"),
        ({"x-api-key": "ours"}, {}, 400, "email: Field required"),
        ({"x-api-key": "ours"}, {"email": "a@b", "role": "owner"}, 400, "role: Unknown field"),
    ],
)
async def test_what_does_not_fit_is_refused(
    http: httpx2.AsyncClient,
    ada_key: str,
    headers: dict[str, str],
    body: dict[str, object],
    status: int,
    detail: str,
) -> None:
    if headers.get("x-api-key") == "ours":
        headers = {"x-api-key": ada_key}

    refused = await http.post("/v1/authenticate", headers=headers, json=body)

    assert (refused.status_code, refused.json()["detail"]) == (status, detail)
    assert ("www-authenticate" in refused.headers) == (status == 401)


async def test_wrong_keys_from_one_address_have_to_wait(
    http: httpx2.AsyncClient, ada_key: str
) -> None:
    wrong = {"x-api-key": "tr_abcdefgh_" + "x" * 43}
    answers = [
        await http.post("/v1/authenticate", headers=wrong, json=WHO) for _attempt in range(31)
    ]

    assert [each.status_code for each in answers] == [401] * 30 + [429]
    assert answers[-1].json()["code"] == "too_often"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    right = await http.post("/v1/authenticate", headers={"x-api-key": ada_key}, json=WHO)
    assert right.status_code == 429
    # Whoever is known already goes on.
    bearer = {"authorization": f"Bearer {ada_key}"}
    assert (await http.get("/v1/queries", headers=bearer)).status_code == 200


async def test_a_key_that_is_exchanged_all_the_time_has_to_wait(
    http: httpx2.AsyncClient, ada_key: str
) -> None:
    right = {"x-api-key": ada_key}
    statuses = [
        (await http.post("/v1/authenticate", headers=right, json=WHO)).status_code
        for _attempt in range(121)
    ]

    assert statuses == [200] * 120 + [429]
