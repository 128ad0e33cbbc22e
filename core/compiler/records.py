"""The nouns of the compiler."""

from core.models import Usage
from core.pipelines import Pipeline
from core.record import Record


class Compiled(Record):
    """A pipeline that a model wrote, and that keeps every rule; nobody has run it."""

    text: str
    """As YAML."""
    pipeline: Pipeline
    attempts: int
    """How often the model wrote it."""
    model: str
    usage: Usage
