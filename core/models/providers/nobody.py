"""No model at all."""

from typing_extensions import override

from core.identity import Actor
from core.models.errors import ModelNotConfigured
from core.models.provider import Mind, Provider
from core.models.records import Model

ADVICE = (
    "No language model is configured; set OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_API_KEY, "
    "OLLAMA_HOST, or OPENAI_BASE_URL for a server that speaks like OpenAI's, and TRELLIS_MODEL "
    "to choose among them."
)


class Nobody(Provider):
    """Lends nothing, and says what would change that."""

    @override
    async def list(self, actor: Actor) -> tuple[Model, ...]:
        return ()

    @override
    async def find(self, actor: Actor, id: str) -> Model | None:
        return None

    @override
    async def open(self, actor: Actor, model: Model) -> Mind:
        raise ModelNotConfigured(ADVICE)

    @override
    async def advise(self, actor: Actor) -> str:
        return ADVICE

    @override
    async def close(self) -> None:
        pass
