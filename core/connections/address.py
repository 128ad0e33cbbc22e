"""A connection's address: read strictly, shown without its password."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from typing_extensions import override

from core.connections.errors import AddressInvalid
from core.connections.records import Dialect

SCHEMES = {
    "sqlite": Dialect.SQLITE,
    "duckdb": Dialect.DUCKDB,
    "postgresql": Dialect.POSTGRESQL,
    "postgres": Dialect.POSTGRESQL,
    "mysql": Dialect.MYSQL,
    "mariadb": Dialect.MARIADB,
}
FILES = frozenset({Dialect.SQLITE, Dialect.DUCKDB})
YES = frozenset({"true", "yes", "on", "1"})

_MY_OWN = frozenset({"mysql", "sys", "performance_schema", "information_schema"})
OWN = {Dialect.MYSQL: _MY_OWN, Dialect.MARIADB: _MY_OWN}
"""Databases in which the server keeps its logins, under names that need no qualification."""

OPTIONS: dict[Dialect, frozenset[str]] = {
    Dialect.SQLITE: frozenset({"read_only"}),
    Dialect.DUCKDB: frozenset({"read_only", "threads", "memory_limit"}),
    Dialect.POSTGRESQL: frozenset(
        {"read_only", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout"}
        | {"target_session_attrs", "gssencmode", "channel_binding"}
    ),
    Dialect.MYSQL: frozenset({"read_only", "ssl_ca", "ssl_disabled", "connect_timeout"}),
    Dialect.MARIADB: frozenset({"read_only", "ssl_ca", "ssl_disabled", "connect_timeout"}),
}
"""What may stand behind the `?`; anything else is a mistake, and a mistake fails closed."""


class Address(NamedTuple):
    """Where a database is and how to get in; only a keeper may look at the password."""

    dialect: Dialect
    database: str
    """The database's name; for a file its path, as it was written."""
    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = None
    options: Mapping[str, str] = {}

    @property
    def path(self) -> Path:
        """The file of a SQLite or DuckDB address."""
        return Path(self.database).expanduser()

    @override
    def __repr__(self) -> str:
        """Return what may be logged."""
        return f"Address({self.shown})"

    @property
    def shown(self) -> str:
        """What people recognise it by: no password, no options."""
        url = URL.create(
            self.dialect, self.username, None, self.host, self.port, self.database or None
        )
        return url.render_as_string(hide_password=True)


def parse(text: str) -> Address:
    """Read an address such as `postgresql://reader:secret@db.example/shop?sslmode=require`.

    Raises:
        AddressInvalid: it is none, its kind is unknown, or an option is unknown or mistyped;
            the message never repeats the text, which may hold a password.
    """
    try:
        url = make_url(text.strip())
        port = url.port
    except (ArgumentError, ValueError):
        raise AddressInvalid from None
    scheme = url.drivername.partition("+")[0].lower()
    if scheme not in SCHEMES or scheme != url.drivername.lower():
        known = ", ".join(sorted(SCHEMES))
        raise AddressInvalid(f"The address begins with one of {known}, then ://")
    dialect = SCHEMES[scheme]
    options = _options(dialect, url)
    database = url.database or ""
    if dialect in FILES:
        if url.host or not database or database == ":memory:":
            raise AddressInvalid(
                f"A {dialect} address names a file: {dialect}:///relative.db or "
                f"{dialect}:////absolute/path.db"
            )
        return Address(dialect, database, options=options)
    if not database:
        raise AddressInvalid(f"A {dialect} address names a database after the host: …/name")
    if database.lower() in OWN.get(dialect, ()):
        raise AddressInvalid(f"{database} is the server's own; name a database of yours.")
    host = url.host or "127.0.0.1"
    return Address(dialect, database, host, port, url.username, url.password, options)


def _options(dialect: Dialect, url: URL) -> dict[str, str]:
    options = {}
    for name, value in url.query.items():
        if name not in OPTIONS[dialect]:
            known = ", ".join(sorted(OPTIONS[dialect]))
            raise AddressInvalid(f"Unknown option {name!r} in the address; known are {known}.")
        if not isinstance(value, str):
            raise AddressInvalid(f"The option {name!r} is given twice.")
        if name == "read_only" and value.lower() not in YES:
            raise AddressInvalid(
                f"read_only={value}: connections are always read-only; write read_only=true or "
                "leave it out."
            )
        options[name] = value
    return options


def places(host: str | None) -> set[str]:
    """Return every address that *host* stands for; all of this machine's own are one."""
    import socket  # noqa: PLC0415 - only where a database has our own store's name
    from ipaddress import ip_address  # noqa: PLC0415

    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return {str(host)}
    return {"loopback" if ip_address(each).is_loopback else each for each in found}
