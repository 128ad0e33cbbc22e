"""Voice over HTTP: a room, and the token that opens it."""

from fastapi import APIRouter
from pydantic import Field

from api.actor import Caller, TheCore
from api.analyst.turns import CHAT, chat_of
from api.body import Guarded
from api.wire import failing, shown
from core.ids import ChatId
from core.record import Record

router = APIRouter(
    prefix="/v1/voice", tags=["voice"], route_class=Guarded, responses=failing(401, 403, 503)
)


class VoiceIn(Record):
    """What is to be talked about."""

    integration_id: str = Field(min_length=1, description="The database to be asked.")
    chat_id: str | None = Field(default=None, description="None begins a chat.")

    model_config = shown({"integration_id": "7d1c4f0e-54c6-4a6b-8f54-0a4c2c9b7f33"})


class VoiceOut(Record):
    """A room, and what opens it."""

    room_name: str
    token: str
    """A LiveKit access token: it opens this room alone, for this member alone."""
    livekit_url: str
    expires_in_seconds: int
    chat_id: ChatId

    model_config = shown(
        {
            "room_name": "trellis-voice-3a8a9f0e-1b2c-4d5e-8f60-7a8b9c0d1e2f",
            "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJk….…",
            "livekit_url": "wss://livekit.example",
            "expires_in_seconds": 7200,
            "chat_id": CHAT,
        }
    )


@router.post("/sessions", responses=failing(400, 404, 409, 413))
async def begin_voice(core: TheCore, caller: Caller, wanted: VoiceIn) -> VoiceOut:
    """Open a room to talk in; 400 names the settings that turn voice on where it is off."""
    chat_id = None if wanted.chat_id is None else chat_of(wanted.chat_id)
    session = await core.voice.begin(caller, wanted.integration_id, chat_id)
    return VoiceOut(
        room_name=session.room,
        token=session.token.get_secret_value(),
        livekit_url=session.url,
        expires_in_seconds=session.seconds,
        chat_id=session.chat_id,
    )
