"""The way in for many workspaces: OAuth, begun by an admin of ours, allowed by one of theirs.

It ends in the browser in which it began: a cookie there holds a digest of the state that Slack
hands back (https://docs.slack.dev/authentication/installing-with-oauth). Otherwise somebody could
have an admin of another workspace end what they began, and hear what is asked there.
"""

import hashlib
import hmac
import html
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

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
from core.channels import InvitationUsed, Invited, WorkspaceDraft
from core.errors import CoreError, Denied, Unauthenticated, Unavailable
from core.identity import Actor, Role, Surface

AUTHORIZE = "https://slack.com/oauth/v2/authorize"
INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
SIGN_IN = f"/sign-in?next={INSTALL}"
LONGEST = 2_000
"""Characters of what comes back from Slack."""
COOKIE = "trellis-install"
LEAVE = "leave"
"""The field of an address and of a form that holds an invitation."""
LIFE = 15 * 60
"""Seconds for which an invitation is good."""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self' https://slack.com https://*.slack.com"
    ),
    # Not `no-referrer`: browsers would send our form with `Origin: null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
REFUSED, FORBIDDEN, BROKEN, NOT_ALLOWED = 400, 403, 503, 405
BY_NOBODY = "Nothing was installed: Slack says that it was not allowed."
ELSEWHERE = (
    "Nothing was installed: this was begun in another browser, or too long ago. Open the address "
    "anew, and allow it in the same browser."
)
ASKED = (
    "{name} ({email}) asks you to let Trellis into your Slack workspace. What people ask it there "
    "is answered from the databases of {name}'s organization, whose admins decide who may ask. Go "
    "on only if you know them."
)

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
        return {INSTALL: _Page(self._install, "POST"), REDIRECT: _Page(self._redirected)}

    async def address(self, actor: Actor) -> str:
        """Return where a workspace's admin goes on to Slack, good for a quarter of an hour.

        Raises:
            Denied: the actor may not let workspaces in.
            AddressMissing: Slack would not know where to send them back.
        """
        if not self._url:
            raise AddressMissing
        invitation = await self._core.channels.invite(actor, Surface.SLACK)
        return f"{self._url}{INSTALL}?{urlencode({LEAVE: invitation.get_secret_value()})}"

    async def _install(self, request: Request) -> Response:
        leave = request.query_params.get(LEAVE, "")
        try:
            if request.method == "POST":
                return await self._gone_on(request)
            return await (self._asked(leave) if leave else self._begun(request))
        except Unauthenticated:
            return RedirectResponse(SIGN_IN, 303, headers=HEADERS)
        except CoreError as refusal:
            return _said(refusal.message, FORBIDDEN if isinstance(refusal, Denied) else REFUSED)

    async def _begun(self, request: Request) -> Response:
        """Send an admin of ours on to Slack."""
        if self._signed_in is None:
            return _said("Nobody can sign in here.", FORBIDDEN)
        actor = await self._signed_in(request)
        if not self._is_here(request):  # the cookie belongs where Slack sends them back to
            return RedirectResponse(await self.address(actor), 303, headers=HEADERS)
        invitation = await self._core.channels.invite(actor, Surface.SLACK)
        return self._onward(invitation.get_secret_value())

    async def _asked(self, leave: str) -> Response:
        """Show who asks for it, and what that means, to whoever was sent the address."""
        member = await self._core.identity.me(_asking(self._invited_by(leave)))
        words = html.escape(ASKED.format(name=member.name, email=member.email))
        kept = f'<input type="hidden" name="{LEAVE}" value="{html.escape(leave)}">'
        form = (
            f'<form method="post" action="{INSTALL}">{kept}<button>Go on to Slack</button></form>'
        )
        return _shown(f"<p>{words}</p>{form}")

    async def _gone_on(self, request: Request) -> Response:
        """Send on to Slack whoever pressed the button of that page, and nobody else."""
        if not self._is_ours(request):
            return _said(ELSEWHERE, FORBIDDEN)
        form = await request.form(max_files=0, max_fields=10, max_part_size=2 * LONGEST)
        leave = str(form.get(LEAVE) or "")
        self._invited_by(leave)
        return self._onward(leave)

    def _invited_by(self, leave: str) -> Invited:
        if len(leave) > LONGEST:
            raise InvitationUsed
        return self._core.channels.invited_by(Surface.SLACK, leave)

    def _onward(self, invitation: str) -> Response:
        asked = {
            "client_id": self._id,
            "scope": ",".join(SCOPES),
            "redirect_uri": f"{self._url}{REDIRECT}",
            "state": invitation,
        }
        response = RedirectResponse(f"{AUTHORIZE}?{urlencode(asked)}", 303, headers=HEADERS)
        response.set_cookie(
            self._cookie,
            _digest(invitation),
            max_age=LIFE,
            secure=self._is_safe,
            httponly=True,
            samesite="lax",  # a strict one would stay away when Slack sends the browser back
        )
        return response

    @property
    def _is_safe(self) -> bool:
        return self._url.startswith("https:")

    @property
    def _cookie(self) -> str:
        return f"__Host-{COOKIE}" if self._is_safe else COOKIE

    def _is_here(self, request: Request) -> bool:
        """Return whether the browser reached us as Slack will send it back."""
        return request.headers.get("host", "").lower() == urlsplit(self._url).netloc.lower()

    def _is_ours(self, request: Request) -> bool:
        """Return whether a page of ours sent the form."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is None and origin is None:
            return False
        there = origin is None or urlsplit(origin).netloc == urlsplit(self._url).netloc
        return site in {None, "same-origin"} and there

    async def _redirected(self, request: Request) -> Response:
        query = request.query_params
        state, code = query.get("state", ""), query.get("code", "")
        if query.get("error"):
            return _said(BY_NOBODY, REFUSED)
        if not state or not code or len(state) > LONGEST or len(code) > LONGEST:
            return _said(InvitationUsed().message, REFUSED)
        kept = request.cookies.get(self._cookie, "")
        if not hmac.compare_digest(kept.encode(), _digest(state).encode()):
            return _said(ELSEWHERE, FORBIDDEN)
        response = await self._let_in(state, code)
        response.delete_cookie(self._cookie, secure=self._is_safe, httponly=True, samesite="lax")
        return response

    async def _let_in(self, state: str, code: str) -> Response:
        try:
            invited = await self._core.channels.invited(Surface.SLACK, state)
            actor = Actor.of(await self._core.identity.me(_asking(invited)), Surface.SLACK)
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

    def __init__(
        self, answer: Callable[[Request], Coroutine[Any, Any, Response]], *methods: str
    ) -> None:
        self._answer = answer
        self._methods = {"GET", "HEAD", *methods}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if request.method not in self._methods:
            response = Response(
                status_code=NOT_ALLOWED, headers={"allow": ", ".join(sorted(self._methods))}
            )
        else:
            response = await self._answer(request)
        await response(scope, receive, send)


def _asking(invited: Invited) -> Actor:
    """Return whoever invites with the fewest rights, to be looked up."""
    return Actor(
        organization_id=invited.organization_id,
        member_id=invited.member_id,
        name="",
        role=Role.VIEWER,
        surface=Surface.SLACK,
    )


def _digest(state: str) -> str:
    return hashlib.sha256(b"an installation of " + state.encode()).hexdigest()


def _said(words: str, status: int = 200) -> Response:
    return _shown(f"<p>{html.escape(words)}</p>", status)


def _shown(body: str, status: int = 200) -> Response:
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Trellis</title>'
    return HTMLResponse(head + body, status, headers=HEADERS)
