"""Where Trellis is spoken to: workspaces and their tokens, channels and what they ask."""

import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.app import Core, build
from core.channels import Spot, WorkspaceDraft, WorkspaceTaken, WorkspaceUnknown
from core.connections import AudienceTooWide, Connection, ConnectionDraft, ConnectionNotFound
from core.db import Database
from core.errors import Denied
from core.identity import Actor, Audience, Role, Surface
from core.page import PageAsked
from core.secrets import SealBroken, Vault
from tests.core.connections.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
SLACK = Surface.SLACK
ACME = WorkspaceDraft(surface=SLACK, id="T1", name="Acme", bot="B1", scopes=("chat:write",))
TOKEN = SecretStr("xoxb-1-secret")
SALES = Spot(surface=SLACK, workspace="T1", channel="C1", audience=Audience.PUBLIC)


async def verbs(core: Core, actor: Actor) -> list[str]:
    return [each.verb for each in (await core.audit.list(actor, PageAsked())).items]


@BOTH
async def test_a_workspace_is_known_with_its_token_and_renewed(
    core: Core, elsewhere: Core, db: Database, ada: Actor
) -> None:
    made = await core.channels.install(ada, ACME, TOKEN)
    again = ACME.model_copy(update={"name": "Acme Inc", "scopes": ("chat:write", "commands")})
    renewed = await core.channels.install(ada, again)

    assert (made.organization_id, made.installed_by) == (ada.organization_id, ada.member_id)
    assert renewed.created_at == made.created_at
    assert await elsewhere.channels.workspace(SLACK, "T1") == renewed
    assert await elsewhere.channels.token_of(SLACK, "T1") == TOKEN
    assert await core.channels.list(ada) == (renewed,)
    async with db.reading() as tx:
        kept = str((await tx.execute(text("SELECT * FROM workspaces"))).all())
    assert "xoxb" not in kept
    other = await core.channels.install(ada, ACME, SecretStr("xoxb-2"))
    assert await core.channels.token_of(SLACK, other.id) == SecretStr("xoxb-2")


@BOTH
async def test_a_workspace_is_installed_from_two_processes_at_once(
    core: Core, elsewhere: Core, ada: Actor
) -> None:
    made = await asyncio.gather(
        *(each.channels.install(ada, ACME, TOKEN) for each in (core, elsewhere) * 3)
    )

    assert len({each.created_at for each in made}) == 1
    assert len(await core.channels.list(ada)) == 1


async def test_a_workspace_without_a_token_has_none(core: Core, ada: Actor) -> None:
    await core.channels.install(ada, ACME)

    assert await core.channels.token_of(SLACK, "T1") is None
    for verb in (core.channels.workspace, core.channels.token_of):
        with pytest.raises(WorkspaceUnknown):
            await verb(SLACK, "T2")
        with pytest.raises(WorkspaceUnknown):
            await verb(Surface.DISCORD, "T1")


async def test_a_workspace_speaks_for_one_organization(
    core: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    await core.channels.install(ada, ACME, TOKEN)

    with pytest.raises(WorkspaceTaken):
        await core.channels.install(eve, ACME, SecretStr("xoxb-eve"))
    with pytest.raises(WorkspaceUnknown):
        await core.channels.remove(eve, SLACK, "T1")
    for denied in (
        core.channels.install(vic, ACME, TOKEN),
        core.channels.remove(vic, SLACK, "T1"),
        core.channels.reseal(vic),
    ):
        with pytest.raises(Denied):
            await denied

    assert await core.channels.token_of(SLACK, "T1") == TOKEN
    assert await core.channels.list(eve) == ()
    await core.channels.remove(ada, SLACK, "T1")
    assert (await core.channels.install(eve, ACME)).organization_id == eve.organization_id
    assert "workspace.removed" in await verbs(core, ada)


async def test_a_workspace_that_throws_us_out_is_forgotten_at_once(
    core: Core, ada: Actor, shop: Connection
) -> None:
    await core.channels.install(ada, ACME, TOKEN)
    await core.channels.use(ada, SALES, "shop")
    assert (await core.channels.workspace(SLACK, "T1")).name == "Acme"

    await core.channels.forsake(SLACK, "T1")
    await core.channels.forsake(SLACK, "T1")

    with pytest.raises(WorkspaceUnknown):
        await core.channels.workspace(SLACK, "T1")
    assert await core.channels.default(ada, SALES) is None
    told = await verbs(core, ada)
    assert told.count("workspace.left") == 1


async def test_tokens_are_sealed_anew_with_a_new_key(core: Core, db: Database, ada: Actor) -> None:
    await core.channels.install(ada, ACME, TOKEN)
    await core.channels.install(ada, ACME.model_copy(update={"id": "T2"}))
    old = "a key for tests, and for nothing else"

    assert await build(db, Vault(["new", old])).channels.reseal(ada) == 1

    assert await build(db, Vault(["new"])).channels.token_of(SLACK, "T1") == TOKEN
    with pytest.raises(SealBroken):
        await build(db, Vault([old])).channels.token_of(SLACK, "T1")


# What a channel asks


@BOTH
async def test_a_channel_remembers_what_it_asks_for_all_and_for_its_threads(
    core: Core, elsewhere: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    thread = SALES.model_copy(update={"thread": "1.5"})
    other = SALES.model_copy(update={"channel": "C2"})

    assert await core.channels.default(vic, SALES) is None
    assert await core.channels.use(ada, SALES, "SHOP") == shop
    await core.channels.use(vic, thread, shop.id)

    for spot in (SALES, thread):
        assert await elsewhere.channels.default(vic, spot) == shop
    assert await core.channels.default(vic, other) is None
    assert await core.channels.use(vic, SALES, None) is None
    assert await elsewhere.channels.default(ada, SALES) is None
    told = await verbs(core, ada)
    assert (told.count("channel.uses"), told.count("channel.forgot")) == (2, 1)


@BOTH
async def test_a_channel_is_set_from_two_processes_at_once(
    core: Core, elsewhere: Core, ada: Actor, shop: Connection
) -> None:
    await core.channels.use(ada, SALES, "shop")

    await asyncio.gather(*(each.channels.use(ada, SALES, "shop") for each in (core, elsewhere) * 3))

    assert await core.channels.default(ada, SALES) == shop


async def test_a_default_falls_away_with_its_connection(
    core: Core, ada: Actor, shop: Connection
) -> None:
    await core.channels.use(ada, SALES, "shop")

    await core.connections.remove(ada, "shop")

    assert await core.channels.default(ada, SALES) is None


async def test_a_channel_asks_only_what_may_be_told_there(
    core: Core, ada: Actor, vic: Actor, eve: Actor, shop: Connection
) -> None:
    with pytest.raises(ConnectionNotFound):
        await core.channels.use(eve, SALES, shop.id)
    await core.channels.use(ada, SALES, "shop")
    in_public = vic.model_copy(update={"audience": Audience.PUBLIC})

    await core.connections.limit(ada, "shop", audience=Audience.ALONE)

    with pytest.raises(AudienceTooWide, match=r"shop answers its asker alone.*direct message"):
        await core.channels.use(ada, SALES, "shop")
    with pytest.raises(AudienceTooWide):
        await core.channels.default(in_public, SALES)
    assert (await core.channels.default(vic, SALES)) is not None
    await core.connections.limit(ada, "shop", audience=Audience.OUTSIDE, least=Role.ANALYST)
    assert await core.channels.default(in_public, SALES) is None
    with pytest.raises(ConnectionNotFound):
        await core.channels.use(vic, SALES, "shop")


async def test_defaults_are_an_organizations_own(
    core: Core, ada: Actor, eve: Actor, shop: Connection, shop_file: object
) -> None:
    here = Spot(surface=Surface.DISCORD, workspace="@me", channel="D1", audience=Audience.ALONE)
    await core.channels.use(ada, here, "shop")
    theirs = await core.connections.add(
        eve, ConnectionDraft(name="shop", url=SecretStr(f"sqlite:///{shop_file}"))
    )

    assert await core.channels.default(eve, here) is None
    await core.channels.use(eve, here, "shop")
    assert await core.channels.default(eve, here) == theirs
    assert await core.channels.default(ada, here) == shop
