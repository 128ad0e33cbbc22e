"""What people see, and waiting until they see it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from .callbacks import FIRST
from .permissions import sees
from .records import Channel, Guild, Interaction, Message, Payload, Person, Request
from .stage import Stage

T = TypeVar("T")


class Sights(Stage):
    """What people see."""

    def messages(self, place: Channel, as_seen_by: Person | None = None) -> tuple[Message, ...]:
        """Return what stands there, oldest first; without a person, what everybody sees."""
        if as_seen_by and not sees(as_seen_by, place):
            return ()
        return tuple(
            each
            for each in place.messages.values()
            if not each.deleted and each.audience in {None, as_seen_by}
        )

    def answers(self, place: Channel, as_seen_by: Person | None = None) -> tuple[Message, ...]:
        """Return what the bot said there and is done with: nothing that says "thinking"."""
        found = self.messages(place, as_seen_by)
        return tuple(each for each in found if each.author is self.bot and not each.thinking)

    def threads(self, channel: Channel) -> tuple[Channel, ...]:
        """Return the threads of a channel, oldest first."""
        found = self.world.channels.values()
        return tuple(each for each in found if each.parent is channel and not each.removed)

    def typing(self, place: Channel) -> tuple[float, ...]:
        """Return when the bot showed that it types."""
        return tuple(place.typing)

    def commands(self, guild: Guild | None = None) -> Mapping[str, Payload]:
        """Return the registered application commands by name, of a guild or global."""
        found = self.world.commands.get(guild.id if guild else None, {})
        return {each["name"]: each for each in found.values()}

    def failed(self, interaction: Interaction) -> bool:
        """Say whether its person reads "The application did not respond"."""
        over = self.clock.now() - interaction.at > FIRST
        return interaction.acknowledged is None and (interaction.late or over)

    @property
    def thinking(self) -> tuple[Message, ...]:
        """Whatever still says "thinking"."""
        places = self.world.channels.values()
        found = [each for place in places for each in place.messages.values()]
        return tuple(each for each in found if each.thinking and not each.deleted)

    @property
    def refusals(self) -> list[Request]:
        """What was refused: every answer of 400 and above but 429."""
        return [each for each in self.requests if each.status >= 400 and each.status != 429]

    @property
    def limited(self) -> list[Request]:
        """What was answered with 429."""
        return [each for each in self.requests if each.status == 429]

    @property
    def acknowledgements(self) -> list[float]:
        """How many seconds each interaction waited for its first response."""
        return [each.acknowledged for each in self.interactions if each.acknowledged is not None]

    def ready(self) -> bool:
        """Whether every shard is identified and was sent all of its guilds."""
        sockets = [each for each in self.gateway.connected() if not each.pending]
        shards = {each.session.shard for each in sockets if each.session}
        return shards >= set(range(self.world.shards))

    async def until(self, condition: Callable[[], T | None], within: float = 5.0) -> T:
        """Return what *condition* returns as soon as it is true; asked after each event.

        It neither polls nor sleeps. A LookupError means not yet; AssertionError, with what stands
        where, that it takes longer.
        """
        return await self.world.moments.until(condition, within, self.picture)

    def happened(self) -> None:
        """Let conditions be asked again, because of what a test's own code noted."""
        self.world.moments.happened()

    def picture(self) -> str:
        """Return what stands where, for a test that failed."""
        lines = ["this is what stands there:"]
        for place in self.world.channels.values():
            lines += [
                f"  #{place.name} {each.author.name}{' (ephemeral)' if each.ephemeral else ''}: "
                f"{'thinking…' if each.thinking else each.text[:200]!r}"
                for each in list(place.messages.values())[-8:]
                if not each.deleted
            ]
        for each in self.interactions[-8:]:
            lines.append(
                f"  {each.data.get('name') or each.data.get('custom_id')}: {each.response}"
            )
        for refusal in self.refusals[-8:]:
            lines.append(f"  {refusal.method} {refusal.path}: {refusal.status} {refusal.code}")
            lines.append(f"    {refusal.errors or ''}")
        return "\n".join([*lines, *(f"  ! {each}" for each in self.violations[-8:])])
