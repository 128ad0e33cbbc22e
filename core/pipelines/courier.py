"""The promise of whoever carries what a pipeline says to people: to a channel or an address."""

from typing import NamedTuple, Protocol

from core.identity import Actor


class Letter(NamedTuple):
    """What is carried."""

    to: str
    """Where: a channel, or an address of mail, as the courier knows them."""
    title: str
    text: str
    """Markdown."""
    key: str
    """The same whenever the very same letter is carried again, after a crash too."""


class Courier(Protocol):
    """Carries letters one way, on behalf of an actor.

    It finds out whether the actor's organization speaks there at all, and refuses if not. A letter
    that it has carried before, by its key, it does not carry again, as far as its way can tell.
    """

    async def carry(self, actor: Actor, letter: Letter) -> str:
        """Carry a letter; return where it went, in words.

        Raises:
            CoreError: it could not be carried, and why.
        """
        ...


class Couriers:
    """Who carries letters in this process, by the name of their way: `slack`, `discord`, `email`.

    Bots come and go with what is running; whoever starts one lets it carry here.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._by_name: dict[str, Courier] = {}

    def carries(self, name: str, courier: Courier) -> None:
        """Let *courier* carry what goes by *name*."""
        self._by_name[name] = courier

    def find(self, name: str) -> Courier | None:
        """Return who carries what goes by *name*; None if nobody here does."""
        return self._by_name.get(name)
