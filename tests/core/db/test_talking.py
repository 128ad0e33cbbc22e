"""A store from before people talked in channels is brought to the present as it was."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from core.db import Database, migrate
from core.db.migrate import HOME

OLD = """
INSERT INTO organizations VALUES ('o', 'Acme', '2026-01-01 00:00:00', NULL);
INSERT INTO members VALUES ('m', 'o', 'Ada', 'ada@acme.test', 'owner', NULL, '2026-01-01');
INSERT INTO chats (id, organization_id, member_id, title, preview, created_at, updated_at,
  stopping) VALUES ('c', 'o', 'm', 'T', 'P', '2026-01-01', '2026-01-01', false),
  ('d', 'o', 'm', 'T', 'P', '2026-01-01', '2026-01-01', false);
INSERT INTO messages (id, organization_id, chat_id, position, side, status, content, created_at)
  VALUES ('q', 'o', 'c', 1, 'user', 'done', '?', '2026-01-01'),
  ('a', 'o', 'c', 2, 'assistant', 'done', '!', '2026-01-01');
INSERT INTO connections (id, organization_id, name, dialect, address, sealed, status, warnings,
  created_by, created_at, updated_at)
  VALUES ('s', 'o', 'shop', 'sqlite', 'x', 'x', 'active', '[]', 'm', '2026-01-01', '2026-01-01')
"""


def begun(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.attributes["connection"] = connection
    command.upgrade(config, "0004")
    for statement in OLD.split(";"):
        connection.execute(text(statement))


async def test_what_was_there_is_its_owners_and_as_open_as_it_was(store_url: str) -> None:
    db = Database(store_url)
    async with db.transaction() as tx:
        await tx.run_sync(begun)

    await migrate(db)

    async with db.reading() as tx:
        said = (await tx.execute(text("SELECT id, member_id FROM messages ORDER BY id"))).all()
        chats = (await tx.execute(text("SELECT place, audience, surface FROM chats"))).all()
        limits = (await tx.execute(text("SELECT least, audience FROM connections"))).all()
    await db.close()
    assert [tuple(each) for each in said] == [("a", "m"), ("q", "m")]
    assert [tuple(each) for each in chats] == [(None, None, None)] * 2
    assert [tuple(each) for each in limits] == [("viewer", "public")]
