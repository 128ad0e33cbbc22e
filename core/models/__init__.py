"""Which language models are configured."""

from core.models.records import Model, Usage
from core.models.service import Models

__all__ = ["Model", "Models", "Usage"]
