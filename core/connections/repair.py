"""From a database's complaint to a message by which an assistant repairs its statement at once.

The message keeps the database's own words and adds the place in the statement, the nearest real
names, and how this dialect says what was meant; whatever else is wrong and visible is told too.
"""

import re

from core.connections.advice import Adviser
from core.connections.complaints import Complaint, complaint
from core.connections.errors import StatementFailed, StatementRefused
from core.connections.nearest import nearest
from core.connections.records import Dialect, Schema
from core.connections.scope import NAMES, Scope, bare, place, scope

__all__ = ["explain", "nearest", "repair"]

MOST = 4
"""Pieces of advice in one message."""
LONGEST = 20_000
"""Characters of a statement that are looked into."""
HINT = 300
"""Characters of the database's own hint that are told, where we have none."""
NOISE = re.compile(
    r"; check the manual that corresponds to your \w+ server version for the right syntax to use"
)
"""What MySQL and MariaDB say in every such message."""
PLACED = re.compile(r"\(line \d+, column \d+\)")
"""How the policy tells a place, in its message already."""


def repair(
    failed: StatementFailed, sql: str, dialect: Dialect, schema: Schema | None
) -> StatementFailed:
    """Return *failed* as a new refusal that says where, and what would work.

    Args:
        failed: what the database said.
        sql: the statement as it ran.
        dialect: of the database.
        schema: what discovery found, if it did.
    """
    message, position, advice = _told(failed.message, failed.position, sql, dialect, schema)
    hint = " ".join(advice)
    if not hint and failed.hint:
        hint = failed.hint[:HINT]
        message = f"{message.rstrip('.')}. {hint}"
    return StatementFailed(message, position=position, hint=hint or None, state=failed.state)


def explain(
    refused: StatementRefused, sql: str, dialect: Dialect, schema: Schema | None = None
) -> StatementRefused:
    """Return what the policy refused with what would work, where dialects differ.

    A statement that cannot be read, or calls a function that only another dialect has, is as
    often a slip as an attack; to the latter nothing is said.
    """
    message, _, advice = _told(refused.message, None, sql, dialect, schema)
    return StatementRefused(message) if advice else refused


def _told(
    message: str, position: int | None, sql: str, dialect: Dialect, schema: Schema | None
) -> tuple[str, int | None, list[str]]:
    """Return the message to be read, the place that is meant, from 1, and the advice alone."""
    sql = sql[:LONGEST]
    said = complaint(message)
    names = scope(sql, dialect, schema)
    position = min(position, len(sql) + 1) if position else _position(sql, said, names)
    found = Adviser(names, dialect, schema).advise(said, (position or 1) - 1)
    advice = [_sentence(each) for each in dict.fromkeys(found)][:MOST]
    message = NOISE.sub("", message).strip()
    if position is not None and not PLACED.search(message):
        message = f"{message.rstrip('.!')}. At {place(sql, position)}"
    if advice:
        message = f"{message.rstrip('.')}. {' '.join(advice)}"
    return message, position, advice


def _sentence(advice: str) -> str:
    mark = "?" if advice.startswith("did you mean") else "."
    return f"{advice[:1].upper()}{advice[1:]}{mark}"


def _position(sql: str, said: Complaint, names: Scope) -> int | None:
    """Return where in the statement, from 1, the name stands or the text that is quoted."""
    if said.near == "":
        return len(sql.rstrip()) + 1
    if said.near is not None:
        return _near(said, sql)
    return _of_name(said.name, names) if said.name else None


def _near(said: Complaint, sql: str) -> int | None:
    """Find the text that the database quotes, where it stands only once or its line is told."""
    line = max((said.line or 1) - 1, 0)
    start = sum(len(each) + 1 for each in sql.split("\n")[:line])
    first = sql.find(said.near or "", start)
    # MariaDB quotes the rest of the statement; others quote one word, which may stand there twice.
    alone = said.line is not None or sql.find(said.near or "", first + 1) < 0
    return first + 1 if first >= 0 and alone else None


def _of_name(name: str, names: Scope) -> int | None:
    """Find where the statement has the name that the database complains of."""
    *_, table, last = ("", *(bare(part).lower() for part in name.split(".")))
    fallback = None
    for n, token in enumerate(names.tokens):
        given = n and names.tokens[n - 1].text.lower() == "as"
        if given or token.kind not in NAMES or bare(token.text).lower() != last:
            continue
        dotted = n > 1 and names.tokens[n - 1].text == "."
        before = names.tokens[n - 2] if dotted else token
        if table and dotted and bare(before.text).lower() == table:
            return before.start + 1
        if fallback is None and not (dotted and table):
            fallback = before.start + 1
    return fallback
