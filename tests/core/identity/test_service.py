"""Who is asking, and what they may do."""

import asyncio
import time

import jwt
import pytest

from core.app import Core
from core.db import Database
from core.errors import Denied, Invalid
from core.identity import (
    Actor,
    EmailInvalid,
    EmailTaken,
    Identity,
    KeyInvalid,
    KeyNotFound,
    LastOwner,
    MemberNotFound,
    MemberUnknown,
    Role,
    Surface,
)
from core.identity.keys import digest, new_key, prefix
from core.identity.store import Directory
from core.ids import KeyId
from core.secrets import TokenInvalid, Vault


async def key_of(core: Core, actor: Actor, name: str = "key") -> str:
    _record, key = await core.identity.create_key(actor, name)
    return key.get_secret_value()


async def test_an_empty_home_is_founded_once_however_many_come(core: Core) -> None:
    found = await asyncio.gather(*(core.identity.settle(Surface.CLI) for _ in range(5)))

    assert len({actor.member_id for actor, _new in found}) == 1
    assert [new for _actor, new in found].count(True) == 1
    assert found[0][0].role is Role.OWNER


async def test_a_key_is_shown_once_and_kept_as_a_digest(core: Core, ada: Actor) -> None:
    record, key = await core.identity.create_key(ada, "laptop")

    actor = await core.identity.by_key(key.get_secret_value(), Surface.API)

    assert (actor.member_id, actor.role, actor.surface) == (ada.member_id, Role.OWNER, "api")
    assert actor.bucket == record.id
    assert key.get_secret_value().startswith(record.prefix)
    (listed,) = await core.identity.list_keys(ada)
    assert key.get_secret_value() not in listed.model_dump_json()
    assert listed.last_used_at is not None


@pytest.mark.parametrize(
    "key", ["", "tr_", "tr_nobody", "tr_" + "a" * 8 + "_" + "b" * 43, "x" * 1_000_000, "tr_\x00é"]
)
async def test_a_key_that_nobody_holds_opens_nothing(core: Core, ada: Actor, key: str) -> None:
    with pytest.raises(KeyInvalid):
        await core.identity.by_key(key, Surface.API)


async def test_a_key_with_the_right_prefix_and_the_wrong_rest_opens_nothing(
    core: Core, ada: Actor
) -> None:
    key = await key_of(core, ada)

    with pytest.raises(KeyInvalid):
        await core.identity.by_key(key[:-4] + "AAAA", Surface.API)


async def test_a_revoked_key_opens_nothing(core: Core, ada: Actor) -> None:
    key = await key_of(core, ada, "phone")
    await core.identity.by_key(key, Surface.API)

    revoked = await core.identity.revoke_key(ada, "phone")

    assert revoked.revoked_at is not None
    with pytest.raises(KeyInvalid):
        await core.identity.by_key(key, Surface.API)


async def test_an_expired_key_opens_nothing(db: Database, core: Core, ada: Actor) -> None:
    record, _key = await core.identity.create_key(ada, "long")
    key = new_key()
    over = record.model_copy(
        update={"id": KeyId("1"), "prefix": prefix(key), "expires_at": record.created_at}
    )
    async with db.transaction() as tx:
        await Directory(tx).add_key(ada.organization_id, over, digest(key))

    with pytest.raises(KeyInvalid):
        await core.identity.by_key(key, Surface.API)


async def test_keys_of_one_name_are_told_apart_by_their_prefix(core: Core, ada: Actor) -> None:
    first, _key = await core.identity.create_key(ada, "laptop")
    second, _key = await core.identity.create_key(ada, "laptop")

    with pytest.raises(KeyNotFound, match=first.prefix):
        await core.identity.revoke_key(ada, "laptop")
    await core.identity.revoke_key(ada, first.prefix)
    assert (await core.identity.revoke_key(ada, "laptop")).id == second.id


@pytest.mark.parametrize("days", [0, -1, 5000])
async def test_a_key_that_cannot_expire_so_is_refused(core: Core, ada: Actor, days: int) -> None:
    with pytest.raises(Invalid, match="1 to 3650"):
        await core.identity.create_key(ada, "x", expires_in_days=days)


async def test_an_analyst_sees_and_revokes_only_its_own_keys(core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(ada, name="Bo", email="b@c.test", role=Role.ANALYST)
    bo = Actor.of(member, Surface.CLI)
    await key_of(core, ada, "ada's")
    await key_of(core, bo, "bo's")

    assert [key.name for key in await core.identity.list_keys(bo)] == ["bo's"]
    assert {key.name for key in await core.identity.list_keys(ada)} == {"ada's", "bo's"}
    with pytest.raises(KeyNotFound):
        await core.identity.revoke_key(bo, "ada's")


async def test_a_viewer_makes_no_keys_and_no_members(core: Core, vic: Actor) -> None:
    with pytest.raises(Denied, match="keys:write"):
        await core.identity.create_key(vic, "x")
    with pytest.raises(Denied, match="members:write"):
        await core.identity.add_member(vic, name="X", email="x@y.test", role=Role.VIEWER)


async def test_another_organization_sees_nothing_of_this_one(
    core: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    await key_of(core, ada, "laptop")

    assert await core.identity.list_keys(eve) == ()
    assert [member.name for member in await core.identity.list_members(eve)] == ["Eve"]
    with pytest.raises(KeyNotFound):
        await core.identity.revoke_key(eve, "laptop")
    with pytest.raises(MemberNotFound):
        await core.identity.change_role(eve, vic.member_id, Role.OWNER)


async def test_an_address_belongs_to_one_member(core: Core, ada: Actor) -> None:
    await core.identity.add_member(ada, name="Bo", email="Bo@C.test", role=Role.VIEWER)

    with pytest.raises(EmailTaken):
        await core.identity.add_member(ada, name="Bo", email="bo@c.TEST", role=Role.VIEWER)


@pytest.mark.parametrize("email", ["", "x", "@", "a@", "@b", "a b@c.d", "a@b@c", "a@b\n", "<a@b>"])
async def test_what_is_no_address_is_refused(core: Core, ada: Actor, email: str) -> None:
    if email == "a@b\n":
        email = "a@b\nc"
    with pytest.raises(EmailInvalid):
        await core.identity.add_member(ada, name="X", email=email, role=Role.VIEWER)


async def test_an_admin_cannot_make_owners_nor_unmake_them(core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(ada, name="Al", email="al@c.test", role=Role.ADMIN)
    al = Actor.of(member, Surface.CLI)

    with pytest.raises(Denied):
        await core.identity.add_member(al, name="X", email="x@c.test", role=Role.OWNER)
    with pytest.raises(Denied):
        await core.identity.change_role(al, ada.member_id, Role.VIEWER)
    with pytest.raises(Denied):
        await core.identity.change_role(al, member.id, Role.OWNER)


async def test_the_last_owner_stays_one(core: Core, ada: Actor, vic: Actor) -> None:
    with pytest.raises(LastOwner):
        await core.identity.change_role(ada, "ada@acme.test", Role.ADMIN)

    await core.identity.change_role(ada, vic.member_id, Role.OWNER)
    changed = await core.identity.change_role(ada, "ada@acme.test", Role.ADMIN)
    assert changed.role is Role.ADMIN


async def test_a_changed_role_counts_at_once(core: Core, ada: Actor, ada_key: str) -> None:
    other = await core.identity.add_member(ada, name="Bo", email="b@c.test", role=Role.OWNER)
    assert (await core.identity.by_key(ada_key, Surface.API)).role is Role.OWNER

    await core.identity.change_role(Actor.of(other, Surface.CLI), ada.member_id, Role.VIEWER)

    assert (await core.identity.by_key(ada_key, Surface.API)).role is Role.VIEWER


async def test_a_token_stands_for_its_member(core: Core, ada: Actor, ada_key: str) -> None:
    token = await core.identity.authenticate(ada_key, " Ada@Acme.test ")

    actor = await core.identity.by_credential(token.token.get_secret_value(), Surface.API)

    assert (actor.member_id, actor.organization_id) == (ada.member_id, ada.organization_id)
    assert actor.role is Role.OWNER
    assert actor.bucket not in {"", ada.member_id}


async def test_an_unknown_address_becomes_an_analyst(core: Core, ada: Actor, ada_key: str) -> None:
    token = await core.identity.authenticate(ada_key, "new@acme.test")
    again = await core.identity.authenticate(ada_key, "new@acme.test")

    actor = await core.identity.by_credential(token.token.get_secret_value(), Surface.API)
    assert actor.role is Role.ANALYST
    assert again.member_id == token.member_id


async def test_a_token_is_never_above_its_key(core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(ada, name="Al", email="al@c.test", role=Role.ADMIN)
    key = await key_of(core, Actor.of(member, Surface.CLI))

    token = await core.identity.authenticate(key, "ada@acme.test")

    actor = await core.identity.by_credential(token.token.get_secret_value(), Surface.API)
    assert (actor.member_id, actor.role) == (ada.member_id, Role.ADMIN)


async def test_a_key_without_members_write_speaks_only_for_its_own(core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(ada, name="Bo", email="b@c.test", role=Role.ANALYST)
    key = await key_of(core, Actor.of(member, Surface.CLI))

    await core.identity.authenticate(key, "b@c.test")
    await core.identity.authenticate(key, "made-by-bo@c.test")
    await core.identity.authenticate(key, "made-by-bo@c.test")
    with pytest.raises(Denied):
        await core.identity.authenticate(key, "ada@acme.test")


async def test_a_token_dies_with_its_key(core: Core, ada: Actor, ada_key: str) -> None:
    token = (await core.identity.authenticate(ada_key, "ada@acme.test")).token.get_secret_value()
    assert (await core.identity.by_token(token, Surface.API)).name == "Ada"

    await core.identity.revoke_key(ada, "laptop")

    with pytest.raises(TokenInvalid):
        await core.identity.by_token(token, Surface.API)


async def test_whoever_is_managed_is_spoken_for_no_longer(core: Core, ada: Actor) -> None:
    member = await core.identity.add_member(ada, name="Bo", email="b@c.test", role=Role.ANALYST)
    key = await key_of(core, Actor.of(member, Surface.CLI))
    await core.identity.authenticate(key, "cfo@c.test")

    await core.identity.change_role(ada, "cfo@c.test", Role.ADMIN)

    with pytest.raises(Denied):
        await core.identity.authenticate(key, "cfo@c.test")


async def test_the_same_address_in_two_organizations_is_two_members(
    core: Core, ada: Actor, eve: Actor, ada_key: str
) -> None:
    await core.identity.add_member(eve, name="Ada", email="ada@acme.test", role=Role.ANALYST)
    eve_key = await key_of(core, eve)

    first = await core.identity.authenticate(ada_key, "ada@acme.test")
    second = await core.identity.authenticate(eve_key, "ada@acme.test")

    assert first.organization_id == ada.organization_id
    assert second.organization_id == eve.organization_id
    assert first.member_id != second.member_id


def forged(claims: dict[str, object], key: str = "not ours " * 4, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm)


async def test_tokens_of_one_key_are_counted_together_for_each_member(
    core: Core, ada_key: str
) -> None:
    buckets = []
    for email in ("ada@acme.test", "ada@acme.test", "new@acme.test"):
        token = (await core.identity.authenticate(ada_key, email)).token.get_secret_value()
        buckets.append((await core.identity.by_token(token, Surface.API)).bucket)

    assert buckets[0] == buckets[1] != buckets[2]


async def test_a_forged_token_opens_nothing(
    core: Core, ada: Actor, vault: Vault, ada_key: str
) -> None:
    claims = {
        "sub": ada.member_id,
        "org": ada.organization_id,
        "jti": "1",
        "cap": "owner",
        "key": (await core.identity.by_key(ada_key, Surface.API)).bucket,
        "exp": int(time.time()) + 60,
    }
    assert (await core.identity.by_token(vault.sign(claims), Surface.API)).role is Role.OWNER
    for token in (
        forged(claims),
        jwt.encode(claims, "", "none"),
        forged(claims, "x" * 64, "HS512"),
        vault.sign(claims | {"exp": int(time.time()) - 1}),
        vault.sign({name: claims[name] for name in ("sub", "org", "jti", "cap")}),
        vault.sign(claims | {"sub": "nobody"}),
        vault.sign(claims | {"org": "org_other"}),
        vault.sign(claims | {"cap": "emperor"}),
        vault.sign(claims | {"key": "none"}),
        vault.sign(claims)[:-2],
        "a.b.c",
        "",
    ):
        with pytest.raises(TokenInvalid):
            await core.identity.by_token(token, Surface.API)


async def test_a_token_of_a_retired_key_still_counts_until_it_expires(
    db: Database, ada_key: str
) -> None:
    old = Identity(db, Vault(["a key for tests, and for nothing else"]))
    token = (await old.authenticate(ada_key, "ada@acme.test")).token.get_secret_value()

    rotated = Identity(db, Vault(["new", "a key for tests, and for nothing else"]))
    replaced = Identity(db, Vault(["new"]))

    assert (await rotated.by_token(token, Surface.API)).name == "Ada"
    with pytest.raises(TokenInvalid):
        await replaced.by_token(token, Surface.API)


async def test_a_platforms_address_finds_its_member_in_that_organization_alone(
    core: Core, ada: Actor, eve: Actor
) -> None:
    mine, theirs = ada.organization_id, eve.organization_id

    assert (await core.identity.vouched(mine, "ADA@acme.test", Surface.SLACK)).name == "Ada"
    for where, email in ((mine, "nobody@acme.test"), (theirs, "ada@acme.test")):
        with pytest.raises(MemberUnknown):
            await core.identity.vouched(where, email, Surface.SLACK)
    with pytest.raises(EmailInvalid):
        await core.identity.vouched(mine, ada.member_id, Surface.SLACK)


async def test_who_joins_twice_at_once_is_one_viewer(core: Core, ada: Actor) -> None:
    mine, email = ada.organization_id, "New@acme.test"
    name = "Nė\x00w\u202e " + "x" * 300

    joined = await asyncio.gather(
        *(core.identity.join(mine, email, Surface.SLACK, name=name) for _ in range(5))
    )

    assert {each.member_id for each in joined} == {joined[0].member_id}
    member = await core.identity.me(joined[0])
    assert (member.role, member.email, member.name[:5]) == (Role.VIEWER, "new@acme.test", "Nėw x")
    assert (await core.identity.join(mine, "ADA@acme.test", Surface.SLACK)).role is Role.OWNER


def test_a_role_is_capped_by_the_weaker_one() -> None:
    assert Role.OWNER.capped(Role.VIEWER) is Role.VIEWER
    assert Role.VIEWER.capped(Role.OWNER) is Role.VIEWER


async def test_me_is_the_actor(core: Core, ada: Actor, eve: Actor) -> None:
    assert (await core.identity.me(ada)).email == "ada@acme.test"
    stranger = eve.model_copy(update={"member_id": ada.member_id})
    with pytest.raises(MemberNotFound):
        await core.identity.me(stranger)
