"""The verbs of projects."""

from core.audit import Audit
from core.db import Database
from core.identity import Actor, Permission
from core.ids import ProjectId, new_id, now
from core.page import Page, PageAsked
from core.projects.records import Project, ProjectDraft
from core.projects.store import ProjectStore


class Projects:
    """Keeps what questions are grouped under."""

    def __init__(self, db: Database, audit: Audit) -> None:
        """Keep projects in *db*."""
        self._db = db
        self._audit = audit

    async def create(self, actor: Actor, draft: ProjectDraft) -> Project:
        """Begin a project in the actor's organization."""
        actor.require(Permission.PROJECTS_WRITE)
        at = now()
        project = Project(
            **draft.model_dump(),
            id=ProjectId(f"proj_{new_id()}"),
            organization_id=actor.organization_id,
            created_at=at,
            updated_at=at,
        )
        async with self._db.transaction() as tx:
            await ProjectStore(tx).add(actor.organization_id, project)
            await self._audit.record(tx, actor, "project.created", project.id)
        return project

    async def get(self, actor: Actor, project_id: ProjectId) -> Project:
        """Return a project of the actor's organization.

        Raises:
            ProjectNotFound: the organization has no such project.
        """
        actor.require(Permission.PROJECTS_READ)
        async with self._db.reading() as tx:
            return await ProjectStore(tx).get(actor.organization_id, project_id)

    async def list(self, actor: Actor, asked: PageAsked) -> Page[Project]:
        """Return a page of the organization's projects, by name."""
        actor.require(Permission.PROJECTS_READ)
        async with self._db.reading() as tx:
            return await ProjectStore(tx).list(actor.organization_id, asked)
