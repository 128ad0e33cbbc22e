"""sqlglot on a leash: what it tries in vain is bounded, or thirty words could take it a year.

Its parser goes back and tries another way where it meets what it did not expect, at every level
again: `(UNION (UNION (…` and `STRUCT(STRUCT(…` take twice the time for each level. Nothing stops
its compiled twin, which lets no other thread run either; its Python sources can be counted along.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import SQLGLOTC_INSTALLED
from typing_extensions import override

if SQLGLOTC_INSTALLED:
    raise ImportError(
        "sqlglot's compiled twin cannot be stopped once it is lost in a statement: "
        "remove it with pip uninstall sqlglotc."
    )

STEPS = 20
"""Times that a token may be looked at, on average; an honest statement needs one or two."""
SPARE = 2000
"""Steps that a statement has in any case."""
CHAIN = 50
"""Dots and subscripts in a row, `a[1].b[2].f()`; each copies all before it."""


class Tangled(Exception):
    """The statement is too intricate to be read; name its inner parts with WITH."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(type(self).__doc__)


def parse(sql: str, grammar: str) -> list[exp.Expr | None]:
    """Return the trees of *sql*, as sqlglot's dialect *grammar* reads it.

    Raises:
        Tangled: it is too intricate.
        sqlglot.errors.SqlglotError: it cannot be read.
        RecursionError: it is too deep.
    """
    dialect = Grammar.get_or_raise(grammar)
    tokens = dialect.tokenize(sql)
    _unchained(tokens)
    parser = _leashed(grammar)(dialect=dialect)
    parser.steps = STEPS * len(tokens) + SPARE
    trees: list[exp.Expr | None] = parser.parse(tokens, sql)
    return trees


@cache
def _leashed(grammar: str) -> Any:
    kind = Grammar.get_or_raise(grammar).parser_class
    return type(f"Leashed{kind.__name__}", (_Leash, kind), {})


class _Leash(Parser):
    """A parser that counts its steps."""

    steps = SPARE

    @override
    def _advance(self, times: int = 1) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Tangled
        super()._advance(times)

    @override
    def _warn_unsupported(self) -> None:
        """Say nothing: what it takes for a command, the policy refuses aloud."""


_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})


def _unchained(tokens: Sequence[Token]) -> None:
    """Refuse long chains; one ends where something else than a dot or a parenthesis follows."""
    links = [0]
    before = TokenType.SEMICOLON
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            links[-1] += kind is TokenType.L_BRACKET
            links.append(0)
        elif kind in _CLOSING:
            links = links[:-1] or [0]
        elif kind is TokenType.DOT:
            links[-1] += 1
        elif before is not TokenType.DOT:
            links[-1] = 0
        if links[-1] > CHAIN:
            raise Tangled
        before = kind
