"""What goes wrong on Discord's side, or on the way there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .gateway import BAD_TOKEN, INVALID_SESSION, RECONNECT
from .records import Interaction, Message
from .server import Fault, Hold
from .stage import Stage


class Troubles(Stage):
    """What goes wrong."""

    async def drop_gateway(self, shard: int | None = None, *, code: int | None = None) -> None:
        """Close sockets, with a close code or without a word; sessions can be resumed."""
        for each in self.gateway.connected(shard):
            if code is None:
                each.drop()
            else:
                self.gateway.closes.append(code)
                each.close(code)

    async def reconnect(self, shard: int | None = None) -> None:
        """Tell clients to reconnect (op 7)."""
        for each in self.gateway.connected(shard):
            each.send(RECONNECT, None)

    async def invalidate(self, shard: int | None = None, *, resumable: bool = False) -> None:
        """Tell clients that their session is invalid (op 9); unless *resumable*, it is gone."""
        for each in self.gateway.connected(shard):
            if each.session and not resumable:
                self.gateway.forget(each.session)
            each.send(INVALID_SESSION, resumable)

    async def ask_heartbeat(self, shard: int | None = None) -> None:
        """Ask clients for a heartbeat at once (op 1)."""
        for each in self.gateway.connected(shard):
            each.send(1, None)

    def forget_sessions(self) -> None:
        """Let every session be gone, so that nothing can be resumed."""
        for each in list(self.gateway.sessions.values()):
            self.gateway.forget(each)

    @asynccontextmanager
    async def down(self, status: int = 503) -> AsyncIterator[None]:
        """Be away: sockets drop and do not come back, REST answers *status*.

        Sessions stay, and what happens meanwhile is replayed upon a resume.
        """
        self._server.down, self.gateway.down = status, True
        for each in self.gateway.connected():
            each.drop()
        try:
            yield
        finally:
            self._server.down, self.gateway.down = None, False

    def failing(
        self, method: str, path: str, status: int = 500, times: int = 1, code: int = 0
    ) -> Fault:
        """Let the next *times* requests like `POST /channels/*/messages` fail, nothing done.

        `*` stands for one part of the path, `**` for the rest; `Fault.met` counts them.
        """
        fault = Fault(method, path, times, status, code)
        self._server.faults.append(fault)
        return fault

    def losing(self, method: str, path: str, times: int = 1) -> Fault:
        """Do what the next requests ask, and cut the line instead of answering."""
        fault = Fault(method, path, times)
        self._server.faults.append(fault)
        return fault

    @asynccontextmanager
    async def holding(self, method: str, path: str) -> AsyncIterator[Hold]:
        """Let requests like this wait until the block ends; `Hold.waiting` has their paths."""
        hold = Hold(method, path)
        self._server.holds.append(hold)
        try:
            yield hold
        finally:
            self._server.holds.remove(hold)
            hold.over.set()

    def expire(self, interaction: Interaction) -> None:
        """Let the 15 minutes of an interaction's token be over (50027)."""
        interaction.expired = True

    def late(self, interaction: Interaction) -> None:
        """Let the 3 seconds for its first response be over (10062)."""
        interaction.late = True

    def revoke(self) -> str:
        """Reset the bot's token: REST answers 401, the gateway closes with 4004; return the new."""
        self.token = self.gateway.token = self._server.token = f"reset.{self.token}"
        for each in self.gateway.connected():
            self.gateway.closes.append(BAD_TOKEN)
            each.close(BAD_TOKEN)
        return self.token

    async def redeliver(self, thing: Message | Interaction) -> None:
        """Send the event of a message or an interaction once more, as upon a resume."""
        if isinstance(thing, Message):
            self.world.tell_message("MESSAGE_CREATE", thing)
        else:
            self.world.tell_interaction(thing)

    def limit(self, method: str, path: str, count: int, per: float) -> None:
        """Let `PATCH /channels/*/messages/*` and the like take *count* requests in *per* s."""
        self.limits.set(method, path, count, per)

    def limits_off(self) -> None:
        """Limit nothing."""
        self.limits.off()
