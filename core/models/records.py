"""The nouns of models."""

from core.record import Record


class Model(Record):
    """A language model that may be asked by its id."""

    id: str
    """Vendor and name, such as `openai:gpt-5`."""
    name: str
    description: str
    default: bool = False
    """Whether it answers when none is named."""


class Usage(Record):
    """What one turn took of a model."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that the provider had kept from before."""
    requests: int = 0
    cost_usd: float | None = None
    """None where nobody knows the model's price."""
