"""What a bot costs: how soon it acknowledges, how much it answers, what it holds, how it edits.

The bot is `trellis slack` or `trellis discord` as shipped: it acknowledges what it has kept. Beside
it stands a client of the same library that acknowledges and does nothing else. Each has a stand-in
of its platform to itself, in a process of its own; they take turns.
"""

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from pydantic import SecretStr

from benchmarks.figures import absent, amount, broken, ratio
from benchmarks.places import fill_sqlite
from benchmarks.platforms import ASKED
from benchmarks.processes import (
    ROOT,
    Absent,
    end,
    environment,
    free_port,
    memory,
    trellis,
    worked,
)
from benchmarks.rows import Row
from benchmarks.told import Told, telling
from config import Settings
from core.app import Core, running
from core.channels import WorkspaceDraft
from core.connections import ConnectionDraft
from core.identity import Actor, Member, Role, Surface
from core.links import Person
from core.queries import QueryDraft

BURST, THREADS, ROUNDS = 500, 1_000, 3
STORIES, WORDS = 8, 240
"""Answers that grow at the same time, for seven seconds each."""
FIRST = 20
"""Threads after which everything that is ever imported is there."""
ACKNOWLEDGED = 200.0
"""Milliseconds within which 99 of 100 are acknowledged."""
A_SECOND = 2
"""Edits of one message that its platform takes in a second, and that people bear."""
SQL = "SELECT s AS fact, 'kept' AS state FROM facts WHERE i <= 5 ORDER BY i"
Json = Mapping[str, Any]


class Size(NamedTuple):
    """How much is done."""

    people: int = 100
    more: int = 20
    """Teams on Slack, twice as many channels on Discord."""
    burst: int = BURST
    threads: int = THREADS
    stories: int = STORIES
    words: int = WORDS
    rounds: int = ROUNDS


QUICK = Size(people=5, more=2, burst=10, threads=4, stories=1, words=30, rounds=1)


class Way(NamedTuple):
    """A way in which a platform is heard."""

    name: str
    platform: str
    command: str
    """Of `trellis`."""


SOCKET = Way("Slack, Socket Mode", "slack-socket", "slack")
HTTP = Way("Slack, HTTP", "slack-http", "slack")
DISCORD = Way("Discord", "discord", "discord")


def measure(*, quick: bool = False) -> list[Row]:
    """Return the figures of each way in, or that one broke."""
    if quick:
        rows = [absent(HTTP.name, "a quick run hears by sockets alone")]
        return rows + tried(SOCKET, QUICK) + tried(DISCORD, QUICK)
    return tried(SOCKET, Size()) + tried(HTTP, Size()) + tried(DISCORD, Size())


def tried(way: Way, size: Size) -> list[Row]:
    """Return what one way in costs, or that it could not be measured."""
    try:
        return met(way, size)
    except Absent as why:
        return [broken(way.name, why)]


def met(way: Way, size: Size) -> list[Row]:
    """Return what one way in costs; all but acknowledgements is the same over HTTP.

    What a saved query answers is asked without a model, which would think of what comes next; in
    a quick run one bot does it all.
    """
    env = environment()
    more = size.more * (2 if way is DISCORD else 1)
    words = (way.platform, str(size.people), str(more))
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours, theirs = (
            stack.enter_context(telling("benchmarks.platforms", *words, env=env)) for _ in range(2)
        )
        facts = ours("facts")
        home = prepared(place, facts)
        model = {"OLLAMA_HOST": facts["model"], "TRELLIS_MODEL": "ollama:words"}
        with bot(way, home | (model if size is QUICK else {}), facts, ours) as process:
            with silent(way, theirs):
                rows = acknowledged(way, ours, theirs, size)
            if way is HTTP:
                rows.append(unheard(theirs, size))
            if way is not HTTP:
                rows += answering(way, ours, process.pid, size)
            if size is QUICK:
                return rows + growing(way, ours, size)
        if way is not HTTP:
            with bot(way, home | model, facts, ours):
                rows += growing(way, ours, size)
    return rows


# Who plays


@contextmanager
def bot(
    way: Way, home: Mapping[str, str], facts: Json, platform: Told
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ours, and lend it once it hears; its first command is not counted."""
    port = str(free_port())
    env = {
        SOCKET.name: {
            "SLACK_API_URL": facts["url"],
            "SLACK_BOT_TOKEN": facts.get("bot_token", ""),
            "SLACK_APP_TOKEN": facts.get("app_token", ""),
        },
        HTTP.name: {
            "SLACK_API_URL": facts["url"],
            "SLACK_BOT_TOKEN": facts.get("bot_token", ""),
            "SLACK_SIGNING_SECRET": facts.get("signing_secret", ""),
            "TRELLIS_API_PORT": port,
        },
        DISCORD.name: {
            "DISCORD_API_URL": facts["url"],
            "DISCORD_TOKEN": facts.get("token", ""),
            "DISCORD_GUILD_ID": str(facts.get("guild", "")),
        },
    }[way.name]
    with started(trellis(way.command), {**home, **env}, platform) as process:
        hears(way, platform, port)
        platform("burst", count=1)
        platform("answered")
        yield process


@contextmanager
def silent(way: Way, platform: Told) -> Iterator[subprocess.Popen[bytes]]:
    """Start the yardstick, and lend it once it hears; its first command is not counted."""
    facts, port = platform("facts"), str(free_port())
    words = {
        SOCKET.name: ("socket", facts["url"], facts.get("bot_token"), facts.get("app_token")),
        HTTP.name: (
            *("http", facts["url"], facts.get("bot_token"), facts.get("signing_secret")),
            port,
        ),
        DISCORD.name: ("discord", facts["url"], facts.get("token"), str(facts.get("guild"))),
    }[way.name]
    command = [sys.executable, "-m", "benchmarks.silent", *map(str, words)]
    with started(command, environment(), platform) as process:
        hears(way, platform, port)
        platform("burst", count=1)
        yield process


def hears(way: Way, platform: Told, port: str) -> None:
    """Return once what was started hears its platform."""
    if way is HTTP:
        platform("subscribed", url=f"http://127.0.0.1:{port}/slack/events")
    else:
        platform("connected")


@contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str], platform: Told
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process, lend it, and end it.

    Raises:
        Absent: what was done meanwhile did not succeed; with the end of what it said.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            yield process
        except Absent as why:
            log.seek(0)
            said = log.read().decode(errors="replace").strip()[-500:]
            raise Absent(f"{why} {platform('violations')[:3]} {said}") from None
        finally:
            end(process)


def prepared(place: Path, facts: Json) -> dict[str, str]:
    """Make a home in which everybody is known; return the environment of its processes."""
    url = fill_sqlite(place / "facts.db", 100)
    home = place / "home"
    home.mkdir()
    with closing(sqlite3.connect(home / "sample.db")) as sample:
        sample.execute("CREATE TABLE empty (id integer)")
    asyncio.run(_known(Settings(home=home, store_url=SecretStr("")), url, facts))
    return environment(TRELLIS_HOME=str(home), TRELLIS_LOG_LEVEL="WARNING")


async def _known(settings: Settings, url: str, facts: Json) -> None:
    async with running(settings) as core:
        owner, _founded = await core.identity.settle(Surface.CLI)
        await core.connections.add(owner, ConnectionDraft(name="facts", url=SecretStr(url)))
        draft = QueryDraft(title=ASKED, prompt="The first facts", sql=SQL, connection="facts")
        await core.queries.create(owner, draft)
        members = [
            await core.identity.add_member(owner, name=each, email=each, role=Role.ANALYST)
            for each in facts["emails"]
        ]
        for team in facts.get("teams", ()):
            let_in = WorkspaceDraft(
                surface=Surface.SLACK, id=team["id"], name=team["name"], bot=team["bot"]
            )
            await core.channels.install(owner, let_in, SecretStr(team["token"]))
        for id, member in zip(facts.get("people", ()), members, strict=False):
            await _linked(core, id, member)


async def _linked(core: Core, id: str, member: Member) -> None:
    code = await core.links.code(Actor.of(member, Surface.CLI))
    person = Person(surface=Surface.DISCORD, workspace="discord", id=id, name=member.name)
    await core.links.redeem(person, member.organization_id, code.code.get_secret_value())


# What is measured


def acknowledged(way: Way, ours: Told, theirs: Told, size: Size) -> list[Row]:
    """Let bursts take turns; return how soon they are acknowledged."""
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    late = 0
    for _ in range(size.rounds):
        for who, platform in (("bare", theirs), ("ours", ours)):
            told = platform("burst", count=size.burst)
            if who == "ours":
                late += told["late"]
                platform("answered")
            acks = sorted(told["acks"])
            if acks:
                found[who].append((median(acks), acks[len(acks) * 99 // 100]))
    name = f"{way.name}: {size.burst} commands at once"
    rows = []
    for at, what in enumerate(("p50", "p99")):
        mine, bare = (median(each[at] for each in found[who]) for who in ("ours", "bare"))
        goal = ACKNOWLEDGED if what == "p99" and size.burst == BURST else None
        rows += [
            amount(f"{name}: acknowledged, {what}", mine, "ms", most=goal),
            Row(f"{name}: acknowledged, {what}, a bare client", bare, "ms"),
            ratio(f"{name}: acknowledged, {what}: ours / a bare client", mine / bare),
        ]
    return [*rows, amount(f"{name}: too late", late, "commands", most=0)]


def unheard(platform: Told, size: Size) -> Row:
    """Return how soon those are told yes whom nobody hears."""
    port, found = str(free_port()), []
    command = [sys.executable, "-m", "benchmarks.silent", "nothing", port]
    with started(command, environment(), platform):
        hears(HTTP, platform, port)
        for _ in range(size.rounds):
            acks = sorted(platform("burst", count=size.burst)["acks"])
            found.append(acks[len(acks) * 99 // 100])
    name = f"{HTTP.name}: {size.burst} commands at once: acknowledged, p99"
    return Row(f"{name}, a server that does nothing", median(found), "ms")


def answering(way: Way, ours: Told, pid: int, size: Size) -> list[Row]:
    """Ask in many threads; return how many are answered in a second, and what they take."""
    none = memory(pid)
    ours("talk", count=min(FIRST, size.threads))
    before, spent = memory(pid), worked(pid)
    seconds = ours("talk", count=size.threads)
    after, spent = memory(pid), worked(pid) - spent
    name = f"{way.name}: {size.threads:,} mentions in new threads, answered by a saved query"
    note = "within the platform's own limits"
    return [
        Row(name, size.threads / seconds, "events/s", note=note),
        Row(f"{name}: processor time of each", 1000 * spent / size.threads, "ms"),
        Row(f"{way.name}: memory with no thread", none, "MB", note="nothing was answered yet"),
        Row(f"{way.name}: memory with {FIRST} open threads", before, "MB"),
        Row(f"{way.name}: memory with {size.threads:,} more open threads", after, "MB"),
        ratio(f"{way.name}: memory with {size.threads:,} threads / with none", after / none),
    ]


def growing(way: Way, ours: Told, size: Size) -> list[Row]:
    """Ask what a model answers; return how often its answers are edited while they grow."""
    found = ours("grow", count=size.stories, words=size.words)
    wrong = ours("violations")
    name = f"{way.name}: answers of {size.words} words that grow"
    edits = [each["edits"] for each in found]
    most = max(each["most"] for each in found)
    note = "; ".join(wrong)[:200]
    return [
        Row(f"{name}: edits of each", sum(edits) / size.stories, "edits"),
        amount(f"{name}: edits of a message in one second", most, "edits", most=A_SECOND),
        amount(f"{way.name}: violations of its limits", len(wrong), "", most=0, note=note),
    ]
