"""The noun of models."""

from core.record import Record


class Model(Record):
    """A language model that may be asked for by its id."""

    id: str
    """Provider and name, such as `openai:gpt-5`."""
    name: str
    description: str
