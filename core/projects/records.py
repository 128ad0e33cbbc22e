"""The nouns of projects."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from core.ids import OrganizationId, ProjectId
from core.record import Record, Storable

_WORD = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Storable
]


class ProjectDraft(Record):
    """What a member writes."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable
    ]
    description: Annotated[str, StringConstraints(max_length=10_000), Storable] | None = None
    tags: Annotated[tuple[_WORD, ...], Field(max_length=100)] = ()


class Project(Record):
    """What an organization keeps."""

    id: ProjectId
    organization_id: OrganizationId
    name: str
    description: str | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
