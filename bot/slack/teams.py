"""The workspaces that we are at home in: their tokens, and what may be called with them."""

import time
from typing import Any

import structlog
from aiohttp import ClientSession
from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import override

from bot.slack.pace import Clock, Pace
from bot.slack.web import DEAD, Refused, Web
from bot.speaker import SpeechFailed
from core.app import Core
from core.channels import Workspace, WorkspaceDraft, WorkspaceUnknown
from core.errors import CoreError
from core.identity import Actor, Surface

SLACK = "https://slack.com/api/"
WORKSPACE = "trellis_workspace"
"""Under which bolt hands on the workspace that something comes from."""
KNOWN_FOR = 1.0
"""Seconds for which a workspace is let through unasked: a burst comes from one."""
SAID_AGAIN = 600.0
"""Seconds after which the same is logged again."""

log = structlog.get_logger()


class TokenRefused(SpeechFailed):
    """Slack does not know the token."""


class Teams:
    """Looks workspaces up by their ids."""

    def __init__(
        self,
        core: Core,
        *,
        session: ClientSession,
        url: str | None = None,
        token: SecretStr | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Know the workspaces of *core*.

        Args:
            core: keeps them and their tokens.
            session: carries every call.
            url: of the Web API; Slack's own by default.
            token: of the one workspace that the settings name.
            clock: by which calls are paced.
        """
        self._core = core
        self._session = session
        self._url = (url or SLACK).rstrip("/") + "/"
        self._token = token
        self._clock = clock
        self._own: str | None = None
        self._webs: dict[str, tuple[str, Web]] = {}
        self._said: dict[str, float] = {}
        self._known: dict[str, tuple[float, Workspace]] = {}

    def client(self, token: str | None = None) -> AsyncWebClient:
        """Return what calls Slack with a token, or with none."""
        # The library would try again by itself, and say twice what must be said once.
        return AsyncWebClient(
            token=token, base_url=self._url, session=self._session, retry_handlers=[]
        )

    async def adopt(self, owner: Actor) -> Workspace | None:
        """Take the workspace of the token in the settings into the owner's organization.

        Raises:
            TokenRefused: Slack does not know the token.
            SpeechFailed: Slack does not answer.
            WorkspaceTaken: it speaks for another organization.
        """
        if self._token is None:
            return None
        token = self._token.get_secret_value()
        web = Web(self.client(token), Pace(self._clock), team="", us="", dead=self._forsaken)
        try:
            found = await web.attempt("auth.test")
        except Refused as refused:
            raise TokenRefused(refused.code, for_good=refused.code in DEAD) from None
        team = str(found["team_id"])
        draft = WorkspaceDraft(
            surface=Surface.SLACK,
            id=team,
            name=str(found.get("team") or "")[:200],
            bot=str(found["user_id"]),
        )
        workspace = await self._core.channels.install(owner, draft)
        self._own = team
        return workspace

    async def web(self, team: str) -> Web:
        """Return what may be called in a workspace.

        Raises:
            WorkspaceUnknown: we are not at home there.
        """
        workspace = await self._core.channels.workspace(Surface.SLACK, team)
        token = self._token if team == self._own else None
        token = token or await self._core.channels.token_of(Surface.SLACK, team)
        if token is None:
            raise WorkspaceUnknown
        secret = token.get_secret_value()
        known = self._webs.get(team)
        if known is None or known[0] != secret:
            pace = Pace(self._clock) if known is None else known[1].pace
            web = Web(
                self.client(secret), pace, team=team, us=workspace.bot or "", dead=self._forsaken
            )
            known = self._webs[team] = (secret, web)
        return known[1]

    async def known(self, team: str | None) -> Workspace | None:
        """Return a workspace that we are at home in; of others a line is logged, now and then."""
        if team is None:
            return None
        now = time.monotonic()
        until, workspace = self._known.get(team, (0.0, None))
        if workspace is not None and now < until:
            return workspace
        try:
            workspace = await self._core.channels.workspace(Surface.SLACK, team)
        except WorkspaceUnknown:
            if self._once(f"unknown {team}"):
                log.warning("Slack speaks for a workspace that has not let us in", team=team)
            return None
        self._known[team] = (now + KNOWN_FOR, workspace)
        return workspace

    async def leave(self, team: str) -> None:
        """Forget a workspace that has thrown us out."""
        self._webs.pop(team, None)
        self._known.pop(team, None)
        await self._core.channels.forsake(Surface.SLACK, team)
        log.info("Slack says that a workspace has removed us", team=team)

    async def _forsaken(self, team: str) -> None:
        """Take up that Slack no longer knows a token."""
        if not team:
            return
        if team == self._own:
            if self._once(f"dead {team}"):
                log.error(
                    "SLACK_BOT_TOKEN is revoked: install the app again, set the new token, restart"
                )
            return
        try:
            await self.leave(team)
        except CoreError as refusal:
            log.warning("a workspace is not forgotten yet", team=team, reason=refusal.message)

    def _once(self, what: str) -> bool:
        """Return whether something is to be said, which it is once in a while."""
        now = time.monotonic()
        if self._said.get(what, -SAID_AGAIN) > now - SAID_AGAIN:
            return False
        if len(self._said) > SAID:
            self._said.clear()
        self._said[what] = now
        return True


SAID = 1_000


class Authorize(AsyncAuthorize):
    """Tells bolt who we are in the workspace that was let through; tokens it needs none."""

    def __init__(self) -> None:
        """Need nothing."""

    @override
    async def __call__(
        self,
        *,
        context: Any,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """Return who we are there."""
        workspace: Workspace | None = context.get(WORKSPACE)
        if workspace is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=workspace.bot,
            bot_scopes=list(workspace.scopes),
        )
