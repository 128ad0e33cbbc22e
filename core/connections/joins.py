"""How tables hang together: by the keys a database declares, and by those its names suggest."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

from core.connections.driver import TableName
from core.connections.records import Schema, Table
from core.connections.words import split, stem

IDS = frozenset({"id", "key", "fk", "code", "cd", "no", "nr", "num", "ref", "uuid", "guid", "sk"})
"""Last words of a column that may point at another table."""
PREFIXES = frozenset({"tbl", "tb", "t", "dim", "fact", "fct", "dw", "vw", "v", "mst", "mstr"})
"""Words of a table's name that say what kind of table it is, not what is in it."""
CROWD = 40
"""A table with more neighbours than this bridges nothing in particular."""


class Join(NamedTuple):
    """Columns of one table that point at another's, in the same order."""

    left: TableName
    left_columns: tuple[str, ...]
    right: TableName
    right_columns: tuple[str, ...]
    declared: bool
    """False where only the names suggest it."""


class Relations:
    """Every join of a schema, by table."""

    def __init__(self, schema: Schema, words: Callable[[str], Sequence[str]] = split) -> None:
        """Read the keys of *schema*; *words* takes a name apart."""
        self.by_table: dict[int, list[tuple[int, Join]]] = defaultdict(list)
        self.incoming = [0] * len(schema.tables)
        """How many joins point at each table."""
        at = {(table.schema, table.name): n for n, table in enumerate(schema.tables)}
        for n, table in enumerate(schema.tables):
            for key in table.foreign_keys:
                target = at.get((key.schema, key.table))
                if target is not None:
                    there = (key.schema, key.table)
                    self._add(
                        n,
                        target,
                        Join((table.schema, table.name), key.columns, there, key.targets, True),
                    )
        self._suggest(schema, words)

    def _add(self, one: int, other: int, join: Join) -> None:
        self.incoming[other] += 1
        self.by_table[one].append((other, join))
        if one != other:
            self.by_table[other].append((one, join))

    def _suggest(self, schema: Schema, words: Callable[[str], Sequence[str]]) -> None:
        """Add what names suggest: `customer_id` points at `customers.id` or `cust.customer_id`."""
        by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
        by_name: dict[tuple[str, tuple[str, ...]], int] = {}
        for n, table in enumerate(schema.tables):
            if len(table.primary_key) == 1:
                by_key[table.schema, table.primary_key[0].lower()].append(n)
                name = tuple(stem(word) for word in words(table.name) if word not in PREFIXES)
                by_name.setdefault((table.schema, name), n)
        roots: dict[str, tuple[str, ...]] = {}
        for n, table in enumerate(schema.tables):
            pointed = {column for key in table.foreign_keys for column in key.columns}
            own = table.primary_key if len(table.primary_key) == 1 else ()
            for column in table.columns:
                name = column.name
                if name in pointed or name in own:
                    continue
                if name not in roots:
                    parts = words(name)
                    is_id = len(parts) > 1 and parts[-1] in IDS
                    roots[name] = tuple(stem(part) for part in parts[:-1]) if is_id else ()
                root = roots[name]
                if not root:
                    continue
                owners = by_key.get((table.schema, name.lower()), ())
                target = owners[0] if len(owners) == 1 else by_name.get((table.schema, root))
                if target is not None and target != n:
                    there = schema.tables[target]
                    self._add(
                        n,
                        target,
                        Join(
                            (table.schema, table.name),
                            (name,),
                            (there.schema, there.name),
                            there.primary_key,
                            False,
                        ),
                    )

    def neighbours(self, table: int) -> dict[int, Join]:
        """Return the tables that *table* is joined with, and how; declared keys first."""
        found: dict[int, Join] = {}
        for other, join in self.by_table.get(table, ()):
            if other not in found or (join.declared and not found[other].declared):
                found[other] = join
        return found

    def between(self, tables: Sequence[int]) -> tuple[Join, ...]:
        """Return how *tables* are joined: each with each, else through one bridging table."""
        near = {table: self.neighbours(table) for table in tables}
        found: dict[Join, None] = {}
        joined = {table: table for table in tables}

        def root(table: int) -> int:
            while joined[table] != table:
                table = joined[table]
            return table

        for one, other in combinations(tables, 2):
            if join := near[one].get(other):
                found[join] = None
                joined[root(one)] = root(other)
        for one, other in combinations(tables, 2):
            if root(one) != root(other) and (bridge := self.bridge(one, other, near)) is not None:
                found[near[one][bridge]] = None
                found[near[other][bridge]] = None
                joined[root(one)] = root(other)
        return tuple(found)

    def bridge(self, one: int, other: int, near: dict[int, dict[int, Join]]) -> int | None:
        """Return the table through which two are joined, the one with the fewest neighbours."""
        shared = [
            each for each in near[one] if each in near[other] and each not in {one, other}
        ]
        best = min(shared, key=lambda each: len(self.by_table[each]), default=None)
        return None if best is None or len(self.by_table[best]) > CROWD else best


def keys(table: Table, joins: Sequence[Join]) -> frozenset[str]:
    """Return the columns of *table* that are its primary key or take part in *joins*."""
    name = (table.schema, table.name)
    found = set(table.primary_key)
    for join in joins:
        if join.left == name:
            found.update(join.left_columns)
        if join.right == name:
            found.update(join.right_columns)
    return frozenset(found)
