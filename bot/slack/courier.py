"""The promise of a courier, kept on Slack: letters in channels, each found again by its mark."""

import re

from typing_extensions import override

from bot.letters import AddressUnclear, card_of, mark_of, permit, workspace_of
from bot.slack.growing import Growing
from bot.slack.people import heard_by
from bot.slack.teams import Teams
from bot.slack.told import Where
from bot.slack.written import Written
from bot.speaker import SpeechFailed
from core.app import Core
from core.identity import Actor, Surface
from core.notices import PosterGone, PostingFailed
from core.pipelines import Courier, Letter

CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,20}")


class SlackCourier(Courier):
    """Carries letters."""

    def __init__(self, core: Core, teams: Teams) -> None:
        """Carry into the workspaces of *teams*."""
        self._core = core
        self._teams = teams

    @override
    async def carry(self, actor: Actor, letter: Letter) -> str:
        team, slash, channel = letter.to.rpartition("/")
        if not CHANNEL.fullmatch(channel):
            raise AddressUnclear(
                f"{letter.to[:80]!r} is no channel of Slack: give its id, such as C0123456789, "
                "which stands at the end of what the channel tells about itself."
            )
        named = team if slash else None
        workspace = await workspace_of(self._core, actor, Surface.SLACK, named)
        web = await self._teams.web(workspace.id)
        written = Written(web, Where(channel), f"letter:{mark_of(letter)}")
        growing = Growing(written, ("", ""), streams=False)
        try:
            # Asked anew: a channel may have been shared a moment ago.
            found = await web.call("conversations.info", channel=channel)
            permit(actor, heard_by(found["channel"]))
            await growing.adopt()
            await growing.finish(card_of(letter, actor), {})
        except SpeechFailed as failed:
            raise PosterGone if failed.for_good else PostingFailed(str(failed)) from None
        return f"{workspace.id}/{channel}"
