"""The nouns of voice."""

from pydantic import SecretStr

from core.ids import ChatId
from core.record import Record


class LiveKit(Record):
    """Whose rooms are used, as far as the settings say."""

    url: str = ""
    key: str = ""
    secret: SecretStr = SecretStr("")


class VoiceSession(Record):
    """A room of one's own, and what opens it."""

    room: str
    token: SecretStr
    url: str
    seconds: int
    """How long the token opens the room."""
    chat_id: ChatId
