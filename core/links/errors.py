"""The refusals of links.

* Invalid          LinkCodeInvalid
* Unauthenticated  PersonUnknown
* NotFound         LinkNotFound
* Limited          LinkGuessed
"""

from core.errors import Invalid, Limited, NotFound, Unauthenticated


class PersonUnknown(Unauthenticated):
    """I do not know you yet; link yourself to a member with a code."""


class LinkCodeInvalid(Invalid):
    """That code is wrong, used or older than ten minutes; `trellis link` makes a new one."""


class LinkGuessed(Limited):
    """Too many wrong codes; wait ten minutes, then try again with a new one."""


class LinkNotFound(NotFound):
    """Link not found"""
