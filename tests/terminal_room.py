"""What the process that commands are forked from has imported already."""

from cli import ask, connection, doctor, key, member, query, secret, sql
from core.app import Core
from core.connections import policy, repair, search, template
from core.connections.drivers import sqlite
from core.queries import index, match

__all__ = [
    "Core",
    "ask",
    "connection",
    "doctor",
    "index",
    "key",
    "match",
    "member",
    "policy",
    "query",
    "repair",
    "search",
    "secret",
    "sql",
    "sqlite",
    "template",
]
