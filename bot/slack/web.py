"""Slack's Web API with the manners that it asks for: waiting, trying again, never saying twice."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.pace import Pace
from bot.speaker import SpeechFailed

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds for which a call is tried again; what is owed after that is tried by its owner."""
FIRST, LONGEST = 0.5, 8.0
"""Seconds between two tries."""
UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""Refusals after which what was asked for may be done all the same, by Slack's own words."""
DEAD = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("team_access_not_granted", "org_login_required", "ekm_access_denied"),
    }
)
"""Refusals of a token, which will not be taken again."""
GONE = frozenset(
    {
        *("channel_not_found", "is_archived", "not_in_channel", "no_permission", "is_inactive"),
        *("restricted_action", "restricted_action_read_only_channel", "thread_not_found"),
        *("restricted_action_thread_only_channel", "restricted_action_thread_locked"),
        *("restricted_action_non_threadable_channel", "message_not_found", "cant_update_message"),
        *("cannot_reply_to_message", "user_not_in_channel", "user_not_found", "user_disabled"),
        *("messages_tab_disabled", "as_user_not_supported", "missing_scope", "edit_window_closed"),
    }
)
"""Refusals that will be the same tomorrow."""
SHUT = frozenset(
    {
        *("channel_not_found", "is_archived", "not_in_channel", "restricted_action"),
        *("restricted_action_read_only_channel", "restricted_action_thread_locked"),
    }
)
"""Those of them that say that we may not speak in a channel."""

log = structlog.get_logger()


class Refused(SpeechFailed):
    """Slack said no, and why."""

    def __init__(self, method: str, code: str, messages: tuple[str, ...] = ()) -> None:
        """Keep the word that Slack gives it."""
        super().__init__(f"{method}: {code}", for_good=code in DEAD or code in GONE)
        self.code = code
        self.messages = messages

    @property
    def about_picture(self) -> bool:
        """Whether it is about a picture that Slack has not looked at yet."""
        return any("slack file" in each for each in self.messages)


class Busy(SpeechFailed):
    """Slack wants to be asked later."""

    def __init__(self, method: str, seconds: float) -> None:
        """Keep for how long."""
        super().__init__(f"{method}: not for {seconds:g} s")
        self.seconds = seconds


class Lost(SpeechFailed):
    """Nobody knows whether it was done."""


class Web:
    """What may be called in one workspace."""

    def __init__(
        self,
        client: AsyncWebClient,
        pace: Pace,
        *,
        team: str,
        us: str,
        dead: Callable[[str], Awaitable[None]],
    ) -> None:
        """Call by *client*, at *pace*.

        Args:
            client: with the workspace's own token.
            pace: of that workspace.
            team: its id.
            us: our own id there.
            dead: is told when Slack no longer knows the token.
        """
        self.client = client
        self.pace = pace
        self.team = team
        self.us = us
        self.streams_again = 0.0
        """When a stream may be tried again, by the clock of the pace."""
        self._dead = dead

    async def call(
        self, method: str, *, patience: float = PATIENCE, channel: str = "", **arguments: Any
    ) -> Json:
        """Call what does no harm when it is done twice; try again for a while.

        Args:
            method: of the Web API.
            patience: how many seconds to try.
            channel: where it puts something, if it does.
            arguments: what it takes.

        Raises:
            Refused: Slack does not do it.
            SpeechFailed: it was not done in all that time.
        """
        clock = self.pace.clock
        until, pause = clock.now() + patience, FIRST
        while True:
            try:
                async with self.pace.turn(method, channel):
                    return await self.attempt(method, channel=channel, **arguments)
            except Busy as busy:
                if clock.now() + busy.seconds > until + LONGEST:
                    raise
            except Lost:
                if clock.now() + pause > until:
                    raise
                await clock.sleep(pause)
                pause = min(LONGEST, 2 * pause)

    async def once(
        self,
        method: str,
        done: Callable[[], Awaitable[Json | None]],
        *,
        channel: str,
        unsure: bool = False,
        patience: float = PATIENCE,
        **arguments: Any,
    ) -> Json:
        """Call what must not be done twice.

        Args:
            method: of the Web API.
            done: looks whether it was done; its answer then takes the place of the call's.
            channel: where it puts something.
            unsure: whether it may have been done before.
            patience: how many seconds to try.
            arguments: what it takes.

        Raises:
            Refused: Slack does not do it.
            SpeechFailed: it was not done in all that time, or nobody knows.
        """
        clock = self.pace.clock
        until, pause = clock.now() + patience, FIRST
        while True:
            if unsure and (found := await done()) is not None:
                return found
            try:
                async with self.pace.turn(method, channel):
                    return await self.attempt(method, channel=channel, **arguments)
            except Busy as busy:
                if clock.now() + busy.seconds > until + LONGEST:
                    raise
            except Lost:
                unsure = True
                if clock.now() + pause > until:
                    raise
                await clock.sleep(pause)
                pause = min(LONGEST, 2 * pause)

    async def attempt(self, method: str, *, channel: str = "", **arguments: Any) -> Json:
        """Call once, now.

        Raises:
            Refused: Slack does not do it.
            Busy: it wants to be asked later.
            Lost: nobody knows.
        """
        verb: Callable[..., Awaitable[Any]] = getattr(self.client, method.replace(".", "_"))
        if channel:
            arguments["channel_id" if method in BY_ID else "channel"] = channel
        try:
            answer = await verb(**arguments)
        except SlackApiError as error:
            raise await self._refusal(method, channel, error.response) from None
        except (ClientError, OSError, TimeoutError, SlackClientError) as error:
            raise Lost(f"{method}: {type(error).__name__}") from None
        return dict(answer.data)

    async def _refusal(self, method: str, channel: str, response: Any) -> SpeechFailed:
        """Return what Slack's answer means."""
        status = getattr(response, "status_code", 0) or getattr(response, "status", 0)
        headers: Mapping[str, str] = getattr(response, "headers", None) or {}
        data = getattr(response, "data", None)
        body: Mapping[str, Any] = data if isinstance(data, dict) else {}
        code = str(body.get("error", ""))
        if status == TOO_MANY or code in {"ratelimited", "rate_limited"}:
            seconds = _seconds(headers)
            self.pace.wait(method, channel, seconds)
            return Busy(method, seconds)
        if not code or code in UNSURE or status >= BROKEN:
            return Lost(f"{method}: {code or status}")
        if code in DEAD:
            log.warning("Slack no longer knows our token", team=self.team, reason=code)
            await self._dead(self.team)
        metadata = body.get("response_metadata") or {}
        return Refused(method, code, tuple(map(str, metadata.get("messages", ()))))


BY_ID = frozenset(
    {
        "assistant.threads.setStatus",
        "assistant.threads.setTitle",
        "assistant.threads.setSuggestedPrompts",
        "files.completeUploadExternal",
    }
)
"""Methods that call a channel `channel_id`."""
TOO_MANY = 429
BROKEN = 500


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(1.0, float(headers.get("Retry-After") or headers.get("retry-after") or 1))
    except ValueError:
        return 30.0
