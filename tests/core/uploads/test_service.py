"""Files of chats: kept whole or not at all, asked like any database, gone with their chat."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from sqlalchemy import func, select
from typing_extensions import override

from core.app import Core, build
from core.chats import ChatDraft, ChatNotFound
from core.connections import ConnectionNotFound, Lent, StatementRefused, TableUnknown
from core.db import Database
from core.errors import Invalid
from core.identity import Actor, Role, Surface
from core.ids import ChatId, OrganizationId, UploadId, now
from core.page import PageAsked
from core.secrets import Vault
from core.sheets import FileRefused
from core.uploads import (
    Kind,
    LinkInvalid,
    Offered,
    TooManyFiles,
    Upload,
    UploadNotFound,
    UploadsFull,
    service,
)
from core.uploads.service import AUDIENCE
from core.uploads.store import UploadStore, parts, uploads
from tests.core.uploads.files import PICTURE, SALES, csv, paper, picture

TOTALS = "SELECT region, sum(amount) AS total FROM sales GROUP BY 1 ORDER BY 1"


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
async def chat(core: Core, ada: Actor) -> ChatId:
    return (await core.chats.create(ada, ChatDraft())).id


async def lent_of(core: Core, actor: Actor, chat: ChatId) -> Lent:
    lent = await core.uploads.lent(actor, chat)
    assert lent is not None
    return lent


async def counted(db: Database) -> tuple[int, int]:
    """Return how many uploads and how many parts the store has, seen or not."""
    async with db.reading() as tx:
        there = await tx.scalar(select(func.count()).select_from(uploads))
        pieces = await tx.scalar(select(func.count()).select_from(parts))
    return there or 0, pieces or 0


async def test_a_table_can_be_asked_like_any_database(core: Core, ada: Actor, chat: ChatId) -> None:
    (upload,) = await core.uploads.add(ada, chat, [csv()])
    lent = await lent_of(core, ada, chat)
    ask = core.connections

    answer = await ask.run(ada, lent, TOTALS)
    limited = await ask.run(
        ada, lent, "SELECT * FROM sales WHERE region = {{r}}", parameters={"r": "EU"}, limit=1
    )
    (table,) = await ask.describe(ada, lent, ["sales"])
    found = await ask.search(ada, "amount by region", ref=lent)

    assert answer.rows == [("EU", 4.5), ("US", 2.0)]
    assert answer.connection == "uploads"
    assert limited.cursor is not None
    assert limited.rows == [("EU", 1.5)]
    assert [column.name for column in table.columns] == ["region", "amount"]
    assert table.samples["region"] == ("EU", "US")
    assert [hit.table.name for hit in found.tables] == ["sales"]
    assert upload.kind is Kind.TABLE
    assert [(each.name, each.rows, each.columns) for each in upload.tables] == [("sales", 3, 2)]
    assert "sales.csv: sales (3 rows)" in lent.description


async def test_the_policy_is_the_same_as_for_any_database(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv()])
    lent = await lent_of(core, ada, chat)

    for sql in (
        "DROP TABLE sales",
        "INSERT INTO sales VALUES ('x', 1)",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "ATTACH '/tmp/x.duckdb'",
        "COPY sales TO '/tmp/out.csv'",
        "INSTALL httpfs",
    ):
        with pytest.raises(Invalid):
            await core.connections.run(ada, lent, sql)


async def test_what_is_lent_is_kept_nowhere_and_shown_to_nobody(
    core: Core, ada: Actor, eve: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv()])
    lent = await lent_of(core, ada, chat)
    told: list[OrganizationId] = []

    async def hear(organization_id: OrganizationId) -> None:
        told.append(organization_id)

    core.connections.changed.connect(hear)
    await core.connections.schema(ada, lent)

    assert (await core.connections.list(ada, PageAsked())).total == 0
    assert not told
    with pytest.raises(ConnectionNotFound):
        await core.connections.get(ada, lent.id)
    with pytest.raises(ConnectionNotFound):
        await core.connections.run(eve, lent, TOTALS)
    with pytest.raises(ConnectionNotFound):
        await core.connections.schema(eve, lent)
    assert await core.connections.check(ada, lent, TOTALS)
    with pytest.raises(StatementRefused):
        await core.connections.check(ada, lent, "DELETE FROM sales")


async def test_tables_of_later_files_stand_beside_the_earlier(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv(), csv(b"id,name\n1,x\n", "Sales.csv")])
    before = await lent_of(core, ada, chat)
    await core.connections.schema(ada, before)
    await core.uploads.add(ada, chat, [csv(b"a,b\n1,2\n", "sales.csv"), picture()])
    after = await lent_of(core, ada, chat)

    schema = await core.connections.schema(ada, after)
    assert sorted(table.name for table in schema.tables) == ["Sales_2", "sales", "sales_3"]
    assert before.id != after.id
    assert [each.filename for each in await core.uploads.list(ada, chat)] == [
        *("sales.csv", "Sales.csv", "sales.csv", "chart.png")
    ]


async def test_another_machine_makes_the_same_tables_from_the_store(
    core: Core, ada: Actor, chat: ChatId, store_url: str, vault: Vault
) -> None:
    await core.uploads.add(ada, chat, [csv(), csv(b"id,name\n1,x\n", "other.csv")])
    here = await lent_of(core, ada, chat)
    await core.uploads.add(ada, chat, [csv(b"a,b\n1,2\n")])

    db = Database(store_url)
    other = build(db, vault)
    there = await lent_of(other, ada, chat)
    answers = [await other.connections.run(ada, there, sql) for sql in (TOTALS, "FROM sales_2")]
    names = {table.name for table in (await other.connections.schema(ada, there)).tables}
    await other.connections.close()
    await other.audit.close()
    await db.close()

    assert [each.rows for each in answers] == [[("EU", 4.5), ("US", 2.0)], [(1, 2)]]
    assert names == {"sales", "other", "sales_2"}
    assert there.id == (await lent_of(core, ada, chat)).id
    assert here.address.database != there.address.database


async def test_documents_and_images_are_handed_out_whole(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    image, document = await core.uploads.add(ada, chat, [picture(), paper()])

    assert (image.kind, image.mime_type) == (Kind.IMAGE, "image/png")
    assert (document.kind, document.mime_type) == (Kind.DOCUMENT, "application/pdf")
    assert await core.uploads.read(ada, image.id) == PICTURE
    assert await core.uploads.get(ada, document.id) == document
    assert await core.uploads.lent(ada, chat) is None


async def test_nothing_is_kept_when_one_of_several_is_refused(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    letter = csv(b"Dear Ada,\nthis is a letter and no table.\nIt goes on for a while.\n", "l.txt")
    for files in ([picture(), csv(), letter], [csv(), csv(b"", "empty.csv")]):
        with pytest.raises(FileRefused):
            await core.uploads.add(ada, chat, files)

    assert await core.uploads.list(ada, chat) == ()
    assert await counted(db) == (0, 0)


class Endless(io.RawIOBase):
    """A file that never ends."""

    @override
    def readable(self) -> bool:
        return True

    @override
    def seek(self, _offset: int, _whence: int = 0) -> int:
        return 0

    @override
    def read(self, size: int = -1) -> bytes:
        return b"x" * size


async def test_a_file_is_read_no_further_than_it_may_be(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    endless = Offered("big.csv", cast("BinaryIO", Endless()))

    with pytest.raises(FileRefused, match=r"big.csv: The file is larger than 30 MB"):
        await core.uploads.add(ada, chat, [endless])


@pytest.mark.parametrize("number", [0, 6])
async def test_one_to_five_files_come_at_once(
    core: Core, ada: Actor, chat: ChatId, number: int
) -> None:
    with pytest.raises(TooManyFiles):
        await core.uploads.add(ada, chat, [picture() for _each in range(number)])


async def test_others_have_nothing_to_do_with_a_members_files(
    core: Core, ada: Actor, vic: Actor, eve: Actor, chat: ChatId
) -> None:
    (upload,) = await core.uploads.add(ada, chat, [csv()])

    for other in (vic, eve):
        with pytest.raises(ChatNotFound):
            await core.uploads.add(other, chat, [picture()])
        for verb in (core.uploads.get, core.uploads.read, core.uploads.link):
            with pytest.raises(UploadNotFound):
                await verb(other, upload.id)
        assert await core.uploads.list(other, chat) == ()
        assert await core.uploads.lent(other, chat) is None
    with pytest.raises(UploadNotFound):
        await core.uploads.get(ada, UploadId("none"))


async def test_with_its_chat_a_file_is_gone_here_and_elsewhere(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    (upload,) = await core.uploads.add(ada, chat, [csv()])
    token = await core.uploads.link(ada, upload.id)
    lent = await lent_of(core, ada, chat)
    await core.chats.delete(ada, [chat])
    file = Path(lent.address.database)
    gone = await core.uploads.forget(ada, [chat])

    assert not file.exists()
    assert gone in {(chat,), ()}  # the chats may have said it already
    assert await counted(db) == (0, 0)
    assert await core.uploads.lent(ada, chat) is None
    with pytest.raises(UploadNotFound):
        await core.uploads.by_link(token)


async def test_what_a_machine_still_holds_of_a_chat_that_is_gone_is_cleared_away(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv()])
    file = Path((await lent_of(core, ada, chat)).address.database)
    shelf = core.uploads._shelf
    kept = file.read_bytes()
    await core.chats.delete(ada, [chat])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(kept)  # as on a machine that did not hear of it
    other = (await core.chats.create(ada, ChatDraft())).id
    await core.uploads.add(ada, other, [csv()])
    shelf.forget(ada.organization_id, [other])
    await core.uploads.lent(ada, other)

    assert not file.exists()


async def test_the_files_are_nobody_elses_on_this_machine(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv()])
    file = Path((await lent_of(core, ada, chat)).address.database)

    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.stat().st_mode & 0o777 for each in file.parents[:3]] == [0o700] * 3
    assert list((file.parents[2] / "work").iterdir()) == []


async def test_many_files_are_read_again_a_few_at_a_time(
    core: Core, ada: Actor, chat: ChatId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        await core.uploads.add(ada, chat, [csv(filename=name)])
    core.uploads._shelf.forget(ada.organization_id, [chat])
    monkeypatch.setattr(service, "LARGEST", 2 * len(SALES))

    lent = await lent_of(core, ada, chat)
    counts = [
        (await core.connections.run(ada, lent, f"SELECT count(*) AS n FROM {name}")).rows
        for name in ("a", "b", "c")
    ]

    assert counts == [[(3,)]] * 3


# Room


async def test_a_full_organization_is_told_what_to_do(
    db: Database, vault: Vault, core: Core, ada: Actor, chat: ChatId
) -> None:
    small = build(db, vault, uploads_bytes=len(PICTURE) + 5)
    await small.uploads.add(ada, chat, [picture()])
    with pytest.raises(UploadsFull, match="TRELLIS_UPLOADS_BYTES"):
        await small.uploads.add(ada, chat, [picture()])
    await small.chats.delete(ada, [chat])
    again = (await small.chats.create(ada, ChatDraft())).id

    assert await small.uploads.add(ada, again, [picture()])


async def test_a_chat_holds_so_many_files_and_no_more(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    (upload,) = await core.uploads.add(ada, chat, [picture()])
    many = [upload.model_copy(update={"id": UploadId(f"u{n}")}) for n in range(48)]
    await keep(db, many)
    await core.uploads.add(ada, chat, [picture()])

    with pytest.raises(UploadsFull, match="begin another chat"):
        await core.uploads.add(ada, chat, [picture()])


async def test_what_was_never_finished_is_seen_by_nobody_and_dropped_in_time(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    (upload,) = await core.uploads.add(ada, chat, [picture()])
    long_ago = now() - timedelta(hours=2)
    left = upload.model_copy(update={"id": UploadId("left"), "created_at": long_ago})
    async with db.transaction() as tx:
        await UploadStore(tx).reserve(ada.organization_id, [left])

    assert await core.uploads.list(ada, chat) == (upload,)
    with pytest.raises(UploadNotFound):
        await core.uploads.get(ada, left.id)
    await core.uploads.add(ada, chat, [picture()])
    assert (await counted(db))[0] == 2


async def keep(db: Database, several: list[Upload]) -> None:
    async with db.transaction() as tx:
        await UploadStore(tx).reserve(several[0].organization_id, several)


async def test_two_uploads_to_one_chat_at_once_both_stand(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await asyncio.gather(core.uploads.add(ada, chat, [csv()]), core.uploads.add(ada, chat, [csv()]))

    schema = await core.connections.schema(ada, await lent_of(core, ada, chat))
    assert sorted(table.name for table in schema.tables) == ["sales", "sales_2"]


async def test_a_chat_deleted_on_the_way_takes_the_upload_along(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    class Deleting(io.BytesIO):
        @override
        def read(self, size: int | None = -1) -> bytes:
            asyncio.run_coroutine_threadsafe(core.chats.delete(ada, [chat]), loop).result(10)
            return super().read(size)

    loop = asyncio.get_running_loop()
    with pytest.raises(ChatNotFound):
        await core.uploads.add(ada, chat, [Offered("a.csv", Deleting(SALES))])

    assert await counted(db) == (0, 0)


async def test_whoever_hangs_up_leaves_nothing_behind(
    core: Core, ada: Actor, db: Database, chat: ChatId
) -> None:
    adding = asyncio.create_task(
        core.uploads.add(ada, chat, [csv(b"a,b\n" + b"1,2\n" * 300_000, "big.csv")])
    )
    await asyncio.sleep(0.1)
    adding.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await adding

    assert await counted(db) == (0, 0)
    assert await core.uploads.add(ada, chat, [csv()])


async def test_every_upload_is_in_the_audit_trail(core: Core, ada: Actor, chat: ChatId) -> None:
    (upload,) = await core.uploads.add(ada, chat, [picture()])

    trail = await core.audit.list(ada, PageAsked())
    assert ("upload.added", upload.id) in {(each.verb, each.subject) for each in trail.items}


# Links


async def test_a_link_opens_its_file_and_nothing_else(
    core: Core, ada: Actor, vault: Vault, chat: ChatId
) -> None:
    upload, other = await core.uploads.add(ada, chat, [picture(), paper()])
    token = await core.uploads.link(ada, upload.id)

    opened = await core.uploads.by_link(token)
    assert opened == upload
    assert b"".join([part async for part in core.uploads.stream(opened)]) == PICTURE
    with pytest.raises(Exception, match="Invalid or expired token"):
        await core.identity.by_token(token, Surface.API)
    claims = vault.verify(token, audience=AUDIENCE)
    for spoilt in (
        {key: value for key, value in claims.items() if key != "aud"},
        claims | {"exp": int(now().timestamp()) - 1},
        claims | {"aud": "other"},
    ):
        with pytest.raises(LinkInvalid):
            await core.uploads.by_link(vault.sign(spoilt))
    for text in ("", "x", token[:-3], token + "x", Vault(["another key"]).sign(claims)):
        with pytest.raises(LinkInvalid):
            await core.uploads.by_link(text)
    with pytest.raises(UploadNotFound):
        await core.uploads.by_link(vault.sign(claims | {"org": "org_other"}))
    assert other.id


async def test_a_token_of_identity_opens_no_file(core: Core, ada: Actor, ada_key: str) -> None:
    token = await core.identity.authenticate(ada_key, "ada@acme.test")

    with pytest.raises(LinkInvalid):
        await core.uploads.by_link(token.token.get_secret_value())


async def test_roles_are_heeded(core: Core, ada: Actor, vic: Actor) -> None:
    chat = (await core.chats.create(vic, ChatDraft())).id

    assert vic.role is Role.VIEWER
    assert await core.uploads.add(vic, chat, [picture()])


async def test_an_unknown_table_is_named_with_its_nearest(
    core: Core, ada: Actor, chat: ChatId
) -> None:
    await core.uploads.add(ada, chat, [csv()])

    with pytest.raises(TableUnknown, match="sales"):
        await core.connections.describe(ada, await lent_of(core, ada, chat), ["sale"])
