"""What was heard as it is kept: JSON from which another process hears and answers it again."""

from collections.abc import Mapping
from typing import Any

from bot.discord.parcel import Json
from bot.discord.token import Token
from bot.discord.where import Where
from bot.heard import Anything, Asked, Commanded, Pressed, Run, Submitted

KINDS: dict[str, type[Anything]] = {
    "asked": Asked,
    "commanded": Commanded,
    "run": Run,
    "pressed": Pressed,
    "submitted": Submitted,
}


def kept(heard: Anything, where: Where, token: Token | None) -> Json:
    """Return everything that is needed to answer this in another process."""
    return {
        "kind": type(heard).__name__.lower(),
        "heard": heard.model_dump(mode="json"),
        "where": where.model_dump(mode="json"),
        "token": None if token is None else token.kept(),
    }


def heard_of(payload: Mapping[str, Any]) -> tuple[Anything, Where]:
    """Return what was heard, and where."""
    kind = KINDS[payload["kind"]]
    return kind.model_validate(payload["heard"]), Where.model_validate(payload["where"])
