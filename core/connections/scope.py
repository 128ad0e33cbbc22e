"""What a statement names, told from its tokens alone: a statement that fails may not parse."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from typing_extensions import override

from core.connections.lexer import Kind, Token, tokens
from core.connections.quoting import RESERVED
from core.connections.records import Dialect, Schema, Table

UNSEEN = frozenset({Kind.SPACE, Kind.COMMENT})
NAMES = frozenset({Kind.WORD, Kind.NAME})
NO_ALIAS = RESERVED | frozenset(
    {"as", "on", "using", "cross", "natural", "join", "inner", "outer", "apply", "tablesample"}
    | {"filter", "over", "within", "and", "or", "asc", "desc", "nulls", "from", "then", "end"}
    | {"asof", "positional", "semi", "anti", "straight_join", "use", "force", "ignore", "sample"}
)
"""Words that no table is called by without quotes."""


class Reference(NamedTuple):
    """`alias.column` in a statement, as it is written without quotes, and where, from 0."""

    table: str
    column: str
    start: int


class Scope(NamedTuple):
    """The names of a statement."""

    tokens: tuple[Token, ...]
    """Without space and comments."""
    tables: Mapping[str, Table | None]
    """By what the statement calls them, in lower case; None for those of no known table."""
    made: frozenset[str]
    """Names that it gives itself, in lower case: WITH … AS, and AS …."""
    functions: Mapping[str, int]
    """What it calls, in lower case, and where first, from 0."""
    references: tuple[Reference, ...]

    @property
    def known(self) -> tuple[Table, ...]:
        """The tables that it reads and that are known, each once."""
        return tuple(
            {(each.schema, each.name): each for each in self.tables.values() if each}.values()
        )


def scope(sql: str, dialect: Dialect, schema: Schema | None) -> Scope:
    """Return what *sql* names; tables are looked up in *schema*."""
    seen = tuple(token for token in tokens(sql, dialect) if token.kind not in UNSEEN)
    by_name: dict[str, list[Table]] = {}
    for table in schema.tables if schema else ():
        by_name.setdefault(table.name.lower(), []).append(table)
    tables: dict[str, Table | None] = {}
    made = set()
    functions: dict[str, int] = {}
    references = []
    at = 0
    while at < len(seen):
        token = seen[at]
        word = token.text.lower()
        if word in {"from", "join"} and token.kind is Kind.WORD:
            tables.update(_sources(seen, at + 1, by_name, schema))
        elif word == "as" and _is_name(seen, at + 1):
            made.add(bare(seen[at + 1].text).lower())
        elif token.kind in NAMES:
            if _text(seen, at + 1) == "(" and token.kind is Kind.WORD:
                functions.setdefault(word, token.start)
            elif (_text(seen, at + 1) == "as" and _text(seen, at + 2) == "(") or (
                at and seen[at - 1].text == ")" and word not in NO_ALIAS
            ):
                made.add(bare(token.text).lower())
            elif _text(seen, at + 1) == "." and _is_name(seen, at + 2):
                if _text(seen, at + 3) not in {".", "("} and (not at or seen[at - 1].text != "."):
                    owner, column = bare(token.text), bare(seen[at + 2].text)
                    references.append(Reference(owner, column, token.start))
                at += 2
        at += 1
    return Scope(seen, tables, frozenset(made), functions, tuple(references))


def bare(name: str) -> str:
    """Return a name without its quotes."""
    if len(name) > 1 and name[0] in '"`[' and name[-1] in '"`]':
        close = name[-1]
        return name[1:-1].replace(close * 2, close)
    return name


def arguments(names: Scope, function: str) -> list[str]:
    """Return the arguments of the first call of *function*, as the statement has them."""
    tokens = names.tokens
    start = names.functions.get(function)
    first = next((n + 2 for n, token in enumerate(tokens) if token.start == start), len(tokens))
    depth, found, last = 0, [""], -1
    for token in tokens[first:]:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth < 0:
            break
        if token.text == "," and not depth:
            found.append("")
        else:
            apart = " " if found[-1] and token.start > last else ""
            found[-1] += f"{apart}{token.text}"
        last = token.end
    return [each for each in found if each]


def lookup(name: str, schema: Schema | None) -> Table | None:
    """Return the table that a statement calls *name*, `orders` or `shop.orders`, any case."""
    if schema is None:
        return None
    where, _, last = name.rpartition(".")
    fits = [
        table
        for table in schema.tables
        if table.name.lower() == last.lower()
        and (not where or table.schema.lower() == where.rpartition(".")[2].lower())
    ]
    usual = [table for table in fits if table.schema == schema.default]
    return next(iter(usual or fits), None)


def _sources(
    seen: Sequence[Token], at: int, by_name: Mapping[str, list[Table]], schema: Schema | None
) -> dict[str, Table | None]:
    """Return the tables of one FROM or JOIN, commas included, by what they are called."""
    found: dict[str, Table | None] = {}
    while _is_name(seen, at):
        names = [bare(seen[at].text)]
        at += 1
        while _text(seen, at) == "." and _is_name(seen, at + 1):
            names.append(bare(seen[at + 1].text))
            at += 2
        if _text(seen, at) == "(":
            break
        fits = by_name.get(names[-1].lower(), [])
        if len(names) > 1:
            fits = [each for each in fits if each.schema.lower() == names[-2].lower()]
        usual = [each for each in fits if schema and each.schema == schema.default]
        table = next(iter(usual or fits), None)
        if _text(seen, at) == "as":
            at += 1
        called = names[-1]
        if _is_name(seen, at) and seen[at].text.lower() not in NO_ALIAS:
            called = bare(seen[at].text)
            at += 1
        found[called.lower()] = table
        if _text(seen, at) != ",":
            break
        at += 1
    return found


def _text(seen: Sequence[Token], at: int) -> str:
    return seen[at].text.lower() if at < len(seen) else ""


def _is_name(seen: Sequence[Token], at: int) -> bool:
    return at < len(seen) and seen[at].kind in NAMES


class Place(NamedTuple):
    """A place in a statement: line and column from 1, and what stands there."""

    line: int
    column: int
    excerpt: str

    @override
    def __str__(self) -> str:
        """Return it for a person."""
        return f"line {self.line}, column {self.column}: {self.excerpt}"


AROUND = 60
"""Characters of a line that are shown before and after a place."""


def place(sql: str, position: int) -> Place:
    """Return the place of the character *position* of *sql*, counted from 1."""
    at = min(max(position - 1, 0), len(sql))
    start = sql.rfind("\n", 0, at) + 1
    end = sql.find("\n", at)
    end = len(sql) if end < 0 else end
    left, right = max(start, at - AROUND), min(end, at + AROUND)
    text = re.sub(r"\s+", " ", sql[left:right]).strip()
    excerpt = f"{'…' if left > start else ''}{text}{'…' if right < end else ''}"
    return Place(sql.count("\n", 0, at) + 1, at - start + 1, excerpt)
