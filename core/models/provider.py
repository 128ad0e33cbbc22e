"""What every keeper of language models promises."""

import warnings
from typing import TYPE_CHECKING, NamedTuple, Protocol

from core.identity import Actor
from core.models.records import Model

if TYPE_CHECKING:  # the library takes half a second to import, and most commands ask no model
    from pydantic_ai.models import Model as Keeper
    from pydantic_ai.settings import ModelSettings


class Mind(NamedTuple):
    """A model that is ready to be asked: `Agent(mind.keeper, model_settings=mind.settings)`."""

    record: Model
    keeper: "Keeper"
    settings: "ModelSettings"


def hush() -> None:
    """Keep the library from writing to the terminal that an answer is shown on.

    With its first answer it prints an advertisement, and a warning where a server counts no
    tokens, which is no news: the steps of a turn are counted, too. For whoever makes a mind: the
    library is imported by then.
    """
    import pydantic_ai  # noqa: PLC0415 - as above

    pydantic_ai.BANNER_ENABLED = False
    warnings.filterwarnings("ignore", category=pydantic_ai.UsageLimitUnavailableWarning)


class Provider(Protocol):
    """Lends models to actors, on the installation's key or on one of their own."""

    async def list(self, actor: Actor) -> tuple[Model, ...]:
        """Return what can be asked now, the default first; nothing is called to find out."""
        ...

    async def find(self, actor: Actor, id: str) -> Model | None:
        """Return the model of this *id*, listed or not; None where the actor has no key for it."""
        ...

    async def open(self, actor: Actor, model: Model) -> Mind:
        """Make a model that was found here ready to be asked."""
        ...

    async def advise(self, actor: Actor) -> str:
        """Say why none answers when none is named, and which settings would change that."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
