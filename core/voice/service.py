"""The verbs of voice."""

import jwt
import orjson
from pydantic import SecretStr

from core.chats import ChatDraft, Chats
from core.connections import Connections
from core.identity import Actor, Permission
from core.ids import ChatId, new_id, now
from core.voice.errors import VoiceNotConfigured
from core.voice.records import LiveKit, VoiceSession

LIFE = 7200
"""Seconds that a token opens its room: two hours, as the contract has it."""
UNTITLED = "Voice chat"


class Voice:
    """Opens rooms; the talking itself is between the member and the LiveKit server."""

    def __init__(
        self, connections: Connections, chats: Chats, livekit: LiveKit | None = None
    ) -> None:
        """Open rooms at *livekit*, for chats about *connections*."""
        self._connections = connections
        self._chats = chats
        self._livekit = livekit or LiveKit()

    async def begin(
        self, actor: Actor, connection: str, chat_id: ChatId | None = None
    ) -> VoiceSession:
        """Open a room to talk about a connection; without a chat, a new one is begun.

        The token is LiveKit's access token: a JSON Web Token signed with the API secret (HS256),
        `iss` the API key, `sub` the participant, `video` the grant.
        See https://docs.livekit.io/frontends/authentication/tokens/

        Raises:
            VoiceNotConfigured: a setting is missing.
            ConnectionNotFound, ChatNotFound: there is none of that id.
            OpenChatCap: the member has as many chats as there may be.
        """
        actor.require(Permission.CHATS_WRITE)
        self._require_livekit()
        about = await self._connections.get(actor, connection)
        if chat_id is None:
            draft = ChatDraft(title=UNTITLED, connection=about.id)
            chat_id = (await self._chats.create(actor, draft)).id
        else:
            chat_id = (await self._chats.get(actor, chat_id)).chat.id
        room = f"trellis-voice-{new_id()}"
        at = int(now().timestamp())
        told = {
            "chat_id": chat_id,
            "integration_id": about.id,
            "organization_id": actor.organization_id,
            "member_id": actor.member_id,
        }
        claims = {
            "iss": self._livekit.key,
            "sub": actor.member_id,
            "jti": new_id(),
            "iat": at,
            "nbf": at,
            "exp": at + LIFE,
            "name": actor.name,
            "video": {
                "room": room,
                "roomJoin": True,
                "canPublish": True,
                "canSubscribe": True,
                "canPublishData": True,
            },
            # Whoever answers in the room learns from it what is talked about.
            "metadata": orjson.dumps(told).decode(),
        }
        token = jwt.encode(claims, self._livekit.secret.get_secret_value(), algorithm="HS256")
        return VoiceSession(
            room=room,
            token=SecretStr(token),
            url=self._livekit.url,
            seconds=LIFE,
            chat_id=chat_id,
        )

    def _require_livekit(self) -> None:
        given = {
            "LIVEKIT_URL": self._livekit.url,
            "LIVEKIT_API_KEY": self._livekit.key,
            "LIVEKIT_API_SECRET": self._livekit.secret.get_secret_value(),
        }
        missing = [name for name, value in given.items() if not value.strip()]
        if missing:
            names = " and ".join([", ".join(missing[:-1]), missing[-1]] if missing[1:] else missing)
            raise VoiceNotConfigured(f"Voice is off; set {names} to turn it on.")
