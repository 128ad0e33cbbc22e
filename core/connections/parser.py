"""sqlglot on a leash: what it tries in vain is bounded, or thirty words could take it a year.

Its parser goes back and tries another way where it meets what it did not expect, at every level
again: `(UNION (UNION (…` and `STRUCT(STRUCT(…` take twice the time for each level. Nothing stops
its compiled twin, which lets no other thread run either; its Python sources can be counted along.
"""

from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar
from sqlglot.parser import Parser
from sqlglot.tokens import SQLGLOTC_INSTALLED
from typing_extensions import override

COMPILED: bool = SQLGLOTC_INSTALLED
"""Whether the parser is the compiled one, which only counts the nodes it makes."""
STEPS = 20
"""Times that a token may be looked at, on average; an honest statement needs one or two."""
NODES = 20
"""Nodes that may be made for each token, on average; the same."""
SPARE = 5000
"""Steps that a statement has in any case."""


class Tangled(Exception):
    """The parser has tried too many ways to read a statement."""


def parse(sql: str, grammar: str) -> list[exp.Expr | None]:
    """Return the trees of *sql*, as sqlglot's dialect *grammar* reads it.

    Raises:
        Tangled: it is too intricate.
        sqlglot.errors.SqlglotError: it cannot be read.
        RecursionError: it is too deep.
    """
    dialect = Grammar.get_or_raise(grammar)
    tokens = dialect.tokenize(sql)
    parser = _leashed(grammar)(dialect=dialect, max_nodes=NODES * len(tokens) + SPARE)
    if not COMPILED:
        parser.steps = STEPS * len(tokens) + SPARE
    trees: list[exp.Expr | None] = parser.parse(tokens, sql)
    return trees


@cache
def _leashed(grammar: str) -> Any:
    kind = Grammar.get_or_raise(grammar).parser_class
    return kind if COMPILED else type(f"Leashed{kind.__name__}", (_Leash, kind), {})


class _Leash(Parser):
    """A parser that counts its steps."""

    steps = SPARE

    @override
    def _advance(self, times: int = 1) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Tangled("The statement is too intricate to be read.")
        super()._advance(times)
