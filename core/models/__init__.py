"""Which language models are configured."""

from core.models.records import Model
from core.models.service import Models

__all__ = ["Model", "Models"]
