"""The verbs of models."""

from typing import TYPE_CHECKING

from core.identity import Actor
from core.models.errors import ModelNotConfigured, ModelNotFound
from core.models.provider import Mind, Provider, hush
from core.models.records import Model, Usage

if TYPE_CHECKING:  # as in provider.py
    from pydantic_ai.usage import RunUsage

SHOWN = 100
"""Characters of an unknown id that are repeated to its sender."""


class Models:
    """Knows which models may be asked; without any, everything else still works."""

    def __init__(self, provider: Provider) -> None:
        """Take what lends the models."""
        self._provider = provider

    async def list(self, actor: Actor) -> tuple[Model, ...]:
        """Return the models that the actor may ask now, the default first; none without a key."""
        return await self._provider.list(actor)

    async def get(self, actor: Actor, id: str | None = None) -> Model:
        """Return the model of this *id*, or the one that answers when none is named.

        Raises:
            ModelNotConfigured: there is no model at all, or none that is the default.
            ModelNotFound: no configured provider has a model of this id.
        """
        listed = await self.list(actor)
        if id is None:
            if chosen := next((each for each in listed if each.default), None):
                return chosen
            raise ModelNotConfigured(await self._provider.advise(actor))
        if found := await self._provider.find(actor, id.strip()):
            return found
        if not listed:
            raise ModelNotConfigured(await self._provider.advise(actor))
        known = ", ".join(each.id for each in listed)
        vendors = " or ".join(dict.fromkeys(f"`{each.id.partition(':')[0]}:…`" for each in listed))
        raise ModelNotFound(
            f"There is no model {id.strip()[:SHOWN]!r} here; there is {known}, "
            f"and any other that you name as {vendors}."
        )

    async def open(self, actor: Actor, id: str | None = None) -> Mind:
        """Return the model of this *id*, or the default, ready to be asked; it refuses as `get`."""
        mind = await self._provider.open(actor, await self.get(actor, id))
        hush()
        return mind

    @staticmethod
    def cost(usage: "RunUsage") -> Usage:
        """Return what a run took, in tokens and at the list prices that the library brings along.

        A run whose models have no known price costs None, which is not nothing. Where only some
        of its answers have one, it is theirs: a lower bound.
        """
        # Some servers count no tokens; what they did was not free for that.
        counted = usage.input_tokens or usage.output_tokens
        return Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cache_read_tokens,
            requests=usage.requests,
            cost_usd=None if usage.cost is None or not counted else float(usage.cost),
        )

    async def close(self) -> None:
        """Let go of every connection to a model."""
        await self._provider.close()
