"""Who is asking from a platform: people there, and the members that they are."""

from core.links.records import Foreign, Link, LinkCode, Person

__all__ = ["Foreign", "Link", "LinkCode", "Person"]
