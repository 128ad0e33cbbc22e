"""What the process that commands are forked from has imported already."""

import gc
from importlib import import_module

ROOMS = (
    *("ask", "chart", "connection", "discord", "doctor", "key", "link", "member", "notice"),
    *("pipeline", "port", "query", "secret", "serve", "slack", "sql", "talking", "up", "working"),
)
WITHIN = (
    *("core.app", "core.chats.writing", "core.chats.toolset", "core.jobs.runners.durable"),
    *("core.jobs.runners.steps", "core.jobs.runners.voice", "core.connections.drivers.sqlite"),
    *("core.connections.policy", "core.connections.repair", "core.connections.search"),
    *("core.connections.template", "core.queries.index", "core.queries.match"),
    *("core.sample.shop", "core.sample.queries", "core.charts.suggestion"),
    *("api.app", "mcp_server.app", "bot.slack.app", "bot.discord.app"),
)
BOUGHT = (
    *("aiosqlite", "alembic.command", "altair", "dbos", "dbos._sys_db_sqlite", "psycopg"),
    *("pydantic_ai.models.openai", "pydantic_ai.providers.openai"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "sqlglot.dialects.sqlite"),
    *("uvicorn.lifespan.on", "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl"),
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)

for name in ("cli.app", *(f"cli.{room}" for room in ROOMS), *WITHIN, *BOUGHT):
    import_module(name)
# A fork whose collector looks at all this would copy it.
gc.collect()
gc.freeze()
