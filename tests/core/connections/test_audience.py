"""Who sees a connection, and who may hear what it answers."""

from itertools import product
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.app import Core
from core.connections import (
    AudienceTooWide,
    Connection,
    ConnectionAmbiguous,
    ConnectionDraft,
    ConnectionNotFound,
)
from core.connections.audience import permit, sight_of
from core.errors import Denied, NotFound
from core.identity import Actor, Audience, Role, Surface
from core.page import PageAsked
from core.queries import QueryDraft, QueryNotFound


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
async def books(core: Core, ada: Actor, shop_file: Path) -> Connection:
    """Return a second connection."""
    url = SecretStr(f"sqlite:///{shop_file}")
    return await core.connections.add(ada, ConnectionDraft(name="books", url=url))


def heard_by(actor: Actor, audience: Audience) -> Actor:
    return actor.model_copy(update={"audience": audience})


async def names(core: Core, actor: Actor) -> list[str]:
    return [each.name for each in (await core.connections.list(actor, PageAsked())).items]


def test_a_role_sees_what_wants_it_or_less(ada: Actor) -> None:
    seen = {role: sight_of(ada.model_copy(update={"role": role})).least for role in Role}

    assert seen[Role.OWNER] == tuple(Role)
    assert seen[Role.ANALYST] == (Role.ANALYST, Role.VIEWER)
    assert seen[Role.VIEWER] == (Role.VIEWER,)


async def test_every_audience_hears_what_is_for_it_or_wider(ada: Actor, shop: Connection) -> None:
    for widest, here in product(Audience, Audience):
        limited = shop.model_copy(update={"audience": widest})
        actor = heard_by(ada, here)
        fits = list(Audience).index(here) <= list(Audience).index(widest)
        assert (widest in sight_of(actor).audience) is fits
        if fits:
            permit(actor, limited)
        else:
            on_slack = actor.model_copy(update={"surface": Surface.SLACK})
            with pytest.raises(AudienceTooWide, match=r"^shop answers .*direct message"):
                permit(on_slack, limited)
            # Elsewhere nobody hears it but those whom a pipeline tells.
            with pytest.raises(AudienceTooWide, match=r"^shop answers .*`notify`"):
                permit(actor, limited)


async def test_a_new_connection_is_for_everybody_of_the_organization(
    core: Core, ada: Actor, vic: Actor, shop: Connection, shop_file: Path
) -> None:
    url = SecretStr(f"sqlite:///{shop_file}")
    draft = ConnectionDraft(name="own", url=url, least=Role.ADMIN, audience=Audience.ALONE)
    own = await core.connections.add(ada, draft)

    assert (shop.least, shop.audience) == (Role.VIEWER, Audience.PUBLIC)
    assert (own.least, own.audience) == (Role.ADMIN, Audience.ALONE)
    assert await core.connections.get(heard_by(vic, Audience.PUBLIC), "shop") == shop
    with pytest.raises(AudienceTooWide, match="people of others would hear it here"):
        await core.connections.get(heard_by(vic, Audience.OUTSIDE), "shop")


ASKING: dict[str, dict[str, object]] = {
    "get": {},
    "test": {},
    "discover": {},
    "schema": {},
    "describe": {"tables": ["orders"]},
    "search": {"question": "orders"},
    "run": {"sql": "SELECT 1 AS a"},
    "check": {"sql": "SELECT 1 AS a"},
}
"""Every verb that a member without rights to write may name a connection to."""


@pytest.mark.parametrize("verb", sorted(ASKING))
async def test_no_verb_finds_what_its_actor_may_not_see_or_tell(
    core: Core, ada: Actor, vic: Actor, shop: Connection, verb: str
) -> None:
    async def ask(actor: Actor, ref: str) -> None:
        given = {"ref": ref} | ASKING[verb]
        await getattr(core.connections, verb)(actor, **given)

    await ask(vic, "shop")
    await core.connections.limit(ada, "shop", least=Role.ANALYST, audience=Audience.ALONE)

    for ref in ("shop", shop.id):
        with pytest.raises(ConnectionNotFound, match=r"no connection yet|not found"):
            await ask(vic, ref)
        with pytest.raises(AudienceTooWide):
            await ask(heard_by(ada, Audience.PRIVATE), ref)
        await ask(ada, ref)


async def test_a_connection_that_is_not_seen_is_named_to_nobody(
    core: Core, ada: Actor, vic: Actor, shop: Connection, books: Connection
) -> None:
    assert await names(core, vic) == ["books", "shop"]
    with pytest.raises(ConnectionAmbiguous):
        await core.connections.get(vic)

    await core.connections.limit(ada, "books", least=Role.ADMIN)

    assert await names(core, vic) == ["shop"]
    assert await core.connections.hidden(vic) == (books.id,)
    assert await core.connections.hidden(ada) == ()
    assert (await core.connections.get(vic)).id == shop.id
    with pytest.raises(ConnectionNotFound) as refused:
        await core.connections.get(vic, "nothing")
    assert "books" not in refused.value.message
    with pytest.raises(ConnectionAmbiguous):
        await core.connections.get(ada)


async def test_of_several_the_one_that_may_be_told_here_is_meant(
    core: Core, ada: Actor, shop: Connection, books: Connection
) -> None:
    here = heard_by(ada, Audience.PUBLIC)
    await core.connections.limit(ada, "books", audience=Audience.ALONE)

    assert await names(core, here) == ["shop"]
    assert (await core.connections.get(here)).id == shop.id
    await core.connections.limit(ada, "shop", audience=Audience.PRIVATE)
    with pytest.raises(AudienceTooWide, match=r"^books answers its asker alone"):
        await core.connections.get(here)
    with pytest.raises(AudienceTooWide, match=r"^shop answers in private channels"):
        await core.connections.get(here, "shop")
    with pytest.raises(ConnectionNotFound, match="There are books, shop"):
        await core.connections.get(here, "nothing")


async def test_what_is_remembered_of_one_is_not_told_to_another(
    core: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    await core.connections.limit(ada, "shop", least=Role.ANALYST, audience=Audience.ALONE)
    for ref in ("shop", None):
        assert (await core.connections.get(ada, ref)).id == shop.id  # from now on it is known

        with pytest.raises(NotFound):
            await core.connections.get(vic, ref)
        with pytest.raises(AudienceTooWide):
            await core.connections.get(heard_by(ada, Audience.PUBLIC), ref)


async def test_limits_are_changed_one_by_one_and_written_down(
    core: Core, ada: Actor, vic: Actor, eve: Actor, shop: Connection
) -> None:
    admin = ada.model_copy(update={"role": Role.ADMIN})

    limited = await core.connections.limit(admin, "shop", least=Role.ADMIN)
    limited = await core.connections.limit(admin, "shop", audience=Audience.PRIVATE)

    assert (limited.least, limited.audience) == (Role.ADMIN, Audience.PRIVATE)
    assert await core.connections.get(ada, "shop") == limited
    for actor in (vic, ada.model_copy(update={"role": Role.ANALYST})):
        with pytest.raises(Denied):
            await core.connections.limit(actor, "shop", least=Role.VIEWER)
    with pytest.raises(Denied, match="made so by an owner"):
        await core.connections.limit(admin, "shop", least=Role.OWNER)
    with pytest.raises(ConnectionNotFound):
        await core.connections.limit(eve, shop.id, audience=Audience.OUTSIDE)
    await core.connections.limit(ada, "shop", least=Role.OWNER)
    with pytest.raises(ConnectionNotFound):
        await core.connections.remove(admin, "shop")
    told = (await core.audit.list(ada, PageAsked(size=None))).items
    assert [each.subject for each in told if each.verb == "connection.limited"] == [shop.id] * 3


async def test_saved_queries_of_a_hidden_connection_are_nowhere_to_be_found(
    core: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    draft = QueryDraft(
        title="Orders of a customer",
        prompt="Which orders has a customer?",
        sql="SELECT id FROM orders WHERE customer_id = {{customer}}",
        connection="shop",
    )
    query = await core.queries.create(ada, draft)
    free = await core.queries.create(ada, QueryDraft(title="Orders of today", prompt="Today?"))
    analyst = ada.model_copy(update={"role": Role.ANALYST})
    asked = PageAsked()
    assert await core.queries.match(vic, "Orders of a customer") is not None
    assert (await core.queries.run(vic, query.id, parameters={"customer": 1})).row_count == 2

    await core.connections.limit(ada, "shop", least=Role.ADMIN)

    for actor in (vic, analyst):
        assert (await core.queries.list(actor, asked)).items == (free,)
        assert (await core.queries.list(actor, asked)).total == 1
        assert await core.queries.search(actor, "orders of a customer") == (free,)
        assert await core.queries.suggest(actor, "orders of a customer") == (free,)
        found = await core.queries.match(actor, "Orders of a customer")
        assert found is None or found.query.id == free.id
        for refused in (
            core.queries.get(actor, query.id),
            core.queries.find(actor, query.title),
            core.queries.blanks(actor, query.id),
            core.queries.run(actor, query.id, parameters={"customer": 1}),
        ):
            with pytest.raises(QueryNotFound) as told:
                await refused
            assert "SELECT" not in told.value.message
    with pytest.raises(QueryNotFound):
        await core.queries.delete(analyst, query.id)
    assert (await core.queries.run(ada, query.id, parameters={"customer": 1})).row_count == 2


async def test_a_saved_query_says_where_it_may_be_asked(
    core: Core, ada: Actor, shop: Connection
) -> None:
    draft = QueryDraft(title="Orders", prompt="?", sql="SELECT id FROM orders", connection="shop")
    query = await core.queries.create(ada, draft)
    await core.connections.limit(ada, "shop", audience=Audience.ALONE)
    here = heard_by(ada, Audience.PUBLIC)

    assert await core.queries.get(here, query.id) == query
    with pytest.raises(AudienceTooWide):
        await core.queries.run(here, query.id)
    assert (await core.queries.run(ada, query.id)).row_count == 4
