"""The refusals of grants.

* Invalid          ClientRefused, RequestStale, CodeInvalid, RefreshInvalid
* Unauthenticated  GrantInvalid
* NotFound         GrantNotFound
"""

from core.errors import Invalid, NotFound, Unauthenticated


class ClientRefused(Invalid):
    """The program cannot be registered."""


class RequestStale(Invalid):
    """The request to sign in has expired or was changed; go back to the program and try again."""


class CodeInvalid(Invalid):
    """The authorization code is unknown, used or expired; ask the member again."""


class RefreshInvalid(Invalid):
    """The refresh token is unknown, used or expired; ask the member again."""


class GrantInvalid(Unauthenticated):
    """Invalid or expired access token"""


class GrantNotFound(NotFound):
    """Grant not found"""
