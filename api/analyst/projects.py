"""Projects over HTTP; the record is the wire."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import JsonValue

from api.actor import Caller, TheCore
from api.body import Guarded
from api.wire import failing, plain, shown
from core.ids import ProjectId
from core.page import PageAsked
from core.projects import Project, ProjectDraft, ProjectNotFound
from core.record import Record

router = APIRouter(
    prefix="/v1/projects",
    tags=["projects"],
    route_class=Guarded,
    responses=failing(401, 403, 503),
)


PROJECT: dict[str, JsonValue] = {
    "id": "proj_3f8a2a5e-1f7c-4f0b-9a55-6d0c4b1d8a10",
    "organization_id": "org_2d0a8a9e-5c0c-4b59-8c5c-4c9a0b7f1e22",
    "name": "Spring campaign",
    "description": "What the campaign brought.",
    "tags": ["marketing"],
    "created_at": "2026-01-31T09:00:00Z",
    "updated_at": "2026-01-31T09:00:00Z",
}
DRAFT = {name: PROJECT[name] for name in ("name", "description", "tags")}
ONE: dict[str, Any] = {"content": {"application/json": {"example": PROJECT}}}


class ProjectList(Record):
    """Every project of the organization."""

    projects: tuple[Project, ...]

    model_config = shown({"projects": [{**PROJECT}]})


@router.get("")
async def list_projects(core: TheCore, caller: Caller) -> ProjectList:
    """List the organization's projects, by name."""
    page = await core.projects.list(caller, PageAsked(size=None))
    return ProjectList(projects=page.items)


@router.post("", status_code=201, responses={201: ONE, **failing(400, 413)})
async def create_project(
    core: TheCore,
    caller: Caller,
    draft: Annotated[ProjectDraft, Body(examples=[DRAFT])],
) -> Project:
    """Begin a project: what questions are grouped under."""
    return await core.projects.create(caller, draft)


@router.get("/{project_id}", responses={200: ONE, **failing(404)})
async def get_project(core: TheCore, caller: Caller, project_id: str) -> Project:
    """Return one project."""
    return await core.projects.get(caller, ProjectId(plain(project_id, ProjectNotFound)))
