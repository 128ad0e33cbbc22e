"""The syntax of other dialects, as it is recognised in a statement, and what to write instead."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from core.connections.lexer import Kind, Token
from core.connections.records import Dialect

SQLITE, DUCKDB, POSTGRESQL = Dialect.SQLITE, Dialect.DUCKDB, Dialect.POSTGRESQL
MYSQLS = (Dialect.MYSQL, Dialect.MARIADB)
EVERYWHERE = tuple(Dialect)
SHOWN = 30
"""Characters of a text that a habit can look at; a longer one is any text."""

ROW_NUMBER = (
    "number rows with ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) in a subquery and keep 1"
)


class Habit(NamedTuple):
    """A pattern in the tokens, joined by single spaces, and the advice where it is found."""

    dialects: Sequence[Dialect]
    pattern: re.Pattern[str]
    advice: str
    """May name the pattern's groups: {1}."""


class Finding(NamedTuple):
    """A habit found, and where in the statement, from 0."""

    advice: str
    start: int


def _habit(dialects: Sequence[Dialect], pattern: str, advice: str) -> Habit:
    return Habit(dialects, re.compile(pattern, re.IGNORECASE), advice)


HABITS = (
    _habit(EVERYWHERE, r"\bSELECT (?:DISTINCT )?TOP (?:\( )?(\d+)", "end with LIMIT {1}, not TOP"),
    _habit((POSTGRESQL, DUCKDB), r"\bLIMIT (\S+) , (\S+)", "write LIMIT {2} OFFSET {1}"),
    _habit((SQLITE,), r"\bFETCH (?:FIRST|NEXT) (\d+)?", "write LIMIT {1} for FETCH FIRST"),
    _habit((SQLITE,), r"^(?!.*\bLIMIT\b).*\bOFFSET (\d+)", "write LIMIT -1 OFFSET {1}"),
    _habit(
        MYSQLS,
        r"^(?!.*\bLIMIT\b).*\bOFFSET (\d+)",
        "OFFSET needs a LIMIT: LIMIT 1000000 OFFSET {1}",
    ),
    _habit((SQLITE, *MYSQLS), r"\bILIKE\b", "write LIKE, which ignores case here already"),
    _habit((SQLITE, *MYSQLS), r" :: (\w+)", "write CAST(x AS {1}) for x::{1}"),
    _habit((POSTGRESQL, DUCKDB), r" ` ", 'quote names with "…", not with backticks'),
    _habit(
        (POSTGRESQL, DUCKDB), r"(?:SELECT|FROM|JOIN|\.|,) \[ (\w+) \]", 'write "{1}", not [{1}]'
    ),
    _habit(MYSQLS, r"(?:SELECT|FROM|JOIN|\.|,) \[ (\w+) \]", "write `{1}`, not [{1}]"),
    _habit(MYSQLS, r'(?:FROM|JOIN|\.) "(\w+)"', "quote names with backticks: `{1}`"),
    _habit((SQLITE, *MYSQLS), r"\bDISTINCT ON\b", f"there is no DISTINCT ON: {ROW_NUMBER}"),
    _habit((SQLITE, POSTGRESQL, *MYSQLS), r"\bQUALIFY\b", f"there is no QUALIFY: {ROW_NUMBER}"),
    _habit(
        MYSQLS,
        r"\bFILTER \( WHERE\b",
        "there is no FILTER: put CASE WHEN condition THEN x END into the aggregate",
    ),
    _habit(
        MYSQLS,
        r"\bFULL (?:OUTER )?JOIN\b",
        "there is no FULL JOIN: LEFT JOIN … UNION … RIGHT JOIN",
    ),
    _habit(MYSQLS, r"(\w+) (?:ASC |DESC )?NULLS LAST\b", "write ORDER BY {1} IS NULL, {1}"),
    _habit(MYSQLS, r"(\w+) (?:ASC |DESC )?NULLS FIRST\b", "write ORDER BY {1} IS NOT NULL, {1}"),
    _habit(MYSQLS, r"\bINTERVAL '(\d+) (\w+?)s?'", "write INTERVAL {1} {2}, without quotes"),
    _habit((POSTGRESQL,), r"\bINTERVAL (\d+) (\w+)", "write INTERVAL '{1} {2}', in quotes"),
    _habit(
        (SQLITE,),
        r"\bINTERVAL (?:'(\d+) (\w+?)s?'|(\d+) (\w+))",
        "there is no INTERVAL: write datetime(x, '+1 month'), or date(x, '-7 days')",
    ),
    _habit((POSTGRESQL, DUCKDB), r"\bSEPARATOR\b", "write string_agg(x, ',' ORDER BY x)"),
    _habit((SQLITE,), r"\bSEPARATOR\b", "write group_concat(x, ',')"),
    _habit((POSTGRESQL,), r"\bNOT (?:REGEXP|RLIKE)\b", "write !~ for NOT REGEXP"),
    _habit((POSTGRESQL,), r"(?<!NOT )\b(?:REGEXP|RLIKE)\b", "write ~ for REGEXP"),
    _habit((DUCKDB,), r"(\w+) (?:REGEXP|RLIKE)\b", "write regexp_matches({1}, 'pattern')"),
    _habit(
        (SQLITE,),
        r"\b(?:REGEXP|RLIKE)\b(?! \()|(?<= )~ ",
        "there are no regular expressions: write LIKE, or GLOB '*[0-9]*'",
    ),
    _habit(MYSQLS, r"(?<=\w )~ '", "write REGEXP for ~"),
    _habit(EVERYWHERE, r"\bMINUS SELECT\b", "write EXCEPT for MINUS"),
    _habit((POSTGRESQL, *MYSQLS), r" = = ", "compare with one =, not =="),
    _habit((Dialect.MARIADB,), r"(\w+) (?:->>|->) '", "write JSON_VALUE({1}, '$.key') for arrows"),
    _habit((SQLITE, *MYSQLS), r"\bWITHIN GROUP\b", "there is no WITHIN GROUP for aggregates"),
    _habit((SQLITE,), r"\bSUBSTRING \( (\w+) FROM", "write substr({1}, 1, 3)"),
    _habit((SQLITE,), r"\bPOSITION \( (\S+) IN (\w+)", "write instr({2}, {1})"),
    _habit((SQLITE, *MYSQLS), r"\bAT TIME ZONE\b", "there is no AT TIME ZONE"),
    _habit((SQLITE,), r"\b(?:DATE|TIMESTAMP) ('[^']*')", "write the date as plain text: {1}"),
    _habit(
        (SQLITE, DUCKDB, POSTGRESQL),
        r"\b(CURRENT_DATE|CURRENT_TIMESTAMP|CURRENT_TIME) \( \)",
        "write {1} without parentheses",
    ),
    _habit(EVERYWHERE, r"\bCONVERT \( (\w+)(?: \( [\d, ]+ \))? ,", "write CAST(x AS {1})"),
    _habit(MYSQLS, r"\bAS (?:TEXT|VARCHAR|STRING) \)", "cast to CHAR: CAST(x AS CHAR)"),
    _habit(MYSQLS, r"\bAS (?:BIGINT|INT8|SMALLINT) \)", "cast to SIGNED: CAST(x AS SIGNED)"),
    _habit(MYSQLS, r"\bAS NUMERIC\b", "cast to DECIMAL: CAST(x AS DECIMAL(20, 4))"),
    _habit(MYSQLS, r"\bAS TIMESTAMP \)", "cast to DATETIME: CAST(x AS DATETIME)"),
    _habit(MYSQLS, r"\bDOUBLE PRECISION \)", "cast to DOUBLE: CAST(x AS DOUBLE)"),
    _habit((POSTGRESQL,), r"\bAS STRING\b", "cast to text: CAST(x AS text)"),
    _habit((POSTGRESQL,), r"\bAS DATETIME\b", "cast to timestamp: CAST(x AS timestamp)"),
    _habit((POSTGRESQL,), r"\bAS (?:TINYINT|INT8UNSIGNED|SIGNED)\b", "cast to integer"),
    _habit((SQLITE, POSTGRESQL, *MYSQLS), r"\b(?:TRY_CAST|SAFE_CAST) \(", "there is CAST alone"),
    _habit(
        (SQLITE, POSTGRESQL, *MYSQLS),
        r"\* (EXCLUDE|EXCEPT|REPLACE) \(",
        "there is no * {1}: name the columns",
    ),
    _habit(
        (SQLITE, POSTGRESQL, *MYSQLS),
        r"\b(GROUP|ORDER) BY ALL\b",
        "there is no {1} BY ALL: name the columns",
    ),
    _habit(
        (POSTGRESQL, *MYSQLS), r"\bIN \( \)", "an IN list cannot be empty: IN (NULL) finds none"
    ),
    _habit((SQLITE, *MYSQLS), r"\bARRAY \[", "there are no arrays: use JSON"),
    _habit(
        (SQLITE, *MYSQLS), r"\b(?:CUBE|GROUPING SETS) \(", "there are no GROUPING SETS: UNION ALL"
    ),
    _habit((SQLITE,), r"\bROLLUP\b", "there is no ROLLUP: add the total with UNION ALL"),
    _habit(MYSQLS, r"\bROLLUP \(", "write GROUP BY a, b WITH ROLLUP"),
    _habit((SQLITE,), r"\bLATERAL\b", "there is no LATERAL: use a subquery in SELECT"),
    _habit(EVERYWHERE, r"\b(?:CROSS|OUTER) APPLY\b", "there is no APPLY: LATERAL, or a subquery"),
    _habit(EVERYWHERE, r"\bNOLOCK\b", "there are no table hints: leave WITH (NOLOCK) out"),
    _habit((POSTGRESQL, SQLITE, *MYSQLS), r", FROM\b", "the comma before FROM is one too many"),
)


def found(tokens: Sequence[Token], dialect: Dialect) -> list[Finding]:
    """Return the advice for every habit of another dialect that a statement shows.

    Args:
        tokens: of the statement, without space and comments.
        dialect: what it has to be written in.
    """
    text, starts = _joined(tokens)
    findings: dict[str, int] = {}
    for habit in HABITS:
        if dialect in habit.dialects and (match := habit.pattern.search(text)):
            advice = habit.advice
            for n, group in enumerate(match.groups(), 1):
                advice = advice.replace(f"{{{n}}}", group or "n")
            findings.setdefault(advice, _source(starts, match.start()))
    findings.update(_unbalanced(tokens, dialect))
    return [Finding(advice, start) for advice, start in findings.items() if advice]


def _joined(tokens: Sequence[Token]) -> tuple[str, list[tuple[int, int]]]:
    """Return the tokens joined by spaces, and from where there to where in the statement."""
    parts, starts, at = [], [], 0
    for token in tokens:
        text = token.text
        if token.kind in {Kind.TEXT, Kind.ESCAPED, Kind.CODED} and len(text) > SHOWN:
            text = "'…'"
        starts.append((at, token.start))
        parts.append(text)
        at += len(text) + 1
    return " ".join(parts), starts


def _source(starts: Sequence[tuple[int, int]], at: int) -> int:
    return next((start for joined, start in reversed(starts) if joined <= at), 0)


def _unbalanced(tokens: Sequence[Token], dialect: Dialect) -> dict[str, int]:
    """Find what is opened and not closed, and subqueries without a name."""
    findings: dict[str, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        word = token.text.upper() if token.kind in {Kind.WORD, Kind.SIGN} else ""
        if token.kind is Kind.OPEN:
            findings[f"{token.text[:1]} opens a text or a name and nothing closes it"] = token.start
        elif word == "(":
            opened.append(at)
        elif word == ")" and not opened:
            findings["this ) closes nothing"] = token.start
        elif word == ")":
            start = opened.pop()
            if dialect in {POSTGRESQL, *MYSQLS} and _nameless(tokens, start, at):
                findings["give the subquery a name: (SELECT …) AS q"] = tokens[start].start
    if opened:
        findings["this ( is never closed"] = tokens[opened[-1]].start
    words = [token.text.upper() for token in tokens]
    if words.count("CASE") > words.count("END"):
        findings["CASE … WHEN … THEN … needs an END"] = tokens[words.index("CASE")].start
    return findings


def _nameless(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether a subquery in FROM, from parenthesis to parenthesis, has no name."""
    if not start or tokens[start - 1].text.upper() not in {"FROM", "JOIN"}:
        return False
    return tokens[start + 1].text.upper() == "SELECT" and not _named(tokens, end + 1)


def _named(tokens: Sequence[Token], at: int) -> bool:
    if at >= len(tokens) or tokens[at].kind not in {Kind.WORD, Kind.NAME}:
        return False
    ends = {"WHERE", "GROUP", "ORDER", "LIMIT", "JOIN", "LEFT", "INNER", "ON", "UNION", "HAVING"}
    return tokens[at].text.upper() not in ends
