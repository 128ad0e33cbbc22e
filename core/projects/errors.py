"""The refusals of projects."""

from core.errors import NotFound


class ProjectNotFound(NotFound):
    """Project not found"""
