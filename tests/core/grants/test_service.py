"""Programs that act for members: what they get, for how long, and what happens to thieves."""

import base64
import hashlib
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.app import Core, build
from core.db import Database
from core.errors import Limited, Unauthenticated
from core.grants import (
    Asked,
    Client,
    ClientDraft,
    ClientRefused,
    CodeInvalid,
    GrantInvalid,
    GrantNotFound,
    Method,
    Pair,
    RefreshInvalid,
)
from core.grants import service as grants_service
from core.identity import Actor, Role, Surface
from core.ids import now
from core.page import PageAsked
from core.secrets import Vault

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
DRAFT = ClientDraft(name="Claude", redirect_uris=("http://127.0.0.1:5000/callback",))


@pytest.fixture
async def client(core: Core) -> Client:
    client, _secret = await core.grants.register(DRAFT)
    return client


def asked(client: Client) -> Asked:
    return Asked(
        client_id=client.id,
        redirect_uri=client.redirect_uris[0],
        explicit=True,
        challenge=CHALLENGE,
        resource="http://127.0.0.1:8000/mcp",
    )


async def pair(core: Core, actor: Actor, client: Client) -> Pair:
    code = await core.grants.approve(actor, asked(client))
    return await core.grants.redeem(code.get_secret_value(), client.id)


async def shift(db: Database, table: str, by: timedelta) -> None:
    """Let time go by for a table."""
    async with db.transaction() as tx:
        await tx.execute(
            text(f"UPDATE {table} SET expires_at = :at"), {"at": stamp(db, now() + by)}
        )


def stamp(db: Database, at: object) -> object:
    return str(at).replace("+00:00", "") if "sqlite" in db.shown else at


async def test_a_program_acts_as_the_member_who_let_it_in(
    core: Core, ada: Actor, client: Client
) -> None:
    tokens = await pair(core, ada, client)

    actor = await core.grants.by_token(tokens.access.get_secret_value(), Surface.MCP)

    assert (actor.member_id, actor.organization_id) == (ada.member_id, ada.organization_id)
    assert actor.role is Role.OWNER
    assert actor.surface is Surface.MCP
    assert tokens.seconds == 3600


async def test_a_program_never_gets_above_its_member(
    core: Core, vic: Actor, client: Client
) -> None:
    tokens = await pair(core, vic, client)

    actor = await core.grants.by_token(tokens.access.get_secret_value(), Surface.MCP)

    assert actor.role is Role.VIEWER


async def test_a_secret_is_stored_sealed_and_a_code_and_tokens_as_digests(
    core: Core, db: Database, ada: Actor
) -> None:
    client, secret = await core.grants.register(DRAFT)
    code = await core.grants.approve(ada, asked(client))
    tokens = await core.grants.redeem(code.get_secret_value(), client.id)
    assert secret is not None

    async with db.reading() as tx:
        kept = ""
        for table in ("oauth_clients", "grants", "grant_codes", "grant_tokens"):
            kept += str((await tx.execute(text(f"SELECT * FROM {table}"))).all())

    for each in (secret, code, tokens.access, tokens.refresh):
        assert each.get_secret_value() not in kept
    assert await core.grants.client_secret(client.id) == secret


async def test_a_public_program_has_no_secret(core: Core) -> None:
    client, secret = await core.grants.register(DRAFT.model_copy(update={"method": Method.NONE}))

    assert secret is None
    assert await core.grants.client_secret(client.id) is None
    assert await core.grants.client_secret("nobody") is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.com/callback",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "cursor://callback",
        "https:///nowhere",
        "https://user:pass@example.com/",
        "https://example.com/#token",
        "http://[::1/",
        "http://0.0.0.0/callback",
    ],
)
async def test_an_address_that_others_could_read_is_refused(core: Core, uri: str) -> None:
    with pytest.raises(ClientRefused, match="address"):
        await core.grants.register(DRAFT.model_copy(update={"redirect_uris": (uri,)}))


@pytest.mark.parametrize(
    "uri",
    ["https://example.com/a?b=c", "http://localhost:1/", "http://[::1]:9/x", "http://127.8.9.1"],
)
async def test_an_address_of_ones_own_is_taken(core: Core, uri: str) -> None:
    client, _ = await core.grants.register(DRAFT.model_copy(update={"redirect_uris": (uri,)}))

    assert await core.grants.find_client(client.id) == client


async def test_a_name_cannot_disguise_itself(core: Core) -> None:
    uris = ("https://a.example/",)
    draft = ClientDraft(name="\u202eevil\x00 \u200bname", redirect_uris=uris)
    client, _ = await core.grants.register(draft)
    silent, _ = await core.grants.register(ClientDraft(name="\u200b", redirect_uris=uris))

    assert client.shown == "evil name"
    assert silent.shown == "A program without a name"


async def test_a_code_opens_once_and_a_second_time_ends_the_grant(
    core: Core, ada: Actor, client: Client
) -> None:
    code = (await core.grants.approve(ada, asked(client))).get_secret_value()
    tokens = await core.grants.redeem(code, client.id)

    assert await core.grants.find_code(code, client.id) is None
    with pytest.raises(CodeInvalid):
        await core.grants.redeem(code, client.id)
    with pytest.raises(GrantInvalid):
        await core.grants.by_token(tokens.access.get_secret_value(), Surface.MCP)
    assert await core.grants.list(ada) == ()
    assert "grant.code_reused" in await history(core, ada)


async def test_a_code_of_one_program_is_nothing_to_another(
    core: Core, ada: Actor, client: Client
) -> None:
    other, _ = await core.grants.register(DRAFT)
    code = (await core.grants.approve(ada, asked(client))).get_secret_value()

    assert await core.grants.find_code(code, other.id) is None
    with pytest.raises(CodeInvalid):
        await core.grants.redeem(code, other.id)
    assert (await core.grants.redeem(code, client.id)).seconds == 3600


async def test_a_code_expires(core: Core, db: Database, ada: Actor, client: Client) -> None:
    code = (await core.grants.approve(ada, asked(client))).get_secret_value()
    found = await core.grants.find_code(code, client.id)
    assert found is not None
    assert timedelta(minutes=4) < found.expires_at - now() <= timedelta(minutes=5)

    await shift(db, "grant_codes", timedelta(seconds=-1))

    assert await core.grants.find_code(code, client.id) is None
    with pytest.raises(CodeInvalid):
        await core.grants.redeem(code, client.id)


async def test_a_refresh_token_is_exchanged_for_a_new_pair(
    core: Core, ada: Actor, client: Client
) -> None:
    first = await pair(core, ada, client)
    found = await core.grants.find_refresh(first.refresh.get_secret_value(), client.id)
    assert found is not None
    assert found.member_id == ada.member_id

    second = await core.grants.refresh(first.refresh.get_secret_value(), client.id, ())

    assert first.refresh != second.refresh
    actor = await core.grants.by_token(second.access.get_secret_value(), Surface.MCP)
    assert actor.member_id == ada.member_id


async def test_a_refresh_token_that_comes_twice_ends_the_grant(
    core: Core, ada: Actor, client: Client
) -> None:
    first = await pair(core, ada, client)
    stolen = first.refresh.get_secret_value()
    second = await core.grants.refresh(stolen, client.id, ())

    with pytest.raises(RefreshInvalid):
        await core.grants.refresh(stolen, client.id, ())

    with pytest.raises(RefreshInvalid):
        await core.grants.refresh(second.refresh.get_secret_value(), client.id, ())
    with pytest.raises(GrantInvalid):
        await core.grants.by_token(second.access.get_secret_value(), Surface.MCP)
    assert "grant.refresh_reused" in await history(core, ada)


async def test_looking_at_a_used_refresh_token_ends_the_grant_too(
    core: Core, ada: Actor, client: Client
) -> None:
    first = await pair(core, ada, client)
    stolen = first.refresh.get_secret_value()
    second = await core.grants.refresh(stolen, client.id, ())

    assert await core.grants.find_refresh(stolen, client.id) is None
    assert await core.grants.find_refresh(second.refresh.get_secret_value(), client.id) is None


async def test_tokens_expire(core: Core, db: Database, ada: Actor, client: Client) -> None:
    tokens = await pair(core, ada, client)
    await shift(db, "grant_tokens", timedelta(seconds=-1))

    with pytest.raises(GrantInvalid):
        await core.grants.by_token(tokens.access.get_secret_value(), Surface.MCP)
    with pytest.raises(RefreshInvalid):
        await core.grants.refresh(tokens.refresh.get_secret_value(), client.id, ())


@pytest.mark.parametrize(
    "forged", ["", "tra_", "tra_" + "A" * 43, "trr_" + "A" * 43, "x" * 100_000]
)
async def test_a_forged_token_opens_nothing(core: Core, client: Client, forged: str) -> None:
    with pytest.raises(Unauthenticated):
        await core.grants.by_token(forged, Surface.MCP)
    assert await core.grants.find_code(forged, client.id) is None
    assert await core.grants.find_refresh(forged, client.id) is None


async def test_a_refresh_token_is_no_access_token(core: Core, ada: Actor, client: Client) -> None:
    tokens = await pair(core, ada, client)

    with pytest.raises(GrantInvalid):
        await core.grants.by_token(tokens.refresh.get_secret_value(), Surface.MCP)
    assert await core.grants.find_refresh(tokens.access.get_secret_value(), client.id) is None


async def test_what_was_granted_can_be_taken_back_at_once(
    core: Core, ada: Actor, vic: Actor, eve: Actor, client: Client
) -> None:
    tokens = await pair(core, vic, client)
    access = tokens.access.get_secret_value()
    (grant,) = await core.grants.list(vic)
    assert (grant.client_name, grant.member_id) == ("Claude", vic.member_id)
    assert await core.grants.list(ada) == (grant,)
    assert await core.grants.list(eve) == ()
    await core.grants.by_token(access, Surface.MCP)

    with pytest.raises(GrantNotFound):
        await core.grants.revoke(eve, grant.id)
    await core.grants.revoke(ada, grant.id)

    with pytest.raises(GrantInvalid):
        await core.grants.by_token(access, Surface.MCP)
    with pytest.raises(RefreshInvalid):
        await core.grants.refresh(tokens.refresh.get_secret_value(), client.id, ())


async def test_a_member_does_not_see_what_others_granted(
    core: Core, ada: Actor, vic: Actor, client: Client
) -> None:
    await pair(core, ada, client)

    assert await core.grants.list(vic) == ()


async def test_a_program_gives_its_grant_back(core: Core, ada: Actor, client: Client) -> None:
    other, _ = await core.grants.register(DRAFT)
    tokens = await pair(core, ada, client)
    refresh, access = tokens.refresh.get_secret_value(), tokens.access.get_secret_value()

    await core.grants.forgo(refresh, other.id)
    await core.grants.by_token(access, Surface.MCP)
    await core.grants.forgo(refresh, client.id)

    with pytest.raises(GrantInvalid):
        await core.grants.by_token(access, Surface.MCP)


async def test_a_code_needs_a_program_and_a_proper_challenge(
    core: Core, ada: Actor, client: Client
) -> None:
    with pytest.raises(ClientRefused, match="code_challenge"):
        await core.grants.approve(ada, asked(client).model_copy(update={"challenge": "short"}))
    with pytest.raises(ClientRefused, match="no such program"):
        await core.grants.approve(ada, asked(client).model_copy(update={"client_id": "nobody"}))


async def test_there_is_an_end_to_strangers(
    core: Core, db: Database, ada: Actor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants_service, "CLIENTS", 2)
    await core.grants.register(DRAFT)
    with pytest.raises(Limited, match="Too many"):
        await core.grants.register(DRAFT)

    await pair(core, ada, client)
    async with db.transaction() as tx:
        old = {"at": stamp(db, now() - timedelta(days=8))}
        await tx.execute(text("UPDATE oauth_clients SET created_at = :at"), old)
    await core.grants.register(DRAFT)

    assert await core.grants.find_client(client.id) is not None


async def test_secrets_do_not_show_themselves(core: Core, ada: Actor, client: Client) -> None:
    tokens = await pair(core, ada, client)

    assert isinstance(tokens.access, SecretStr)
    assert tokens.access.get_secret_value() not in repr(tokens)


async def history(core: Core, ada: Actor) -> list[str]:
    return [event.verb for event in (await core.audit.list(ada, PageAsked())).items]


async def test_a_programs_secret_moves_to_the_newest_key(
    core: Core, db: Database, ada: Actor, client: Client
) -> None:
    old = "a key for tests, and for nothing else"
    rotated = build(db, Vault(["new", old]))
    secret = await core.grants.client_secret(client.id)

    assert await rotated.grants.reseal(ada) == 1

    assert secret is not None
    assert await build(db, Vault(["new"])).grants.client_secret(client.id) == secret
