"""What "read-only" means: every statement is judged here before a database sees it.

A statement passes three walls. `scan.py` reads it as the server's own lexer does, and refuses what
two readers could read differently. Then every name before a parenthesis, however it is quoted or
qualified, is a function to be judged, and every word that only stands in a statement that writes,
locks or sets refuses it: neither depends on a parser. Last `reading.py` must know the statement for
one that reads, down to the last node. What a function does is for the server to say (`Policy`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import NamedTuple
from weakref import WeakKeyDictionary

from core.connections import forms
from core.connections.driver import Driver, Effect, View
from core.connections.errors import StatementRefused
from core.connections.forms import Name
from core.connections.functions import (
    ALLOWED,
    CATALOGUES,
    DENIED,
    DUCKDB_TABLES,
    GRAMMAR,
    HARMLESS,
    HARMLESS_EXTENSIONS,
    PRIVATE_SCHEMAS,
    SAMPLES,
    SECRET_SETTING,
)
from core.connections.reading import Reading, read
from core.connections.records import Ceilings, Dialect, Statement
from core.connections.scan import (
    MYSQL_KINDS,
    NAMING,
    Kind,
    Scan,
    Token,
    blank,
    clipped,
    folded,
    place,
    refused,
    scan,
)

SHORT = 8192
"""Characters of a statement worth remembering, so that a thousand of them are bounded."""
REMEMBERED = 1024
"""Statements whose verdict is remembered, in all and for each driver."""
LONG = 32 * 1024
"""Characters from which on a statement is judged on another thread."""
FRESH = 60.0
"""Seconds for which what a server said of its functions and views holds."""
VIEWS = 500
"""Views behind a statement that are looked into."""
CATALOGUE = Ceilings(rows=10, seconds=10.0)


class Asked(NamedTuple):
    """A function that only the server can judge, and where the statement has it."""

    name: Name
    at: int


class Field(NamedTuple):
    """A name behind a dot, and where the statement has it."""

    name: Name
    at: int
    row: bool
    """What stands before the dot is a row for sure, and no other value."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a statement that may pass is, as far as its text tells."""

    kind: forms.Sort
    functions: frozenset[Name]
    """All it calls, in lower case."""
    relations: frozenset[Name]
    """All it reads, as the statement has them; names of CTEs are among them."""
    asked: tuple[Asked, ...]
    """Those of the functions that the server must judge."""
    fields: tuple[Field, ...]
    """PostgreSQL: `value.name`, where the name may be a function that is called with the value."""


def judge(sql: str, dialect: Dialect) -> Verdict:
    """Return what *sql* is, a statement without `{{parameters}}`, or refuse it.

    Raises:
        StatementRefused: it is not one statement that only reads, it cannot be read, or it calls
            a function that no reader may; what and where, and what would work.
    """
    return _remembered(sql, dialect) if len(sql) <= SHORT else _judged(sql, dialect)


def _judged(sql: str, dialect: Dialect) -> Verdict:
    scanned = scan(sql, dialect)
    tokens, end = forms.one(scanned)
    form = forms.form(scanned, tokens, dialect)
    _words(scanned, tokens, dialect)
    chains = tuple(_chains(scanned, dialect))
    _catalogues(scanned, chains, dialect)
    reading = Reading(frozenset(), frozenset(), frozenset(), form.relations)
    if form.inner is not None:
        start = tokens[form.inner].start
        clear = blank(scanned.clear[:start]) + scanned.clear[start:end]
        reading = read(clear, scanned, dialect)
    calls = [
        each
        for each in chains
        if each.called and not (each.at in reading.aliases and _lists(tokens, each, dialect))
    ]
    if form.kind == "pragma":
        calls = []
    asked: dict[Name, Asked] = {}
    for call in calls:
        if not _known(scanned, call, dialect, table=call.at in reading.tables):
            for name in _meant(call.names, dialect):
                asked.setdefault(name, Asked(name, call.at))
    return Verdict(
        form.kind,
        frozenset(each.names for each in calls),
        reading.relations,
        tuple(asked.values()),
        _fields(chains, reading.rows) if dialect is Dialect.POSTGRESQL else (),
    )


_remembered = lru_cache(REMEMBERED)(_judged)


# Words

_WRITES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("for", "update"), "locks rows"),
    (("for", "share"), "locks rows"),
    (("for", "no", "key"), "locks rows"),
    (("for", "key", "share"), "locks rows"),
    (("lock", "in", "share"), "locks rows"),
    (("into",), "writes the answer somewhere"),
    (("next", "value", "for"), "changes a sequence"),
    (("previous", "value", "for"), "reads a sequence, which only those who write need"),
    (("treat", "("), "calls the function that its type names"),
)
_BEGINNINGS = frozenset(words[0] for words, _ in _WRITES)
_VARIABLE = (
    "Variables belong to the session, and it ends here; number rows with row_number() OVER (…), "
    "hand in values as {{parameters}}"
)
_MYSQL_WORDS = {
    ":=": _VARIABLE,
    "@": _VARIABLE,
    "procedure": "PROCEDURE calls a procedure",
}


def _words(scanned: Scan, tokens: Sequence[Token], dialect: Dialect) -> None:
    """Refuse the words that only stand where something is written, locked or set."""
    for at, token in enumerate(tokens):
        text = token.text
        if text in _BEGINNINGS:
            following = tuple(each.text for each in tokens[at : at + 3])
            for words, what in _WRITES:
                if following[: len(words)] == words:
                    if following[:2] == ("into", "name") and dialect is Dialect.DUCKDB:
                        continue
                    raise refused(scanned.sql, token.start, f"{' '.join(words).upper()} {what}")
        elif dialect in MYSQL_KINDS and text in _MYSQL_WORDS:
            raise refused(scanned.sql, token.start, _MYSQL_WORDS[text])


# Names


class _Chain(NamedTuple):
    """Names joined by dots, `a.b.c`, folded."""

    names: Name
    at: int
    """Where it begins."""
    after: int
    """The number of the token after it."""
    called: bool
    """A parenthesis follows."""
    before: str
    """The token before it."""

    @property
    def field(self) -> bool:
        """Whether it is not called, and its last name belongs to something."""
        return not self.called and (len(self.names) > 1 or self.before == ".")


def _chains(scanned: Scan, dialect: Dialect) -> Iterator[_Chain]:
    tokens, grammar = scanned.tokens, GRAMMAR[dialect]
    at, last = 0, len(tokens)
    while at < last:
        token = tokens[at]
        before = tokens[at - 1].text if at else ""
        if token.kind not in NAMING:
            if token.kind is not Kind.SIGN and at + 1 < last and tokens[at + 1].text == "(":
                yield from _odd_call(scanned, token, at, before, dialect)
            at += 1
            continue
        names, after = [folded(token.name)], at + 1
        while after + 1 < last and tokens[after].text == "." and tokens[after + 1].kind in NAMING:
            names.append(folded(tokens[after + 1].name))
            after += 2
        called = after < last and tokens[after].text == "("
        if not called or len(names) > 1 or before == "." or token.text not in grammar:
            yield _Chain(tuple(names), token.start, after, called, before)
        at = after


def _odd_call(
    scanned: Scan, token: Token, at: int, before: str, dialect: Dialect
) -> Iterator[_Chain]:
    """Judge a value that stands where the name of a function does."""
    if token.kind is Kind.TEXT and dialect is Dialect.SQLITE:
        # SQLite lets a text name a table, and so what stands where a table does.
        yield _Chain((folded(token.name),), token.start, at + 1, called=True, before=before)
    elif token.kind is not Kind.NUMBER or dialect in MYSQL_KINDS:
        # MySQL skips a number that has an `e` and no digits after it: `sleep 1.e(5)`.
        raise refused(scanned.sql, token.start, "A value right before a parenthesis")


def _lists(tokens: Sequence[Token], chain: _Chain, dialect: Dialect) -> bool:
    """Return whether a list of columns follows a name, and not what a function is called with."""
    listed = tokens[chain.after + 1 : chain.after + 3]
    names = len(listed) > 1 and listed[0].kind in NAMING and listed[1].text not in {"(", "."}
    return names and not _denied(chain.names[-1], dialect)


def _meant(names: Name, dialect: Dialect) -> set[Name]:
    """Return the functions that a server may take *names* for."""
    if dialect is Dialect.DUCKDB:
        # What stands before a dot may be what the function is called with: `'x'.upper()`.
        return {names[-1:]}
    if dialect is not Dialect.POSTGRESQL:
        return {names}
    # A server in Latin 1 folds more letters than one in UTF-8.
    short = tuple(clipped(each) for each in names)
    return {short, tuple(each.lower() for each in short)}


def _fields(chains: Iterable[_Chain], rows: frozenset[str]) -> tuple[Field, ...]:
    """Return the names behind dots that PostgreSQL may take for functions."""
    fields: dict[tuple[Name, bool], Field] = {}
    for chain in chains:
        if chain.field:
            # Behind a value, `('x').f.g`, every name may be one; behind a row the last.
            owned = chain.before == "."
            row = not owned and chain.names[-2] in rows
            for part in chain.names if owned else chain.names[-1:]:
                for name in _meant((part,), Dialect.POSTGRESQL):
                    fields.setdefault((name, row), Field(name, chain.at, row))
    return tuple(fields.values())


@lru_cache(4096)
def _denied(name: str, dialect: Dialect) -> str | None:
    """Return why no function of this name may be called, whatever the server says of it."""
    return next((why for why, pattern in DENIED[dialect] if pattern.fullmatch(name)), None)


def _known(scanned: Scan, call: _Chain, dialect: Dialect, *, table: bool) -> bool:
    """Return whether *call* is known to be harmless; refuse it if it is known not to be.

    Args:
        table: it stands where a table does.
    """
    name = call.names[-1]
    if _samples(call):
        return True
    if why := _denied(name, dialect):
        raise refused(scanned.sql, call.at, f"{name}() may not be called here: {why}")
    if name == "current_setting":
        _setting(scanned, call)
    if dialect is Dialect.DUCKDB:
        if table and name not in DUCKDB_TABLES and name.startswith(("duckdb_", "pragma_")):
            raise refused(scanned.sql, call.at, f"{name}() tells about more than this database")
        return name in DUCKDB_TABLES
    if dialect is Dialect.POSTGRESQL:
        return False
    if len(call.names) == 1 and name in ALLOWED[dialect]:
        return True
    if dialect is Dialect.SQLITE:
        what = f"{'.'.join(call.names)}() is not among the functions known to only compute"
        raise refused(scanned.sql, call.at, what)
    return False


def _samples(call: _Chain) -> bool:
    """Return whether this is no call but a way to choose rows: `TABLESAMPLE system (10)`."""
    return call.before == "tablesample" and len(call.names) == 1 and call.names[0] in SAMPLES


def _setting(scanned: Scan, call: _Chain) -> None:
    """Refuse to read a setting that may hold a secret, or of which the name is computed."""
    tokens = scanned.tokens[call.after + 1 : call.after + 3]
    # E'\x61' and U&'\0061' are other names than they look.
    plain = len(tokens) == 2 and scanned.sql[tokens[0].start] == "'"  # noqa: PLR2004
    if not plain or tokens[0].kind is not Kind.TEXT or tokens[1].text not in {")", ","}:
        what = "current_setting() takes the name of a setting as plain text here"
        raise refused(scanned.sql, call.at, what)
    if SECRET_SETTING.fullmatch(tokens[0].name.lower()):
        raise refused(scanned.sql, call.at, f"The setting {tokens[0].name} may hold a secret")


def _catalogues(scanned: Scan, chains: Iterable[_Chain], dialect: Dialect) -> None:
    """Refuse to read who may log in with what, by whatever words."""
    hidden, private = CATALOGUES[dialect], PRIVATE_SCHEMAS.get(dialect, frozenset())
    for chain in chains:
        name = ".".join(chain.names)
        if not hidden.isdisjoint(chain.names):
            raise refused(
                scanned.sql, chain.at, f"{name} holds what only the server's keepers may see"
            )
        if len(chain.names) > 1 and chain.names[0] in private:
            raise refused(scanned.sql, chain.at, f"{name} is in a schema of the server's own")
        if chain.before == "@@" and SECRET_SETTING.fullmatch(chain.names[-1]):
            raise refused(scanned.sql, chain.at, f"The setting {name} may hold a secret")
        strange = {each for each in chain.names if each.startswith("pragma_")}
        if dialect is Dialect.SQLITE and not strange <= ALLOWED[dialect]:
            raise refused(scanned.sql, chain.at, f"{name} may not be read here")
    if dialect in _TEXT_NAMES:
        for token in scanned.tokens:
            if token.kind is Kind.TEXT and token.name.lower() in hidden:
                raise refused(scanned.sql, token.start, f"{token.name} may not be read here")


_TEXT_NAMES = frozenset({Dialect.SQLITE, Dialect.DUCKDB})
"""Where a text may name a table."""


# The server


@dataclass(slots=True)
class _Memory:
    """What a driver's server said, and until when it holds."""

    permitted: OrderedDict[str, tuple[Verdict, float]]
    effects: dict[Name, tuple[Effect, float]]


class Policy:
    """Judges statements by what the server knows of its functions and views, too."""

    def __init__(self, *, fresh: float = FRESH) -> None:
        """Believe what a server said for *fresh* seconds."""
        self._fresh = fresh
        self._memories: WeakKeyDictionary[Driver, _Memory] = WeakKeyDictionary()

    async def permit(self, driver: Driver, sql: str) -> Verdict:
        """Return what *sql* is, or refuse it, for its text or for what the server says of it.

        Raises:
            StatementRefused: see `judge`; also if a function it calls, or one behind a view it
                reads, may change something as far as the server knows.
            ConnectionFailed: the server cannot be asked.
        """
        memory = self._memories.get(driver)
        if memory is None:
            memory = self._memories[driver] = _Memory(OrderedDict(), {})
        kept = memory.permitted.get(sql)
        if kept is not None and kept[1] > monotonic():
            return kept[0]
        if len(sql) > LONG:
            verdict = await asyncio.to_thread(judge, sql, driver.dialect)
        else:
            verdict = judge(sql, driver.dialect)
        until = monotonic() + self._fresh
        if await _Hearing(driver, memory.effects, until).passes(sql, verdict) and len(sql) <= SHORT:
            memory.permitted[sql] = (verdict, until)
            while len(memory.permitted) > REMEMBERED:
                memory.permitted.popitem(last=False)
        return verdict


class _Hearing:
    """The questions that one statement raises, put to its server."""

    def __init__(
        self, driver: Driver, effects: dict[Name, tuple[Effect, float]], until: float
    ) -> None:
        self._driver = driver
        self._dialect = driver.dialect
        self._effects = effects
        self._until = until
        self._settled = True

    async def passes(self, sql: str, verdict: Verdict) -> bool:
        """Refuse what the server says may change something; say whether that holds for a while."""
        names = [each.name for each in verdict.asked] + [each.name for each in verdict.fields]
        effects = await self._ask(names)
        for each in verdict.asked:
            self._judge(each.name, effects[each.name], f"({place(sql, each.at)})")
        suspects = [
            each
            for each in verdict.fields
            if self._unsafe(each.name, effects[each.name])
            or each.name[0] == "current_setting"
            or _denied(each.name[0], self._dialect)
        ]
        if suspects and (found := await self._takes_one(suspects)):
            at = next(each.at for each in suspects if each.name[0] == found)
            what = f"{found} may be a function of what stands before the dot, and no reader's"
            raise refused(sql, at, what, "Write the name of the column alone, without the dot.")
        if verdict.kind in {"select", "explain", "describe"} and verdict.relations:
            await self._views(verdict.relations)
        return self._settled

    async def _views(self, relations: Iterable[Name]) -> None:
        """Judge the functions behind views as if they stood in the statement."""
        seen: set[Name] = set()
        pending = set(relations)
        looked = 0
        while pending:
            seen |= pending
            views = await self._driver.views(pending)
            looked += len(views)
            if looked > VIEWS:
                raise StatementRefused(f"There are more than {VIEWS} views behind the statement.")
            names: dict[Name, View] = {}
            pending = set()
            for view in views:
                called, read = _behind(view, self._dialect)
                names.update(dict.fromkeys(called, view))
                # PostgreSQL hands out the views behind a view, too: it knows them better.
                pending |= read if self._dialect is not Dialect.POSTGRESQL else set()
            effects = await self._ask(names)
            for name, view in names.items():
                self._judge(name, effects[name], f"(behind the view {view.name})")
            pending -= seen

    async def _ask(self, names: Iterable[Name]) -> dict[Name, Effect]:
        now = monotonic()
        wanted = dict.fromkeys(names)
        known = {}
        for name in wanted:
            effect, until = self._effects.get(name, (Effect.UNKNOWN, 0.0))
            if until > now:
                known[name] = effect
        if missing := wanted.keys() - known.keys():
            answers = await self._driver.functions(missing)
            if len(self._effects) > REMEMBERED * 8:
                self._effects.clear()
            for name in missing:
                known[name] = effect = answers.get(name, Effect.UNKNOWN)
                if effect is Effect.UNKNOWN:
                    # Somebody may create it the next moment.
                    self._settled = False
                else:
                    self._effects[name] = (effect, self._until)
        return known

    def _unsafe(self, name: Name, effect: Effect) -> bool:
        if effect is not Effect.VOLATILE:
            return False
        if name[-1] in HARMLESS_EXTENSIONS and self._dialect is Dialect.POSTGRESQL:
            return False
        builtin = len(name) == 1 or name[0] == "pg_catalog"
        return not (builtin and name[-1] in HARMLESS.get(self._dialect, ()))

    def _judge(self, name: Name, effect: Effect, where: str) -> None:
        """Refuse a function that may change something; one that is not there cannot."""
        called = ".".join(name)
        if self._dialect in MYSQL_KINDS and effect is not Effect.PURE:
            raise StatementRefused(
                f"{called}() is not among the functions known to only compute {where}. A stored "
                "function of yours may be called once it is declared READS SQL DATA or NO SQL."
            )
        if self._unsafe(name, effect):
            raise StatementRefused(
                f"{called}() may change something, as far as the database knows {where}. If it "
                "only reads, whoever owns it can declare it STABLE or IMMUTABLE."
            )

    async def _takes_one(self, fields: Sequence[Field]) -> str | None:
        """Return the first of *fields* that is a function which can be called as `value.name`."""
        slots = ", ".join(
            f"(${2 * number + 1}::text, ${2 * number + 2}::text)" for number in range(len(fields))
        )
        values = [text for each in fields for text in (each.name[0], "row" if each.row else "")]
        statement = Statement(_ONE_ARGUMENT.format(slots), tuple(values))
        found = await self._driver.execute(statement, CATALOGUE)
        return str(found.rows[0][0]) if found.rows else None


# Any type will do where `unnest(…) AS f` makes `f.name` a call with a text; what a table or a
# subquery is called stands for its row, and only a function of rows or of anything can take that.
_ONE_ARGUMENT = """
SELECT field.name FROM (VALUES {}) AS field (name, kind)
JOIN pg_catalog.pg_proc p ON lower(p.proname COLLATE "C") = field.name
JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0]
LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE p.prokind <> 'p' AND p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
AND (field.kind = '' OR t.typtype = 'c' OR b.typtype = 'c' OR t.typtype = 'p') LIMIT 1
"""


def _behind(view: View, dialect: Dialect) -> tuple[set[Name], set[Name]]:
    """Return what a view calls that the server must judge, and all names that it may read.

    The server itself holds the view for one that reads: whether the parser can is no matter.
    """
    called: set[Name] = set()
    relations: set[Name] = set()
    harmless = DUCKDB_TABLES if dialect is Dialect.DUCKDB else ALLOWED.get(dialect, frozenset())
    try:
        scanned = _scanned(view.definition, dialect)
        tokens, end = forms.one(scanned)
        chains = tuple(_chains(scanned, dialect))
        aliases: frozenset[int] = frozenset()
        with suppress(StatementRefused):
            aliases = read(scanned.clear[:end], scanned, dialect).aliases
        if not view.name.startswith(_SYSTEM):
            _catalogues(scanned, chains, dialect)
        for chain in chains:
            name = chain.names[-1]
            if not chain.called:
                relations.add(chain.names)
            elif _samples(chain) or (chain.at in aliases and _lists(tokens, chain, dialect)):
                continue
            elif why := _denied(name, dialect):
                raise refused(scanned.sql, chain.at, f"it calls {name}(), and {why}")
            elif len(chain.names) > 1 or name not in harmless:
                called |= _meant(chain.names, dialect)
    except StatementRefused as refusal:
        what = f"The view {view.name} may not be read: {refusal.message}"
        raise StatementRefused(what) from None
    return called, relations


def _scanned(definition: str, dialect: Dialect) -> Scan:
    try:
        return scan(definition, dialect)
    except StatementRefused:
        # MySQL 8 shows the texts in its views with their quotes escaped: _utf8mb4\'paid\'.
        if dialect not in MYSQL_KINDS:
            raise
        return scan(definition.replace("\\'", "'"), dialect)


_SYSTEM = ("pg_catalog.", "information_schema.")
"""Views of the server's own, which show of its catalogues what everybody may see."""
