"""Messages of ours in a thread: each written once, found again by its mark, and changed."""

from contextlib import suppress
from typing import Any

from bot.slack import told
from bot.slack.blocks import Post
from bot.slack.told import Where
from bot.slack.web import Lost, Refused, Web

Json = dict[str, Any]


class Written:
    """Writes what answers one thing that was heard."""

    def __init__(self, web: Web, where: Where, key: str, since: str = "0") -> None:
        """Write at *where*.

        Args:
            web: of the workspace.
            where: a thread, or a channel.
            key: of the answer; its messages bear it.
            since: the `ts` after which it stands.
        """
        self.web = web
        self.where = where
        self.root = where.thread
        """The thread that the first message is in, or begins; the others follow it there."""
        self._key = key
        self._since = since
        self._unsure = False
        """Whether there may be a message of which nobody knows."""

    @property
    def unsure(self) -> bool:
        """Whether a message may be there that is not known of."""
        return self._unsure

    def mark(self, number: int) -> Json:
        """Return what tells the *number*-th message from all others."""
        return told.mark(self._key, number)

    async def post(self, number: int, post: Post, patience: float, *, sought: bool = False) -> str:
        """Write the *number*-th message, and return its `ts`.

        Args:
            number: from 0.
            post: what it says.
            patience: how many seconds to try.
            sought: whether another process may have written it.

        Raises:
            SpeechFailed: it is not written, or nobody knows.
        """

        async def done() -> Json | None:
            return (await self.marked()).get(number)

        thread = {} if self.root is None else {"thread_ts": self.root}
        try:
            answer = await self.web.once(
                "chat.postMessage",
                done,
                channel=self.where.channel,
                unsure=self._unsure or sought,
                patience=patience,
                text=post.text,
                blocks=post.blocks,
                metadata=self.mark(number),
                unfurl_links=False,
                unfurl_media=False,
                **thread,
            )
        except Lost:
            self._unsure = True
            raise
        self._unsure = False
        ts = str(answer["ts"])
        self.root = self.root or ts
        return ts

    async def update(self, ts: str, number: int, post: Post, patience: float) -> None:
        """Let a message say something else.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        await self.web.call(
            "chat.update",
            patience=patience,
            channel=self.where.channel,
            ts=ts,
            text=post.text,
            blocks=post.blocks,
            metadata=self.mark(number),
        )

    async def remove(self, ts: str, patience: float) -> None:
        """Take a message away; one that is gone is no matter."""
        with suppress(Refused):
            await self.web.call("chat.delete", patience=patience, channel=self.where.channel, ts=ts)

    async def marked(self) -> dict[int, Json]:
        """Return the messages of this answer that bear its mark, by their numbers."""
        found = await told.said(self.web, self.where, self._key, since=self._since)
        if self.where.thread is None and 0 in found:
            self.root = str(found[0]["ts"])
            there = Where(self.where.channel, self.root)
            found |= await told.said(self.web, there, self._key, since=self.root)
        return found

    async def left(self, after: str = "") -> list[str]:
        """Return the `ts` of messages that began to grow *after* another, and bear no mark yet."""
        if self.where.thread is None:
            return []
        found = await told.unmarked(self.web, self.where, since=after or self._since)
        return [message["ts"] for message in found]

    async def all(self) -> list[str]:
        """Return the `ts` of every message of this answer, in order."""
        marked = sorted(message["ts"] for message in (await self.marked()).values())
        found = [*marked, *await self.left(marked[-1] if marked else "")]
        self._unsure = False
        return found
