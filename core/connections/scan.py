"""A statement read exactly as the server's own lexer reads it, or not at all.

`lexer.py` takes any text apart; this refuses whatever two readers could take apart differently,
so that the parser, which has rules of its own, is only ever shown what cannot be misread: no
comments, and texts and names that hold no quotes.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum, auto
from functools import cache
from typing import NamedTuple, NoReturn

from core.connections.errors import StatementRefused
from core.connections.records import Dialect

LONGEST = 1024 * 1024
"""Bytes of a statement."""
DEEPEST = 100
"""How deep parentheses and brackets may nest; Python's own stack ends at some 40 of most kinds."""
LONG_LIST = 1000
"""Characters of plain values, `1, 2, 3`, from which on the parser need not see them all."""
PARSED = 30_000
"""Words and signs that the parser is shown: a fifth of a second, and nobody else has a turn."""

LONGEST_NAME = 63
"""Bytes of a name on PostgreSQL; the rest is left away."""
SAID = 200
"""Characters of a refusal that may come from the statement."""

MYSQL_KINDS = frozenset({Dialect.MYSQL, Dialect.MARIADB})
NESTING = frozenset({Dialect.POSTGRESQL, Dialect.DUCKDB})


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    """A keyword or an unquoted name."""
    NAME = auto()
    """A quoted name."""
    TEXT = auto()
    NUMBER = auto()
    MARK = auto()
    """A placeholder: `$1`, `?`."""
    SIGN = auto()


NAMING = frozenset({Kind.WORD, Kind.NAME})


class Token(NamedTuple):
    """A piece of a statement."""

    kind: Kind
    text: str
    """A word in lower case or a sign as it is; a name after a `"` and a text after a `'`, so that
    what stands in quotes is never taken for a word or a sign."""
    start: int
    """Where it begins, counted in characters from 0."""
    end: int

    @property
    def name(self) -> str:
        """What it says, without any quotes."""
        return self.text[1:] if self.kind in {Kind.NAME, Kind.TEXT} else self.text


class Scan(NamedTuple):
    """A statement as tokens, and what of it the parser may see."""

    sql: str
    tokens: Sequence[Token]
    clear: str
    """The statement without its comments and without what its texts say, of the same length."""


def folded(name: str) -> str:
    """Return *name* with A to Z made small; whether more is, differs from server to server."""
    return name.lower() if name.isascii() else name.encode().lower().decode()


def clipped(name: str) -> str:
    """Return what PostgreSQL keeps of a long name: 63 bytes."""
    return (
        name
        if len(name) < LONGEST_NAME // 4
        else name.encode()[:LONGEST_NAME].decode(errors="ignore")
    )


def place(sql: str, at: int) -> str:
    """Say where the character *at* is, for people."""
    line = sql.count("\n", 0, at) + 1
    return f"line {line}, column {at - (sql.rfind(chr(10), 0, at) + 1) + 1}"


def refused(sql: str, at: int, what: str, instead: str = "") -> StatementRefused:
    """Refuse a statement for *what* stands at the character *at*, and say what would work."""
    shown = what if len(what) <= SAID else what[:SAID] + "…"
    message = f"{shown} ({place(sql, at)})."
    return StatementRefused(f"{message} {instead}" if instead else message)


_SPACE = r"(?P<space>[ \t\r\n]++)"
_NUMBER = (
    r"(?P<number>0[xX][0-9a-fA-F_]++|0[bB][01_]++|0[oO][0-7_]++"
    r"|(?:\d[\d_]*+(?:\.[\d_]*+)?+|\.\d[\d_]*+)(?:[eE][+-]?\d++)?+)"
)
_PLAIN = r"'(?P<plain>[^']*+(?:''[^']*+)*+)'"
_ESCAPED = r"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_CODED = r"(?:[xX]'(?P<hex>[0-9a-fA-F]*+)'|[bB]'(?P<bit>[01]*+)')(?!')"
_NATIONAL = r"(?P<national>[nN](?='))"
_DOUBLE = r'"(?P<double>[^"]*+(?:""[^"]*+)*+)"'
_BACKTICK = r"`(?P<backtick>[^`]*+(?:``[^`]*+)*+)`"
_WORD = r"(?P<word>(?:[A-Za-z_]|[^\x00-\x7f])(?:[\w$]|[^\x00-\x7f])*+)"

_DOLLAR = r"(?P<dollar>\$(?:(?:[A-Za-z_]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*+)?+\$)"
_SINGLE = rf"'(?P<single>{_ESCAPED})'"
_TWOFOLD = r'"(?P<twofold>[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+)"'
_STANDARD = (
    rf"[eE]'(?P<escaped>{_ESCAPED})'|{_CODED}|{_NATIONAL}|{_PLAIN}|{_DOUBLE}|{_DOLLAR}"
    r"|(?P<line>--[^\n]*+)|(?P<block>/\*)"
)

_PATTERNS = {
    Dialect.POSTGRESQL: _STANDARD
    + r"|(?P<odd>[xXbBeE]'|[uU]&['\"])"
    + r"|(?P<mark>\$\d++)|(?P<sign>::|:=|[-+*/<>=~!@#%^&|?()\[\],.;:])",
    Dialect.DUCKDB: _STANDARD
    + r"|(?P<odd>[xXbBeE]')"
    + r"|(?P<mark>\$\d++|\?)|(?P<sign>::|:=|[-+*/<>=~!@#%^&|()\[\]{},.;:])",
    Dialect.SQLITE: rf"{_CODED}|{_PLAIN}|{_DOUBLE}|{_BACKTICK}|\[(?P<bracket>[^\]]*+)\]"
    r"|(?P<line>--[^\n]*+)|(?P<block>/\*)|(?P<odd>[xX]')"
    r"|(?P<mark>\?\d*+)|(?P<sign>[-+*/<>=~!%&|(),.;])",
    Dialect.MYSQL: rf"{_CODED}|{_NATIONAL}|{_SINGLE}|{_TWOFOLD}|{_BACKTICK}"
    r"|(?P<line>(?:--(?=[ \t\r\n]|\Z)|\#)[^\n]*+)|(?P<dashes>--)|(?P<block>/\*)"
    r"|(?P<odd>[xXbB]')"
    r"|(?P<mark>\?)|(?P<sign>:=|@@|[-+*/<>=~!%^&|(),.;:@])",
}
"""A dialect's quotes, comments and signs; what is odd begins like a text and is none."""

_NAMES = {"double": '"', "backtick": "`", "bracket": ""}
_EDGES = re.compile(r"/\*|\*/")
_END = re.compile(r"\*/")
_QUOTES = str.maketrans(dict.fromkeys("'\"`\\", "_"))
_PLAIN_VALUE = r"(?:-?\d++(?:\.\d++)?+(?![\w.$]|[^\x00-\x7f])|'[^'\\]*+'(?!'))"
_MORE = re.compile(
    rf"(?=[^()]{{{LONG_LIST}}})(?:[ \t\r\n]*+,[ \t\r\n]*+{_PLAIN_VALUE})++", re.ASCII
)
"""The rest of a long list, after its first value."""
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_LITERALS = frozenset({Kind.NUMBER, Kind.TEXT})


@cache
def _pattern(dialect: Dialect) -> re.Pattern[str]:
    kind = Dialect.MYSQL if dialect in MYSQL_KINDS else dialect
    return re.compile(rf"{_SPACE}|{_PATTERNS[kind]}|{_WORD}|{_NUMBER}", re.DOTALL | re.ASCII)


def scan(sql: str, dialect: Dialect) -> Scan:
    """Take *sql* apart.

    Raises:
        StatementRefused: it is too long or too deep, it does not end what it begins, or it holds
            something that is read differently by different readers; where and what.
    """
    _sound(sql)
    reader = _Reader(sql, dialect)
    reader.read()
    _measured(sql, reader.tokens)
    return Scan(sql, reader.tokens, "".join(reader.clear))


class _Reader:
    """Goes over a statement once, from one piece to the next; a piece's group names its method."""

    def __init__(self, sql: str, dialect: Dialect) -> None:
        self.sql = sql
        self.tokens: list[Token] = []
        self.clear: list[str] = []
        self._dialect = dialect

    def read(self) -> None:
        sql, match, more = self.sql, _pattern(self._dialect).match, _MORE.match
        tokens, clear = self.tokens, self.clear
        at, length = 0, len(sql)
        while at < length:
            if len(tokens) > PARSED:
                raise StatementRefused(
                    f"The statement has more than {PARSED} words and signs besides lists of "
                    "values; ask in several statements."
                )
            piece = match(sql, at)
            if piece is None:
                raise _unreadable(sql, at, self._dialect)
            group = piece.lastgroup
            if group == "space":
                clear.append(piece[0])
                at = piece.end()
                continue
            if group == "sign":
                end = piece.end()
                tokens.append(Token(Kind.SIGN, piece[0], at, end))
                clear.append(piece[0])
                at = end
                continue
            at = getattr(self, f"_{group}")(piece)
            if tokens and tokens[-1].kind in _LITERALS and (run := more(sql, at)):
                clear.append(blank(run[0]))
                at = run.end()

    def _add(self, piece: re.Match[str], kind: Kind, text: str, clear: str) -> int:
        end = piece.end()
        self.tokens.append(Token(kind, text, piece.start(), end))
        self.clear.append(clear)
        return end

    def _word(self, piece: re.Match[str]) -> int:
        word = piece[0]
        if not word.isascii():
            for offset, each in enumerate(word):
                if not each.isascii() and unicodedata.category(each)[0] in "ZC":
                    raise _unreadable(self.sql, piece.start() + offset, self._dialect)
        return self._add(piece, Kind.WORD, folded(word), word)

    def _mark(self, piece: re.Match[str]) -> int:
        _ends(self.sql, piece)
        return self._add(piece, Kind.MARK, piece[0], piece[0])

    def _number(self, piece: re.Match[str]) -> int:
        _ends(self.sql, piece)
        number, before = piece[0], self.tokens[-1] if self.tokens else None
        if number[0] == "." and before is not None and before.end == piece.start():
            what = "A number right after a name"
            raise refused(self.sql, piece.start(), what, "Put a space between, or quote the name.")
        simple = number.isdecimal() or ("_" not in number and number[1:2] not in "xXbBoO")
        return self._add(piece, Kind.NUMBER, number, number if simple else "1" * len(number))

    def _text(self, piece: re.Match[str], inner: str) -> int:
        before = self.tokens[-1] if self.tokens else None
        if before is not None and before.kind is Kind.TEXT and self.sql[before.start] in "eE":
            what = "A text that goes on after E'…'"
            raise refused(self.sql, piece.start(), what, "Write it as one text, or use ||.")
        return self._add(piece, Kind.TEXT, "'" + inner, f"'{blank(piece[0][1:-1], 'a')}'")

    def _plain(self, piece: re.Match[str]) -> int:
        return self._text(piece, piece["plain"].replace("''", "'"))

    def _coded(self, piece: re.Match[str]) -> int:
        return self._text(piece, piece[str(piece.lastgroup)])

    _escaped = _hex = _bit = _single = _twofold = _coded

    def _name(self, piece: re.Match[str]) -> int:
        group = str(piece.lastgroup)
        inner, quote = piece[group], _NAMES[group]
        mark = "`" if self._dialect in MYSQL_KINDS else '"'
        name = inner.replace(quote * 2, quote) if quote else inner
        return self._add(piece, Kind.NAME, '"' + name, mark + inner.translate(_QUOTES) + mark)

    _double = _backtick = _bracket = _name

    def _dollar(self, piece: re.Match[str]) -> int:
        start, mark = piece.start(), piece[0]
        close = self.sql.find(mark, piece.end())
        if close < 0:
            raise refused(self.sql, start, f"The text that begins with {mark} never ends")
        end = close + len(mark)
        inner = self.sql[piece.end() : close]
        self.tokens.append(Token(Kind.TEXT, "'" + inner, start, end))
        self.clear.append(f"'{blank(self.sql[start + 1 : end - 1], 'a')}'")
        return end

    def _national(self, piece: re.Match[str]) -> int:
        self.clear.append(" ")
        return piece.end()

    def _line(self, piece: re.Match[str]) -> int:
        return self._gone(piece.start(), piece.end())

    def _block(self, piece: re.Match[str]) -> int:
        return self._gone(piece.start(), _comment(self.sql, piece, self._dialect))

    def _odd(self, piece: re.Match[str]) -> NoReturn:
        raise _unreadable(self.sql, piece.start(), self._dialect)

    _dashes = _odd

    def _gone(self, at: int, end: int) -> int:
        """Leave only white space of a comment."""
        comment = self.sql[at:end]
        stray = comment.replace("\r\n", "  ").find("\r")
        if stray >= 0 and self.sql[at + stray + 1 : at + stray + 2] != "\n":
            what = "A carriage return in a comment, which ends it for some readers"
            raise refused(self.sql, at + stray, what, "Write a line feed.")
        self.clear.append(blank(comment))
        return end


def _sound(sql: str) -> None:
    """Refuse what no reader should be asked to read."""
    if len(sql) > LONGEST or (
        len(sql) * 4 > LONGEST and len(sql.encode(errors="replace")) > LONGEST
    ):
        raise StatementRefused(
            f"The statement is longer than {LONGEST // 1024} kB; put long lists of values into a "
            "table, or ask in several statements."
        )
    if (at := sql.find("\0")) >= 0:
        raise refused(sql, at, "A NUL character, at which some readers stop", "Leave it out.")
    if not sql.isascii():
        try:
            sql.encode()
        except UnicodeEncodeError as error:
            raise refused(sql, error.start, "Half a character", "Leave it out.") from None


def blank(text: str, filler: str = " ") -> str:
    """Return a text of the same length and lines that says nothing."""
    return "\n".join([filler * len(line) for line in text.split("\n")])


def _ends(sql: str, piece: re.Match[str]) -> None:
    """Refuse a number that runs into a name: `1e(`, `12abc`; readers differ on where it ends."""
    after = sql[piece.end() : piece.end() + 1]
    if after and (after in "_$\\" or after.isalnum() or not after.isascii()):
        raise refused(
            sql,
            piece.start(),
            f"{piece[0]}{after}… is neither a number nor a name",
            "Put a space after the number, or quote a name that begins with a digit.",
        )


def _comment(sql: str, piece: re.Match[str], dialect: Dialect) -> int:
    """Return where the comment ends that begins with *piece*."""
    at, depth = piece.start(), 1
    opening = sql[at + 2 : at + 4].lower()
    if dialect in MYSQL_KINDS and (opening.startswith(("!", "+")) or opening == "m!"):
        what = f"{sql[at : at + 3]} begins no comment: the server obeys what is in it"
        raise refused(sql, at, what, "Write a plain comment, /* … */.")
    # In `/* /*/` the second star ends the comment, unless comments nest and it began another.
    edges = _EDGES if dialect in NESTING else _END
    for edge in edges.finditer(sql, piece.end()):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    raise refused(sql, at, "A comment that never ends", "Close it with */.")


def _unreadable(sql: str, at: int, dialect: Dialect) -> StatementRefused:
    """Return the refusal of the character at *at*, for the reason that fits it."""
    here, follows = sql[at], sql[at + 1 : at + 2]
    what, instead = f"{here} means nothing to this database outside of a text", ""
    if here == "-":
        what = "-- with no space after it is a comment to some and two minus signs to others"
        instead = "Write '-- ' for a comment and '- -' for a sum."
    elif here in "uU" and follows == "&":
        what, instead = "U&'…' is read differently by different readers", "Write the characters."
    elif here in "xXbB" and "'" in sql[at + 2 :]:
        what, instead = f"{here}'…' holds something else than digits", "Write digits."
    elif here == "`" and dialect in NESTING:
        what, instead = "A backtick quotes nothing here", 'Quote names with "…".'
    elif here in "'\"`[xXbBeE" or (here == "$" and dialect in NESTING):
        what, instead = "A text or a name that begins here never ends", "Close its quotes."
    elif here in ":$@#" and dialect is Dialect.SQLITE:
        what, instead = f"{here} begins a parameter of SQLite's own", "Write {{name}} instead."
    elif unicodedata.category(here)[0] in "ZC":
        name = unicodedata.name(here, f"U+{ord(here):04X}").lower()
        what, instead = f"An invisible character ({name})", "Write a plain space."
    return refused(sql, at, what, instead)


def _measured(sql: str, tokens: Sequence[Token]) -> None:
    """Refuse what would take the parser too deep."""
    depth = 0
    for token in tokens:
        if token.text in _OPENING:
            depth += 1
            if depth > DEEPEST:
                what = f"The statement nests more than {DEEPEST} deep"
                raise refused(sql, token.start, what, "Name its inner parts with WITH.")
        elif token.text in _CLOSING:
            depth -= 1
