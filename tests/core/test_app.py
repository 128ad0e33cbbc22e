"""The product, opened and closed."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from config import Settings
from core.app import running
from core.chats import ChatDraft
from core.connections import AddressForbidden, ConnectionDraft
from core.identity import Surface
from core.page import PageAsked
from tests.core.uploads.files import csv


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a home that nobody has used."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    return Settings(home=home)


@pytest.fixture
def settings(bare: Settings, sample: Path) -> Settings:
    """Return the settings of a home with a sample: to write one costs more than what is tested."""
    shutil.copy(sample, bare.sample)
    return bare


async def test_a_new_home_has_a_sample_and_ten_questions_and_only_once(bare: Settings) -> None:
    for _start in range(2):
        async with running(bare) as core:
            owner, founded = await core.identity.settle(Surface.CLI)
            connections = await core.connections.list(owner, PageAsked())
            queries = await core.queries.list(owner, PageAsked(size=None))
            answer = await core.queries.run(owner, "Monthly revenue", parameters={"year": 2025})

        assert not founded
        assert [each.name for each in connections.items] == ["sample"]
        assert queries.total == 10
        assert answer.row_count == 12


async def test_what_was_removed_stays_away(settings: Settings) -> None:
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        await core.connections.remove(owner, "sample")
    async with running(settings) as core:
        assert (await core.connections.list(owner, PageAsked())).total == 0


async def test_a_store_is_its_owners_even_in_an_open_home(settings: Settings) -> None:
    async with running(settings):
        files = [file for file in settings.home.iterdir() if file.name.startswith("trellis.db")]
        modes = {stat.S_IMODE(file.stat().st_mode) for file in files}

    assert len(files) >= 2
    assert modes == {0o600}


async def test_our_own_files_are_no_connection_by_any_name(settings: Settings) -> None:
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        store = settings.home / "trellis.db"
        (settings.home.parent / "soft.db").symlink_to(store)
        os.link(store, settings.home.parent / "hard.db")
        for path in (
            store,
            settings.home / ".." / "home" / "trellis.db",
            settings.home.parent / "soft.db",
            settings.home.parent / "hard.db",
            settings.home / "secret.key",
        ):
            draft = ConnectionDraft(name="own", url=SecretStr(f"sqlite:///{path}"))
            with pytest.raises(AddressForbidden):
                await core.connections.add(owner, draft)


async def test_a_link_that_is_laid_later_is_seen_when_it_is_opened(settings: Settings) -> None:
    path = settings.home.parent / "later.db"
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        draft = ConnectionDraft(name="later", url=SecretStr(f"sqlite:///{path}"))
        await core.connections.add(owner, draft)
        path.symlink_to(settings.home / "trellis.db")

        with pytest.raises(AddressForbidden):
            await core.connections.run(owner, "later", "SELECT digest FROM api_keys")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "LOCALHOST", "127.1"])
async def test_our_own_server_is_no_connection_by_any_spelling(
    tmp_path: Path, postgres_store_url: str, host: str
) -> None:
    settings = Settings(home=tmp_path / "home", store_url=SecretStr(postgres_store_url))
    database = postgres_store_url.rpartition("/")[2]
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        url = SecretStr(f"postgresql://postgres@{host}/{database}")
        with pytest.raises(AddressForbidden):
            await core.connections.add(owner, ConnectionDraft(name="own", url=url))


async def test_the_tables_of_uploads_are_no_connection_of_anybodys(settings: Settings) -> None:
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        chat = await core.chats.create(owner, ChatDraft())
        await core.uploads.add(owner, chat.id, [csv()])
        lent = await core.uploads.lent(owner, chat.id)
        assert lent is not None
        file = Path(lent.address.database)
        os.link(file, settings.home.parent / "hard.duckdb")
        for path in (file, settings.home.parent / "hard.duckdb"):
            draft = ConnectionDraft(name="theirs", url=SecretStr(f"duckdb:///{path}"))
            with pytest.raises(AddressForbidden):
                await core.connections.add(owner, draft)

        assert settings.home / "uploads" in file.parents
        answer = await core.connections.run(owner, lent, "SELECT count(*) AS n FROM sales")
        assert answer.rows == [(3,)]
