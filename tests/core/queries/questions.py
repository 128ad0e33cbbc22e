"""Questions in a table, and what the matcher makes of them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr

from core.app import Core
from core.connections import ConnectionDraft
from core.identity import Actor
from core.queries import Match, QueryDraft
from core.sample import QUERIES
from core.sample.catalogue import CHANNELS, WAREHOUSES
from core.sample.names import COUNTRIES, REGIONS
from core.sample.schema import INDEXES, TABLES
from tests.core.queries.domains import Saved

TODAY = date(2026, 1, 15)
FILE = Path(__file__).with_name("questions.tsv")


class Asked(NamedTuple):
    """A question, and what is expected of it."""

    half: str
    query: str | None
    """None where nothing may run."""
    parameters: dict[str, str]
    missing: frozenset[str]
    question: str


class Verdict(NamedTuple):
    """What became of some questions."""

    right: list[str]
    missed: list[str]
    wrong: list[str]
    """Those for which something would run that was not asked."""


def rows(half: str, text: str) -> list[Asked]:
    """Return the questions of a table: query, parameters, question."""
    return [_row(half, line) for line in text.strip().splitlines()]


def table(half: str) -> list[Asked]:
    """Return one half of the questions about the sample."""
    lines = FILE.read_text("utf-8").splitlines()[1:]
    cut = [line.split("\t", 1) for line in lines]
    return [_row(name, rest) for name, rest in cut if name == half]


def _row(half: str, line: str) -> Asked:
    query, said, question = line.split("\t")
    if query == "-":
        return Asked(half, None, {}, frozenset(), question)
    parts = said.split("; ")
    given = dict(part.split("=", 1) for part in parts if not part.startswith("?"))
    missing = frozenset(part[1:] for part in parts if part.startswith("?"))
    return Asked(half, query, given, missing, question)


def shown(match: Match) -> dict[str, str]:
    """Return a match's parameters as they are written in the table."""
    return {
        name: "|".join(value) if isinstance(value, list) else str(value)
        for name, value in match.parameters.items()
    }


async def judge(core: Core, actor: Actor, asked: Sequence[Asked]) -> Verdict:
    """Ask every question, and sort the answers."""
    verdict = Verdict([], [], [])
    for each in asked:
        match = await core.queries.match(actor, each.question, today=TODAY)
        runs = match is not None and not match.missing
        if each.query is None:
            (verdict.wrong if runs else verdict.right).append(each.question)
            continue
        right = (
            match is not None
            and match.query.title == each.query
            and shown(match) == each.parameters
            and set(match.missing) == each.missing
        )
        found = verdict.right if right else verdict.wrong if runs else verdict.missed
        found.append(each.question)
    return verdict


async def connected(core: Core, actor: Actor, file: Path, script: str, name: str) -> None:
    """Give *actor*'s organization a database made by *script*."""
    with closing(sqlite3.connect(file)) as db:
        db.executescript(script)
    draft = ConnectionDraft(name=name, url=SecretStr(f"sqlite:///{file}"))
    await core.connections.add(actor, draft)
    await core.connections.discover(actor, name)


async def saved(core: Core, actor: Actor, queries: Sequence[Saved], name: str) -> None:
    """Save *queries* for the connection *name*."""
    for each in queries:
        await core.queries.create(
            actor,
            QueryDraft(
                title=each.title,
                prompt=each.prompt,
                sql=each.sql or None,
                description=each.description or None,
                keywords=each.keywords,
                connection=name,
            ),
        )


async def sampled(core: Core, actor: Actor, folder: Path) -> None:
    """Give *actor*'s organization the sample's tables, a few rows of them, and its queries."""
    await connected(core, actor, folder / "sample.db", TABLES + INDEXES + _few(), "sample")
    await saved(core, actor, [Saved(*_plain(each)) for each in QUERIES], "sample")


def _plain(query: Any) -> tuple[Any, ...]:
    return query.title, query.prompt, query.sql, query.description, query.keywords


def _few() -> str:
    """Return the rows that the sample's queries compare their parameters with, and others."""
    lines = [
        *(f"INSERT INTO regions VALUES ({at}, '{name}');" for at, name in enumerate(REGIONS, 1)),
        *(
            f"INSERT INTO countries VALUES ('{each.code}', '{each.name}', 'x', "
            f"{REGIONS.index(each.region) + 1});"
            for each in COUNTRIES
        ),
        *(
            f"INSERT INTO warehouses VALUES ({at}, '{name}', '{code}');"
            for at, (name, code) in enumerate(WAREHOUSES, 1)
        ),
        *(
            f"INSERT INTO channels VALUES ({at}, '{name}', {int(paid)});"
            for at, (name, paid, _share) in enumerate(CHANNELS, 1)
        ),
    ]
    for at, segment in enumerate(("Consumer", "Business", "Reseller") * 20, 1):
        status = ("delivered", "cancelled", "returned", "shipped")[at % 4]
        priority = ("urgent", "high", "normal", "low")[at % 4]
        lines += [
            f"INSERT INTO customers VALUES ({at}, 'N', '{at}', 0, 0, '{segment}', 'DE', 1, 0, 0);",
            f"INSERT INTO addresses VALUES ({at}, {at}, 'home', 's', 'p', 'c', 'DE');",
            f"INSERT INTO orders VALUES ({at}, {at}, {at}, 1, NULL, '{status}', 0, 0, 10, NULL);",
            f"INSERT INTO support_tickets VALUES ({at}, {at}, 0, 0, '', '{priority}', 0, 0, 0, 1);",
        ]
    return "BEGIN;\n" + "\n".join(lines) + "\nCOMMIT;"
