"""Models that answer as a test has written: no network, no key, no chance."""

from pydantic_ai.models import Model as Keeper
from pydantic_ai.settings import ModelSettings
from typing_extensions import override

from core.identity import Actor
from core.models import Mind, Model, Provider


class Scripted(Provider):
    """Lends one `FunctionModel` or `TestModel`: `build(db, vault, provider=Scripted(model))`."""

    def __init__(
        self,
        keeper: Keeper,
        *,
        id: str = "test:scripted",
        settings: ModelSettings | None = None,
        others: tuple[str, ...] = (),
    ) -> None:
        """Answer to *id*, the default, and to *others*."""
        self._keeper = keeper
        self._settings = settings or ModelSettings()
        self._models = tuple(_model(each, default=each == id) for each in (id, *others))
        self.closed = False

    @override
    async def list(self, actor: Actor) -> tuple[Model, ...]:
        return self._models

    @override
    async def find(self, actor: Actor, id: str) -> Model | None:
        return next((each for each in self._models if each.id == id), None)

    @override
    async def open(self, actor: Actor, model: Model) -> Mind:
        return Mind(model, self._keeper, self._settings)

    @override
    async def advise(self, actor: Actor) -> str:
        return "The test has written no default model."

    @override
    async def close(self) -> None:
        self.closed = True


def _model(id: str, *, default: bool) -> Model:
    vendor, _, name = id.partition(":")
    return Model(
        id=id, name=name or vendor, description=f"{name or id} by {vendor}", default=default
    )
