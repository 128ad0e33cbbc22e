"""Which files of this machine a pipeline may read."""

import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from core.documents import LARGEST
from core.identity import Actor, Surface
from core.pipelines.tools.errors import PathRefused

PIECE = 1024 * 1024
UNSAFE = re.compile(r"[^\w\- .()+,=@&'\[\]]+")
LONGEST = 200
"""Bytes of a name; file systems take 255, and an ending follows."""
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that are devices on Windows."""


class Root(NamedTuple):
    """A folder below which files may be read."""

    path: Path
    apart: bool = False
    """Whether its folders that are called like an organization are that organization's alone."""
    ours: bool = True
    """Whether the server keeps it for pipelines: what is forbidden is only elsewhere."""


Roots = Callable[[Actor], Sequence[Root]]


def roots(folder: Path, *, outputs: Path | None = None, here: Path | None = None) -> Roots:
    """Return what tells the folders that an actor may read.

    Args:
        folder: what the server's operator has put there, and what pipelines have exported.
        outputs: where they export to, if that is elsewhere.
        here: the folder of whoever works at the terminal of this very machine.
    """

    def of(actor: Actor) -> list[Root]:
        mine = actor.organization_id
        found = [Root(folder / mine), Root(folder, apart=True)]
        if outputs is not None:
            found.append(Root(outputs / mine))
        if here is not None and actor.surface is Surface.CLI:
            found.insert(0, Root(here, ours=False))
        return found

    return of


class Places:
    """Finds files in the folders that an actor may read."""

    def __init__(self, roots: Roots, *, forbidden: Sequence[Path] = ()) -> None:
        """Allow *roots*, but nothing that is *forbidden* where they are not the server's."""
        self._roots = roots
        self._forbidden = forbidden

    def fetch(self, actor: Actor, named: str, target: Path) -> None:
        """Copy a file that the actor may read to *target*.

        Raises:
            PathRefused: there is none such in the allowed folders, or it is larger than 64 MB.
        """
        found = self._find(actor, named)
        # A pipe would keep us waiting for ever; what is no file is not opened.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            with os.fdopen(os.open(found, flags), "rb") as file, target.open("wb") as copy:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise PathRefused(f"{named[:200]} is no file.")
                size = 0
                while piece := file.read(PIECE):
                    size += len(piece)
                    if size > LARGEST:
                        raise PathRefused(f"{named[:200]} is larger than {LARGEST >> 20} MB.")
                    copy.write(piece)
        except OSError:
            raise PathRefused(f"{named[:200]} cannot be read.") from None

    def _find(self, actor: Actor, named: str) -> Path:
        refusal = PathRefused(
            f"There is no file {named[:200]!r} in the folders that pipelines may read. Put it into "
            "the folder of pipelines (TRELLIS_PIPELINES_FOLDER), or upload it."
        )
        if "\x00" in named or len(named) > 4096:  # noqa: PLR2004
            raise refusal
        for root in self._roots(actor):
            try:
                base = root.path.resolve()
                found = (base / named).resolve(strict=True)
            except (OSError, RuntimeError):  # a circle of links is a RuntimeError
                continue
            if base not in found.parents or self._is_forbidden(found, root):
                continue
            first = found.relative_to(base).parts[0]
            if root.apart and _is_organization(first) and first != actor.organization_id:
                continue
            return found
        raise refusal

    def _is_forbidden(self, found: Path, root: Root) -> bool:
        """Return whether a file is what the server keeps for itself, or hidden where people work.

        A folder that people work in has `.env`, `.git` and the like, which are no documents.
        """
        if root.ours:
            return False
        hidden = any(part.startswith(".") for part in found.relative_to(root.path.resolve()).parts)
        return hidden or any(each.resolve() in found.parents for each in self._forbidden)


def safe_name(named: str) -> str:
    """Return a name as a file may have it: no path, nothing invisible, no device's.

    Raises:
        PathRefused: it is a path, or nothing is left of it.
    """
    if re.search(r"[/\\\x00]", named) or named.strip(" .") == "":
        raise PathRefused(f"{named[:200]!r} is no name of a file; leave out folders.")
    name = UNSAFE.sub("_", named).strip(" .").encode()[:LONGEST].decode(errors="ignore").strip(" .")
    if not name or RESERVED.fullmatch(name):
        name = f"_{name}"
    return name


def _is_organization(name: str) -> bool:
    try:
        UUID(name.removeprefix("org_"))
    except ValueError:
        return name.startswith("org_")
    return True
