"""Projects."""

import pytest

from core.app import Core
from core.errors import Denied
from core.identity import Actor
from core.page import PageAsked
from core.projects import ProjectDraft, ProjectNotFound


async def test_a_project_is_kept_and_listed_by_name(core: Core, ada: Actor) -> None:
    second = await core.projects.create(ada, ProjectDraft(name="b", tags=("x",)))
    first = await core.projects.create(ada, ProjectDraft(name="A"))

    assert second.id.startswith("proj_")
    assert await core.projects.get(ada, second.id) == second
    assert (await core.projects.list(ada, PageAsked())).items == (first, second)


async def test_another_organizations_project_does_not_exist(
    core: Core, ada: Actor, eve: Actor
) -> None:
    project = await core.projects.create(ada, ProjectDraft(name="x"))

    with pytest.raises(ProjectNotFound):
        await core.projects.get(eve, project.id)
    assert (await core.projects.list(eve, PageAsked())).total == 0


async def test_a_viewer_begins_no_projects(core: Core, vic: Actor) -> None:
    with pytest.raises(Denied, match="projects:write"):
        await core.projects.create(vic, ProjectDraft(name="x"))
