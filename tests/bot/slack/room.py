"""A workspace with four people and two channels, and what they see."""

from bot.slack.app import Slack
from tests.bot.slack.platform.nouns import Channel, Message, Person, View
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.stage import Stage

WITHIN = 30.0


class Room:
    """Our bot in a workspace."""

    def __init__(self, slack: SlackPlatform, stage: Stage, app: Slack) -> None:
        self.slack = slack
        self.stage = stage
        self.core = stage.core
        self.app = app
        known = {each.name: each for each in slack.people.values()}
        self.ada = known.get("Ada") or slack.person("Ada", email="ada@acme.test")
        self.ann = known.get("Ann") or slack.person("Ann", email="ann@acme.test")
        self.vic = known.get("Vic") or slack.person("Vic", email="vic@acme.test")
        self.eve = known.get("Eve") or slack.person("Eve", email="eve@else.test")
        people = (self.ada, self.ann, self.vic, self.eve)
        channels = {each.name: each for each in slack.channels.values()}
        self.sales = channels.get("sales") or slack.channel("sales", *people)
        self.board = channels.get("board") or slack.channel("board", *people, private=True)

    async def stop(self) -> None:
        """End this process as an admin does."""
        await self.stage.dialog.close(0.05)
        await self.app.stop()
        await self.core.channels.close()

    async def answer(self, asked: Message, *, number: int = 1) -> Message:
        """Return the *number*-th message that answers, once it stands still."""

        def whole() -> Message | None:
            found = [each for each in self.slack.answers(asked) if not each.streaming]
            ready = [each for each in found if each.buttons or each.stopped or each.blocks]
            return ready[number - 1] if len(ready) >= number else None

        found = await self.slack.until(whole, within=WITHIN)
        assert found is not None
        return found

    async def pressable(self, asked: Message, label: str = "👍") -> Message:
        """Return the answer on which something can be pressed."""

        def whole() -> Message | None:
            found = [each for each in self.slack.answers(asked) if label in each.buttons]
            return found[-1] if found and not found[-1].streaming else None

        found = await self.slack.until(whole, within=WITHIN)
        assert found is not None
        return found

    async def whisper(
        self, person: Person, channel: Channel | None = None, number: int = 1
    ) -> Message:
        """Return the *number*-th thing that one person alone was shown."""
        where = channel or self.sales
        found = await self.slack.until(
            lambda: self.slack.whispers(where, person)[number - 1 : number], within=WITHIN
        )
        return found[0]

    async def view(self, person: Person) -> View:
        """Return the modal that comes before somebody."""
        found = await self.slack.until(lambda: self.slack.view(person), within=WITHIN)
        assert found is not None
        return found

    async def home(self, person: Person) -> View:
        """Return the home tab of somebody who opens it."""
        await self.slack.open_home(person)
        found = await self.slack.until(lambda: self.slack.home(person), within=WITHIN)
        assert found is not None
        return found
