"""What another process heard or began, brought back from what was kept of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError
from typing_extensions import override

from bot.discord.acting import Acting
from bot.discord.booth import Booth
from bot.discord.homes import Homes
from bot.discord.kept import heard_of
from bot.discord.spoken import Spoken
from bot.discord.token import Kind, Token
from bot.discord.wire import DEFERRED
from bot.heard import Anything
from bot.speaker import Speaker, Speech, SpeechFailed

log = structlog.get_logger()


class Recall(Speech):
    """Finds who answers what was kept."""

    def __init__(self, booth: Callable[[], Booth | None], homes: Homes) -> None:
        """Answer on our servers, by what *booth* returns while we are connected."""
        self._booth = booth
        self._homes = homes

    @override
    async def again(self, payload: Mapping[str, object]) -> tuple[Anything, Speaker] | None:
        return self._again(payload)

    @override
    async def resume(self, anchor: Mapping[str, object]) -> Speaker | None:
        payload, stage = anchor["payload"], anchor["stage"]
        if not isinstance(payload, Mapping) or not isinstance(stage, Mapping):
            return None
        found = self._again(payload)
        if found is None:
            return None
        speaker = found[1]
        return speaker if await speaker.resume(stage) else None

    def _again(self, payload: Mapping[str, Any]) -> tuple[Anything, Spoken | Acting] | None:
        booth = self._booth()
        if booth is None:
            raise SpeechFailed("Discord is away")
        try:
            heard, where = heard_of(payload)
            token = payload["token"]
        except (KeyError, ValidationError) as error:
            log.warning("what was kept is not understood", reason=str(error))
            return None
        if not self._homes.welcome(where.guild):
            return None
        # Others may hear that place by now than when it was heard.
        heard = heard.model_copy(update={"spot": booth.spot(heard.spot, where)})
        if token is None:
            return heard, Spoken(booth, heard, where)
        return heard, Acting(booth, heard, where, _token(booth, token, direct=where.direct))


def _token(booth: Booth, kept: Mapping[str, Any], *, direct: bool) -> Token:
    # Whoever heard it has acknowledged it by now, or it is too late for that.
    responded: Kind = (DEFERRED, not direct)
    if kept["responded"] is not None:
        type, alone = kept["responded"]
        responded = int(type), bool(alone)
    return Token(
        booth.wire,
        booth.patience,
        app=int(kept["app"]),
        id=int(kept["id"]),
        token=str(kept["token"]),
        at=datetime.fromisoformat(kept["at"]),
        responded=responded,
    )
