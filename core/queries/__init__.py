"""Saved queries: a question in words, and the SQL with {{parameters}} that answers it."""

from core.queries.errors import QueryAmbiguous, QueryExists, QueryNotFound, QueryPromptOnly
from core.queries.records import (
    Description,
    Keywords,
    Match,
    Prompt,
    Query,
    QueryChange,
    QueryDraft,
    Sql,
    Title,
)
from core.queries.service import Queries

__all__ = [
    "Description",
    "Keywords",
    "Match",
    "Prompt",
    "Queries",
    "Query",
    "QueryAmbiguous",
    "QueryChange",
    "QueryDraft",
    "QueryExists",
    "QueryNotFound",
    "QueryPromptOnly",
    "Sql",
    "Title",
]
