"""The nouns of grants."""

import re
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from core.grants.errors import ClientRefused
from core.ids import MemberId, OrganizationId
from core.record import Record

_SEEN = r"^[^\x00-\x1f\x7f]*$"

Uri = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_SEEN)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_SEEN)]

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What could make a name look like another one: controls and marks of direction."""


def _seen(name: str) -> str:
    return UNSEEN.sub("", name).strip()


ClientName = Annotated[str, StringConstraints(max_length=200), AfterValidator(_seen)]


class Method(StrEnum):
    """How a client proves at the token endpoint that it is itself."""

    NONE = "none"
    POST = "client_secret_post"
    BASIC = "client_secret_basic"


class ClientDraft(Record):
    """What a program says of itself when it registers; none of it is proven."""

    name: ClientName | None = None
    redirect_uris: Annotated[tuple[Uri, ...], Field(min_length=1, max_length=10)]
    method: Method = Method.POST
    grant_types: Annotated[tuple[Word, ...], Field(max_length=10)] = ("authorization_code",)
    scope: Annotated[str, StringConstraints(max_length=1000, pattern=_SEEN)] | None = None

    def check(self) -> None:
        """Return quietly if every redirect address is one that only its owner can read.

        Raises:
            ClientRefused: one is neither https nor on the member's own machine, or has a fragment
                or a password in it.
        """
        for uri in self.redirect_uris:
            try:
                parts = urlsplit(uri)
                host, _port = parts.hostname or "", parts.port
            except ValueError:
                raise ClientRefused(f"{uri[:100]!r} is no address.") from None
            if parts.fragment or parts.username or parts.password or not host:
                raise ClientRefused(
                    f"{uri[:100]!r}: a redirect address has a host, and neither a fragment nor a "
                    "user."
                )
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
                raise ClientRefused(
                    f"{uri[:100]!r}: a redirect address is https://…, or http:// on this very "
                    "machine (127.0.0.1, [::1], localhost)."
                )


class Client(Record):
    """A program that registered itself; it belongs to no organization until a member lets it in."""

    id: str
    name: str | None
    redirect_uris: tuple[str, ...]
    method: Method
    grant_types: tuple[str, ...]
    scope: str | None
    created_at: datetime

    @property
    def shown(self) -> str:
        """What people are told it is called."""
        return (self.name or "")[:80] or "A program without a name"


class Asked(Record):
    """What a client asks a member for, once its redirect address is known to be its own."""

    client_id: str
    redirect_uri: str
    explicit: bool
    """Whether the client named the address; then it must name it again at the token endpoint."""
    challenge: str
    """The SHA-256 of a verifier that only the client knows (PKCE, S256)."""
    scopes: tuple[str, ...] = ()
    state: str | None = None
    resource: str | None = None


class Code(Record):
    """A fresh authorization code, as far as the token endpoint needs to know it."""

    grant_id: str
    organization_id: OrganizationId
    member_id: MemberId
    asked: Asked
    expires_at: datetime


class Refresh(Record):
    """A refresh token that was not used yet."""

    grant_id: str
    organization_id: OrganizationId
    member_id: MemberId
    client_id: str
    scopes: tuple[str, ...]
    resource: str | None
    expires_at: datetime


class Pair(Record):
    """An access token and the refresh token that gets the next one; shown once."""

    access: SecretStr
    refresh: SecretStr
    seconds: int
    """How long the access token lives."""
    scopes: tuple[str, ...]


class Grant(Record):
    """That a member lets a client act on their behalf."""

    id: str
    organization_id: OrganizationId
    member_id: MemberId
    client_id: str
    client_name: str
    scopes: tuple[str, ...]
    resource: str | None
    created_at: datetime
    revoked_at: datetime | None


def is_loopback(host: str) -> bool:
    """Return whether *host* is the machine it is used on."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
