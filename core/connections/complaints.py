"""What a database complains of, read from its words."""

import re
from enum import Enum, auto
from typing import NamedTuple


class Fault(Enum):
    """What is wrong with a statement."""

    COLUMN = auto()
    """There is no such column."""
    TABLE = auto()
    ALIAS = auto()
    """FROM has no such table."""
    AMBIGUOUS = auto()
    FUNCTION = auto()
    """There is no such function, or not with these arguments."""
    TYPE = auto()
    UNGROUPED = auto()
    """A column is neither grouped nor aggregated."""
    AGGREGATE = auto()
    """An aggregate stands where none can: in WHERE, or in another."""
    WINDOW = auto()
    OPERATOR = auto()
    VALUE = auto()
    """A text is no number, no date or no truth."""
    DIVISION = auto()
    COUNTS = auto()
    """Two parts of a UNION have different numbers of columns."""
    SYNTAX = auto()
    OTHER = auto()


class Complaint(NamedTuple):
    """A fault, the name it is about, and where as far as the words tell."""

    fault: Fault
    name: str = ""
    near: str | None = None
    """What the statement goes on with; empty where it ends."""
    line: int | None = None


_NAME = r"[\"'`]?(?P<name>[^\"'`\n]+?)[\"'`]?"
WORDS: tuple[tuple[Fault, str], ...] = (
    (Fault.AMBIGUOUS, rf"ambiguous column name: {_NAME}$"),
    (Fault.AMBIGUOUS, rf"Ambiguous reference to column name {_NAME} "),
    (Fault.AMBIGUOUS, rf"column reference {_NAME} is ambiguous"),
    (Fault.AMBIGUOUS, rf"Column {_NAME} in .+ is ambiguous"),
    (Fault.UNGROUPED, rf"column {_NAME} must appear in the GROUP BY"),
    (Fault.UNGROUPED, rf"nonaggregated column {_NAME} "),
    (Fault.UNGROUPED, rf"^{_NAME} isn't in GROUP BY"),
    (Fault.COLUMN, rf"no such column: {_NAME}$"),
    (Fault.COLUMN, rf"Referenced column {_NAME} not found"),
    (Fault.COLUMN, r"[\"'](?P<table>\w+)[\"'] does not have a column named \"(?P<name>[^\"]+)\""),
    (Fault.COLUMN, rf"column {_NAME} does not exist"),
    (Fault.COLUMN, rf"Unknown column {_NAME} in"),
    (Fault.ALIAS, rf"Referenced table {_NAME} not found"),
    (Fault.ALIAS, rf"FROM-clause entry for table {_NAME}$"),
    (Fault.TABLE, rf"no such table: {_NAME}$"),
    (Fault.TABLE, rf"Table with name {_NAME} does not exist"),
    (Fault.TABLE, rf"relation {_NAME} does not exist"),
    (Fault.TABLE, rf"^Table {_NAME} doesn't exist"),
    (Fault.TABLE, rf"^Unknown table {_NAME}$"),
    (Fault.FUNCTION, r"no such function: (?P<name>\w+)"),
    (Fault.FUNCTION, r"Function with name \"?(?P<name>\w+)\"? does not exist"),
    (Fault.FUNCTION, r"function (?:\w+\.)?(?P<name>\w+)\(.*\) does not exist"),
    (Fault.FUNCTION, r"^FUNCTION (?:.+\.)?(?P<name>\w+) does not exist"),
    (Fault.FUNCTION, r"^(?P<name>\w+)\(\) is not among the functions"),
    (Fault.FUNCTION, r"wrong number of arguments to function (?P<name>\w+)"),
    (Fault.FUNCTION, r"native function '(?P<name>\w+)'"),
    (Fault.FUNCTION, r"No function matches the given name and argument types '(?P<name>\w+)\("),
    (Fault.FUNCTION, r"Wrong number of arguments provided to (?P<name>\w+) function"),
    (Fault.OPERATOR, r"(?:operator does not exist: |argument types ')(?P<name>[^\n']+)"),
    (Fault.OPERATOR, r"Cannot compare values of type (?P<name>.+?) - an"),
    (Fault.TYPE, rf"type {_NAME} does not exist"),
    (Fault.TYPE, rf"Unknown data type: {_NAME}$"),
    (Fault.TYPE, rf"Type with name {_NAME} does not exist"),
    (Fault.WINDOW, r"misuse of window function|window functions? .*(?:allowed|WHERE)"),
    (Fault.WINDOW, r"cannot contain window functions"),
    (Fault.AGGREGATE, r"misuse of aggregate|cannot contain aggregates|aggregate functions? .*not"),
    (Fault.AGGREGATE, r"aggregate function calls cannot be nested|Invalid use of group function"),
    (Fault.VALUE, r"invalid input syntax for type (?P<name>[\w ]+)"),
    (Fault.VALUE, r"Could not convert string .+ to (?P<name>\w+)"),
    (Fault.VALUE, r"must be type boolean, not type (?P<name>.+)"),
    (Fault.DIVISION, r"division by zero"),
    (Fault.COUNTS, r"same number of (?:result )?columns|different number of columns"),
    (Fault.SYNTAX, r"syntax error at end of input|incomplete input(?P<end>)"),
    (Fault.SYNTAX, r"at or near \"(?P<near>.+)\""),
    (Fault.SYNTAX, r"near \"(?P<near>.+)\": syntax error"),
    (Fault.SYNTAX, r"unrecognized token: \"(?P<near>.+)\""),
    (Fault.SYNTAX, r"syntax to use near '(?P<near>.*)' at line (?P<line>\d+)"),
    (Fault.SYNTAX, r"syntax|cannot be read|Parser Error|subquery in FROM must have an alias"),
    (Fault.SYNTAX, r"begins here never ends|quotes nothing here|is no name"),
    (Fault.SYNTAX, r"begins a parameter of SQLite|unterminated"),
)
PATTERNS = tuple((fault, re.compile(words, re.IGNORECASE | re.DOTALL)) for fault, words in WORDS)


def complaint(message: str) -> Complaint:
    """Return what *message*, in the words of any of the databases or of our policy, is about."""
    for fault, pattern in PATTERNS:
        if match := pattern.search(message):
            said = match.groupdict()
            name = said.get("name") or ""
            if said.get("table"):
                name = f"{said['table']}.{name}"
            near = (
                "" if "end of input" in match[0] or "incomplete" in match[0] else said.get("near")
            )
            line = said.get("line")
            return Complaint(fault, name, near, int(line) if line else None)
    return Complaint(Fault.OTHER)
