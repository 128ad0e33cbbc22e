"""Projects: what an organization groups its questions under."""

from core.projects.errors import ProjectNotFound
from core.projects.records import Project, ProjectDraft
from core.projects.service import Projects

__all__ = ["Project", "ProjectDraft", "ProjectNotFound", "Projects"]
