"""What would work instead: the nearest real names, the missing join, the dialect's own way."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from core.connections.complaints import Complaint, Fault
from core.connections.habits import found as habits
from core.connections.lexer import Kind
from core.connections.nearest import nearest
from core.connections.quoting import RESERVED, written
from core.connections.records import Dialect, Schema, Table
from core.connections.scope import Scope, arguments, bare, lookup
from core.connections.ways import ways

COLUMNS = 40
"""Columns of a table, or tables, that are listed where none comes near."""
UNITS = frozenset(
    {
        f"{unit}{plural}"
        for unit in ("year", "quarter", "month", "week", "day")
        for plural in ("", "s")
    }
    | {f"{unit}{plural}" for unit in ("hour", "minute", "second") for plural in ("", "s")}
)
LITERALS = frozenset({"INTERVAL", "DATE", "TIMESTAMP"})
"""Words that SQLite takes for columns, as it has no such literals."""
STAYS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.AGGREGATE: "filter aggregates with HAVING after GROUP BY, nest them by a subquery",
        Fault.WINDOW: "compute the window function in a subquery and filter outside of it",
        Fault.VALUE: "compare with a value of the column's type, or CAST one side",
        Fault.DIVISION: "divide by NULLIF(x, 0)",
        Fault.COUNTS: "give both sides the same number of columns; NULL AS name fills a gap",
    }
)
"""Advice that is the same whatever the statement is."""
FOREIGN_SYNTAX = frozenset({Fault.SYNTAX, Fault.TYPE, Fault.FUNCTION, Fault.OPERATOR, Fault.COLUMN})
FOREIGN_FUNCTIONS = frozenset({Fault.SYNTAX, Fault.FUNCTION, Fault.COLUMN})


class Adviser:
    """Knows a statement, its dialect and the schema it is meant for."""

    def __init__(self, names: Scope, dialect: Dialect, schema: Schema | None) -> None:
        """Advise on the statement whose *names* are given."""
        self._names = names
        self._dialect = dialect
        self._schema = schema
        self._ways = ways()[dialect]
        self._by_fault: dict[Fault, Callable[[Complaint, int], Iterator[str]]] = {
            Fault.COLUMN: self._column,
            Fault.ALIAS: lambda said, _: self._alias(bare(said.name), ""),
            Fault.TABLE: lambda said, _: self._table(said.name),
            Fault.AMBIGUOUS: self._ambiguous,
            Fault.UNGROUPED: self._ungrouped,
            Fault.FUNCTION: lambda said, _: self._function(said.name),
            Fault.OPERATOR: self._operator,
            Fault.SYNTAX: self._reserved,
        }

    def advise(self, said: Complaint, at: int) -> Iterator[str]:
        """Yield what would work, the likeliest first.

        Args:
            said: what the database complains of.
            at: where in the statement, from 0.
        """
        fault = said.fault
        if fault in STAYS:
            yield STAYS[fault]
        elif fault in self._by_fault:
            yield from self._by_fault[fault](said, at)
        if fault in FOREIGN_SYNTAX:
            findings = habits(self._names.tokens, self._dialect)
            for finding in sorted(findings, key=lambda each: abs(each.start - at)):
                yield finding.advice
        if fault in FOREIGN_FUNCTIONS:
            yield from self._foreign(but=said.name)
        if fault in {Fault.COLUMN, Fault.ALIAS}:
            yield from self._others(said.name)

    # Columns

    def _column(self, said: Complaint, at: int) -> Iterator[str]:
        *_, qualifier, last = ("", *(bare(part) for part in said.name.split(".")))
        called = qualifier.lower()
        names = self._names
        if called and called not in names.tables and called not in names.made:
            yield from self._alias(qualifier, last)
            return
        if last.upper() in LITERALS:
            return
        if not called and (way := self._not_a_column(last)):
            yield way
            return
        if not called and last.lower() in names.made:
            yield (
                f"the name {last} comes from the SELECT list: repeat the expression, or filter in "
                "an outer SELECT"
            )
            return
        if last.isdecimal():
            return
        own = names.tables.get(called)
        tables = (own,) if own else names.known
        derived = called if called in names.made else self._derived()
        if not own and derived and (called or self._has(last)):
            yield f"add {last} to the SELECT that makes {derived}, which has no such column"
            return
        if self._in_quotes(last, at):
            yield f"text stands in single quotes: '{last}'"
        if near := self._nearest(last, tables):
            yield f"did you mean {' or '.join(near)}"
        yield from self._elsewhere(last)
        if not near and tables:
            yield from (self._listed(table) for table in tables[:2])

    def _derived(self) -> str:
        """Return the first table of FROM that the statement makes itself."""
        names = self._names
        made = (each for each, table in names.tables.items() if not table and each in names.made)
        return next(made, "")

    def _has(self, column: str) -> bool:
        """Return whether a table that is read has the column."""
        lower = column.lower()
        return any(
            lower == each.name.lower() for table in self._names.known for each in table.columns
        )

    def _nearest(self, name: str, tables: Sequence[Table]) -> tuple[str, ...]:
        owners: dict[str, Table] = {}
        for table in tables:
            for column in table.columns:
                owners.setdefault(column.name, table)
        return tuple(self._qualified(owners[each], each) for each in nearest(name, owners))

    def _qualified(self, table: Table, column: str) -> str:
        return f"{self._called(table)}.{self._written(column)}"

    def _called(self, table: Table) -> str:
        """Return what the statement calls *table*, with the capitals of the catalogue."""
        aliases = (alias for alias, each in self._names.tables.items() if each is table)
        alias = next(aliases, table.name.lower())
        return self._written(table.name if alias == table.name.lower() else alias)

    def _listed(self, table: Table) -> str:
        columns = [self._written(column.name) for column in table.columns]
        more = f" and {len(columns) - COLUMNS} more" if len(columns) > COLUMNS else ""
        return f"the columns of {self._called(table)} are {', '.join(columns[:COLUMNS])}{more}"

    def _in_quotes(self, name: str, at: int) -> bool:
        """Return whether the statement has *name* in double quotes, as if it were text."""
        if self._dialect not in {Dialect.POSTGRESQL, Dialect.DUCKDB}:
            return False
        tokens = self._names.tokens
        return any(
            token.kind is Kind.NAME
            and token.text == f'"{name}"'
            and token.start == at
            and tokens[n - 1].text in {"=", "(", ",", "<", ">", "LIKE", "ILIKE", "like", "ilike"}
            for n, token in enumerate(tokens)
        )

    def _not_a_column(self, name: str) -> str:
        """Return what to write for DATEDIFF(day, …) or SYSDATE, which were taken for columns."""
        tokens, lower = self._names.tokens, name.lower()
        for n, token in enumerate(tokens[2:], 2):
            if token.text.lower() == lower and tokens[n - 1].text == "(":
                function = tokens[n - 2].text.lower()
                if function in self._ways and (lower in UNITS or function == "convert"):
                    return self._instead(function)
        if lower in self._ways and lower not in self._names.functions and lower not in UNITS:
            return self._instead(lower)
        return ""

    def _elsewhere(self, name: str) -> Iterator[str]:
        """Say which neighbour of the tables that are read has the column, and how to join it."""
        here = {(table.schema, table.name) for table in self._names.known}
        for table in self._names.known:
            for other, condition in self._neighbours(table):
                columns = {column.name.lower(): column.name for column in other.columns}
                if name.lower() in columns and (other.schema, other.name) not in here:
                    own = self._written(columns[name.lower()])
                    yield f"there is {self._full(other)}.{own}: {self._joined(other, condition)}"
                    return

    def _neighbours(self, table: Table) -> Iterator[tuple[Table, str]]:
        for other in self._schema.tables if self._schema else ():
            for key in table.foreign_keys:
                if (key.schema, key.table) == (other.schema, other.name):
                    yield other, self._on(table, key.columns, other, key.targets)
            for key in other.foreign_keys:
                if (key.schema, key.table) == (table.schema, table.name):
                    yield other, self._on(table, key.targets, other, key.columns)

    def _on(self, left: Table, columns: Sequence[str], right: Table, others: Sequence[str]) -> str:
        target = self._written(right.name)
        return " AND ".join(
            f"{self._qualified(left, one)} = {target}.{self._written(other)}"
            for one, other in zip(columns, others, strict=False)
        )

    def _joined(self, table: Table, condition: str) -> str:
        return f"JOIN {self._full(table)} ON {condition}"

    def _ambiguous(self, said: Complaint, _at: int) -> Iterator[str]:
        last = bare(said.name.rpartition(".")[2]).lower()
        choices = [
            self._qualified(table, column.name)
            for table in self._names.known
            for column in table.columns
            if column.name.lower() == last
        ]
        if choices:
            yield f"write {' or '.join(choices)}"

    @staticmethod
    def _ungrouped(said: Complaint, _at: int) -> Iterator[str]:
        column = said.name.replace('"', "")
        yield f"add {column} to GROUP BY, or aggregate it: MAX({column})"

    def _others(self, name: str) -> Iterator[str]:
        """Say which other `table.column` of the statement does not exist either."""
        for reference in self._names.references:
            table = self._names.tables.get(reference.table.lower())
            if table is None or name.lower().endswith(reference.column.lower()):
                continue
            if reference.column.lower() not in {column.name.lower() for column in table.columns}:
                near = self._nearest(reference.column, (table,))
                meant = f": {' or '.join(near)}" if near else ""
                yield f"nor is there {reference.table}.{reference.column}{meant}"

    # Tables

    def _alias(self, name: str, column: str) -> Iterator[str]:
        """Say what to call a table that FROM does not have under this name."""
        names = self._names
        table = lookup(name, self._schema)
        here = next((alias for alias, each in names.tables.items() if each and each is table), "")
        if here:
            yield f"FROM calls {name} {here}: write {here}.{column or 'column'}"
            return
        if table is not None:
            for known in names.known:
                for other, condition in self._neighbours(known):
                    if other is table:
                        yield f"add {self._joined(table, condition)}"
                        return
            yield f"add {self._full(table)} to FROM"
            return
        if names.tables:
            yield f"FROM has {', '.join(names.tables)}"
        if column and (columns := self._nearest(column, names.known)):
            yield f"did you mean {' or '.join(columns)}"

    def _table(self, name: str) -> Iterator[str]:
        wanted = bare(name.rpartition(".")[2])
        if wanted.lower() in self._ways:
            yield self._instead(wanted.lower())
            return
        if self._schema is None:
            return
        if (table := lookup(wanted, self._schema)) is not None:
            yield f"write {self._full(table)}"
            return
        by_name: dict[str, list[Table]] = {}
        for each in self._schema.tables:
            by_name.setdefault(each.name, []).append(each)
        near = [self._full(each) for one in nearest(wanted, by_name) for each in by_name[one]]
        if near:
            yield f"did you mean {' or '.join(near[:3])}"
        elif len(by_name) <= COLUMNS:
            yield f"the tables are {', '.join(map(self._written, by_name))}"
        else:
            yield "search_schema finds the tables that a question is about"

    def _full(self, table: Table) -> str:
        own = self._written(table.name)
        usual = self._schema is not None and table.schema == self._schema.default
        return own if usual else f"{self._written(table.schema)}.{own}"

    def _written(self, name: str) -> str:
        return written(name, self._dialect)

    def _reserved(self, said: Complaint, _at: int) -> Iterator[str]:
        """Say to quote a reserved word that is a table's name, or what comes near it."""
        word = re.match(r"\w*", said.near or "")
        name = word[0].lower() if word else ""
        tokens = self._names.tokens
        before = {
            tokens[n - 1].text.upper()
            for n, token in enumerate(tokens)
            if n and token.text.lower() == name
        }
        if name not in RESERVED or self._schema is None or before.isdisjoint({"FROM", "JOIN"}):
            return
        table = lookup(name, self._schema)
        near = nearest(name, [each.name for each in self._schema.tables])
        if table is not None:
            yield f"{name} is a reserved word: write {self._written(table.name)}"
        elif near:
            yield f"did you mean {' or '.join(map(self._written, near))}"

    # Functions and operators

    def _function(self, name: str) -> Iterator[str]:
        if name.lower() in self._ways:
            yield self._instead(name.lower())

    def _foreign(self, *, but: str) -> Iterator[str]:
        """Say what to write for the other functions of the statement that are not there either."""
        for function in self._names.functions:
            way = self._ways.get(function)
            # What is there with other arguments, such as datediff, is no fault by itself.
            if way and function != but.lower() and f"{function}(" not in way.expression.lower():
                yield self._instead(function)

    def _instead(self, function: str) -> str:
        """Return what to write for a *function* of another dialect, with its own arguments."""
        way = self._ways[function].of(arguments(self._names, function))
        return f"for {function.upper()}{' write' if way.expression else ':'} {way}"

    def _operator(self, said: Complaint, _at: int) -> Iterator[str]:
        operands = said.name
        if "+" in operands and re.search(r"char|text", operands, re.IGNORECASE):
            yield "join text with ||"
        elif "boolean" in operands.lower():
            yield "compare truth with TRUE or FALSE, not with numbers"
        elif "->" in operands:
            yield "cast to json first: x::jsonb ->> 'key'"
        elif "==" in operands:
            return
        elif re.search(r"(?:date|time)[^+-]* ?[-+] ?(?:integer|.*INTEGER)|^-\(", operands):
            yield "add and subtract intervals: x - INTERVAL '1 day'"
        else:
            yield "both sides need one type: CAST one of them"
