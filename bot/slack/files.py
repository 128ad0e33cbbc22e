"""Files on their way to Slack: asked for a place, brought there, and shown or shared."""

from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.cards import FileCard
from bot.slack.told import Where
from bot.slack.web import PATIENCE, Busy, Lost, Refused, Web
from bot.slack.words import cut
from bot.speaker import SpeechFailed

Json = dict[str, Any]

ALT = 1_000
"""Characters that say what a file shows."""
NAME = 200
UPLOAD = ClientTimeout(total=120)
"""How long a file may take on its way."""
COMPLETE = "files.completeUploadExternal"
OK = 200


class Files:
    """Brings files to one workspace."""

    def __init__(self, web: Web, session: ClientSession) -> None:
        """Ask *web* for places, and bring files there by *session*."""
        self._web = web
        self._session = session

    async def bring(self, file: FileCard, patience: float = PATIENCE) -> str:
        """Bring a file that nobody is shown yet; return its id, for a block that shows it.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        id = await self._uploaded(file, patience)
        await self._completed(id, file, None, patience)
        return id

    async def share(self, file: FileCard, where: Where, patience: float = PATIENCE) -> None:
        """Put a file into a thread or a channel.

        Raises:
            SpeechFailed: Slack does not take it.
        """
        await self._completed(await self._uploaded(file, patience), file, where, patience)

    async def _uploaded(self, file: FileCard, patience: float) -> str:
        content = file.content or b"\n"
        place = await self._web.call(
            "files.getUploadURLExternal",
            patience=patience,
            filename=cut(file.name, NAME),
            length=len(content),
            **({"alt_txt": cut(file.alt, ALT)} if file.alt else {}),
        )
        try:
            async with self._session.post(
                place["upload_url"], data=content, timeout=UPLOAD
            ) as answer:
                if answer.status != OK:
                    raise SpeechFailed(f"a file was not taken: {answer.status}")
        except (ClientError, OSError, TimeoutError) as error:
            raise SpeechFailed(f"a file was not taken: {type(error).__name__}") from None
        return str(place["file_id"])

    async def _completed(
        self, id: str, file: FileCard, where: Where | None, patience: float
    ) -> None:
        """Say that a file is there; it can be said once."""
        channel = "" if where is None else where.channel
        thread: Json = {}
        if where is not None and where.thread is not None:
            thread = {"thread_ts": where.thread}
        clock = self._web.pace.clock
        until, unsure, pause = clock.now() + patience, False, 0.5
        while True:
            try:
                async with self._web.pace.turn(COMPLETE, channel):
                    await self._web.attempt(
                        COMPLETE,
                        channel=channel,
                        files=[{"id": id, "title": cut(file.name, NAME)}],
                        **thread,
                    )
            except Refused as refused:
                # What was said before, and not heard, Slack does not know any more.
                if unsure and refused.code == "file_not_found":
                    return
                raise
            except (Busy, Lost) as failed:
                unsure = unsure or isinstance(failed, Lost)
                if clock.now() + pause > until:
                    raise
                await clock.sleep(pause)
                pause *= 2
            else:
                return
