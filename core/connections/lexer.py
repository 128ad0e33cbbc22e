"""SQL as tokens, by each dialect's own rules: what is text, what is a name, what is a comment.

Unlike a parser this never refuses and never changes anything: the tokens' texts put together are
the statement. It is only as wide as `{{parameters}}` need it.
"""

import re
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from core.connections.records import Dialect

NESTING = frozenset({Dialect.POSTGRESQL, Dialect.DUCKDB})
"""Where a comment inside a comment has its own end."""
NUMBERED = frozenset({Dialect.POSTGRESQL, Dialect.DUCKDB})
"""Where placeholders are `$1`, `$2`; elsewhere they are `?`."""
BACKSLASHED = frozenset({Dialect.MYSQL, Dialect.MARIADB})
"""Where a backslash in text escapes, text may stand in double quotes, and `#` begins a comment."""


class Kind(Enum):
    """What a token is."""

    SPACE = auto()
    COMMENT = auto()
    SLOT = auto()
    """`{{…}}` outside of any quotes."""
    TEXT = auto()
    """`'…'`, and `"…"` on MySQL."""
    ESCAPED = auto()
    """`E'…'`."""
    CODED = auto()
    """Text of which no part can be a value: `X'…'`, `U&'…'`, `N'…'`, `$$…$$`."""
    NAME = auto()
    """A quoted identifier."""
    WORD = auto()
    NUMBER = auto()
    MARK = auto()
    """A placeholder of the dialect's own: `$1`, `?`, `:name`."""
    SIGN = auto()
    OPEN = auto()
    """What begins and never ends: text, a name or a comment."""


KINDS: dict[str | None, Kind] = {kind.name: kind for kind in Kind}


class Token(NamedTuple):
    """A piece of a statement and where it begins, counted from 0."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + len(self.text)


# No pattern gives anything back (`*+`), so that no text takes more than time in its own length.
_QUOTED = r"[^']*+(?:''[^']*+)*+'"
_ESCAPED = r"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'"
_DOUBLE_ESCAPED = r'"[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"'
_DOUBLE = r'"[^"]*+(?:""[^"]*+)*+"'
_BACKTICKED = r"`[^`]*+(?:``[^`]*+)*+`"
_DOLLARED = r"\$(?P<tag>(?:[^\W\d]\w*+)?)\$.*?\$(?P=tag)\$"

_TEXT = {
    Dialect.POSTGRESQL: rf"(?P<ESCAPED>[eE]'{_ESCAPED})"
    rf"|(?P<CODED>(?:[uU]&|[nNbBxX])'{_QUOTED}|[uU]&{_DOUBLE}|{_DOLLARED})"
    rf"|(?P<TEXT>'{_QUOTED})|(?P<NAME>{_DOUBLE})",
    Dialect.DUCKDB: rf"(?P<ESCAPED>[eE]'{_ESCAPED})"
    rf"|(?P<CODED>[nNbBxX]'{_QUOTED}|{_DOLLARED})"
    rf"|(?P<TEXT>'{_QUOTED})|(?P<NAME>{_DOUBLE})",
    Dialect.SQLITE: rf"(?P<CODED>[xX]'{_QUOTED})"
    rf"|(?P<TEXT>'{_QUOTED})|(?P<NAME>{_DOUBLE}|{_BACKTICKED}|\[[^\]]*+\])",
    Dialect.MYSQL: rf"(?P<CODED>[nNbBxX]'{_ESCAPED})"
    rf"|(?P<TEXT>'{_ESCAPED}|{_DOUBLE_ESCAPED})|(?P<NAME>{_BACKTICKED})",
}
_COMMENT = {
    Dialect.POSTGRESQL: r"--[^\r\n]*+",
    Dialect.DUCKDB: r"--[^\r\n]*+",
    Dialect.SQLITE: r"--[^\n]*+|/\*.*?(?:\*/|\Z)",
    Dialect.MYSQL: r"--(?=[\s\x00-\x20]|\Z)[^\n]*+|\#[^\n]*+|/\*.*?\*/",
}
_MARK = {
    Dialect.POSTGRESQL: r"\$\d++",
    Dialect.DUCKDB: r"\$\w++|\?\d*+",
    Dialect.SQLITE: r"\?\d*+|[:@$]\w++",
    Dialect.MYSQL: r"\?",
}
_OPEN = {
    Dialect.POSTGRESQL: r"/\*|[\"']|\$(?:[^\W\d]\w*+)?+\$",
    Dialect.DUCKDB: r"/\*|[\"']|\$(?:[^\W\d]\w*+)?+\$",
    Dialect.SQLITE: r"[\"'`\[]",
    Dialect.MYSQL: r"/\*|[\"'`]",
}
_EDGES = re.compile(r"/\*|\*/")


@cache
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    kind = Dialect.MYSQL if dialect in BACKSLASHED else dialect
    return re.compile(
        r"(?P<SPACE>\s++)"
        r"|(?P<SLOT>\{\{[^{}]{0,200}\}\})"
        rf"|(?P<COMMENT>{_COMMENT[kind]})"
        rf"|{_TEXT[kind]}"
        r"|(?P<WORD>[^\W\d][\w$]*+)"
        r"|(?P<NUMBER>\d[\w.]*+)"
        rf"|(?P<OPEN>{_OPEN[kind]})"
        rf"|(?P<MARK>{_MARK[kind]})"
        r"|(?P<SIGN>::|->>|->|.)",
        re.DOTALL,
    )


def tokens(sql: str, dialect: Dialect) -> list[Token]:
    """Return the tokens of *sql*; what begins and never ends is the last one."""
    match = _pattern(dialect).match
    found = []
    at = 0
    while piece := match(sql, at):
        kind, end = KINDS[piece.lastgroup], piece.end()
        if kind is Kind.OPEN:
            inner = _nested(sql, at) if dialect in NESTING and sql[at] == "/" else None
            kind, end = (Kind.OPEN, len(sql)) if inner is None else (Kind.COMMENT, inner)
        found.append(Token(kind, sql[at:end], at))
        at = end
    return found


def _nested(sql: str, start: int) -> int | None:
    """Return where the comment that begins at *start* ends, if it does."""
    depth = 0
    for edge in _EDGES.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if not depth:
            return edge.end()
    return None
