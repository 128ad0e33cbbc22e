"""Many chats at once."""

from sqlalchemy import insert, select

from core.app import Core
from core.chats import ChatDraft
from core.chats.store import chats
from core.db import Database
from core.identity import Actor


async def many_chats(core: Core, actor: Actor, db: Database, most: int) -> None:
    """Give a member as many chats as that, in one statement."""
    first = await core.chats.create(actor, ChatDraft())
    async with db.transaction() as tx:
        row = (await tx.execute(select(chats).where(chats.c.id == first.id))).mappings().one()
        rows = [dict(row) | {"id": f"chat-{at}"} for at in range(most - 1)]
        await tx.execute(insert(chats), rows)
