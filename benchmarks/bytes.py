"""Bytes that a client must read: the list of tools, and from a question to its answer.

A client's model pays for every one of them. The three servers stand before the same PostgreSQL
of 1,000 tables, and are asked the same questions by a client that does as each server says.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from benchmarks.calls import call
from benchmarks.catalogue import Question
from benchmarks.discovery import large
from benchmarks.figures import absent, amount, broken, ratio
from benchmarks.grown import quoted
from benchmarks.ours import CONNECTION, home
from benchmarks.peers import dbhub, installed, toolbox
from benchmarks.places import fill_sqlite
from benchmarks.processes import Absent, Serving, ask
from benchmarks.rows import Row

TABLES = 1000
LISTED = 6000
"""Bytes of the list of tools, at most."""
ASKED = 12
"""Questions, evenly from all of them."""


class NoAnswer(Exception):
    """A server answered with an error."""


class Teller:
    """Calls tools, and counts what comes back."""

    def __init__(self, served: Serving) -> None:
        self.served = served
        self.read = 0

    def __call__(self, tool: str, arguments: dict[str, Any]) -> str:
        """Return everything that came back of one call."""
        said = ask(self.served.port, call(tool, arguments, meta=True), self.served.key) or b""
        self.read += len(said)
        if not said or b'"isError":true' in said or b'"error":' in said:
            raise NoAnswer(said[:300].decode(errors="replace"))
        return said.decode(errors="replace")


Script = Callable[[Teller, Question], bool]
"""How a client gets from a question to its answer; whether it met every table it needed."""


class Client(NamedTuple):
    """One way to get to an answer at one server."""

    name: str
    served: Serving
    script: Script


def measure(*, quick: bool = False) -> list[Row]:
    """Return sizes of the list of tools and of whole conversations."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            url, questions = stack.enter_context(large(TABLES, wanted=not quick))
        except Absent as why:
            url = fill_sqlite(place / "facts.db", 10)
            served = stack.enter_context(home(place / "home", url).serving())
            return [
                listed("ours", served),
                absent(f"bytes from a question to its answer, {TABLES:,} tables", why),
            ]
        served = stack.enter_context(home(place / "home", url).serving())
        rows = [listed("ours", served)]
        clients = [Client("ours", served, by_search)]
        try:
            modules = stack.enter_context(installed())
            hub = stack.enter_context(dbhub(modules, url, place).serving())
            box = stack.enter_context(toolbox(modules, url, place, prebuilt=True).serving())
        except Absent as why:
            rows.append(absent("bytes at DBHub and MCP Toolbox", why))
        else:
            rows += [listed("DBHub", hub), listed("Toolbox, all that it has for PostgreSQL", box)]
            clients += [
                Client("DBHub, reading all names first", hub, dbhub_by_names),
                Client("DBHub, knowing the tables beforehand", hub, dbhub_by_heart),
                Client("Toolbox, reading all names first", box, toolbox_by_names),
                Client("Toolbox, knowing the tables beforehand", box, toolbox_by_heart),
            ]
        return rows + conversations(clients, questions[:: max(1, len(questions) // ASKED)])


def listed(name: str, served: Serving) -> Row:
    """Return the size of the list of tools, as it came over HTTP."""
    most = LISTED if name == "ours" else None
    shown = f"{seen(served.listed):,} without hints and the schemas of answers"
    return amount(f"tools/list: {name}", len(served.listed), "bytes", most=most, note=shown)


def seen(listed: bytes) -> int:
    """Return how many bytes of a list of tools hosts show a model: names, words, arguments."""
    # Some send it as an event.
    tools = json.JSONDecoder().raw_decode(listed[listed.index(b"{") :].decode())[0]["result"][
        "tools"
    ]
    kept = [
        {key: each.get(key) for key in ("name", "description", "inputSchema")} for each in tools
    ]
    return len(json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode())


def conversations(clients: Sequence[Client], questions: Sequence[Question]) -> list[Row]:
    """Let each client get from each question to its answer, and count what it read."""
    rows = []
    means: dict[str, float] = {}
    for client in clients:
        title = f"bytes from a question to its answer, {TABLES:,} tables: {client.name}"
        tellers = [Teller(client.served) for _ in questions]
        try:
            met = sum(map(client.script, tellers, questions))
        except NoAnswer as why:
            rows.append(broken(title, why))
            continue
        means[client.name] = mean(teller.read for teller in tellers)
        note = f"{len(questions)} questions; all tables were met in {met}"
        rows.append(Row(title, means[client.name], "bytes", note=note))
    for name, much in means.items():
        if name != "ours" and "ours" in means:
            title = f"bytes from a question to its answer: ours / {name}"
            rows.append(ratio(title, means["ours"] / much))
    return rows


def statement(question: Question) -> str:
    """Return a statement over every table that the question needs."""
    names = [f"{quoted(schema)}.{quoted(table)}" for schema, table in sorted(question.needed)]
    counts = ", ".join(f"(SELECT count(*) FROM {name}) AS c{n}" for n, name in enumerate(names))
    return f"SELECT {counts}"


def meets(question: Question, said: str) -> bool:
    """Return whether every table that *question* needs was named."""
    return all(table in said for _, table in question.needed)


def by_search(tell: Teller, question: Question) -> bool:
    """Ask ours: search with the question's own words, then run."""
    found = tell("search_schema", {"question": question.text, "connection": CONNECTION})
    tell("run_sql", {"connection": CONNECTION, "sql": statement(question)})
    return meets(question, found)


def dbhub_by_names(tell: Teller, question: Question) -> bool:
    """Ask DBHub for the names of all tables, then go on with those that matter."""
    said = tell("search_objects", {"object_type": "table", "limit": 1000})
    dbhub_by_heart(tell, question)
    return meets(question, said)


def dbhub_by_heart(tell: Teller, question: Question) -> bool:
    """Ask DBHub for everything about the tables that matter, then run."""
    said = ""
    for schema, table in sorted(question.needed):
        wanted = {"object_type": "table", "schema": schema, "pattern": table}
        said += tell("search_objects", wanted | {"detail_level": "full"})
    tell("execute_sql", {"sql": statement(question)})
    return meets(question, said)


def toolbox_by_names(tell: Teller, question: Question) -> bool:
    """Ask Toolbox for the names of all tables, then go on with those that matter."""
    said = tell("list_tables", {"output_format": "simple"})
    toolbox_by_heart(tell, question)
    return meets(question, said)


def toolbox_by_heart(tell: Teller, question: Question) -> bool:
    """Ask Toolbox for everything about the tables that matter, then run."""
    names = ",".join(table for _, table in sorted(question.needed))
    said = tell("list_tables", {"table_names": names})
    tell("execute_sql", {"sql": statement(question)})
    return meets(question, said)
