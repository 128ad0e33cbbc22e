"""Notices posted by a process that has a token and hears nothing, onto both stand-ins."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cli.posters import posters
from config import Settings
from core.app import Core, build
from core.channels import Spot, WorkspaceDraft, WorkspaceUnknown
from core.connections import Connection
from core.db import Database
from core.identity import Actor, Audience, Surface
from core.ids import NoticeId, derived_id
from core.notices import Notice, NoticeDraft
from core.notices.store import NoticeStore
from core.page import PageAsked
from core.queries import QueryDraft
from core.secrets import Vault
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.slack.conftest import manifest
from tests.bot.slack.platform.platform import SlackPlatform
from tests.core.connections.conftest import shop, shop_file
from tests.core.notices.conftest import MONDAY, Clock, Doing

__all__ = ["shop", "shop_file"]

NINE = MONDAY + timedelta(hours=1)
SQL = "SELECT name, country FROM customers ORDER BY id"


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def doing() -> Doing:
    return Doing()


@pytest.fixture
async def core(db: Database, vault: Vault, clock: Clock, doing: Doing) -> AsyncIterator[Core]:
    core = build(db, vault, jobs=lambda _db, _pulse: doing, clock=clock)
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


async def add(core: Core, ada: Actor, surface: Surface, workspace: str, channel: str) -> Notice:
    await core.queries.create(
        ada, QueryDraft(title="Customers", prompt="?", sql=SQL, connection="shop")
    )
    spot = Spot(surface=surface, workspace=workspace, channel=channel, audience=Audience.PUBLIC)
    return await core.notices.create(
        ada.model_copy(update={"surface": surface}),
        NoticeDraft(query="Customers", when="every Monday 9:00", spot=spot),
    )


async def posted(core: Core, clock: Clock, doing: Doing) -> list[str]:
    """Post what is due, and go on with it as whoever follows a worker that was killed then."""
    clock.at = NINE
    await core.notices.tick(NINE)
    job, _after = doing.waiting[0]
    came = await doing.done(clock)
    notice = NoticeId(str(job.given["notice"]))
    values = {"last_at": None, "trying": derived_id(notice, NINE.isoformat())}
    async with core.notices._db.transaction() as tx:
        await NoticeStore(tx).change(job.organization_id, notice, values)
    doing.waiting.append((job, 0.0))
    return [each["ended"] for each in came + await doing.done(clock)]


async def test_slack_posts_once(
    core: Core,
    ada: Actor,
    shop: Connection,
    clock: Clock,
    doing: Doing,
    tmp_path: Path,
) -> None:
    async with SlackPlatform(manifest()) as slack:
        person = slack.person("Ada", email="ada@acme.test")
        sales = slack.channel("sales", person)
        settings = Settings(
            home=tmp_path,
            slack_bot_token=slack.workspace.bot_token,
            slack_api_url=slack.url,
        )
        async with posters(core, settings) as names:
            assert names == ("Slack",)
            await _adopted(core, slack.workspace.id)
            await add(core, ada, Surface.SLACK, slack.workspace.id, sales.id)
            assert await posted(core, clock, doing) == ["posted", "posted"]
            (notice,) = (await core.notices.list(ada, PageAsked())).items
        (message,) = slack.messages(sales)
        assert notice.problem is None
        assert "Customers" in str(message.blocks) + message.text


async def test_discord_posts_once(
    core: Core,
    ada: Actor,
    shop: Connection,
    clock: Clock,
    doing: Doing,
    tmp_path: Path,
) -> None:
    async with DiscordPlatform() as platform:
        guild = platform.guild("Acme", platform.person("ada"))
        sales = platform.channel(guild, "sales")
        await core.channels.install(
            ada, WorkspaceDraft(surface=Surface.DISCORD, id=str(guild.id), name="Acme")
        )
        settings = Settings(
            home=tmp_path, discord_token=platform.token, discord_api_url=platform.url
        )
        async with posters(core, settings) as names:
            assert names == ("Discord",)
            await add(core, ada, Surface.DISCORD, str(guild.id), str(sales.id))
            assert await posted(core, clock, doing) == ["posted", "posted"]
        (message,) = platform.messages(sales)
        assert "花子" in str(message)


async def _adopted(core: Core, team: str) -> None:
    """Wait until Slack has told of which workspace the token is."""
    async with asyncio.timeout(10):
        while True:
            try:
                await core.channels.workspace(Surface.SLACK, team)
            except WorkspaceUnknown:
                await asyncio.sleep(0.02)
            else:
                return
