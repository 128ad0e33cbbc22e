"""However a command is cut short: quietly, and its database comes to rest."""

import os
import pty
import select
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.terminal import Home, Process, command

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n WHERE i < 0"
)


def has_begun(trellis: Home) -> bool:
    """Return whether a statement's process has had the sample open for reading."""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            files = {str(file.readlink()) for file in folder.iterdir()}
        except OSError:
            continue
        if str(trellis.folder / "trellis.db") in files and any(
            file.endswith("sample.db") for file in files
        ):
            return True
    return False


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what is open")
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_told_to_end_ends_quietly(
    trellis: Home, sign: signal.Signals, code: int
) -> None:
    asking = trellis.launch("sql", ENDLESS, TRELLIS_QUERY_TIMEOUT="120")
    wait_until(lambda: has_begun(trellis), asking)
    told = time.monotonic()
    asking.send_signal(sign)
    out, err = asking.communicate(timeout=30)

    assert (asking.returncode, out, err) == (code, b"", b"")
    assert time.monotonic() - told < 10


def test_the_database_stops_with_the_command(trellis: Home, postgres_url: str) -> None:
    assert trellis("connection", "add", "pg", postgres_url).code == 0
    endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"

    with psycopg.connect(postgres_url, autocommit=True) as observer:

        def working() -> bool:
            row = observer.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND state = 'active' AND query LIKE '%generate_series%'"
            ).fetchone()
            return row is not None and row[0] > 0

        words = ["sql", endless, "--connection", "pg"]
        asking = trellis.start(*words, TRELLIS_QUERY_TIMEOUT="120")
        wait_until(working, asking)
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)

        assert (asking.returncode, out, err) == (130, b"", b"")
        wait_until(lambda: not working())


def wait_until(
    true: Callable[[], bool], alive: Process | None = None, *, seconds: float = 60
) -> None:
    """Return once it is *true*, while the process is *alive*."""
    begun = time.monotonic()
    pause = threading.Event()
    while not true():
        assert alive is None or alive.poll() is None, alive.communicate()
        assert time.monotonic() - begun < seconds
        pause.wait(0.02)


def test_whoever_has_seen_enough_is_not_complained_to(trellis: Home) -> None:
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000) "
    words = ["sql", f"{rows}SELECT i, 'a long line that fills the pipe' FROM n", "--csv"]
    asking = trellis.start(*words, TRELLIS_MAX_ROWS="100000")
    assert asking.stdout is not None
    assert asking.stderr is not None
    with asking.stdout, asking.stderr:
        first = asking.stdout.readline()
        asking.stdout.close()
        said = asking.stderr.read()
        asking.wait(30)

    assert first.startswith(b"i,")
    assert said == b""


def test_an_answer_that_cannot_be_written_is_a_failure(trellis: Home) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("wb") as nowhere:
        done = subprocess.run(
            [*command(), "query", "list"],
            cwd=trellis.elsewhere,
            env=trellis.environment({}),
            stdin=subprocess.DEVNULL,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )

    assert (done.returncode, done.stderr) == (1, b"No space left on device.\n")


def test_what_was_half_written_when_the_server_was_killed_is_not_there(trellis: Home) -> None:
    key = trellis("key", "create", "mine", "--json").json["key"]
    bearer = {"authorization": f"Bearer {key}"}
    confirmed: list[str] = []

    for round in range(2):
        with trellis.serving("api") as server:
            url = f"{server.url}/v1/queries"
            with httpx2.Client(headers=bearer, timeout=30) as http:
                for number in range(12):
                    body = {"title": f"Query {round}-{number}", "prompt": "?"}
                    confirmed.append(http.post(url, json=body).json()["id"])
                asked = trellis_writes(server.url, key)
                server.process.kill()
                server.code = server.process.wait(30)
                asked.wait(30)

    store = sqlite3.connect(trellis.folder / "trellis.db")
    check = store.execute("PRAGMA integrity_check").fetchall()
    queries = {id for (id,) in store.execute("SELECT id FROM queries")}
    trail = store.execute("SELECT subject FROM audit_events WHERE verb = 'query.created'")
    recorded = {id for (id,) in trail}
    store.close()
    assert check == [("ok",)]
    # Whatever was answered is there, and whatever is there is in the trail: both, or neither.
    assert queries >= set(confirmed)
    assert queries == recorded
    listed = trellis("query", "list", "--json").json
    assert {query["id"] for query in listed} == queries
    assert trellis("doctor").code == 0


def trellis_writes(url: str, key: str) -> "subprocess.Popen[bytes]":
    """Start somebody who writes as fast as the server takes it, and return once it has begun."""
    script = (
        "import sys, httpx2\n"
        "http = httpx2.Client(headers={'authorization': 'Bearer ' + sys.argv[2]})\n"
        "try:\n"
        "    for number in range(10_000):\n"
        "        body = {'title': 'w', 'prompt': '?'}\n"
        "        http.post(sys.argv[1] + '/v1/queries', json=body).raise_for_status()\n"
        "        number == 3 and print('begun', flush=True)\n"
        "except httpx2.HTTPError:\n"
        "    pass\n"
    )
    python = Path(command()[0]).with_name("python")
    writer = subprocess.Popen([python, "-c", script, url, key], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer.stdout:
        assert writer.stdout.readline() == b"begun\n"
    return writer


@pytest.mark.parametrize(
    ("columns", "words", "expected"),
    [
        ("100", "SELECT 7 AS n, NULL AS nil, 'text' AS t", ["7", "NULL", "text"]),
        ("40", "SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS e, 6 AS f, 7 AS g", ["g"]),
        (
            "40",
            "SELECT " + ", ".join(f"'{'x' * 30}' AS column_{n}" for n in range(6)),
            ["row 1", "column_5"],
        ),
    ],
)
def test_a_person_sees_a_table_that_fits_the_screen(
    trellis: Home, columns: str, words: str, expected: list[str]
) -> None:
    shown = on_a_terminal(trellis, columns, "sql", words)

    for each in expected:
        assert each in shown
    plain = [line for line in shown.splitlines() if "\x1b" not in line]
    assert all(len(line.rstrip()) <= int(columns) for line in plain)


def on_a_terminal(trellis: Home, columns: str, *words: str, **settings: str) -> str:
    """Return what a command shows on a terminal of so many columns.

    It is no fork: what was imported without a terminal would draw as if there were none.
    """
    ours, theirs = pty.openpty()
    environment = trellis.environment({"COLUMNS": columns, "TERM": "xterm"} | settings)
    process = subprocess.Popen(
        [*command(), *words],
        cwd=trellis.elsewhere,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        assert ready, f"it fell silent after {seen!r}"
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait(30) == 0, seen
    return seen.decode()
