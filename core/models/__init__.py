"""Which language models may be asked, on whose key, and what asking them cost."""

from core.models.errors import (
    ModelNotConfigured,
    ModelNotFound,
    ModelUnavailable,
    RateLimit,
    explain,
)
from core.models.provider import Mind, Provider, hush
from core.models.records import Model, Usage
from core.models.service import Models

__all__ = [
    "Mind",
    "Model",
    "ModelNotConfigured",
    "ModelNotFound",
    "ModelUnavailable",
    "Models",
    "Provider",
    "RateLimit",
    "Usage",
    "explain",
    "hush",
]
