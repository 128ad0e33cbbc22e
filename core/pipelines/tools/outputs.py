"""Files that pipelines write: whole or not at all, all below a folder of the organization's own."""

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from core.identity import Actor
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
STALE = 30 * 86_400.0
"""Seconds after which nobody goes on with a run."""


class Outputs:
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
                if self._claim(call, target):
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

    def _base(self, actor: Actor) -> Path:
        return (self._root / actor.organization_id).absolute()

    def _claim(self, call: Call, target: Path) -> bool:
        """Return whether a file is this task's to write, among all those of its run."""
        marks = self._base(call.actor) / MARKS / safe_name(call.run_id)
        if not marks.is_dir():
            marks.mkdir(mode=0o700, parents=True, exist_ok=True)
            if call.run_id.endswith("0"):  # one in sixteen is enough
                _tidy(marks.parent)
        mark = marks / sha256(str(target).encode()).hexdigest()[:32]
        try:
            with mark.open("x", encoding="utf-8") as file:
                file.write(call.key)
        except FileExistsError:
            return mark.read_text("utf-8") == call.key
        return True


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


def _tidy(marks: Path) -> None:
    """Forget which task wrote what in runs that are long over."""
    for each in marks.iterdir():
        with suppress(OSError):
            if time.time() - each.stat().st_mtime > STALE:
                shutil.rmtree(each, ignore_errors=True)


def _is_absolute(named: str) -> bool:
    return named.strip().startswith(("/", "\\", "~")) or bool(re.match(r"\s*[A-Za-z]:", named))
