"""`trellis notice` and `trellis worker`: what is posted by itself."""

import asyncio
import signal
import stat
from pathlib import Path

from core.app import build
from core.channels import WorkspaceDraft
from core.db import Database
from core.identity import Surface
from core.secrets import Vault, keys_of
from tests.terminal import Home

WHEN = ("--when", "every Monday 9:00", "--zone", "Europe/Berlin")
WHERE = ("--on", "slack", "--channel", "C0123", "--called", "sales")


def let_in(home: Path) -> None:
    """Let Trellis into a workspace of Slack."""

    async def install() -> None:
        db = Database(f"sqlite:///{home / 'trellis.db'}")
        core = build(db, Vault(keys_of("", home)))
        owner, _founded = await core.identity.settle(Surface.CLI)
        await core.channels.install(owner, WorkspaceDraft(surface=Surface.SLACK, id="T1"))
        await db.close()

    asyncio.run(install())


def test_a_notice_is_added_listed_paused_resumed_and_deleted(trellis: Home) -> None:
    nothing = trellis("notice", "list")
    early = trellis("notice", "add", "Monthly revenue", "year=2025", *WHEN, *WHERE)
    let_in(trellis.folder)
    added = trellis("notice", "add", "Monthly revenue", "year=2025", *WHEN, *WHERE)
    listed = trellis("notice", "list")
    paused = trellis("notice", "pause", "monthly revenue", "--json").json
    resumed = trellis("notice", "resume", paused["id"])
    gone = trellis("notice", "delete", "Monthly revenue")
    missing = trellis("notice", "delete", "Monthly revenue")

    assert (nothing.code, nothing.out) == (0, "")
    assert early.code == 1
    assert "is not at home in this workspace" in early.err
    assert added.out.startswith("Posted Monthly revenue every Monday at 09:00 (")
    assert " 09:00\n" in added.out
    row = listed.out.splitlines()[1]
    assert "every Monday at 09:00, Europe/Berlin  slack #sales" in row
    assert (paused["paused"], paused["next_at"]) == (True, None)
    assert resumed.out.startswith("Resumed Monthly revenue")
    assert gone.out == "Deleted Monthly revenue\n"
    assert (missing.code, missing.err) == (1, "Notice not found\n")


def test_what_is_missing_is_bad_usage_and_what_is_wrong_is_refused(trellis: Home) -> None:
    let_in(trellis.folder)

    assert trellis("notice", "add", "Monthly revenue", *WHERE).code == 2
    refused = trellis("notice", "add", "Monthly revenue", *WHERE, "--when", "whenever")
    assert refused.code == 1
    assert "every weekday at 8:30" in refused.err


def test_a_worker_alone_works_until_it_is_told_to_end(trellis: Home) -> None:
    process = trellis.launch("worker")
    assert process.stdout is not None
    said = process.stdout.readline().decode()
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=60)

    assert said == "The worker runs pipelines and posts nowhere yet  (Ctrl-C ends it)\n"
    assert (process.returncode, err) == (0, b"")
    file = trellis.folder / "jobs.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
