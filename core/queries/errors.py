"""The refusals of queries."""

from core.errors import Conflict, Invalid, NotFound


class QueryNotFound(NotFound):
    """Query not found"""


class QueryExists(Conflict):
    """A query of that id exists."""


class QueryAmbiguous(Conflict):
    """Several queries have that title; give the id of one."""


class QueryPromptOnly(Invalid):
    """The query has no SQL of its own: its prompt needs a model to answer it."""
