"""A server of Discord with people on it, and our bot among them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import SecretStr

from bot.discord.app import Discord
from bot.discord.patience import Patience
from core.app import Core
from core.identity import Actor, Role, Surface
from core.links import Person as Linked
from tests.bot.discord.platform import Channel, DiscordPlatform, Interaction, Message, Person
from tests.bot.stage import Stage

T = TypeVar("T")

QUICK = Patience(
    first=0.01,
    longest=0.05,
    whole=5.0,
    identify=0.0,
    settle=0.01,
    all_edits=0.0,
)
"""Waits that a test can wait for; edits keep the pace that Discord takes."""


class Town:
    """What a test needs of the platform, the core and the bot."""

    def __init__(self, platform: DiscordPlatform, stage: Stage, patience: Patience = QUICK) -> None:
        self.platform = platform
        self.stage = stage
        self.ada = platform.person("ada")
        self.ann = platform.person("ann")
        self.vic = platform.person("vic")
        self.stranger = platform.person("stranger")
        self.guild = platform.guild("Acme", self.ada, self.ann, self.vic, self.stranger)
        self.sales = platform.channel(self.guild, "sales")
        self.discord = self.made(patience=patience)

    @property
    def core(self) -> Core:
        return self.stage.core

    def made(
        self,
        stage: Stage | None = None,
        patience: Patience = QUICK,
        guilds: Sequence[int] | None = None,
    ) -> Discord:
        """Return a bot that is not connected yet; of another process, if its stage is given."""
        stage = stage or self.stage
        return Discord(
            stage.core,
            stage.dialog,
            token=SecretStr(self.platform.token),
            guilds=[self.guild.id] if guilds is None else guilds,
            url=self.platform.url,
            patience=patience,
        )

    async def connect(self) -> None:
        """Let the bot come in, and everybody tell it who they are."""
        await self.discord.start()
        await self.platform.until(self.platform.ready)
        await self.platform.until(lambda: self.platform.commands(self.guild))
        await self.link(self.ada, self.stage.ada)
        for person in (self.ann, self.vic):
            await self.link(person, await self.member(f"{person.name}@acme.test"))

    async def member(self, email: str) -> Actor:
        ada = self.stage.ada
        return await self.core.identity.vouched(ada.organization_id, email, Surface.DISCORD)

    async def link(self, person: Person, actor: Actor) -> None:
        code = await self.core.links.code(actor)
        told = Linked(
            surface=Surface.DISCORD, workspace="discord", id=str(person.id), name=person.name
        )
        await self.core.links.redeem(told, actor.organization_id, code.code.get_secret_value())

    async def until(self, condition: Callable[[], T | None], within: float = 30.0) -> T:
        return await self.platform.until(condition, within)

    # What is waited for

    async def answered(
        self, place: Channel, count: int = 1, person: Person | None = None
    ) -> Message:
        """Return the last of so many messages of ours, once it has buttons or is a no."""

        def last() -> Message | None:
            found = [each for each in self.platform.answers(place, person) if is_whole(each)]
            return found[-1] if len(found) >= count else None

        return await self.until(last)

    async def in_thread(self, asked: Message, count: int = 1) -> Message:
        """Return the answer in the thread that a question began."""
        thread = await self.until(lambda: asked.thread)
        return await self.answered(thread, count)

    async def response(self, interaction: Interaction) -> Message:
        """Return what an interaction was answered, once that is whole."""

        def found() -> Message | None:
            message = interaction.message
            return message if message is not None and is_whole(message) else None

        return await self.until(found)


def is_whole(message: Message) -> bool:
    """Whether it does not grow any more."""
    last = message.content.split("\n")[-1]
    return not message.thinking and not (last.startswith("-# ") and last.endswith("…"))


__all__ = ["QUICK", "Role", "Town", "is_whole"]
