"""People of platforms, and the members that they are."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from core.app import Core, build
from core.db import Database
from core.errors import Denied
from core.identity import Actor, MemberNotFound, Role, Surface
from core.ids import now
from core.links import (
    LinkCodeInvalid,
    LinkGuessed,
    LinkNotFound,
    Person,
    PersonUnknown,
)
from core.page import PageAsked
from core.secrets import Vault

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
BO = Person(surface=Surface.DISCORD, workspace="discord", id="42", name="bo")


def in_slack(email: str | None, id: str = "U1", name: str = "Vicky") -> Person:
    return Person(surface=Surface.SLACK, workspace="T1", id=id, name=name, email=email)


async def typed(core: Core, actor: Actor) -> str:
    """Return a code as its member reads it."""
    return (await core.links.code(actor)).code.get_secret_value()


async def age(db: Database, table: str, column: str, by: timedelta) -> None:
    """Let time go by for a table."""
    at = now() - by
    stamp: object = str(at).replace("+00:00", "") if "sqlite" in db.shown else at
    async with db.transaction() as tx:
        await tx.execute(text(f"UPDATE {table} SET {column} = :at"), {"at": stamp})


# By an address


async def test_an_address_finds_its_member_in_that_organization_alone(
    core: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    found = await core.links.who(in_slack("VIC@acme.test"), ada.organization_id)

    assert (found.member_id, found.role, found.surface) == (
        vic.member_id,
        Role.VIEWER,
        Surface.SLACK,
    )
    assert found.bucket == vic.member_id
    for email in ("vic@acme.test", "ada@acme.test", "nobody@acme.test"):
        with pytest.raises(PersonUnknown):
            await core.links.who(in_slack(email), eve.organization_id)


@pytest.mark.parametrize("email", [None, "", "no address", "nobody@acme.test"])
async def test_who_is_unknown_is_told_what_to_do(core: Core, ada: Actor, email: str | None) -> None:
    with pytest.raises(PersonUnknown) as refused:
        await core.links.who(in_slack(email), ada.organization_id)

    assert "`trellis member add ADDRESS`" in refused.value.message
    assert "`/trellis link CODE`" in refused.value.message
    with pytest.raises(PersonUnknown, match=r"Type `/link CODE` here: the page of Trellis gives"):
        await core.links.who(BO, ada.organization_id)


async def test_a_members_id_is_no_address(core: Core, ada: Actor) -> None:
    with pytest.raises(PersonUnknown):
        await core.links.who(in_slack(ada.member_id), ada.organization_id)


@BOTH
async def test_who_joins_from_two_processes_at_once_is_one_viewer(
    core: Core, elsewhere: Core, ada: Actor
) -> None:
    person, mine = in_slack("New@acme.test", name="新しい\x00\u202e"), ada.organization_id

    found = await asyncio.gather(
        *(each.links.who(person, mine, join=True) for each in (core, elsewhere) * 3)
    )

    assert {each.role for each in found} == {Role.VIEWER}
    assert len({each.member_id for each in found}) == 1
    assert (await core.identity.me(found[0])).name == "新しい"
    with pytest.raises(PersonUnknown):
        await core.links.who(in_slack(None, "U2"), mine, join=True)
    joined = (await core.audit.list(ada, PageAsked())).items
    assert "member.joined" in {each.verb for each in joined}


async def test_a_burst_of_one_person_looks_once(core: Core, db: Database, ada: Actor) -> None:
    asked: list[str] = []
    person = in_slack("ada@acme.test")

    @event.listens_for(db._engine.sync_engine, "before_cursor_execute")
    def count(*told: object) -> None:
        asked.append(str(told[2]))

    found = await asyncio.gather(*(core.links.who(person, ada.organization_id) for _ in range(500)))

    assert {each.member_id for each in found} == {ada.member_id}
    assert len([each for each in asked if "FROM links" in each]) == 1
    assert len([each for each in asked if "FROM members" in each]) == 1


async def test_who_asked_first_may_go_and_the_others_are_answered(core: Core, ada: Actor) -> None:
    person = in_slack("ada@acme.test")
    asking = [asyncio.ensure_future(core.links.who(person, ada.organization_id)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()

    assert {each.member_id for each in await asyncio.gather(*asking[1:])} == {ada.member_id}


async def test_another_role_counts_at_once(core: Core, ada: Actor, vic: Actor) -> None:
    person, mine = in_slack("vic@acme.test"), ada.organization_id
    before = await core.links.who(person, mine)

    await core.identity.change_role(ada, vic.member_id, Role.ANALYST)

    assert before.role is Role.VIEWER
    assert (await core.links.who(person, mine)).role is Role.ANALYST


async def test_a_member_who_was_added_is_known_at_once(core: Core, ada: Actor) -> None:
    person, mine = in_slack("new@acme.test"), ada.organization_id
    with pytest.raises(PersonUnknown):
        await core.links.who(person, mine)

    await core.identity.add_member(ada, name="New", email="new@acme.test", role=Role.ANALYST)

    assert (await core.links.who(person, mine)).role is Role.ANALYST


# By a code


async def test_a_code_links_once_and_the_link_wins_over_the_address(
    core: Core, ada: Actor, vic: Actor
) -> None:
    mine, code = ada.organization_id, await typed(core, vic)
    person = in_slack("ada@acme.test")
    assert (await core.links.who(person, mine)).member_id == ada.member_id

    linked = await core.links.redeem(person, mine, f" {code.lower()} ")

    assert (linked.member_id, linked.role) == (vic.member_id, Role.VIEWER)
    assert (await core.links.who(person, mine)).member_id == vic.member_id
    with pytest.raises(LinkCodeInvalid):
        await core.links.redeem(BO, mine, code)
    (link,) = (await core.links.list(vic)).items
    assert (link.surface, link.workspace, link.person, link.name) == (
        Surface.SLACK,
        "T1",
        "U1",
        "Vicky",
    )
    verbs = [each.verb for each in (await core.audit.list(ada, PageAsked())).items]
    assert {"link.code", "link.made"} <= set(verbs)


async def test_who_is_linked_again_is_somebody_else(core: Core, ada: Actor, vic: Actor) -> None:
    mine = ada.organization_id
    await core.links.redeem(BO, mine, await typed(core, vic))

    again = await core.links.redeem(BO, mine, await typed(core, ada))

    assert again.member_id == ada.member_id
    assert (await core.links.who(BO, mine)).member_id == ada.member_id
    assert [each.member_id for each in (await core.links.list(ada)).items] == [ada.member_id]


async def test_a_code_of_another_organization_is_wrong(core: Core, ada: Actor, eve: Actor) -> None:
    code = await typed(core, eve)

    with pytest.raises(LinkCodeInvalid):
        await core.links.redeem(BO, ada.organization_id, code)

    assert (await core.links.redeem(BO, eve.organization_id, code)).member_id == eve.member_id
    with pytest.raises(PersonUnknown):
        await core.links.who(BO, ada.organization_id)


async def test_one_person_may_be_a_member_of_two_organizations(
    core: Core, ada: Actor, eve: Actor
) -> None:
    for actor in (ada, eve):
        await core.links.redeem(BO, actor.organization_id, await typed(core, actor))

    for actor in (ada, eve):
        assert (await core.links.who(BO, actor.organization_id)).member_id == actor.member_id


@BOTH
async def test_two_processes_redeem_a_code_once(core: Core, elsewhere: Core, ada: Actor) -> None:
    code, mine = await typed(core, ada), ada.organization_id
    people = [BO.model_copy(update={"id": str(id)}) for id in range(6)]

    ended = await asyncio.gather(
        *(
            (core, elsewhere)[at % 2].links.redeem(person, mine, code)
            for at, person in enumerate(people)
        ),
        return_exceptions=True,
    )

    assert [each.member_id for each in ended if isinstance(each, Actor)] == [ada.member_id]
    assert len([each for each in ended if isinstance(each, LinkCodeInvalid)]) == 5
    assert (await core.links.list(ada)).total == 1


@BOTH
async def test_guesses_are_counted_over_all_processes(
    core: Core, elsewhere: Core, db: Database, ada: Actor
) -> None:
    mine = ada.organization_id
    guesses = [f"0000-000{number}" for number in range(8)]

    ended = await asyncio.gather(
        *(
            (core, elsewhere)[at % 2].links.redeem(BO, mine, guess)
            for at, guess in enumerate(guesses)
        ),
        return_exceptions=True,
    )

    assert [type(each) for each in ended].count(LinkCodeInvalid) == 5
    assert [type(each) for each in ended].count(LinkGuessed) == 3
    code = await typed(core, ada)
    with pytest.raises(LinkGuessed):
        await core.links.redeem(BO, mine, code)
    other = BO.model_copy(update={"id": "43"})
    assert (await core.links.redeem(other, mine, code)).member_id == ada.member_id
    await age(db, "link_guesses", "at", timedelta(minutes=11))
    assert (await core.links.redeem(BO, mine, await typed(core, ada))).member_id == ada.member_id


async def test_what_can_be_no_code_is_no_guess(core: Core, ada: Actor) -> None:
    for _ in range(10):
        with pytest.raises(LinkCodeInvalid):
            await core.links.redeem(BO, ada.organization_id, "please")

    code = await typed(core, ada)
    assert (await core.links.redeem(BO, ada.organization_id, code)).member_id == ada.member_id


@BOTH
async def test_codes_end_after_ten_minutes_and_are_three_at_most(
    core: Core, db: Database, ada: Actor
) -> None:
    made = await core.links.code(ada)
    assert timedelta(minutes=9) < made.expires_at - now() <= timedelta(minutes=10)
    codes = [await typed(core, ada) for _ in range(3)]

    with pytest.raises(LinkCodeInvalid):
        await core.links.redeem(BO, ada.organization_id, made.code.get_secret_value())
    await core.links.redeem(BO, ada.organization_id, codes[0])
    await age(db, "link_codes", "expires_at", timedelta(seconds=1))
    with pytest.raises(LinkCodeInvalid):
        await core.links.redeem(BO, ada.organization_id, codes[1])


async def test_the_store_alone_does_not_tell_a_code(core: Core, db: Database, ada: Actor) -> None:
    code = await typed(core, ada)

    async with db.reading() as tx:
        kept = str((await tx.execute(text("SELECT * FROM link_codes"))).all())

    bare = code.replace("-", "")
    assert code not in kept
    assert bare not in kept
    assert core.links._vault.marks(bare)[0] in kept
    assert Vault(["another"]).marks(bare)[0] not in kept


async def test_a_code_outlives_a_new_key(core: Core, db: Database, ada: Actor) -> None:
    code = await typed(core, ada)
    rotated = build(db, Vault(["new", "a key for tests, and for nothing else"]))

    assert (await rotated.links.redeem(BO, ada.organization_id, code)).member_id == ada.member_id


async def test_a_code_gives_away_no_more_than_its_maker_may(core: Core, ada: Actor) -> None:
    lesser = ada.model_copy(update={"role": Role.ANALYST})

    with pytest.raises(Denied, match="key of your own"):
        await core.links.code(lesser)


# Without the link


async def test_a_member_removes_their_own_links_and_an_admin_everybodys(
    core: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    mine = ada.organization_id
    for id, actor in (("1", vic), ("2", vic), ("3", ada)):
        person = BO.model_copy(update={"id": id})
        await core.links.redeem(person, mine, await typed(core, actor))

    for actor, id in ((vic, "3"), (eve, "1"), (vic, "9")):
        with pytest.raises(LinkNotFound):
            await core.links.unlink(actor, Surface.DISCORD, id)
    with pytest.raises(LinkNotFound):
        await core.links.unlink(vic, Surface.SLACK, "1")
    assert {each.person for each in (await core.links.list(vic)).items} == {"1", "2"}
    assert (await core.links.list(ada, PageAsked(size=2))).total == 3
    assert (await core.links.list(eve)).items == ()

    (gone,) = await core.links.unlink(vic, Surface.DISCORD, "1")
    (removed,) = await core.links.unlink(ada, Surface.DISCORD, "2")

    assert (gone.person, removed.member_id) == ("1", vic.member_id)
    with pytest.raises(PersonUnknown):
        await core.links.who(BO.model_copy(update={"id": "1"}), mine)
    verbs = [each.verb for each in (await core.audit.list(ada, PageAsked())).items]
    assert verbs.count("link.removed") == 2


@BOTH
async def test_a_link_goes_with_its_member(
    core: Core, elsewhere: Core, db: Database, ada: Actor, vic: Actor
) -> None:
    await core.links.redeem(BO, ada.organization_id, await typed(core, vic))
    await typed(core, vic)

    async with db.transaction() as tx:
        await tx.execute(text("DELETE FROM members WHERE id = :id"), {"id": vic.member_id})

    with pytest.raises(PersonUnknown):
        await elsewhere.links.who(BO, ada.organization_id)
    with pytest.raises(MemberNotFound):
        await elsewhere.links.code(vic)
