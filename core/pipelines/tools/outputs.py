"""Files that pipelines write: whole or not at all, all below a folder of the organization's own."""

import os
import re
import tempfile
from collections.abc import Container, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import orjson
import structlog
from typing_extensions import override

from core.identity import Actor
from core.ids import OrganizationId
from core.pipelines.files import RunFile, Shelf
from core.pipelines.tool import Call
from core.pipelines.tools.errors import PathRefused
from core.pipelines.tools.places import safe_name

DEFAULT = "artifact"
"""What a file is called that nobody has named."""
PARTS = 5
"""Folders within folders."""
MARKS = ".marks"
"""Where it is kept which task of a run wrote which file."""
TRIES = 100

log = structlog.get_logger()


class Mark(NamedTuple):
    """What is kept of a file that was written."""

    key: str
    """Of the work that wrote it."""
    path: str
    """Below the folder of the organization, with slashes."""
    size: int
    hash: str
    """Of what was written: whatever else stands there is another's."""


class Outputs(Shelf):
    """Writes files for an organization, all below one folder of its own."""

    def __init__(self, root: Path) -> None:
        """Write below *root*."""
        self._root = root

    def put(self, call: Call, folder: str, name: str, ending: str, body: bytes) -> Path:
        """Write a file at once, and return where it is.

        Done again for the same task it is the same file, another run's of that name gives way to
        it; only another task of the same run keeps its own, and this one gets a number.

        Raises:
            PathRefused: it would lie elsewhere, or cannot be written.
        """
        stem = safe_name(name)
        if stem.lower().endswith(ending):
            stem = stem[: -len(ending)].rstrip(" .") or "artifact"
        if stem == DEFAULT and call.item is not None:
            stem = f"{stem}-{call.item + 1}"
        try:
            home = self.folder(call.actor, folder)
            for number in range(1, TRIES):
                target = home / f"{stem}{'' if number == 1 else f'-{number}'}{ending}"
                if self._claim(call, target, body):
                    _write(target, body)
                    return target
        except OSError as error:
            raise PathRefused(f"The file cannot be written: {error.strerror}.") from error
        raise PathRefused(f"This run has written {stem!r} {TRIES - 1} times; name its files apart.")

    def folder(self, actor: Actor, named: str) -> Path:
        """Return a folder of the actor's organization, whatever it is called.

        Raises:
            PathRefused: it would lie elsewhere.
        """
        base = self._base(actor)
        parts = [part for part in re.split(r"[/\\]+", named.strip()) if part not in {"", "."}]
        if len(parts) > PARTS or any(part == ".." for part in parts) or _is_absolute(named):
            raise PathRefused(
                f"{named[:200]!r} is no folder for exports: name one below that of pipelines, "
                "such as outputs/2025."
            )
        folder = base.joinpath(*(safe_name(part) for part in parts))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if base.resolve() not in {folder.resolve(), *folder.resolve().parents}:
            raise PathRefused(f"{named[:200]!r} leads out of the folder for exports.")
        return folder.resolve()

    # What was written

    @override
    def list(self, organization_id: OrganizationId, run_id: str) -> list[RunFile]:
        base = self._home(organization_id)
        found = []
        for mark in _marks(self._marks(organization_id, run_id)):
            with suppress(OSError):
                if (base / mark.path).stat().st_size == mark.size:
                    run, task, _item = mark.key.split(":")
                    found.append(RunFile(run_id=run, path=mark.path, task_id=task, size=mark.size))
        return sorted(found, key=lambda each: each.path)

    @override
    def read(self, organization_id: OrganizationId, run_id: str, path: str) -> bytes | None:
        base = self._home(organization_id)
        for mark in _marks(self._marks(organization_id, run_id)):
            if mark.path == path:
                return _still(base, mark)
        return None

    @override
    def forget(self, before: datetime) -> None:
        for marks in self._root.glob(f"*/{MARKS}"):
            runs = list(marks.iterdir())
            old = {each for each in runs if (at := _touched(each)) is not None and at < before}
            if not old:
                continue
            # What a later run has written, the very same perhaps, is that run's.
            kept = {mark.name for each in runs if each not in old for mark in each.glob("*")}
            for each in old:
                try:
                    self._forget(marks.parent, each, kept)
                except OSError as error:  # the others go all the same
                    why = error.strerror
                    log.warning("what a run has written is not removed", run=each.name, reason=why)

    # Inside

    def _forget(self, base: Path, run: Path, kept: Container[str]) -> None:
        """Remove what a run has written, but nothing of which there is another mark to be kept."""
        for file in run.glob("*"):
            for mark in _marks(run, file.name) if file.name not in kept else ():
                if _still(base, mark) is not None:
                    (base / mark.path).unlink(missing_ok=True)
            file.unlink(missing_ok=True)
        with suppress(OSError):  # somebody writes there after all
            run.rmdir()

    def _base(self, actor: Actor) -> Path:
        return self._home(actor.organization_id)

    def _home(self, organization_id: OrganizationId) -> Path:
        return (self._root / organization_id).absolute()

    def _marks(self, organization_id: OrganizationId, run_id: str) -> Path:
        return self._home(organization_id) / MARKS / safe_name(run_id)

    def _claim(self, call: Call, target: Path, body: bytes) -> bool:
        """Return whether a file is this task's to write, among all those of its run."""
        base = self._base(call.actor)
        marks = self._marks(call.actor.organization_id, call.run_id)
        marks.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = target.relative_to(base.resolve()).as_posix()
        mark = Mark(call.key, path, len(body), sha256(body).hexdigest())
        text = orjson.dumps(mark._asdict())
        file = marks / sha256(str(target).encode()).hexdigest()[:32]
        try:
            with file.open("xb") as new:
                new.write(text)
        except FileExistsError:
            if all(each.key != call.key for each in _marks(marks, file.name)):
                return False
            _write(file, text)
        return True


def _marks(folder: Path, name: str = "*") -> Iterator[Mark]:
    """Yield the marks of a run; what is none, or was cut off by a crash, is left out."""
    for file in folder.glob(name):
        with suppress(OSError, ValueError, TypeError):
            yield Mark(**orjson.loads(file.read_bytes()))


def _still(base: Path, mark: Mark) -> bytes | None:
    """Return what a mark is of; None where it is gone, or something else stands there."""
    file = base / mark.path
    with suppress(OSError, RuntimeError):
        if base.resolve() in file.resolve().parents and file.stat().st_size == mark.size:
            body = file.read_bytes()
            if sha256(body).hexdigest() == mark.hash:
                return body
    return None


def _touched(folder: Path) -> datetime | None:
    """Return when a run has last written a file; None where that is gone."""
    try:
        return datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    except OSError:
        return None


def _write(target: Path, body: bytes) -> None:
    """Let a file be whole or not at all."""
    number, made = tempfile.mkstemp(dir=target.parent, prefix=".")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(target)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _is_absolute(named: str) -> bool:
    return named.strip().startswith(("/", "\\", "~")) or bool(re.match(r"\s*[A-Za-z]:", named))
