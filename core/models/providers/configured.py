"""The models that the installation's own settings give to everybody."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from typing_extensions import override

from core.identity import Actor
from core.models.errors import ModelNotConfigured
from core.models.provider import Mind, Provider
from core.models.providers.nobody import ADVICE
from core.models.providers.vendors import NAME, Unusable, Vendor, library, ready
from core.models.records import Model

if TYPE_CHECKING:
    from core.models.providers.patient import Patient

SILENCE = 120.0
"""Seconds that a model may be silent."""
KEYS = {
    "openai": "OPENAI_API_KEY or OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
    "ollama": "OLLAMA_HOST",
}
"""What turns each vendor on."""
PAUSE = 0.5
"""Seconds before the second try of a question; each later pause is twice the one before."""


class Configured(Provider):
    """Lends what one `TRELLIS_MODEL` and the vendors' keys allow, the same to every actor."""

    def __init__(
        self,
        vendors: Sequence[Vendor],
        chosen: str = "",
        *,
        silence: float = SILENCE,
        pause: float = PAUSE,
    ) -> None:
        """Let *chosen* answer when none is named, or else the first of *vendors*.

        Args:
            vendors: those that are turned on.
            chosen: the id of a model.
            silence: seconds that a model may be silent.
            pause: seconds before the second try of a question.
        """
        self._silence, self._pause = silence, pause
        self._clients: dict[str, Patient] = {}
        self._opening = asyncio.Lock()
        self._chosen = canonical(chosen)
        self._vendors, self._unusable = tuple(vendors), ""
        prefix, colon, _ = self._chosen.partition(":")
        if colon and prefix.partition("-")[0] not in KEYS:
            try:
                self._vendors += (library(prefix),)
            except Unusable as why:
                self._unusable = str(why)
        self._models = self._listed()

    @override
    async def list(self, actor: Actor) -> tuple[Model, ...]:
        return self._models

    @override
    async def find(self, actor: Actor, id: str) -> Model | None:
        return self._find(id)

    @override
    async def open(self, actor: Actor, model: Model) -> Mind:
        from anyio import to_thread  # noqa: PLC0415 - as heavy as what it is for

        vendor = self._vendor(model.id)
        if vendor is None:
            raise ModelNotConfigured(await self.advise(actor))
        if vendor.name in self._clients:
            return self._ready(vendor, model)
        async with self._opening:
            # The first one takes a second to import, in which others are to be answered.
            return await to_thread.run_sync(self._ready, vendor, model)

    @override
    async def advise(self, actor: Actor) -> str:
        if not self._chosen or any(each.default for each in self._models):
            return ADVICE
        said = f"TRELLIS_MODEL is {self._chosen[:100]!r}, "
        prefix, colon, _ = self._chosen.partition(":")
        if self._unusable:
            return said + self._unusable
        if not colon:
            return f"{said}which names no provider; write it as `openai:…` or `anthropic:…`."
        if self._vendor(self._chosen):
            return f"{said}which names no model; write it as `{prefix}:…`."
        key = KEYS[prefix.partition("-")[0]]
        return f"{said}but {key} is not set; set it, or choose another model."

    @override
    async def close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            with suppress(OSError):  # the other end may have gone first
                await client.aclose()

    def _listed(self) -> tuple[Model, ...]:
        ids = [
            f"{each.name}:{each.default}"
            for each in self._vendors
            # Whoever has chosen a model knows what else is there; without a choice we must guess.
            if each.default and not (self._chosen and each.is_elsewhere)
        ]
        default = self._chosen or next(iter(ids), "")
        found = (self._find(id) for id in dict.fromkeys((default, *ids)))
        return tuple(
            model.model_copy(update={"default": model.id == default}) for model in found if model
        )

    def _find(self, id: str) -> Model | None:
        id = canonical(id)
        name = id.partition(":")[2]
        vendor = self._vendor(id)
        if vendor is None or not NAME.fullmatch(name):
            return None
        return Model(id=id, name=name, description=f"{name} by {vendor.title}")

    def _vendor(self, id: str) -> Vendor | None:
        prefix = id.partition(":")[0]
        return next((each for each in self._vendors if prefix in each.prefixes), None)

    def _ready(self, vendor: Vendor, model: Model) -> Mind:
        from core.models.providers.patient import Patient  # noqa: PLC0415 - most commands ask none

        client = self._clients.get(vendor.name)
        if client is None:
            client = self._clients[vendor.name] = Patient(silence=self._silence, pause=self._pause)
        return ready(vendor, model, client, self._silence)


def canonical(id: str) -> str:
    """Return *id* as `vendor:name`; `vendor/name`, as some write it, is read, too."""
    id = id.strip()
    prefix, slash, name = id.partition("/")
    return f"{prefix}:{name}" if slash and ":" not in prefix and prefix in KEYS else id
