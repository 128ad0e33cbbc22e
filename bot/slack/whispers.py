"""What one person alone is shown: by the address that Slack gave for it, or as Slack lets us."""

from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import ClientError, ClientSession

from bot.cards import Card, FileCard
from bot.slack.blocks import Post, controls, posts
from bot.slack.files import Files
from bot.slack.notes import HOOK_USES, Note
from bot.slack.people import People
from bot.slack.told import Where
from bot.slack.web import FIRST, LONGEST, PATIENCE, Refused, Web
from bot.slack.written import Written
from bot.speaker import SpeechFailed

Json = dict[str, Any]

OK, BAD, TOO_MANY, BROKEN = 200, 400, 429, 500
NOT_THERE = frozenset(
    {"not_in_channel", "user_not_in_channel", "channel_not_found", "is_archived", "missing_scope"}
)
"""Why somebody cannot be whispered to in a channel; in a direct message they can be told."""

SHUT_OUT = "Only you see this: I may not speak there. Invite me (/invite @Trellis) first."
SLACK_FILE = "invalid slack file"

log = structlog.get_logger()


class HookClosed(SpeechFailed):
    """Slack takes no more by the address that it gave, or not that."""

    def __init__(self, code: str) -> None:
        """Keep the word that Slack gives it."""
        super().__init__(f"response_url: {code}")
        self.code = code

    @property
    def about_blocks(self) -> bool:
        """Whether it is about what was posted; of a picture it does not say so."""
        return "invalid_blocks" in self.code


class Whispers:
    """Shows cards to the one person who said or did something."""

    def __init__(
        self, web: Web, note: Note, *, session: ClientSession, people: People, sought: bool = False
    ) -> None:
        """Answer *note*.

        Args:
            web: of the workspace.
            note: what was said or done.
            session: posts to the address that came with it.
            people: know the channel of direct messages.
            sought: whether another process may have answered before.
        """
        self._web = web
        self._note = note
        self._session = session
        self._people = people
        self._files = Files(web, session)
        self._sought = sought
        self._uses = 0
        self._written: Written | None = None
        """What is written into direct messages, where nobody else is."""
        self._number = 0
        self._shown: Card | None = None

    async def show(self, card: Card, pictures: Mapping[str, str]) -> None:
        """Show *card*; of one that is shown already, what there is more to press.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        wanted = posts(card, pictures)
        if self._shown is not None and self._shown.text == card.text:
            more = [row for row in card.controls if row not in self._shown.controls]
            wanted = [Post("What may come next", controls(more))] if more else []
        for post in wanted:
            await self.say(post)
        for file in card.files if self._shown is None else ():
            await self.hand(file)
        self._shown = card

    async def say(self, post: Post) -> None:
        """Show one message.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        note = self._note
        direct = note.channel.startswith("D") and note.thread is not None
        # In a direct message nobody else reads, and what stands there stays.
        if not direct and note.hook_works and self._uses < HOOK_USES and self._written is None:
            try:
                await self._hook({"response_type": "ephemeral"}, post)
            except HookClosed as closed:
                if closed.about_blocks:
                    raise Refused("response_url", "invalid_blocks", (SLACK_FILE,)) from None
                log.info("the address for answers is closed", reason=closed.code)
                self._uses = HOOK_USES
            else:
                self._uses += 1
                return
        await self._without_hook(post)

    async def replace(self, post: Post) -> None:
        """Show one message in place of the one on which something was pressed.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        if self._note.hook_works and self._uses < HOOK_USES:
            await self._hook({"replace_original": True}, post)
            self._uses += 1
            return
        await self._without_hook(post)

    async def hand(self, file: FileCard) -> None:
        """Give a file to one person; Slack shows files to all or in a direct message.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        await self._files.share(file, await self._direct())

    # Inside

    async def _without_hook(self, post: Post) -> None:
        note = self._note
        if self._written is None and note.channel and not note.channel.startswith("D"):
            thread: Json = {"thread_ts": note.thread} if note.thread and note.active else {}
            try:
                await self._web.call(
                    "chat.postEphemeral",
                    channel=note.channel,
                    user=note.user,
                    text=post.text,
                    blocks=post.blocks,
                    **thread,
                )
            except Refused as refused:
                if refused.code not in NOT_THERE:
                    raise
                log.info("somebody is told in a direct message instead", reason=refused.code)
            else:
                return
        if self._written is None:
            self._written = Written(
                self._web, await self._direct(), f"{note.id}/alone", note.ts or "0"
            )
        await self._written.post(self._number, post, PATIENCE, sought=self._sought)
        self._number += 1

    async def _direct(self) -> Where:
        """Return where nobody but this person reads."""
        note = self._note
        if note.channel.startswith("D"):
            return Where(note.channel, note.thread)
        return Where(await self._people.direct(self._web, note.user))

    async def _hook(self, how: Json, post: Post) -> None:
        """Post to the address that Slack gave; what was not heard is said again."""
        body = {**how, "text": post.text, "blocks": post.blocks}
        clock = self._web.pace.clock
        until, pause = clock.now() + PATIENCE, FIRST
        while True:
            status, code = await self._posted(body)
            if status == OK:
                return
            if status < TOO_MANY:
                raise HookClosed(code)
            if clock.now() + pause > until:
                raise SpeechFailed(f"response_url: {code}")
            await clock.sleep(pause)
            pause = min(LONGEST, 2 * pause)

    async def _posted(self, body: Json) -> tuple[int, str]:
        try:
            async with self._session.post(self._note.hook, json=body) as answer:
                text = (await answer.text())[:200]
                return answer.status, text
        except (ClientError, OSError, TimeoutError) as error:
            return BROKEN, type(error).__name__
