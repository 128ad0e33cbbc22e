"""What the SDK's endpoints ask of an authorization server, answered by the core's grants."""

from urllib.parse import quote, urlsplit

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    RegistrationError,
    TokenError,
    construct_redirect_uri,
)
from mcp.shared.auth import InvalidRedirectUriError, OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl, ValidationError
from typing_extensions import override

from core.grants import (
    Asked,
    Client,
    ClientDraft,
    ClientRefused,
    CodeInvalid,
    GrantInvalid,
    Grants,
    Method,
    Pair,
    RefreshInvalid,
    RequestStale,
)
from core.identity import Actor, Surface
from mcp_server.guard import is_loopback

SIGN_IN = "/authorize/sign-in"
LONGEST_STATE = 2_000


class Known(OAuthClientInformationFull):
    """A registered client; on the member's own machine it may listen on any port."""

    @override
    def validate_redirect_uri(self, redirect_uri: AnyUrl | None) -> AnyUrl:
        """Return the address to redirect to.

        A program on the member's machine takes whichever port is free (RFC 8252, 7.3), so there
        the port is not compared.
        """
        try:
            return super().validate_redirect_uri(redirect_uri)
        except InvalidRedirectUriError:
            for known in self.redirect_uris or ():
                if redirect_uri is not None and _same_but_port(str(known), str(redirect_uri)):
                    return redirect_uri
            raise


class Provider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Keeps the SDK's promise of an authorization server; the decisions are the core's."""

    def __init__(self, grants: Grants, *, issuer: str, resource: str) -> None:
        """Give out tokens for *resource* in the name of *issuer*; both are addresses."""
        self._grants = grants
        self._issuer = issuer
        self._resource = resource

    @override
    async def get_client(self, client_id: str) -> Known | None:
        """Return a registered client, with its secret."""
        client = await self._grants.find_client(client_id)
        if client is None:
            return None
        secret = await self._grants.client_secret(client_id)
        return Known(
            client_id=client.id,
            client_secret=None if secret is None else secret.get_secret_value(),
            client_name=client.name,
            redirect_uris=[AnyUrl(uri) for uri in client.redirect_uris],
            token_endpoint_auth_method=client.method.value,
            grant_types=list(client.grant_types),
            scope=client.scope,
            client_id_issued_at=int(client.created_at.timestamp()),
        )

    @override
    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Keep a client; it is told the id and the secret that the core gave it.

        Raises:
            RegistrationError: what it says of itself does not do.
        """
        try:
            draft = ClientDraft(
                name=client_info.client_name,
                redirect_uris=tuple(map(str, client_info.redirect_uris or ())),
                method=Method(client_info.token_endpoint_auth_method or Method.POST),
                grant_types=tuple(client_info.grant_types),
                scope=client_info.scope,
            )
            client, secret = await self._grants.register(draft)
        except ClientRefused as refusal:
            raise RegistrationError("invalid_redirect_uri", refusal.message) from refusal
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise RegistrationError("invalid_client_metadata", f"{place}: {first['msg']}") from None
        client_info.client_id = client.id
        client_info.client_name = client.name
        client_info.client_secret = None if secret is None else secret.get_secret_value()

    @override
    async def authorize(
        self, client: OAuthClientInformationFull, params: AuthorizationParams
    ) -> str:
        """Return the page where a member signs in; what was asked travels along, sealed.

        Raises:
            AuthorizeError: the token would be for another server, or the state is too long.
        """
        if params.resource is not None and not self._is_ours(params.resource):
            raise AuthorizeError("invalid_target", f"Tokens are given out for {self._resource}")
        if len(params.state or "") > LONGEST_STATE:
            raise AuthorizeError("invalid_request", "state is too long")
        asked = Asked(
            client_id=client.client_id,
            redirect_uri=str(params.redirect_uri),
            explicit=params.redirect_uri_provided_explicitly,
            challenge=params.code_challenge,
            scopes=tuple(params.scopes or ()),
            state=params.state,
            resource=self._resource,
        )
        return f"{SIGN_IN}?request={quote(self._grants.pend(asked))}"

    async def pending(self, sealed: str) -> tuple[Asked, Client]:
        """Return what was asked, and who asks.

        Raises:
            RequestStale: it is none of ours, or too old, or the client is gone.
        """
        asked = self._grants.pending(sealed)
        client = await self._grants.find_client(asked.client_id)
        if client is None:
            raise RequestStale
        return asked, client

    async def agreed(self, actor: Actor, asked: Asked) -> str:
        """Return where to send the member who agreed: to the client, with a code.

        Raises:
            ClientRefused: the client is gone, or its challenge does not do.
        """
        code = await self._grants.approve(actor, asked)
        return construct_redirect_uri(
            asked.redirect_uri, code=code.get_secret_value(), state=asked.state, iss=self._issuer
        )

    def declined(self, asked: Asked) -> str:
        """Return where to send the member who did not agree."""
        return construct_redirect_uri(
            asked.redirect_uri, error="access_denied", state=asked.state, iss=self._issuer
        )

    @override
    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """Return an unused code of this client."""
        code = await self._grants.find_code(authorization_code, client.client_id)
        if code is None:
            return None
        return AuthorizationCode(
            code=authorization_code,
            scopes=list(code.asked.scopes),
            expires_at=code.expires_at.timestamp(),
            client_id=client.client_id,
            code_challenge=code.asked.challenge,
            redirect_uri=AnyUrl(code.asked.redirect_uri),
            redirect_uri_provided_explicitly=code.asked.explicit,
            resource=code.asked.resource,
            subject=code.member_id,
        )

    @override
    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """Return the first tokens.

        Raises:
            TokenError: somebody else was first.
        """
        try:
            return _token(await self._grants.redeem(authorization_code.code, client.client_id))
        except CodeInvalid as refusal:
            raise TokenError("invalid_grant", refusal.message) from refusal

    @override
    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> RefreshToken | None:
        """Return an unused refresh token of this client."""
        found = await self._grants.find_refresh(refresh_token, client.client_id)
        if found is None:
            return None
        return RefreshToken(
            token=refresh_token,
            client_id=found.client_id,
            scopes=list(found.scopes),
            expires_at=int(found.expires_at.timestamp()),
            resource=found.resource,
            subject=found.member_id,
        )

    @override
    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        """Return the next pair.

        Raises:
            TokenError: somebody else was first.
        """
        try:
            return _token(
                await self._grants.refresh(refresh_token.token, client.client_id, tuple(scopes))
            )
        except RefreshInvalid as refusal:
            raise TokenError("invalid_grant", refusal.message) from refusal

    @override
    async def load_access_token(self, token: str) -> AccessToken | None:
        """Return an access token that opens something."""
        try:
            actor = await self._grants.by_token(token, Surface.MCP)
        except GrantInvalid:
            return None
        return AccessToken(
            token=token,
            client_id=actor.organization_id,
            scopes=[],
            resource=self._resource,
            subject=actor.member_id,
        )

    @override
    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        """End the grant of a token that its client gives back."""
        await self._grants.forgo(token.token, token.client_id)

    def _is_ours(self, resource: str) -> bool:
        """Return whether a client means this server: its MCP address, or the server as such."""
        asked, ours = (each.rstrip("/").lower() for each in (resource, self._resource))
        return asked in {ours, self._issuer.rstrip("/").lower()} or _is_this_machine(asked, ours)


def _is_this_machine(asked: str, ours: str) -> bool:
    """Return whether both are one address on loopback by different names."""
    try:
        one, other = urlsplit(asked), urlsplit(ours)
        same = (one.scheme, one.port, one.path) == (other.scheme, other.port, other.path)
    except ValueError:
        return False
    return same and is_loopback(one.hostname or "") and is_loopback(other.hostname or "")


def _same_but_port(known: str, asked: str) -> bool:
    one, other = urlsplit(known), urlsplit(asked)
    return (
        is_loopback(one.hostname or "")
        and one.username == other.username
        and (one.scheme, one.hostname, one.path, one.query, one.fragment)
        == (other.scheme, other.hostname, other.path, other.query, other.fragment)
    )


def _token(pair: Pair) -> OAuthToken:
    return OAuthToken(
        access_token=pair.access.get_secret_value(),
        expires_in=pair.seconds,
        refresh_token=pair.refresh.get_secret_value(),
        scope=" ".join(pair.scopes) or None,
    )
