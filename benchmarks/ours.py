"""Our own product as it is shipped: a home with one more connection and a saved query."""

import asyncio
import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from benchmarks.processes import Serving, environment, free_port, serving, trellis
from config import Settings
from core.app import running
from core.connections import ConnectionDraft
from core.identity import Surface
from core.queries import QueryDraft

CONNECTION = "bench"
SAVED = "bench query"


class Home(NamedTuple):
    """A folder that `trellis` finds everything in, and a key that opens it."""

    env: dict[str, str]
    key: str

    def serving(self, **more: str) -> AbstractContextManager[Serving]:
        """Start `trellis up` on a free port, and end it afterwards."""
        port = free_port()
        env = self.env | {"TRELLIS_API_PORT": str(port)} | more
        return serving(trellis("up"), port, env=env, key=self.key)


def home(place: Path, url: str, sql: str = "SELECT 1") -> Home:
    """Make a home in *place*, whose connection is *url* and whose saved query is *sql*.

    The sample store stays empty: nobody here asks it, and to write it takes seconds.
    """
    place.mkdir()
    with closing(sqlite3.connect(place / "sample.db")) as sample:
        sample.execute("CREATE TABLE empty (id integer)")
    key = asyncio.run(_prepared(Settings(home=place, store_url=SecretStr("")), url, sql))
    return Home(environment(TRELLIS_HOME=str(place), TRELLIS_LOG_LEVEL="WARNING"), key)


async def _prepared(settings: Settings, url: str, sql: str) -> str:
    async with running(settings) as core:
        actor, _founded = await core.identity.settle(Surface.CLI)
        await core.connections.add(actor, ConnectionDraft(name=CONNECTION, url=SecretStr(url)))
        await core.connections.discover(actor, CONNECTION)
        draft = QueryDraft(title=SAVED, prompt="To be measured", sql=sql, connection=CONNECTION)
        await core.queries.create(actor, draft)
        _record, key = await core.identity.create_key(actor, "bench")
        return key.get_secret_value()
