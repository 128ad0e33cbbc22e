"""The statements that read, by how they begin: SELECT, EXPLAIN, SHOW, DESCRIBE, PRAGMA."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from core.connections.errors import StatementRefused
from core.connections.functions import (
    SECRET_SETTING,
    SQLITE_PLAIN_PRAGMAS,
    SQLITE_PRAGMAS,
)
from core.connections.records import Dialect
from core.connections.scan import MYSQL_KINDS, NAMING, Kind, Scan, Token, refused

Name = tuple[str, ...]
"""A function's or relation's name with what qualifies it."""
Sort = Literal["select", "explain", "show", "describe", "pragma"]


class Form(NamedTuple):
    """What kind of statement it is, and which part of it is for the parser."""

    kind: Sort
    inner: int | None = None
    """The number of the token with which the question begins that the parser must know."""
    relations: frozenset[Name] = frozenset()


_LEADS = frozenset({"select", "with", "values", "table"})
_DUCKDB_LEADS = _LEADS | {"from", "pivot", "unpivot", "pivot_wider", "pivot_longer"}

_N = r'(?:[^\W\d][\w$]*|"n)(?: \. (?:[^\W\d][\w$]*|"n)){0,2}'
_LIKE = r"(?: like 't)?"
_IN = rf"(?: (?:from|in) {_N})"
_OPTION = (
    r"(?:analy[sz]e|verbose|costs|settings|buffers|wal|timing|summary|format|memory|generic_plan"
    r"|serialize)(?: (?:\w+|'t))?"
)
_OPTIONS = rf"(?: \( {_OPTION}(?: , {_OPTION})* \))?"
_EXPLAINS = {
    Dialect.POSTGRESQL: rf"explain(?: analy[sz]e)?(?: verbose)?{_OPTIONS}",
    Dialect.DUCKDB: rf"explain(?: analyze)?{_OPTIONS}|describe|desc|summarize|show",
    Dialect.SQLITE: r"explain(?: query plan)?",
    Dialect.MYSQL: r"(?:explain|describe|desc)(?: extended| partitions| analyze)?(?: format = \w+)?"
    r"|analyze(?: format = \w+)?",
}
_SHOWS = {
    Dialect.POSTGRESQL: rf"show (?:(?P<setting>{_N})|time zone|transaction isolation level"
    r"|session authorization)",
    Dialect.DUCKDB: rf"show(?: all)? tables{_IN}?|show (?:databases|schemas)"
    rf"|(?:show|describe|desc|summarize) (?P<relation>{_N})",
    Dialect.MYSQL: r"show(?: (?:"
    rf"(?:databases|schemas|charset|character set|collation){_LIKE}"
    rf"|(?:extended )?(?:full )?tables{_IN}?{_LIKE}|open tables{_IN}?{_LIKE}"
    rf"|table status{_IN}?{_LIKE}"
    rf"|(?:extended )?(?:full )?(?:columns|fields){_IN}{_IN}?{_LIKE}"
    rf"|(?:extended )?(?:index|indexes|keys){_IN}{_IN}?"
    rf"|create (?:table|view|database|schema) {_N}"
    rf"|(?:global |session |local )?(?:variables|status){_LIKE}"
    r"|(?:warnings|errors)(?: limit 0(?: , 0)?)?|count \( \* \) (?:warnings|errors)"
    rf"|(?:storage )?engines|plugins|privileges|(?:triggers|events){_IN}?{_LIKE}"
    rf"|(?:procedure|function) status{_LIKE}))"
    rf"|(?:explain|describe|desc) (?P<relation>{_N})(?: (?:[^\W\d]\w*|\"n|'t))?",
}
_SHAPES = {Kind.NAME: '"n', Kind.TEXT: "'t", Kind.NUMBER: "0", Kind.MARK: "?"}


def one(scanned: Scan) -> tuple[Sequence[Token], int]:
    """Return the tokens of the only statement, and where it ends."""
    tokens, count = scanned.tokens, len(scanned.tokens)
    while count and tokens[count - 1].text == ";":
        count -= 1
    if not count:
        raise StatementRefused("The statement is empty; write one that begins with SELECT.")
    for token in tokens[:count]:
        if token.text == ";":
            what = "One statement at a time: another begins here"
            raise refused(scanned.sql, token.start, what, "Send them one by one.")
    return tokens[:count], tokens[count - 1].end


def form(scanned: Scan, tokens: Sequence[Token], dialect: Dialect) -> Form:
    """Return what kind of statement this is; refuse one that does not read."""
    leads = _DUCKDB_LEADS if dialect is Dialect.DUCKDB else _LEADS
    if _begins(tokens, 0, leads):
        return Form("select", 0)
    if dialect in MYSQL_KINDS:
        dialect = Dialect.MYSQL
    first = tokens[0].text
    if first in {"explain", "describe", "desc", "summarize", "analyze", "show"}:
        shape = " ".join(_SHAPES.get(each.kind, each.text) for each in tokens[:60])
        explain = re.match(f"(?:{_EXPLAINS[dialect]})(?= |$)", shape)
        if explain:
            inner = explain[0].count(" ") + 1
            if _begins(tokens, inner, leads - {"table"} if first == "analyze" else leads):
                return Form("explain" if first in {"explain", "analyze"} else "describe", inner)
        shown = re.fullmatch(_SHOWS.get(dialect, "(?!)"), shape)
        if shown and len(tokens) <= 60:  # noqa: PLR2004 - what was looked at
            return _shown(scanned, tokens, shown, first)
    if first == "pragma" and dialect is Dialect.SQLITE and (relation := _pragma(tokens)):
        return Form("pragma", relations=frozenset({relation}))
    at = next((at for at, each in enumerate(tokens) if each.text != "("), 0)
    raise refused(scanned.sql, tokens[at].start, *_unread(tokens, at, dialect))


def _begins(tokens: Sequence[Token], at: int, leads: frozenset[str]) -> bool:
    """Return whether what begins at the token *at*, behind parentheses, can be a question."""
    while at < len(tokens) and tokens[at].text == "(":
        at += 1
    return at < len(tokens) and tokens[at].text in leads


def _shown(scanned: Scan, tokens: Sequence[Token], shown: re.Match[str], first: str) -> Form:
    groups = shown.groupdict()
    names = [each.name for each in tokens[1:] if each.kind in NAMING]
    setting = ".".join(names).lower() if groups.get("setting") else ""
    if setting == "all" or SECRET_SETTING.fullmatch(setting):
        what = f"SHOW {'.'.join(names)} may show secrets"
        raise refused(scanned.sql, tokens[1].start, what, "Name a setting that holds none.")
    relation = groups.get("relation")
    if relation is None:
        return Form("show" if first == "show" else "describe")
    return Form("describe", relations=frozenset({tuple(names[: relation.count(".") + 1])}))


def _pragma(tokens: Sequence[Token]) -> Name | None:
    """Return what a PRAGMA of SQLite that reads is about; None for one that does something else."""
    words = tokens[3:] if len(tokens) > 2 and tokens[2].text == "." else tokens[1:]  # noqa: PLR2004
    shape = " ".join(_SHAPES.get(each.kind, each.text) for each in words[:5])
    if len(words) == 1 and words[0].text in SQLITE_PLAIN_PRAGMAS:
        return (words[0].text,)
    if re.fullmatch(r"""\w+ \( (?:\w+|"n|'t) \)""", shape) and words[0].text in SQLITE_PRAGMAS:
        return (words[2].name,)
    return None


_CHANGES = "changes data or how it is kept; only a statement that reads may run here"
_SESSION = "changes the session; every statement runs alone, read-only, in a session of its own"
_CALLS = "runs a program; only a statement that reads may run here"
_UNREAD = {
    _CHANGES: """
        insert update delete merge replace upsert truncate create alter drop rename comment grant
        revoke copy load import export attach detach install vacuum analyze reindex cluster refresh
        optimize repair checkpoint reassign security
    """.split(),  # noqa: SIM905 - a list of so many would be a page
    _SESSION: """
        set reset begin start commit rollback abort end savepoint release use discard listen
        unlisten notify declare fetch move close lock unlock handler flush kill shutdown prepare
        deallocate xa
    """.split(),  # noqa: SIM905 - the same
    "runs a program; only a statement that reads may run here": ["call", "do", "execute", "exec"],
}


def _unread(tokens: Sequence[Token], at: int, dialect: Dialect) -> tuple[str, str]:
    """Say why a statement that begins so is refused, and what would work."""
    first = tokens[at].text
    for why, words in _UNREAD.items():
        if first in words:
            return f"{first.upper()} {why}", ""
    if first in {"explain", "describe", "desc", "show", "summarize", "pragma"}:
        ways = {
            Dialect.POSTGRESQL: "Ask information_schema.columns, or SHOW one setting.",
            Dialect.SQLITE: "Write PRAGMA table_info(name), or ask sqlite_schema.",
        }
        what = f"{first.upper()} of this kind may not run here"
        return what, ways.get(dialect, "Ask information_schema.")
    return f"A statement that reads begins with SELECT or WITH, this one with {tokens[at].name}", ""
