"""What our own store says when it cannot."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database, StoreUnavailable, migrate, present


async def test_a_locked_store_says_so(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/t.db", busy=50)
    await migrate(db)
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked by another process"):
        async with db.transaction() as tx:
            await tx.execute(text("SELECT 1"))

    other.execute("ROLLBACK")
    other.close()
    async with db.transaction() as tx:
        assert await tx.scalar(text("SELECT 1")) == 1
    await db.close()


async def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/t.db")
    await migrate(db)

    with pytest.raises(StoreUnavailable, match="full"):
        async with db.transaction() as tx:
            pages = await tx.scalar(text("PRAGMA page_count"))
            await tx.execute(text(f"PRAGMA max_page_count={pages}"))
            await tx.execute(text("CREATE TABLE big (x)"))
            await tx.execute(text("INSERT INTO big VALUES (zeroblob(1000000))"))

    assert await present(db)
    await db.close()


async def test_a_store_in_no_folder_says_so() -> None:
    db = Database("sqlite:////nowhere/at/all.db")

    before = set(threading.enumerate())
    with pytest.raises(StoreUnavailable, match="TRELLIS_HOME"):
        await migrate(db)
    await db.close()
    # The driver's thread of what it could not open says goodbye to this loop, while there is one.
    for thread in set(threading.enumerate()) - before:
        if "_connection_worker" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_a_server_that_is_away_says_so_without_the_password() -> None:
    db = Database("postgresql://u:hunter2@127.0.0.1:1/none")

    with pytest.raises(StoreUnavailable) as refused:
        await migrate(db)

    assert "hunter2" not in refused.value.message + db.shown
    await db.close()


def test_the_usual_start_needs_no_alembic(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from core.db import Database, migrate
async def start():
    db = Database("sqlite:///{tmp_path}/t.db")
    await migrate(db)
    await db.close()
asyncio.run(start())
print("alembic" in sys.modules)
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            timeout=60,
        ).stdout.strip()
        for _ in range(2)
    ]

    assert said == [b"True", b"False"]
