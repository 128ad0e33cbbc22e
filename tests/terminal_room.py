"""What the process that commands are forked from has imported already."""

from cli import connection, doctor, key, member, query, secret, sql
from core.app import Core
from core.connections import policy, repair, template
from core.connections.drivers import sqlite

__all__ = [
    "Core",
    "connection",
    "doctor",
    "key",
    "member",
    "policy",
    "query",
    "repair",
    "secret",
    "sql",
    "sqlite",
    "template",
]
