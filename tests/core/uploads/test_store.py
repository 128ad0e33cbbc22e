"""The bytes of uploads come back as they went in, on either engine."""

import io
import os

from sqlalchemy import func, select

from core.app import Core
from core.chats import ChatDraft
from core.db import Database
from core.identity import Actor
from core.uploads import Offered
from core.uploads.store import PART, parts
from tests.core.uploads.files import PICTURE, csv


async def test_a_large_file_is_kept_in_parts_and_comes_back_whole(
    core: Core, db: Database, ada: Actor
) -> None:
    chat = (await core.chats.create(ada, ChatDraft())).id
    body = PICTURE + os.urandom(2 * PART)
    (upload, sales) = await core.uploads.add(ada, chat, [Offered("p.png", io.BytesIO(body)), csv()])
    async with db.reading() as tx:
        largest = await tx.scalar(select(func.max(func.length(parts.c.body))))
        number = await tx.scalar(select(func.count()).select_from(parts))

    assert await core.uploads.read(ada, upload.id) == body
    assert (largest, number) == (PART, 4)
    assert [each.id for each in await core.uploads.list(ada, chat)] == [upload.id, sales.id]
    assert await core.uploads.lent(ada, chat)
    await core.chats.delete(ada, [chat])
    async with db.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(parts)) == 0
