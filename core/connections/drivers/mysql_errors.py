"""What MySQL and MariaDB servers say when something is wrong, in the words of our refusals."""

import re
from typing import Any

import mysql.connector
from mysql.connector.errors import ConnectionTimeoutError, ReadTimeoutError, WriteTimeoutError

from core.connections.errors import ConnectionFailed, StatementFailed, StatementTimedOut
from core.errors import CoreError

CLIENT = range(2000, 3000)
"""Numbers of the connector's own errors: the server did not say them."""
GONE = frozenset({-1, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1927, 4031})
"""The server shuts down, or has ended the session."""
TIMED_OUT = frozenset({1969, 3024})
READ_ONLY = frozenset({1290, 1792, 1836})
OVERFLOWED = 1301
"""The warning that a function answered NULL, for its value would have been too long."""

REFUSALS = {
    1040: "it has too many connections",
    1044: "the login may not use that database",
    1045: "it refuses the login: user or password are wrong",
    1049: "it has no such database",
    1129: "it blocks this host after too many errors",
    1130: "it lets nobody in from this host",
    1203: "the login has too many connections",
    1226: "the login has used up what it may",
    1698: "it refuses the login: user or password are wrong",
    1820: "the password has expired",
    1862: "the password has expired",
    2005: "there is no such host",
    2013: "it hung up while we logged in",
    2026: "the TLS connection failed",
    3118: "the account is locked",
    3159: "it asks for TLS",
    4151: "the account is locked",
}
"""Why a server cannot be reached; the server's own words may repeat what is secret."""
UNREACHABLE = frozenset({2002, 2003, 2055})

_NEAR = re.compile(r"near '(.*)' at line (\d+)$", re.DOTALL)
_NAMED = re.compile(
    r"(?:Unknown column|Unknown table|Table|FUNCTION|PROCEDURE|Column|Unknown system variable"
    r"|Unknown database) '?([^' ]+)'?"
)


class SessionLost(Exception):
    """The server has hung up."""


def lost(error: mysql.connector.Error) -> bool:
    """Say whether there is no use in asking the session anything more."""
    number = error.errno
    return number in CLIENT or number in GONE or _timed_out_here(error)


def _timed_out_here(error: Exception) -> bool:
    return isinstance(error, (ReadTimeoutError, WriteTimeoutError, ConnectionTimeoutError))


def failed(error: mysql.connector.Error, sql: str) -> CoreError:
    """Say what the server has against a statement."""
    if error.errno in TIMED_OUT:
        return StatementTimedOut()
    message = error.msg or "The server refused the statement."
    hint = "Only reading is possible here." if error.errno in READ_ONLY else None
    return StatementFailed(
        message, position=_position(message, sql), hint=hint, state=str(error.errno)
    )


def unreachable(error: Exception, options: dict[str, Any]) -> ConnectionFailed:
    """Say why a server cannot be reached; no word of it comes from where secrets are."""
    at = f"{options['host']}:{options['port']}"
    number = getattr(error, "errno", None)
    why = REFUSALS.get(number) if isinstance(number, int) else None
    if _timed_out_here(error):
        why = "it does not answer in time"
    elif why is None and "certificate" in str(error).lower():
        why = "its TLS certificate is not trusted, or there is no file that vouches for it"
    elif why is None and (number in UNREACHABLE or isinstance(error, OSError)):
        why = "nothing answers there"
    elif why is None:
        said = " ".join(str(getattr(error, "msg", "") or "it speaks another language").split())
        secret = options.get("password")
        why = said.replace(secret, "***") if secret else said
    who = options.get("user") or "nobody"
    return ConnectionFailed(
        f"The database {options['database']} at {at} cannot be reached as {who}: {why}."
    )


def _position(message: str, sql: str) -> int | None:
    """Find what the server complains of; it tells the words, and at most the line."""
    if near := _NEAR.search(message):
        start = 0
        for _ in range(int(near[2]) - 1):
            start = sql.find("\n", start) + 1
        if not near[1]:
            return len(sql) + 1
        # The text that is quoted begins on that line, and may be cut.
        places = [found.start() for found in re.finditer(re.escape(near[1]), sql)]
        later = [place for place in places if place >= start]
        return (later or places)[0] + 1 if places else None
    named = _NAMED.search(message)
    word = named[1].rpartition(".")[2].strip("`'") if named else ""
    places = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", sql)]
    return places[0] + 1 if word and len(places) == 1 else None
