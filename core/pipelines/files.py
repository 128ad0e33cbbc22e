"""What runs have written: lent to whoever may see the run."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from anyio import to_thread

from core.errors import NotFound
from core.identity import Actor
from core.ids import OrganizationId
from core.pipelines.service import Pipelines
from core.record import Record


class RunFileNotFound(NotFound):
    """The run has written no such file, or something else stands there by now."""


class RunFile(Record):
    """A file that a run has written."""

    run_id: str
    path: str
    """Below the folder of the organization, with slashes."""
    task_id: str
    size: int
    """Bytes."""

    @property
    def name(self) -> str:
        """What it is called, without its folders."""
        return PurePosixPath(self.path).name


class Shelf(Protocol):
    """Where files of runs stand. What another has written over is its run's no more."""

    def list(self, organization_id: OrganizationId, run_id: str) -> Sequence[RunFile]:
        """Return what a run has written and is still there, by path."""
        ...

    def read(self, organization_id: OrganizationId, run_id: str, path: str) -> bytes | None:
        """Return what a run has written; None if it has not, or it is another's by now."""
        ...

    def forget(self, before: datetime) -> None:
        """Remove what runs have written that wrote nothing since *before*."""
        ...


class Files:
    """Lends what runs have written."""

    def __init__(self, pipelines: Pipelines, shelf: Shelf) -> None:
        """Lend what stands on a *shelf* to those whom *pipelines* show the run."""
        self._pipelines = pipelines
        self._shelf = shelf

    async def list(self, actor: Actor, run_id: str) -> tuple[RunFile, ...]:
        """Return the files of a run that are still there, by path.

        Raises:
            RunNotFound: there is no such run that the actor may see.
        """
        run = await self._pipelines.get(actor, run_id)
        return tuple(await to_thread.run_sync(self._shelf.list, actor.organization_id, run.id))

    async def read(self, actor: Actor, run_id: str, path: str) -> bytes:
        """Return a file as the run has written it.

        Raises:
            RunNotFound: there is no such run that the actor may see.
            RunFileNotFound: it has written none such, or something else stands there by now.
        """
        run = await self._pipelines.get(actor, run_id)
        reading = self._shelf.read
        found = await to_thread.run_sync(reading, actor.organization_id, run.id, path)
        if found is None:
            raise RunFileNotFound
        return found
