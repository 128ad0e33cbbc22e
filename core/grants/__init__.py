"""What members let other programs do on their behalf: clients, codes and tokens of OAuth 2.1."""

from core.grants.errors import (
    ClientRefused,
    CodeInvalid,
    GrantInvalid,
    GrantNotFound,
    RefreshInvalid,
    RequestStale,
)
from core.grants.records import (
    Asked,
    Client,
    ClientDraft,
    Code,
    Grant,
    Method,
    Pair,
    Refresh,
)
from core.grants.service import Grants
from core.grants.tokens import ACCESS

__all__ = [
    "ACCESS",
    "Asked",
    "Client",
    "ClientDraft",
    "ClientRefused",
    "Code",
    "CodeInvalid",
    "Grant",
    "GrantInvalid",
    "GrantNotFound",
    "Grants",
    "Method",
    "Pair",
    "Refresh",
    "RefreshInvalid",
    "RequestStale",
]
