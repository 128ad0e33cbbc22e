"""Getting in at a PostgreSQL server, or saying plainly why not."""

import os
import re
from typing import Any, NamedTuple

import psycopg

from core.connections.address import Address
from core.connections.errors import ConnectionFailed

SETTINGS = {
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "60s",
    "datestyle": "ISO,YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "plan_cache_mode": "force_custom_plan",
    "client_min_messages": "error",
}
"""What a session starts with, and so falls back to whatever a statement resets."""

PATIENCE = 10
"""Seconds to wait for a server that does not answer, unless the address says otherwise."""
PORT = 5432

_ROUTE = re.compile(r'connection to server at "[^"]*"(?: \([^)]*\))?, port \d+ failed: ')


class Login(NamedTuple):
    """An open connection."""

    connection: psycopg.AsyncConnection
    settled: bool
    """Whether it started with our settings; a pooler in between may not let them through."""


async def login(address: Address) -> Login:
    """Open a connection for *address*, in UTF-8 and known to the server as `trellis`.

    What the machine we run on has in its environment, password files or service files is not
    used: an address says all there is to say.

    Raises:
        ConnectionFailed: we cannot get in, and why; the password is never repeated.
    """
    try:
        settings = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        return Login(await _connect(address, settings), settled=True)
    except (psycopg.Error, OSError, UnicodeError) as error:
        if "unsupported startup parameter" not in str(error):
            raise ConnectionFailed(_reason(error, address)) from None
    try:
        return Login(await _connect(address, ""), settled=False)
    except (psycopg.Error, OSError, UnicodeError) as error:
        raise ConnectionFailed(_reason(error, address)) from None


async def _connect(address: Address, settings: str) -> psycopg.AsyncConnection:
    options: dict[str, Any] = {
        "connect_timeout": PATIENCE,
        "gssencmode": "disable",
        "keepalives_idle": 60,
        "keepalives_interval": 15,
        "keepalives_count": 4,
    }
    options.update(address.options)
    options.pop("read_only", None)
    return await psycopg.AsyncConnection.connect(
        host=address.host,
        port=address.port or PORT,
        dbname=address.database,
        user=address.username or "postgres",
        password=address.password or "",
        passfile=f"{os.devnull}/none",
        client_encoding="UTF8",
        application_name="trellis",
        options=settings,
        autocommit=True,
        **options,
    )


def _reason(error: Exception, address: Address) -> str:
    where = f"{address.host}:{address.port or PORT}"
    said = str(error)
    if isinstance(error, psycopg.errors.ConnectionTimeout) or "timeout expired" in said:
        return f"PostgreSQL at {where} did not answer in time."
    if "failed to resolve host" in said or isinstance(error, UnicodeError):
        return f"There is no host called {address.host}."
    if "Connection refused" in said:
        return f"Nothing listens at {where}: the connection was refused."
    if "no password supplied" in said:
        return f"PostgreSQL at {where} asks for a password, and the address has none."
    said = _ROUTE.sub("", " ".join(said.split())).removeprefix("connection failed: ")
    said = said.rpartition("FATAL: ")[2].strip() or "the connection broke off"
    if address.password:
        said = said.replace(address.password, "***")
    return f"PostgreSQL at {where} does not let us in: {said}"
