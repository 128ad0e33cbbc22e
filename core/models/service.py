"""The verbs of models."""

from collections.abc import Sequence

from core.identity import Actor
from core.models.records import Model


class Models:
    """Knows which models may be asked; without any, everything else still works."""

    def __init__(self, configured: Sequence[str]) -> None:
        """Take the ids of the models that are *configured*, the default first."""
        self._models = tuple(_model(id) for id in dict.fromkeys(configured) if id)

    async def list(self, actor: Actor) -> tuple[Model, ...]:
        """Return the models that the actor may ask, the default first; none without a key."""
        return self._models if actor.organization_id else ()


def _model(id: str) -> Model:
    provider, _, name = id.partition(":")
    return Model(id=id, name=name or provider, description=f"{name or id} by {provider}")
