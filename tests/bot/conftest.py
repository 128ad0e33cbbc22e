"""The sample shop of an organization that has let us into a workspace."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from bot.dialog import Dialog
from bot.limits import Limits
from core.app import Core, build, prepare
from core.channels import WorkspaceDraft
from core.db import Database
from core.identity import Actor, Role, Surface
from core.ids import OrganizationId
from core.jobs import Runner
from core.models import Provider
from core.pipelines.tools.every import Means
from core.pulse import Pulse
from core.secrets import Vault
from tests.bot.stage import Stage

KEY = "a key for tests, and for nothing else"
Jobs = Callable[[Database, Pulse], Runner]


class Prepared(NamedTuple):
    """A store that tests copy."""

    file: Path
    organization_id: OrganizationId


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Prepared:
    """Return a store with the sample shop, its queries and three members of Acme."""
    folder = tmp_path_factory.mktemp("talk")
    file = folder / "trellis.db"
    shutil.copy(migrated, file)

    async def make() -> OrganizationId:
        db = Database(f"sqlite:///{file}")
        core = build(db, Vault([KEY]))
        member = await core.identity.found("Acme", owner="Ada", email="ada@acme.test")
        ada = Actor.of(member, Surface.CLI)
        await core.identity.add_member(ada, name="Ann", email="ann@acme.test", role=Role.ANALYST)
        await core.identity.add_member(ada, name="Vic", email="vic@acme.test", role=Role.VIEWER)
        await prepare(core, ada, folder / "sample.db")
        draft = WorkspaceDraft(surface=Surface.SLACK, id="T1", name="Acme")
        await core.channels.install(ada, draft)
        await closed(core)
        await db.close()
        return ada.organization_id

    return Prepared(file, asyncio.run(make()))


class Open(Protocol):
    """Opens the shop's store, as each process does."""

    async def __call__(
        self,
        provider: Provider | None = None,
        *,
        limits: Limits | None = None,
        join: Collection[Surface] = (),
    ) -> Stage: ...


async def closed(core: Core) -> None:
    await core.chats.close()
    await core.channels.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
def jobs() -> Jobs | None:
    """Return what makes who keeps background work; tests that need somebody name them."""
    return None


@pytest.fixture
async def open_stage(prepared: Prepared, tmp_path: Path, jobs: Jobs | None) -> AsyncIterator[Open]:
    """Return what opens the shop's store; a provider lends a model."""
    file = tmp_path / "talk.db"
    shutil.copy(prepared.file, file)

    @asynccontextmanager
    async def opened(
        provider: Provider | None, limits: Limits | None, join: Collection[Surface]
    ) -> AsyncIterator[Stage]:
        db = Database(f"sqlite:///{file}")
        means = Means(folder=tmp_path / "pipelines")
        core = build(db, Vault([KEY]), provider=provider, jobs=jobs, means=means)
        ada = await core.identity.vouched(prepared.organization_id, "ada@acme.test", Surface.CLI)
        dialog = Dialog(core, join=join, limits=limits)
        try:
            yield Stage(core, dialog, ada)
        finally:
            await dialog.close(1)
            await core.jobs.close()
            await closed(core)
            await db.close()

    async with AsyncExitStack() as stack:

        async def open(
            provider: Provider | None = None,
            *,
            limits: Limits | None = None,
            join: Collection[Surface] = (),
        ) -> Stage:
            return await stack.enter_async_context(opened(provider, limits, join))

        yield open


@pytest.fixture
async def stage(open_stage: Open) -> Stage:
    """Return the shop without a model."""
    return await open_stage()
