"""An interaction's token: its first response, and what it is still good for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from discord import HTTPException, NotFound
from discord.http import MultipartParameters

from bot.discord.parcel import ALONE, Json, Parcel, packed
from bot.discord.patience import (
    ALREADY_ACKNOWLEDGED,
    TOKEN_GONE,
    UNKNOWN_INTERACTION,
    UNKNOWN_WEBHOOK,
    Patience,
    passes,
    persist,
)
from bot.discord.wire import DEFERRED, MESSAGE, MODAL, UPDATE, Wire

T = TypeVar("T")
Kind = tuple[int, bool]
"""The type of a first response, and whether it is for one person alone."""

UNSETTLED = timedelta(seconds=5)
"""For so long after the first response Discord may say that it knows nothing of it."""
SOON = 2.5
"""Seconds within which a first response is worth a try: after three it is none."""
UNAUTHORIZED = 401
OVER = frozenset({UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, TOKEN_GONE})

log = structlog.get_logger()


class TokenOver(Exception):
    """The interaction cannot be answered any more."""


class Token:
    """One interaction."""

    def __init__(
        self,
        wire: Wire,
        patience: Patience,
        *,
        app: int,
        id: int,
        token: str,
        at: datetime,
        responded: Kind | None = None,
    ) -> None:
        """Know an interaction.

        Args:
            wire: says it.
            patience: how long to wait for Discord.
            app: the application's id.
            id: the interaction's.
            token: what lets us respond.
            at: when it happened.
            responded: the first response, if it was given before.
        """
        self._wire = wire
        self._patience = patience
        self.app = app
        self.id = id
        self.token = token
        self.at = at
        self.responded = responded
        self._free = responded is not None and responded[0] == DEFERRED
        """Whether the first response waits to be filled in."""
        self._over = False
        self._told: datetime | None = None
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def kept(self) -> Json:
        """Return it as JSON."""
        return {
            "app": self.app,
            "id": self.id,
            "token": self.token,
            "at": self.at.isoformat(),
            "responded": None if self.responded is None else list(self.responded),
        }

    @property
    def over(self) -> bool:
        """Whether nothing can be said by it any more."""
        return self._over or self.left <= 0

    @property
    def left(self) -> float:
        """How many seconds it is good for."""
        return self._patience.token - (datetime.now(UTC) - self.at).total_seconds()

    def hurry(self, kind: Kind) -> None:
        """Acknowledge it in that way soon, if nothing else responds before."""
        loop = asyncio.get_running_loop()

        def go() -> None:
            self._task = loop.create_task(self._hurried(kind))

        self._timer = loop.call_later(self._patience.answer, go)

    def leave(self) -> None:
        """Let another process respond to it."""
        if self._timer is not None:
            self._timer.cancel()

    async def defer(self, kind: Kind) -> bool:
        """Acknowledge it; return whether that was the first response."""
        body: Json = {"type": kind[0]}
        if kind[1]:
            body["data"] = {"flags": ALONE}
        return await self._first(kind, lambda: _plain(body))

    async def say(self, parcel: Parcel, *, alone: bool) -> bool:
        """Respond with a message; return whether that was the first response."""
        more = {"flags": ALONE} if alone else None
        return await self._first((MESSAGE, alone), lambda: packed(parcel, wrap=MESSAGE, more=more))

    async def update(self, parcel: Parcel) -> bool:
        """Change the message that was pressed; return whether that was the first response."""
        return await self._first((UPDATE, False), lambda: packed(parcel, wrap=UPDATE))

    async def ask(self, modal: Json) -> bool:
        """Open a form; return whether that was the first response, as it must be."""
        return await self._first((MODAL, False), lambda: _plain({"type": MODAL, "data": modal}))

    async def begin(self, parcel: Parcel, *, alone: bool) -> int | None:
        """Begin something that is changed later; return the message, None for the first response.

        Discord itself says that one is thinking, unless it said something before.
        """
        if await self.defer((DEFERRED, alone)) or self._free:
            self._free = False
            return None
        return await self._more(parcel)

    async def show(self, parcel: Parcel, *, alone: bool) -> int | None:
        """Show a message; return which, None for the first response."""
        if await self.say(parcel, alone=alone):
            return None
        if self._free:
            self._free = False
            await self.change(None, parcel, Parcel())
            return None
        return await self._more(parcel)

    async def change(self, message: int | None, parcel: Parcel, before: Parcel | None) -> None:
        """Change a message; what it held *before*, None where that is not known."""

        async def attempt() -> None:
            if message is None:
                await self._wire.change_original(self.app, self.token, parcel, before)
            else:
                await self._wire.change_follow_up(self.app, self.token, message, parcel, before)

        await self._later(attempt)

    async def withdraw(self) -> None:
        """Take the first response away, if it says nothing but that one is thinking."""
        self.leave()
        if not self._free or self.over:
            return
        try:
            await self._wire.remove_original(self.app, self.token)
        except HTTPException as error:
            log.debug("nothing to take away", reason=str(error))

    async def _first(self, kind: Kind, make: Callable[[], MultipartParameters]) -> bool:
        """Respond, unless that is done; what is said once too often Discord itself refuses."""
        async with self._lock:
            self.leave()
            if self.responded is not None:
                return False
            if self.over:
                raise TokenOver
            unknown = False

            async def attempt() -> bool:
                nonlocal unknown
                try:
                    await self._wire.respond(self.id, self.token, make())
                except HTTPException as error:
                    unknown = unknown or passes(error)
                    if error.code != ALREADY_ACKNOWLEDGED:
                        raise
                    # The answer to our own response was lost; or another process has deferred it.
                    return unknown
                except Exception as error:
                    unknown = unknown or passes(error)
                    raise
                return True

            try:
                mine = await persist(attempt, self._patience, seconds=SOON)
            except Exception as error:
                if passes(error) or (isinstance(error, HTTPException) and error.code in OVER):
                    self._over = True
                    raise TokenOver from error
                raise
            said = kind[0] in {MESSAGE, UPDATE, MODAL}
            self.responded = (DEFERRED, kind[1]) if said and not mine else kind
            self._free = self.responded[0] == DEFERRED
            self._told = datetime.now(UTC)
            return self.responded == kind

    async def _more(self, parcel: Parcel) -> int:
        async def attempt() -> int:
            return await self._wire.follow_up(self.app, self.token, parcel)

        return await self._later(attempt)

    async def _hurried(self, kind: Kind) -> None:
        try:
            await self.defer(kind)
        except (TokenOver, HTTPException) as error:
            log.warning("an interaction is not acknowledged", reason=str(error))

    async def _later(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Say something after the first response.

        Raises:
            TokenOver: it is too late for that.
            NotFound: what was to be changed was removed.
        """
        if self.over:
            raise TokenOver

        async def settled() -> T:
            try:
                return await attempt()
            except NotFound as error:
                if error.code == UNKNOWN_WEBHOOK and self._unsettled():
                    raise TimeoutError from error  # as good as one: it passes
                raise

        seconds = min(self.left, self._patience.whole)
        try:
            return await persist(settled, self._patience, seconds=seconds)
        except Exception as error:
            if isinstance(error, HTTPException) and (
                error.code in OVER or error.status == UNAUTHORIZED
            ):
                self._over = True
            elif not passes(error):
                raise
            raise TokenOver from error

    def _unsettled(self) -> bool:
        """Return whether Discord may not know yet that it was responded to."""
        return self._told is not None and datetime.now(UTC) - self._told < UNSETTLED


def _plain(body: Json) -> MultipartParameters:
    return MultipartParameters(payload=body, multipart=None, files=None)
