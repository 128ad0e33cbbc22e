"""The refusals of models."""

from core.errors import Limited, NotFound, Unavailable


class ModelNotFound(NotFound):
    """There is no such model."""

    retryable = False


class ModelNotConfigured(Unavailable):
    """No language model is configured."""

    retryable = False


class ModelUnavailable(Unavailable):
    """The language model did not answer."""

    def __init__(self, message: str = "", *, retryable: bool = True) -> None:
        """Say whether the same question may be answered *retryable* later, with nothing changed."""
        super().__init__(message)
        self.retryable = retryable


class RateLimit(Limited):
    """The language model takes no more questions for a while."""

    retryable = True

    def __init__(self, message: str = "", *, seconds: float | None = None) -> None:
        """Say after how many *seconds* the vendor wants to be asked again, if it said so."""
        super().__init__(message)
        self.seconds = seconds
