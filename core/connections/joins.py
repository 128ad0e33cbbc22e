"""How tables hang together: by the keys a database declares, and by those its names suggest."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from core.connections.driver import TableName
from core.connections.records import Schema, Table
from core.connections.words import listed

IDS = frozenset({"id", "key", "fk", "code", "cd", "no", "nr", "num", "ref", "uuid", "guid", "sk"})
"""Last words of a column that may point at another table."""
FILLERS = listed(
    "tbl tb tab t table dim fact fct dw vw v mst mstr master rec record data info list"
)
"""Stems of a table's name that say what kind of table it is, not what is in it."""
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

    def __init__(self, schema: Schema, stems: Callable[[str], Sequence[str]]) -> None:
        """Read the keys of *schema*; *stems* takes a name apart."""
        self._schema = schema
        self._stems = stems
        self._roots: dict[str, tuple[str, ...]] = {}
        self.by_table: dict[int, list[tuple[int, Join]]] = defaultdict(list)
        self.incoming = [0] * len(schema.tables)
        """How many joins point at each table."""
        at = {(table.schema, table.name): n for n, table in enumerate(schema.tables)}
        for n, table in enumerate(schema.tables):
            for key in table.foreign_keys:
                target = at.get((key.schema, key.table))
                if target is not None:
                    self._add(n, target, key.columns, key.targets, declared=True)
        self._suggest()

    def _add(
        self,
        left: int,
        right: int,
        columns: tuple[str, ...],
        targets: tuple[str, ...],
        *,
        declared: bool,
    ) -> None:
        one, other = self._schema.tables[left], self._schema.tables[right]
        join = Join((one.schema, one.name), columns, (other.schema, other.name), targets, declared)
        self.incoming[right] += 1
        self.by_table[left].append((right, join))
        if left != right:
            self.by_table[right].append((left, join))

    def _suggest(self) -> None:
        """Add what names suggest: `customer_id` points at `customers.id` or `cust.customer_id`.

        A table that has all columns of another's key of several columns points at it too.
        """
        by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
        by_name: dict[tuple[str, tuple[str, ...]], int] = {}
        by_part: dict[tuple[str, str], list[int]] = defaultdict(list)
        for n, table in enumerate(self._schema.tables):
            if len(table.primary_key) == 1:
                by_key[table.schema, table.primary_key[0].lower()].append(n)
                terms = tuple(term for term in self._stems(table.name) if term not in FILLERS)
                by_name.setdefault((table.schema, terms), n)
            else:
                for column in table.primary_key:
                    by_part[table.schema, column.lower()].append(n)
        for n, table in enumerate(self._schema.tables):
            pointed = {column for key in table.foreign_keys for column in key.columns}
            pointed.update(table.primary_key if len(table.primary_key) == 1 else ())
            for name in (column.name for column in table.columns if column.name not in pointed):
                if root := self._root(name):
                    owners = by_key.get((table.schema, name.lower()), ())
                    target = owners[0] if len(owners) == 1 else by_name.get((table.schema, root))
                    if target is not None and target != n:
                        key = self._schema.tables[target].primary_key
                        self._add(n, target, (name,), key, declared=False)
            self._suggest_by_parts(n, by_part)

    def _suggest_by_parts(self, n: int, by_part: Mapping[tuple[str, str], Sequence[int]]) -> None:
        table = self._schema.tables[n]
        own = {column.name.lower(): column.name for column in table.columns}
        parts = Counter(
            other for name in own for other in by_part.get((table.schema, name), ())[:CROWD]
        )
        for other, count in parts.items():
            key = self._schema.tables[other].primary_key
            if count == len(key) and other != n and not self._joined(n, other):
                columns = tuple(own[column.lower()] for column in key)
                self._add(n, other, columns, key, declared=False)

    def _root(self, column: str) -> tuple[str, ...]:
        """Return what a column that ends like a key points at: customer of `customer_id`."""
        if column not in self._roots:
            terms = self._stems(column)
            is_key = len(terms) > 1 and terms[-1] in IDS
            self._roots[column] = tuple(terms[:-1]) if is_key else ()
        return self._roots[column]

    def _joined(self, one: int, other: int) -> bool:
        return any(each == other for each, _ in self.by_table.get(one, ()))

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
            if root(one) == root(other):
                continue
            if (bridge := self.bridge(near[one], near[other])) is not None:
                found[near[one][bridge]] = None
                found[near[other][bridge]] = None
                joined[root(one)] = root(other)
        return tuple(found)

    def bridge(self, one: Collection[int], other: Collection[int]) -> int | None:
        """Return the table through which two are joined: a neighbour of both, with few others.

        Args:
            one: the neighbours of the one.
            other: the neighbours of the other.
        """
        shared = [each for each in one if each in other]
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
