"""The table and statements of projects."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Table, Text, func, insert, select

from core.db import Moment, Transaction, metadata
from core.ids import OrganizationId, ProjectId
from core.page import Page, PageAsked
from core.projects.errors import ProjectNotFound
from core.projects.records import Project

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("tags", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "organization_id", "name"),
)


class ProjectStore:
    """Records in, records out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, project: Project) -> None:
        """Keep a new project."""
        mine = {"organization_id": organization_id, "tags": list(project.tags)}
        await self._tx.execute(insert(projects).values(**project.model_dump() | mine))

    async def get(self, organization_id: OrganizationId, project_id: ProjectId) -> Project:
        """Return the project.

        Raises:
            ProjectNotFound: this organization has no such project.
        """
        statement = select(projects).where(
            projects.c.organization_id == organization_id, projects.c.id == project_id
        )
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise ProjectNotFound
        return Project.model_validate(dict(row))

    async def list(self, organization_id: OrganizationId, asked: PageAsked) -> Page[Project]:
        """Return a page of projects, by name."""
        mine = projects.c.organization_id == organization_id
        total = await self._tx.scalar(select(func.count()).select_from(projects).where(mine))
        statement = select(projects).where(mine)
        statement = statement.order_by(func.lower(projects.c.name), projects.c.id)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(Project.model_validate(dict(row)) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)
