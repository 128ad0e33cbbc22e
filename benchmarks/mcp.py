"""Calls of tools per second: ours, the SDK's bare server, DBHub and MCP Toolbox, side by side.

All of them are up at once and take turns, so that a noisy minute is noisy for everybody.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.calls import call, line, request
from benchmarks.figures import absent, broken, ratio
from benchmarks.load import Load, LoadFailed, middle, put
from benchmarks.ours import CONNECTION, SAVED, home
from benchmarks.peers import Peer, dbhub, installed, toolbox
from benchmarks.places import fill_postgres, fill_sqlite, postgres
from benchmarks.processes import (
    Absent,
    Serving,
    ask,
    bare,
    environment,
    free_port,
    serving,
    trellis,
)
from benchmarks.rows import Row

CALLERS = (1, 16, 64)
AT = 16
"""Callers at which the goals are."""
ROUNDS = 3
SECONDS = 0.6
COUNT = 10_000
HUNDRED = 100
FEW = "SELECT i, n, t, s FROM facts WHERE i <= {} ORDER BY i"
ONE = "SELECT i, n, t, s FROM facts WHERE i = {}"
NEWS = 5000
"""Statements that differ: about as many as one load asks."""
GOAL = 1.5
STRETCH = 0.6

OURS, BARE, PLAIN = "ours", "bare MCPServer", "bare MCPServer on h11 and asyncio"
Message = dict[str, Any]


class Side(NamedTuple):
    """One server in the contest, over HTTP where it is serving, else over stdio."""

    name: str
    tool: str
    """What runs a statement that it is given as `sql`."""
    served: Serving | None
    command: Sequence[str] = ()
    env: Mapping[str, str] = {}
    more: Mapping[str, str] = {}
    """What the tool wants besides."""
    saved: Mapping[str, str] = {}
    """What `run_query` wants."""

    def ask(self, sql: str) -> Message:
        """Return the call that runs *sql*."""
        return call(self.tool, {"sql": sql, **self.more}, meta=self.served is not None)

    def ask_saved(self) -> Message:
        """Return the call that runs the saved query."""
        return call("run_query", self.saved, meta=self.served is not None)

    def put(
        self, messages: Sequence[Message], callers: Sequence[int], seconds: float, word: str
    ) -> list[Load]:
        """Put loads on it, one for each number of *callers*."""
        if self.served is None:
            asked = [line(each) for each in messages]
            where: dict[str, Any] = {"command": self.command, "env": self.env}
        else:
            asked = [request(each, self.served.port, self.served.key) for each in messages]
            where = {"port": self.served.port}
        return put(asked, word, callers=callers, seconds=seconds, **where)

    @property
    def worked(self) -> float | None:
        """Seconds of processor time so far, where this system tells."""
        try:
            return None if self.served is None else self.served.worked
        except Absent:
            return None


class Match(NamedTuple):
    """What the sides are asked to do."""

    name: str
    messages: Callable[[Side], Sequence[Message]]
    word: str
    """What every answer must hold."""
    callers: Sequence[int] = CALLERS
    peers: bool = True
    """Whether DBHub and Toolbox can do it."""


RUN_SQL = Match("run_sql", lambda side: [side.ask(FEW.format(1))], "fact000001")
RUN_QUERY = Match("run_query", lambda side: [side.ask_saved()], "fact000001", peers=False)
NEW = Match(
    "run_sql, every statement new,",
    lambda side: [side.ask(ONE.format(n)) for n in range(1, NEWS + 1)],
    "fact00",
    (AT,),
)
LONG = Match(
    f"run_sql, {HUNDRED} rows,",
    lambda side: [side.ask(FEW.format(HUNDRED))],
    f"fact{HUNDRED:06}",
    (AT,),
)


def measure(*, quick: bool = False) -> list[Row]:
    """Return rates, times and ratios over HTTP and stdio."""
    rounds, seconds = (1, 0.05) if quick else (ROUNDS, SECONDS)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, peers, rows = _met(stack, place, quick=quick)
        saved = FEW.format(1)
        ours = home(place / "home", url, saved)
        own = partial(
            Side, OURS, "run_sql", more={"connection": CONNECTION}, saved={"query": SAVED}
        )

        sides = [own(stack.enter_context(ours.serving()))]
        for name, options in ((BARE, ()), (PLAIN, ("--plain",)))[: 1 if quick else 2]:
            port = free_port()
            command = bare(url, "--saved", saved, "--port", str(port), *options)
            served = stack.enter_context(serving(command, port, env=environment()))
            sides.append(Side(name, "run_sql", served))
        for peer in peers:
            try:
                served = stack.enter_context(peer.serving())
            except Absent as why:
                rows.append(broken(f"{peer.name} over HTTP", why))
            else:
                sides.append(Side(peer.name, peer.tool, served))
        for match in (RUN_SQL, RUN_QUERY, NEW, LONG):
            rows += contest(f"{match.name} over HTTP,", match, sides, rounds, seconds)
        rows += weighed(sides)

        sides = [
            own(None, trellis("mcp"), ours.env),
            Side(BARE, "run_sql", None, bare(url, "--saved", saved), environment()),
            *(Side(each.name, each.tool, None, each.stdio, each.env) for each in peers),
        ]
        for match in (RUN_SQL, RUN_QUERY)[: 1 if quick else 2]:
            rows += contest(f"{match.name} over stdio,", match, sides, min(rounds, 2), seconds)
    return rows


def _met(stack: ExitStack, place: Path, *, quick: bool) -> tuple[str, list[Peer], list[Row]]:
    """Return the database, the peers that can ask it, and a row for whatever is absent."""
    rows: list[Row] = []
    peers: list[Peer] = []
    try:
        url = fill_postgres(stack.enter_context(postgres("mcp", wanted=not quick)), COUNT)
    except Absent as why:
        rows.append(absent("PostgreSQL (SQLite takes its place) and the peers that ask it", why))
        return fill_sqlite(place / "facts.db", COUNT), peers, rows
    try:
        modules = stack.enter_context(installed())
    except Absent as why:
        rows.append(absent("DBHub and MCP Toolbox", why))
        return url, peers, rows
    for peer in (dbhub, toolbox):
        try:
            peers.append(peer(modules, url, place))
        except Absent as why:
            rows.append(absent(peer.__name__, why))
    return url, peers, rows


def contest(
    name: str, match: Match, sides: Sequence[Side], rounds: int, seconds: float
) -> list[Row]:
    """Let *sides* take turns; return the medians of each, and how ours compares."""
    rows: list[Row] = []
    found: dict[str, list[list[Load]]] = {}
    work: dict[str, list[float]] = {}
    playing = [side for side in sides if match.peers or side.name in {OURS, BARE, PLAIN}]
    for _ in range(rounds):
        for side in playing:
            before = side.worked
            try:
                loads = side.put(match.messages(side), match.callers, seconds, match.word)
            except LoadFailed as why:
                rows.append(broken(f"{name} {side.name}", why))
                continue
            found.setdefault(side.name, []).append(loads)
            after = side.worked
            if before is not None and after is not None:
                spent = 1e6 * (after - before) / sum(load.asked for load in loads)
                work.setdefault(side.name, []).append(spent)
    for at, callers in enumerate(match.callers):
        medians = {who: middle([each[at] for each in loads]) for who, loads in found.items()}
        goal = match is RUN_SQL and callers == AT and sides[0].served is not None
        said = f"{name} {callers} caller{'s' if callers > 1 else ''}"
        rows += compared(said, medians, goal=goal)
    for who, spent_each in work.items():
        rows.append(Row(f"{name} processor time of a call: {who}", median(spent_each), "us"))
    return rows


def compared(name: str, loads: Mapping[str, Load], *, goal: bool = False) -> list[Row]:
    """Return what each side did, and how many times as often ours answered."""
    rows = []
    for who, load in loads.items():
        rows += [
            Row(f"{name}: {who}", load.rate, "calls/s"),
            Row(f"{name}: {who}, p50", load.p50, "ms"),
            Row(f"{name}: {who}, p99", load.p99, "ms"),
        ]
    ours = loads.get(OURS)
    for who, load in loads.items():
        if ours is None or who == OURS:
            continue
        rate, title = ours.rate / load.rate, f"{name}: calls/s of ours / {who}"
        if goal and who.startswith("Toolbox"):
            wish = f"stretch: at least {STRETCH:g} times"
            rows.append(Row(title, rate, "times", wish, rate >= STRETCH))
        else:
            rows.append(ratio(title, rate, least=GOAL if goal and who == BARE else None))
    return rows


def weighed(sides: Sequence[Side]) -> list[Row]:
    """Return how long each took to start, what it holds now, and what its answers weigh."""
    rows = []
    for side in sides:
        if (served := side.served) is None:
            continue
        rows.append(Row(f"start to the list of tools over HTTP: {side.name}", served.start, "s"))
        title = f"memory after the contest: {side.name}"
        try:
            rows.append(Row(title, served.memory, "MB"))
        except Absent as why:
            rows.append(absent(title, why))
        for count in (1, HUNDRED):
            said = ask(served.port, side.ask(FEW.format(count)), served.key) or b""
            title = f"an answer of {count} row{'s' if count > 1 else ''}: {side.name}"
            rows.append(Row(title, len(said), "bytes"))
    return rows
