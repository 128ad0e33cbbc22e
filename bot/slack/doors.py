"""The way in for many workspaces: OAuth, begun by an admin of ours, allowed by one of theirs."""

import html
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import ClientError
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.slack.scopes import SCOPES
from core.app import Core
from core.channels import InvitationUsed, WorkspaceDraft
from core.errors import CoreError, Denied, Unauthenticated, Unavailable
from core.identity import Actor, Role, Surface

AUTHORIZE = "https://slack.com/oauth/v2/authorize"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
SIGN_IN = f"/sign-in?next={INSTALL}"
LONGEST = 2_000
"""Characters of what comes back from Slack."""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
REFUSED, FORBIDDEN, BROKEN, NOT_ALLOWED = 400, 403, 503, 405
BY_NOBODY = "Nothing was installed: Slack says that it was not allowed."

log = structlog.get_logger()


class AddressMissing(Unavailable):
    """Set TRELLIS_PUBLIC_URL to the https address of this server first."""


class Doors:
    """Sends an admin to Slack, and takes them back with a workspace."""

    def __init__(
        self,
        core: Core,
        client_id: str | None,
        client_secret: SecretStr | None,
        url: str,
        signed_in: Callable[[Any], Coroutine[Any, Any, Actor]] | None = None,
    ) -> None:
        """Let workspaces in for *core*.

        Args:
            core: keeps them.
            client_id: names the app at Slack.
            client_secret: proves that we are it.
            url: how browsers reach this server.
            signed_in: tells who sits before a request of the page.
        """
        self._core = core
        self._id = client_id or ""
        self._secret = client_secret
        self._url = url
        self._signed_in = signed_in
        self.client: AsyncWebClient | None = None

    @property
    def routes(self) -> Mapping[str, ASGIApp]:
        """What the API port takes in."""
        return {INSTALL: _Page(self._install), REDIRECT: _Page(self._redirected)}

    async def address(self, actor: Actor) -> str:
        """Return where a workspace's admin allows the app, good for a quarter of an hour.

        Raises:
            Denied: the actor may not let workspaces in.
            AddressMissing: Slack would not know where to send them back.
        """
        if not self._url:
            raise AddressMissing
        invitation = await self._core.channels.invite(actor, Surface.SLACK)
        asked = {
            "client_id": self._id,
            "scope": ",".join(SCOPES),
            "redirect_uri": f"{self._url}{REDIRECT}",
            "state": invitation.get_secret_value(),
        }
        return f"{AUTHORIZE}?{urlencode(asked)}"

    async def _install(self, request: Request) -> Response:
        if self._signed_in is None:
            return _said("Nobody can sign in here.", FORBIDDEN)
        try:
            actor = await self._signed_in(request)
            return RedirectResponse(await self.address(actor), 303, headers=HEADERS)
        except Unauthenticated:
            return RedirectResponse(SIGN_IN, 303, headers=HEADERS)
        except Denied as refusal:
            return _said(refusal.message, FORBIDDEN)
        except CoreError as refusal:
            return _said(refusal.message, REFUSED)

    async def _redirected(self, request: Request) -> Response:
        query = request.query_params
        state, code = query.get("state", ""), query.get("code", "")
        if query.get("error"):
            return _said(BY_NOBODY, REFUSED)
        if not state or not code or len(state) > LONGEST or len(code) > LONGEST:
            return _said(InvitationUsed().message, REFUSED)
        try:
            invited = await self._core.channels.invited(Surface.SLACK, state)
            nobody = Actor(
                organization_id=invited.organization_id,
                member_id=invited.member_id,
                name="",
                role=Role.VIEWER,
                surface=Surface.SLACK,
            )
            actor = Actor.of(await self._core.identity.me(nobody), Surface.SLACK)
            draft, token = await self._exchanged(code)
            workspace = await self._core.channels.install(actor, draft, token)
        except Unavailable as refusal:
            return _said(refusal.message, BROKEN)
        except CoreError as refusal:
            return _said(refusal.message, REFUSED)
        log.info("a workspace has let us in", team=workspace.id, workspace=workspace.name)
        return _said(
            f"Trellis is at home in {workspace.name or 'your workspace'} now. "
            "Invite it to a channel, mention it, and ask."
        )

    async def _exchanged(self, code: str) -> tuple[WorkspaceDraft, SecretStr]:
        """Return the workspace that allowed the app, and the token for it.

        Raises:
            NotAllowed: Slack does not know the code.
            SlackAway: Slack does not answer.
        """
        if self.client is None or self._secret is None:
            raise SlackAway
        try:
            # As a form: the library's own way sets a header by what aiohttp wants no more.
            answer = await self.client.api_call(
                "oauth.v2.access",
                data={
                    "client_id": self._id,
                    "client_secret": self._secret.get_secret_value(),
                    "code": code,
                    "redirect_uri": f"{self._url}{REDIRECT}",
                },
            )
        except SlackApiError as error:
            log.warning("Slack does not let us in", reason=str(error.response.get("error")))
            raise NotAllowed from None
        except (ClientError, OSError, TimeoutError, SlackClientError):
            raise SlackAway from None
        team = answer.get("team") or {}
        token = answer.get("access_token")
        if not team.get("id") or not token or answer.get("is_enterprise_install"):
            raise NotAllowed
        draft = WorkspaceDraft(
            surface=Surface.SLACK,
            id=str(team["id"]),
            name=str(team.get("name") or "")[:200],
            bot=answer.get("bot_user_id"),
            scopes=tuple(str(answer.get("scope") or "").split(",")),
        )
        return draft, SecretStr(str(token))


class NotAllowed(Denied):
    """Slack did not take it; begin anew, in one workspace."""


class SlackAway(Unavailable):
    """Slack does not answer; try again in a moment."""


class _Page:
    """One address; a function would be taken for something else by Starlette."""

    def __init__(self, answer: Callable[[Request], Coroutine[Any, Any, Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if request.method not in {"GET", "HEAD"}:
            response = Response(status_code=NOT_ALLOWED, headers={"allow": "GET"})
        else:
            response = await self._answer(request)
        await response(scope, receive, send)


def _said(words: str, status: int = 200) -> Response:
    body = f"<!doctype html><title>Trellis</title><p>{html.escape(words)}</p>"
    return HTMLResponse(body, status, headers=HEADERS)
