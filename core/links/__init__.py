"""Who is asking from a platform: people there, and the members that they are."""

from core.links.errors import LinkCodeInvalid, LinkGuessed, LinkNotFound, PersonUnknown
from core.links.records import Foreign, Link, LinkCode, Person
from core.links.service import Links

__all__ = [
    "Foreign",
    "Link",
    "LinkCode",
    "LinkCodeInvalid",
    "LinkGuessed",
    "LinkNotFound",
    "Links",
    "Person",
    "PersonUnknown",
]
