"""Where the tables of uploads stand on this machine, made from the store whenever they are missing.

Each set of files has a name of its own, so what stands here is never out of date: another set is
another file. The oldest go when there is no more room.
"""

import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from time import time

from anyio import CancelScope, to_thread

from core.ids import ChatId, OrganizationId
from core.uploads.records import Upload

ROOM = 4 * 1024**3
"""Bytes that may stand here."""
STALE = 3600.0
"""Seconds after which what a killed process left is cleared away."""
ENDING = ".duckdb"


class Shelf:
    """A folder of files that can all be made anew; only this system's user may enter it."""

    def __init__(self, folder: Path | None, *, room: int = ROOM) -> None:
        """Keep files in *folder*; without one, in one that is gone with this object."""
        self._folder = folder
        self._room = room

    def find(
        self, organization_id: OrganizationId, chat_id: ChatId, uploads: Sequence[Upload]
    ) -> Path | None:
        """Return the file with the tables of exactly these uploads, if it stands here."""
        path = self.place(organization_id, chat_id, uploads)
        try:
            os.utime(path)  # what is used is not the oldest
        except OSError:
            return None
        return path

    def place(
        self, organization_id: OrganizationId, chat_id: ChatId, uploads: Sequence[Upload]
    ) -> Path:
        """Return where the tables of these uploads stand, or would."""
        return self._home() / organization_id / chat_id / f"{digest(uploads)}{ENDING}"

    def put(
        self,
        made: Path,
        organization_id: OrganizationId,
        chat_id: ChatId,
        uploads: Sequence[Upload],
    ) -> Path:
        """Put a file in its place at once, and those before it of the same chat away."""
        path = self.place(organization_id, chat_id, uploads)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        made.chmod(0o600)
        made.replace(path)
        for other in path.parent.glob(f"*{ENDING}"):
            if other != path:
                other.unlink(missing_ok=True)
        self._make_room(path)
        return path

    def forget(
        self, organization_id: OrganizationId, chat_ids: Collection[ChatId]
    ) -> tuple[ChatId, ...]:
        """Put away what stands here of chats; return of which something did."""
        gone = []
        for chat_id in self.chats(organization_id) & set(chat_ids):
            shutil.rmtree(self._home() / organization_id / chat_id, ignore_errors=True)
            gone.append(chat_id)
        return tuple(gone)

    def chats(self, organization_id: OrganizationId) -> set[ChatId]:
        """Return the chats of which something stands here."""
        mine = self._home() / organization_id
        return {ChatId(each.name) for each in mine.iterdir()} if mine.is_dir() else set()

    @asynccontextmanager
    async def workroom(self) -> AsyncIterator[Path]:
        """Lend a folder for the time of one upload."""
        room = await to_thread.run_sync(self._enter)
        try:
            yield room
        finally:
            # On another thread: large files take a while to go.
            with CancelScope(shield=True):
                await to_thread.run_sync(partial(shutil.rmtree, room, ignore_errors=True))

    def _enter(self) -> Path:
        rooms = self._home() / "work"
        rooms.mkdir(mode=0o700, exist_ok=True)
        for left in rooms.iterdir():
            with suppress(OSError):
                if time() - left.stat().st_mtime > STALE:
                    shutil.rmtree(left, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=rooms)).resolve()

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="trellis-uploads-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def _make_room(self, newest: Path) -> None:
        seen = []
        for each in self._home().glob(f"*/*/*{ENDING}"):
            with suppress(OSError):
                seen.append((each.stat().st_mtime, each.stat().st_size, each))
        total = sum(size for _, size, _ in seen)
        for _, size, each in sorted(seen):
            if total <= self._room:
                break
            if each != newest:
                each.unlink(missing_ok=True)
                total -= size


def digest(uploads: Sequence[Upload]) -> str:
    """Return the name of a set of uploads."""
    return hashlib.sha256("\n".join(each.id for each in uploads).encode()).hexdigest()[:32]
