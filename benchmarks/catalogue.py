"""A generator of large, untidy catalogues, and questions whose tables are known.

Twenty-six hand-written domains (`domains/*.txt`) are hidden among copies of themselves
(`orders_old`, `tmp_orders`, `orders_2019`) and the tables of made-up departments. Eighteen of them
with their 270 questions are for development; the other eight with 120 questions were written
before the search was, and its misses on them have not been looked at. The same seed gives the
same catalogue.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.departments import departments
from core.connections.records import Column, ForeignKey, Schema, Table

SEED = 20250131
DOMAINS = Path(__file__).parent / "domains"
COLUMN = re.compile(r"(?P<name>\w+)(?P<key> pk)?(?:>(?P<target>\w+))?(?:\{(?P<values>[^}]*)\})?")
COPIES = ("{}_bak", "{}_old", "tmp_{}", "{}_2019", "stg_{}", "{}_copy", "{}_backup_2021", "{}_v1")
KINDS = (
    (("_id", "_key", "Id", "_no", "_nr", "quantity", "qty", "count", "seats"), "integer"),
    (("_at", "At", "_ts", "_TS"), "timestamp"),
    (("_date", "_dt", "_DT", "On", "_on", "datum", "DAT", "DT"), "date"),
    (("amount", "price", "total", "AMT", "_amt", "AM", "rate", "RT", "cost", "fare"), "numeric"),
)


class Question(NamedTuple):
    """A question, the tables without which it cannot be answered, and its half."""

    text: str
    needed: frozenset[tuple[str, str]]
    """Schema and name of each."""
    held_out: bool
    domain: str


class Domain(NamedTuple):
    """The tables and questions of one file."""

    tables: tuple[Table, ...]
    questions: tuple[Question, ...]


def domain(path: Path) -> Domain:
    """Read one file of `domains/`."""
    tables: list[Table] = []
    questions: list[Question] = []
    schema, flags = "", frozenset[str]()
    keys: dict[str, str] = {}
    lines = path.read_text("utf-8").splitlines()
    for line in lines:
        if match := re.match(r"(\w+)\((\w+) pk", line):
            keys[match[1]] = match[2]
    for line in lines:
        if line.startswith("= "):
            schema, *rest = line[2:].split()
            flags = frozenset(rest)
        elif line.startswith("? "):
            text, _, needed = line[2:].rpartition(" => ")
            names = frozenset((schema, name) for name in needed.split())
            questions.append(Question(text, names, "held-out" in flags, path.stem))
        elif line:
            tables.append(_table(line, schema, keys, declared="nofk" not in flags))
    known = {(table.schema, table.name) for table in tables}
    for question in questions:
        if not question.needed <= known:
            raise ValueError(f"{path.name}: unknown table in {question}")
    return Domain(tuple(tables), tuple(questions))


def _table(line: str, schema: str, keys: dict[str, str], *, declared: bool) -> Table:
    head, _, comment = line.partition(" : ")
    name, _, inside = head.partition("(")
    columns, primary, foreign, samples = [], [], [], {}
    for part in inside.rstrip(")").split(", "):
        match = COLUMN.fullmatch(part)
        if not match:
            raise ValueError(f"{part!r} of {name}")
        column = match["name"]
        columns.append(Column(column, kind(column), nullable=not match["key"]))
        if match["key"]:
            primary.append(column)
        if match["target"] and declared:
            target = match["target"]
            foreign.append(ForeignKey((column,), schema, target, (keys[target],)))
        if match["values"]:
            samples[column] = tuple(match["values"].split("|"))
    return Table(
        schema,
        name,
        "table",
        tuple(columns),
        tuple(primary),
        tuple(foreign),
        comment or None,
        None,
        samples,
    )


def kind(column: str) -> str:
    """Return a likely type for a column of that name."""
    return next((type for ends, type in KINDS if column.endswith(ends)), "varchar")


def copies(tables: tuple[Table, ...], dice: random.Random) -> Iterator[Table]:
    """Yield what people leave behind: none to three copies of each of *tables*, without keys."""
    for table in tables:
        for form in dice.sample(COPIES, dice.choice((0, 1, 2, 3))):
            name = form.format(table.name)
            name = name.upper() if table.name.isupper() else name
            yield table._replace(name=name, primary_key=(), foreign_keys=())


def flattened(
    schema: Schema, questions: tuple[Question, ...]
) -> tuple[Schema, tuple[Question, ...]]:
    """Return the same with every table in one schema; a name that was there twice is prefixed.

    So nobody can tell by the schema which tables belong together.
    """
    often = Counter(table.name.lower() for table in schema.tables)
    names = {
        (table.schema, table.name): f"{table.schema}_{table.name}"
        if often[table.name.lower()] > 1
        else table.name
        for table in schema.tables
    }
    tables = tuple(
        table._replace(
            schema=schema.default,
            name=names[table.schema, table.name],
            foreign_keys=tuple(
                key._replace(
                    schema=schema.default, table=names.get((key.schema, key.table), key.table)
                )
                for key in table.foreign_keys
            ),
        )
        for table in schema.tables
    )
    moved = [
        frozenset((schema.default, names[each]) for each in question.needed)
        for question in questions
    ]
    return Schema(tables, schema.default), tuple(
        question._replace(needed=needed) for question, needed in zip(questions, moved, strict=True)
    )


def catalogue(tables: int = 1000, seed: int = SEED) -> tuple[Schema, tuple[Question, ...]]:
    """Return a schema of exactly *tables* tables (at least 600) and the questions about it."""
    dice = random.Random(seed)
    domains = [domain(path) for path in sorted(DOMAINS.glob("*.txt"))]
    real = tuple(table for each in domains for table in each.tables)
    everything = [*real, *copies(real, dice)]
    if len(everything) > tables:
        raise ValueError(f"{len(everything)} tables at least")
    everything += departments(tables - len(everything), dice)
    dice.shuffle(everything)
    questions = tuple(question for each in domains for question in each.questions)
    return Schema(tuple(everything), "public"), questions
