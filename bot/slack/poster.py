"""The promise of a poster, kept on Slack: notices in channels, each found again by its mark."""

from aiohttp import ClientSession
from typing_extensions import override

from bot.pictures import picture
from bot.posting import card_of_posting
from bot.slack.files import Files
from bot.slack.growing import Growing
from bot.slack.people import heard_by
from bot.slack.teams import Teams
from bot.slack.told import Where
from bot.slack.web import Refused, Web
from bot.slack.written import Written
from bot.speaker import SpeechFailed
from core.app import Core
from core.identity import Audience
from core.notices import Notice, Poster, PosterGone, Posting, PostingFailed

READY = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks whether Slack has looked at a picture."""


class SlackPoster(Poster):
    """Posts notices."""

    def __init__(self, core: Core, teams: Teams, session: ClientSession) -> None:
        """Post into the workspaces of *teams*."""
        self._core = core
        self._teams = teams
        self._session = session

    @override
    async def audience(self, notice: Notice) -> Audience:
        """Return who hears the channel now."""
        web = await self._teams.web(notice.workspace)
        try:
            found = await web.call("conversations.info", channel=notice.channel)
        except SpeechFailed as failed:
            raise _refusal(failed) from None
        return heard_by(found["channel"])

    @override
    async def post(self, notice: Notice, posting: Posting) -> None:
        """Post the answer, with its chart where Slack takes that."""
        web = await self._teams.web(notice.workspace)
        card = card_of_posting(posting)
        pictures: dict[str, str] = {}
        for chart in card.charts:
            drawn = await picture(self._core, chart)
            if drawn is not None:
                try:
                    pictures[chart.id] = await Files(web, self._session).bring(drawn)
                except SpeechFailed:
                    continue
        growing = Growing(_written(web, notice, posting.id), ("", ""), streams=False)
        try:
            await growing.adopt()
            for pause in (*READY, None):
                try:
                    await growing.finish(card, pictures if pause else {})
                except Refused as refused:
                    if pause is None or not refused.about_picture:
                        raise
                    await web.pace.clock.sleep(pause)
                else:
                    return
        except SpeechFailed as failed:
            raise _refusal(failed) from None

    @override
    async def posted(self, notice: Notice, posting_id: str) -> bool:
        """Return whether the message of a posting is there."""
        web = await self._teams.web(notice.workspace)
        try:
            return bool(await _written(web, notice, posting_id).marked())
        except SpeechFailed as failed:
            raise _refusal(failed) from None


def _written(web: Web, notice: Notice, posting_id: str) -> Written:
    return Written(web, Where(notice.channel), f"notice:{posting_id}")


def _refusal(failed: SpeechFailed) -> PosterGone | PostingFailed:
    return PosterGone() if failed.for_good else PostingFailed(str(failed))
