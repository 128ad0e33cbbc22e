"""The `{{parameters}}` of a statement, found where the lexer says that a value may stand."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from core.connections.errors import ParameterMisnamed, ParameterMisplaced
from core.connections.lexer import BACKSLASHED, Kind, Token, tokens
from core.connections.records import Dialect

MOST = 1000
"""Placeholders in one statement."""
LONG = 200_000
"""Characters of a statement with placeholders."""
WORDS = 100_000
"""Words and signs of one, spaces counted: the parser takes a second for these, and heeds nobody."""
DEEP = 100
"""Parentheses within each other: the parser and we go a call deeper for each."""
LONGEST = 64
"""Characters of a name."""

SLOT = re.compile(r"\{\{([^{}]{0,200})\}\}")
ESCAPE_OR_SLOT = re.compile(r"\\.|\{\{([^{}]{0,200})\}\}", re.DOTALL)
STRUCT = re.compile(r"\{\{\s*(?:'|\"|[^\W\d]\w*\s*:)")
"""How `MAP {{'a': 1}: 2}` begins, on DuckDB."""
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
MYSQL_ESCAPES = {"b": "\b", "n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a"}
GLUE = re.compile(r"[\w$@#.]")

CLOSED = {
    Kind.COMMENT: "it stands in a comment, where the database would never see its value",
    Kind.NAME: "it stands in a quoted name, and only values can be parameters; write the name",
    Kind.CODED: "it stands in text that cannot take a value: write it as plain '…'",
    Kind.OPEN: "what begins before it never ends: a quote or a comment is not closed",
}


class Hole(NamedTuple):
    """A place that values go to: `{{x}}`, or a text with placeholders in it.

    Inside quotes the whole text, with the values in their places, is what will be bound: exactly
    what the literal would have been, so that `'{{year}}-01-01'` is as good a date as before.
    """

    token: int
    """Which token it is."""
    start: int
    end: int
    parts: tuple[str, ...]
    """Text and name in turn, text first and last."""
    quoted: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it takes."""
        return self.parts[1::2]


class Reading(NamedTuple):
    """A statement as one dialect reads it."""

    sql: str
    tokens: Sequence[Token]
    holes: tuple[Hole, ...]


def read(sql: str, dialect: Dialect) -> Reading:
    """Find the places for values in *sql*.

    Raises:
        ParameterMisnamed: a placeholder's name is no name.
        ParameterMisplaced: one stands where no value can, as far as the lexer can tell.
    """
    if len(sql) > LONG:
        raise ParameterMisplaced(f"A statement with parameters has at most {LONG:,} characters.")
    pieces = tokens(sql, dialect)
    if len(pieces) > WORDS:
        raise ParameterMisplaced(
            f"A statement with parameters has at most {WORDS:,} words and signs."
        )
    _shallow(sql, pieces)
    holes: list[Hole] = []
    many = 0
    for hole in _holes(sql, pieces, dialect):
        many += len(hole.names)
        if many > MOST:
            raise ParameterMisplaced(f"A statement has at most {MOST} placeholders, this one more.")
        holes.append(hole)
    if holes:
        for piece in pieces:
            if piece.kind is Kind.MARK:
                raise ParameterMisplaced(
                    f"{piece.text} ({place(sql, piece.start)}) is a placeholder of the database's "
                    "own; write every parameter as {{name}}"
                )
    return Reading(sql, pieces, tuple(holes))


def _shallow(sql: str, pieces: Sequence[Token]) -> None:
    """Refuse parentheses and brackets in each other beyond measure."""
    depth = 0
    for piece in pieces:
        if piece.text in {"(", "[", "{"}:
            depth += 1
            if depth > DEEP:
                raise ParameterMisplaced(
                    f"A statement with parameters has at most {DEEP} parentheses or brackets in "
                    f"each other; the one at {place(sql, piece.start)} is too deep."
                )
        elif piece.text in {")", "]", "}"} and depth:
            depth -= 1


def place(sql: str, at: int) -> str:
    """Say where the character *at* is, for people."""
    line = sql.count("\n", 0, at) + 1
    return f"line {line}, column {at - (sql.rfind(chr(10), 0, at) + 1) + 1}"


def misplaced(sql: str, at: int, name: str, why: str) -> NoReturn:
    """Refuse the placeholder *name* at *at*."""
    raise ParameterMisplaced(f"{{{{{name}}}}} ({place(sql, at)}): {why}.")


def _holes(sql: str, pieces: Sequence[Token], dialect: Dialect) -> Iterator[Hole]:
    braced = ((at, piece) for at, piece in enumerate(pieces) if "{" in piece.text)
    for at, piece in braced:
        if piece.kind is Kind.SLOT:
            name = _name(sql, piece.start, piece.text[2:-2])
            _alone(sql, pieces, at, name)
            yield Hole(at, piece.start, piece.end, ("", name, ""), quoted=False)
        elif piece.kind in {Kind.TEXT, Kind.ESCAPED}:
            if parts := _parts(sql, piece, dialect):
                if dialect in BACKSLASHED:
                    _plain(sql, pieces, at, parts[1])
                yield Hole(at, piece.start, piece.end, parts, quoted=True)
        elif piece.kind in CLOSED:
            for slot in SLOT.finditer(piece.text):
                name = slot[1].strip()
                if name.isidentifier():
                    misplaced(sql, piece.start + slot.start(), name, CLOSED[piece.kind])
        elif piece.text == "{":
            _closed(sql, piece.start, dialect)


def _closed(sql: str, at: int, dialect: Dialect) -> None:
    """Refuse two braces that begin neither a parameter nor, on DuckDB, a struct."""
    if not sql.startswith("{{", at) or (dialect is Dialect.DUCKDB and STRUCT.match(sql, at)):
        return
    raise ParameterMisnamed(
        f"{{{{ ({place(sql, at)}) opens a parameter that is never closed: write {{{{name}}}}"
    )


def _name(sql: str, at: int, inner: str) -> str:
    name = inner.strip()
    if name.isidentifier() and len(name) <= LONGEST:
        return name
    better = re.sub(r"\W+", "_", name).strip("_")
    try_ = f"; try {{{{{better}}}}}" if better.isidentifier() and len(better) <= LONGEST else ""
    raise ParameterMisnamed(
        f"{{{{{name}}}}} ({place(sql, at)}) is no parameter: its name has letters, digits and "
        f"underscores, a letter first{try_}"
    )


def _alone(sql: str, pieces: Sequence[Token], at: int, name: str) -> None:
    """Refuse a placeholder that is one word with what stands beside it, or a part of a name."""
    start, end = pieces[at].start, pieces[at].end
    before, after = sql[start - 1 : start], sql[end : end + 1]
    if GLUE.match(before) or GLUE.match(after):
        misplaced(sql, start, name, "it is part of a name there, and only values can be parameters")
    follows = _beside(pieces, at, 1)
    if follows is not None and follows.text == "(":
        misplaced(sql, start, name, "a function's name stands there; write the name")
    leads = _beside(pieces, at, -1)
    if leads is not None:
        if leads.text == "::":
            misplaced(sql, start, name, "a type stands there; write its name")
        if leads.kind is Kind.WORD and leads.text.lower() == "as":
            misplaced(sql, start, name, "a name or a type stands there; write it")
        if leads.kind is Kind.WORD and leads.text.lower() == "in":
            misplaced(sql, start, name, f"write IN ({{{{{name}}}}}), with parentheses")


def _beside(pieces: Sequence[Token], at: int, step: int) -> Token | None:
    """Return the nearest token after (1) or before (-1) the one at *at* that is no space."""
    at += step
    while 0 <= at < len(pieces) and pieces[at].kind is Kind.SPACE:
        at += step
    return pieces[at] if 0 <= at < len(pieces) else None


def _plain(sql: str, pieces: Sequence[Token], at: int, name: str) -> None:
    """Refuse a text that says how its bytes are to be read: `_latin1'…'`, `x"…"`."""
    before = pieces[at - 1] if at else None
    if before is None or before.kind is not Kind.WORD or before.end != pieces[at].start:
        return
    if before.text.startswith("_") or before.text.lower() in {"n", "x", "b"}:
        misplaced(sql, pieces[at].start, name, CLOSED[Kind.CODED])


def _parts(sql: str, piece: Token, dialect: Dialect) -> tuple[str, ...] | None:
    """Return a text's parts, unescaped, or None where it has no placeholder."""
    opening = 2 if piece.kind is Kind.ESCAPED else 1
    quote, body = piece.text[opening - 1], piece.text[opening:-1]
    escaped = piece.kind is Kind.ESCAPED or dialect in BACKSLASHED
    parts, last = [], 0
    for slot in (ESCAPE_OR_SLOT if escaped else SLOT).finditer(body):
        inner = slot[1]
        if inner is None or _is_array(inner):
            continue
        at = piece.start + opening + slot.start()
        name = _name(sql, at, inner)
        parts += [body[last : slot.start()], name]
        last = slot.end()
    if not parts:
        return None
    parts.append(body[last:])
    for number in range(0, len(parts), 2):
        text = parts[number]
        plain = text.replace(quote * 2, quote)
        parts[number] = _unescaped(sql, piece, text, quote, dialect) if escaped else plain
    return tuple(parts)


def _is_array(inner: str) -> bool:
    """Return whether `{{inner}}` is an array, as in `'{{1,2}}'`: no one names a parameter so."""
    return any(sign in inner for sign in ",\"'") or not (
        inner.isspace() or not inner or any(each.isalpha() or each == "_" for each in inner)
    )


def _unescaped(sql: str, piece: Token, text: str, quote: str, dialect: Dialect) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code is None:
            return quote
        if dialect in BACKSLASHED:
            return match[0] if code in "%_" else MYSQL_ESCAPES.get(code, str(code))
        if code in "uUx01234567":
            raise ParameterMisplaced(
                f"The text at {place(sql, piece.start)} has \\{code} beside a parameter; "
                "write the character itself"
            )
        return ESCAPES.get(code, str(code))

    return re.sub(rf"\\(.)|{quote}{quote}", one, text, flags=re.DOTALL)
