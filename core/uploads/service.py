"""The verbs of uploads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from anyio import to_thread
from sqlalchemy.exc import IntegrityError

from core.audit import Audit
from core.connections import LENT, Address, Connections, Dialect, Lent
from core.db import Database, Transaction, alone
from core.identity import Actor, Permission
from core.ids import ChatId, ConnectionId, OrganizationId, UploadId, derived_id, new_id, now
from core.secrets import TokenInvalid, Vault
from core.sheets import Bounds, File, load
from core.uploads.errors import LinkInvalid, TooManyFiles, UploadNotFound, UploadsBusy, UploadsFull
from core.uploads.intake import Spooled, read, spool
from core.uploads.line import Line
from core.uploads.records import FILES, LARGEST, Kind, Offered, Upload
from core.uploads.shelf import Shelf, digest
from core.uploads.store import PART, UploadStore

KEEPING = 7_305_104
"""Two machines that keep uploads count the room one after the other."""
MOST = 1024**3
"""Bytes of an organization's uploads where nobody says otherwise."""
CHAT_FILES = 50
CHAT_BYTES = 300 * 1024 * 1024
ABANDONED = timedelta(hours=1)
LINK_LIFE = timedelta(hours=1)
AUDIENCE = "upload"
"""What links are signed for: they open nothing else, and nothing else opens a file."""
REMEMBERED = 10_000
"""Chats whose tables were lent last: what was lent before is let go of."""
READERS = 2
"""Uploads that are read at once, each in a process of its own and of another organization."""
AGAIN = Bounds(seconds=90)
"""Files that were read once are given more time when they are read together again."""
OPTIONS = {"threads": "2", "memory_limit": "1GB"}

Chat = Callable[[Actor, ChatId], Awaitable[object]]
"""Returns a chat of the actor's, or refuses."""


class Uploads:
    """Keeps the files of chats, and lends the tables in them to be asked."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        audit: Audit,
        connections: Connections,
        *,
        chat: Chat,
        folder: Path | None = None,
        most: int = MOST,
    ) -> None:
        """Keep uploads in *db*, and sign their links with *vault*.

        Args:
            chat: says whether a chat is the actor's.
            folder: where tables stand while they are asked; a fresh one by default.
            most: bytes of one organization's uploads.
        """
        self._db = db
        self._vault = vault
        self._audit = audit
        self._connections = connections
        self._chat = chat
        self._shelf = Shelf(folder)
        self._most = most
        self._reading = Line(READERS)
        self._locks: WeakValueDictionary[ChatId, asyncio.Lock] = WeakValueDictionary()
        self._lent: dict[ChatId, ConnectionId] = {}

    async def add(
        self, actor: Actor, chat_id: ChatId, files: Sequence[Offered]
    ) -> tuple[Upload, ...]:
        """Keep one to five files in a chat: all of them, or none.

        Raises:
            TooManyFiles: there are none, or more than five.
            ChatNotFound: the actor has no such chat.
            FileRefused: one of them is nothing that we take, lies about what it is, is broken,
                encrypted, too large, or a bomb; the message says which, and what it is.
            UploadsFull: the chat or the organization has no more room.
            UploadsBusy: another machine was adding to the same chat.
            UploadsQueued: many files of the organization wait to be read.
        """
        actor.require(Permission.CHATS_WRITE)
        if not 1 <= len(files) <= FILES:
            raise TooManyFiles
        await self._chat(actor, chat_id)
        async with self._shelf.workroom() as room:
            spooled = await spool(files, room)
            await self._afford(actor, chat_id, spooled)
            async with self._lock(chat_id):
                return await self._keep(actor, chat_id, spooled, room / "made.duckdb")

    async def list(self, actor: Actor, chat_id: ChatId) -> tuple[Upload, ...]:
        """Return the uploads of a chat of the actor's, in the order in which they came."""
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            return await UploadStore(tx).list(actor.organization_id, actor.member_id, chat_id)

    async def get(self, actor: Actor, upload_id: UploadId) -> Upload:
        """Return an upload of the actor's.

        Raises:
            UploadNotFound: the actor has no such upload.
        """
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            upload = await UploadStore(tx).get(actor.organization_id, upload_id)
        if upload.member_id != actor.member_id:
            raise UploadNotFound
        return upload

    async def read(self, actor: Actor, upload_id: UploadId) -> bytes:
        """Return the bytes of an upload of the actor's.

        Raises:
            UploadNotFound: the actor has no such upload.
        """
        upload = await self.get(actor, upload_id)
        return b"".join([part async for part in self.stream(upload)])

    async def lent(self, actor: Actor, chat_id: ChatId) -> Lent | None:
        """Return what stands for the tables of a chat wherever a connection is named.

        None if the chat has none. They are made from the store if they are not at hand.
        """
        uploads = [each for each in await self.list(actor, chat_id) if each.kind is Kind.TABLE]
        if not uploads:
            return None
        async with self._lock(chat_id):
            path = self._shelf.find(actor.organization_id, chat_id, uploads)
            if path is None:
                path = await self._make(actor, chat_id, uploads)
        id = ConnectionId(derived_id("uploads", chat_id, digest(uploads)))
        before = self._lent.get(chat_id)
        if before not in {None, id}:
            self._connections.unlend(before or id)
        self._lent[chat_id] = id
        while len(self._lent) > REMEMBERED:
            self._lent.pop(next(iter(self._lent)))
        return Lent(
            id=id,
            organization_id=actor.organization_id,
            name=LENT,
            address=Address(Dialect.DUCKDB, str(path), options=OPTIONS),
            description=_described(uploads),
            member_id=actor.member_id,
            since=uploads[-1].created_at,
        )

    async def forget(self, actor: Actor, chat_ids: Sequence[ChatId]) -> tuple[ChatId, ...]:
        """Put away what this machine holds of chats that are gone; return of which it held some.

        The store forgets their uploads together with the chats.
        """
        actor.require(Permission.CHATS_WRITE)
        for chat_id in chat_ids:
            if (id := self._lent.pop(chat_id, None)) is not None:
                self._connections.unlend(id)
        return await to_thread.run_sync(self._shelf.forget, actor.organization_id, chat_ids)

    # Links

    async def link(self, actor: Actor, upload_id: UploadId) -> str:
        """Return a token by which anybody may fetch an upload of the actor's for an hour.

        Raises:
            UploadNotFound: the actor has no such upload.
        """
        return self.signed(await self.get(actor, upload_id))

    def signed(self, upload: Upload) -> str:
        """Return the same token for an upload that is at hand."""
        return self._vault.sign(
            {
                "sub": upload.id,
                "org": upload.organization_id,
                "aud": AUDIENCE,
                "jti": new_id(),
                "exp": int((now() + LINK_LIFE).timestamp()),
            }
        )

    async def by_link(self, token: str) -> Upload:
        """Return the upload that a token was signed for.

        Raises:
            LinkInvalid: it is none of ours, or has expired.
            UploadNotFound: the chat was deleted since.
        """
        try:
            claims = self._vault.verify(token, audience=AUDIENCE)
        except TokenInvalid:
            raise LinkInvalid from None
        async with self._db.reading() as tx:
            mine = OrganizationId(str(claims.get("org")))
            return await UploadStore(tx).get(mine, UploadId(str(claims["sub"])))

    async def stream(self, upload: Upload) -> AsyncIterator[bytes]:
        """Yield the bytes of an upload that was handed out, in parts of at most 1 MiB.

        Raises:
            UploadNotFound: it was deleted on the way.
        """
        for number in range(-(-upload.size // PART)):
            async with self._db.reading() as tx:
                part = await UploadStore(tx).part(upload.organization_id, upload.id, number)
            if part is None:
                raise UploadNotFound
            yield part

    # Inside

    def _lock(self, chat_id: ChatId) -> asyncio.Lock:
        return self._locks.setdefault(chat_id, asyncio.Lock())

    async def _afford(self, actor: Actor, chat_id: ChatId, spooled: Sequence[Spooled]) -> None:
        """Pass if there is room; asked before anything is read, and again when it is kept."""
        async with self._db.reading() as tx:
            await self._check_room_tx(tx, actor, chat_id, [each.size for each in spooled])

    async def _check_room_tx(
        self, tx: Transaction, actor: Actor, chat_id: ChatId, sizes: Sequence[int]
    ) -> None:
        mine = actor.organization_id
        number, size = await UploadStore(tx).taken(mine, chat_id)
        if number + len(sizes) > CHAT_FILES or size + sum(sizes) > CHAT_BYTES:
            raise UploadsFull(
                f"A chat holds up to {CHAT_FILES} files and {CHAT_BYTES >> 20} MB, and this one "
                f"has {number} with {size >> 20} MB; begin another chat."
            )
        _, size = await UploadStore(tx).taken(mine)
        if size + sum(sizes) > self._most:
            raise UploadsFull(
                f"The organization's uploads hold {size >> 20} of {self._most >> 20} MB; delete "
                "chats that have some, or ask an admin to raise TRELLIS_UPLOADS_BYTES."
            )

    async def _keep(
        self, actor: Actor, chat_id: ChatId, spooled: Sequence[Spooled], made: Path
    ) -> tuple[Upload, ...]:
        before = [each for each in await self.list(actor, chat_id) if each.tables]
        mine, base = actor.organization_id, None
        if before:
            base = self._shelf.find(mine, chat_id, before)
        taken = [table.name for each in before for table in each.tables]
        async with self._reading.turn(mine):
            uploads = await read(actor, chat_id, spooled, made, base=base, taken=taken)
        # In the order in which they were sent, though they came at once.
        uploads = tuple(
            each.model_copy(update={"created_at": each.created_at + timedelta(microseconds=number)})
            for number, each in enumerate(uploads)
        )
        ids = [each.id for each in uploads]
        try:
            await self._reserve(actor, chat_id, uploads)
            for upload, file in zip(uploads, spooled, strict=True):
                await self._write(upload, file.path)
            await self._complete(actor, chat_id, uploads)
        except BaseException as error:
            async with self._db.transaction() as tx:
                await UploadStore(tx).drop(mine, ids)
            if isinstance(error, IntegrityError):
                await self._chat(actor, chat_id)  # it was deleted meanwhile, and says so
                raise UploadsBusy from error
            raise
        fresh = [each for each in uploads if each.tables]
        if fresh and (base is not None or not before):
            await to_thread.run_sync(self._shelf.put, made, mine, chat_id, [*before, *fresh])
        return uploads

    async def _reserve(self, actor: Actor, chat_id: ChatId, uploads: Sequence[Upload]) -> None:
        mine, at = actor.organization_id, now()
        async with self._db.transaction() as tx:
            await alone(tx, KEEPING)
            await UploadStore(tx).drop_abandoned(mine, at - ABANDONED)
            await self._check_room_tx(tx, actor, chat_id, [each.size for each in uploads])
            await UploadStore(tx).reserve(mine, uploads)

    async def _write(self, upload: Upload, path: Path) -> None:
        """Keep the bytes of a file, part by part: no writer waits longer than for one."""
        with path.open("rb") as file:
            for number in range(-(-upload.size // PART)):
                body = await to_thread.run_sync(file.read, PART)
                async with self._db.transaction() as tx:
                    await UploadStore(tx).add_part(upload.organization_id, upload.id, number, body)

    async def _complete(self, actor: Actor, chat_id: ChatId, uploads: Sequence[Upload]) -> None:
        mine = actor.organization_id
        names = {table.name.casefold() for each in uploads for table in each.tables}
        async with self._db.transaction() as tx:
            await alone(tx, KEEPING)
            there = await UploadStore(tx).list(mine, actor.member_id, chat_id)
            if any(table.name.casefold() in names for each in there for table in each.tables):
                raise UploadsBusy
            number = await UploadStore(tx).complete(mine, [each.id for each in uploads])
            if number < len(uploads):
                raise UploadsBusy  # the chat was deleted, or this took more than an hour
            for each in uploads:
                await self._audit.record(tx, actor, "upload.added", each.id)

    async def _make(self, actor: Actor, chat_id: ChatId, uploads: Sequence[Upload]) -> Path:
        """Make the tables of a chat anew from what the store holds."""
        mine = actor.organization_id
        standing = await to_thread.run_sync(self._shelf.chats, mine)
        async with self._db.reading() as tx:
            there = await UploadStore(tx).chats(mine, standing)
        await to_thread.run_sync(self._shelf.forget, mine, standing - there)
        async with self._shelf.workroom() as room:
            base, made = None, room / "made.duckdb"
            for number, some in enumerate(_batches(uploads)):
                made = room / f"made{number}.duckdb"
                files = [await self._fetched(upload, room) for upload in some]
                # Whoever has many files stands in line for each few of them.
                async with self._reading.turn(mine):
                    await load(files, room, made, base=base, bounds=AGAIN)
                for path in [*(each.path for each in files), *([base] if base else [])]:
                    path.unlink()
                base = made
            return await to_thread.run_sync(self._shelf.put, made, mine, chat_id, uploads)

    async def _fetched(self, upload: Upload, room: Path) -> File:
        """Write an upload's bytes into *room*."""
        path = room / upload.id
        with path.open("xb") as file:
            async for part in self.stream(upload):
                await to_thread.run_sync(file.write, part)
        return File(path, upload.filename, tuple(table.name for table in upload.tables))


def _batches(uploads: Sequence[Upload]) -> list[list[Upload]]:
    """Return uploads by as many as are read at once: never more bytes than one may have alone."""
    batches: list[list[Upload]] = [[]]
    for each in uploads:
        if batches[-1] and sum(one.size for one in batches[-1]) + each.size > LARGEST:
            batches.append([])
        batches[-1].append(each)
    return batches


def _described(uploads: Sequence[Upload]) -> str:
    """Return what is in the tables, for whoever is to ask them."""
    lines = []
    for each in uploads:
        tables = ", ".join(f"{table.name} ({table.rows:,} rows)" for table in each.tables)
        lines.append(f"{each.filename}: {tables}. {' '.join(each.notes)}".strip())
    return "Files that were uploaded to this chat. " + " ".join(lines)
