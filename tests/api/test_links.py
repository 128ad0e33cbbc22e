"""Codes for Slack and Discord, and the links that they made, over HTTP."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from core.app import Core
from core.identity import Actor, Role, Surface
from core.links import Person

BO = Person(surface=Surface.DISCORD, workspace="discord", id="80351110224678912", name="bo")


async def linked(core: Core, actor: Actor, person: Person) -> None:
    code = (await core.links.code(actor)).code.get_secret_value()
    await core.links.redeem(person, actor.organization_id, code)


async def test_a_code_is_made_used_listed_and_its_link_removed(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor
) -> None:
    made = await as_ada.post("/v1/links")
    told = made.json()
    actor = await core.links.redeem(BO, ada.organization_id, told["code"])
    listed = (await as_ada.get("/v1/links")).json()
    removed = await as_ada.delete(f"/v1/links/discord/{BO.id}")
    again = await as_ada.delete(f"/v1/links/discord/{BO.id}")

    assert made.status_code == 201
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert actor.member_id == ada.member_id
    assert (listed["total"], listed["page"], listed["has_more"]) == (1, 1, False)
    (link,) = listed["links"]
    assert {**link, "created_at": ""} == {
        "surface": "discord",
        "workspace": "discord",
        "person": BO.id,
        "name": "bo",
        "member_id": ada.member_id,
        "created_at": "",
    }
    assert (removed.status_code, removed.content) == (204, b"")
    assert (again.status_code, again.json()) == (
        404,
        {"detail": "Link not found", "code": "link_not_found"},
    )


@pytest.mark.parametrize(
    "path", ["slack/U1", "nowhere/U1", "discord/" + "9" * 201, "discord/%00", "discord/%E2%80%AE"]
)
async def test_what_is_no_link_is_not_found(as_ada: httpx2.AsyncClient, path: str) -> None:
    assert (await as_ada.delete(f"/v1/links/{path}")).status_code == 404


async def test_a_member_sees_their_own_and_an_admin_everybodys(
    http: httpx2.AsyncClient, core: Core, ada: Actor, ada_key: str
) -> None:
    member = await core.identity.add_member(ada, name="Bo", email="bo@acme.test", role=Role.ANALYST)
    bo = Actor.of(member, Surface.API)
    _record, key = await core.identity.create_key(bo, "mine")
    await linked(core, bo, BO)
    for number in range(101):
        await linked(core, ada, BO.model_copy(update={"id": str(number)}))

    async def listed(key: str, page: int = 1) -> dict[str, object]:
        bearer = {"authorization": f"Bearer {key}"}
        answer = await http.get(f"/v1/links?page={page}", headers=bearer)
        found: dict[str, object] = answer.json()
        return found

    first, second = await listed(ada_key), await listed(ada_key, 2)
    own = await listed(key.get_secret_value())
    foreign = await http.delete(
        "/v1/links/discord/5", headers={"authorization": f"Bearer {key.get_secret_value()}"}
    )

    assert (first["total"], first["has_more"], second["has_more"]) == (102, True, False)
    assert [len(each["links"]) for each in (first, second, own)] == [100, 2, 1]  # type: ignore[arg-type]
    assert foreign.status_code == 404


async def test_a_token_that_may_do_less_makes_no_code(
    http: httpx2.AsyncClient, core: Core, ada: Actor, eve: Actor
) -> None:
    admin = await core.identity.add_member(ada, name="Al", email="al@acme.test", role=Role.ADMIN)
    _record, key = await core.identity.create_key(Actor.of(admin, Surface.API), "mine")
    token = await core.identity.authenticate(key.get_secret_value(), "ada@acme.test")
    bearer = {"authorization": f"Bearer {token.token.get_secret_value()}"}

    refused = await http.post("/v1/links", headers=bearer)

    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
    assert (await http.post("/v1/links")).status_code == 401
