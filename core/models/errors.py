"""The refusals of models, and which of them stands for what a vendor's library raised."""

import re

from core.errors import Limited, NotFound, Unavailable

SHOWN = 300
"""Characters of a vendor's own words that are repeated."""
KEY = re.compile(r"\b(?:sk|pk|gsk|xai|AIza|key)[-_\w]{8,}|Bearer\s+\S+", re.IGNORECASE)
"""What looks like a key in a vendor's words."""


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


MEANING: dict[str, tuple[str, bool]] = {
    "ModelAuthenticationError": (
        "{model} does not take our key; whoever runs Trellis should check {key}.",
        False,
    ),
    "ModelContextWindowExceededError": (
        "This chat has grown longer than {model} can read; begin a new one.",
        False,
    ),
    "ModelQuotaExceededError": (
        "The credit for {model} is used up; whoever runs Trellis should see its vendor.",
        False,
    ),
    "ModelRequestRejectedError": ("{model} refused the question: {theirs}", False),
    "ModelRequestTimeout": ("{model} did not answer in time; ask again.", True),
    "ModelTimeoutError": ("{model} did not answer in time; ask again.", True),
    "TimeoutException": ("{model} did not answer in time; ask again.", True),
    "RunTimedOut": ("{model} did not answer in time; ask again.", True),
    "ModelConnectionError": ("The connection to {model} broke; ask again.", True),
    "TransportError": ("The connection to {model} broke; ask again.", True),
    "ConnectError": ("{model} cannot be reached; its server is down, or its URL is wrong.", True),
    "ModelUnavailableError": ("{model} is overloaded; ask again in a moment.", True),
    "ModelServerError": ("{model} failed on its vendor's side; ask again in a moment.", True),
    "ModelAPIError": ("{model} answered nothing that can be read; ask again.", True),
    "UnexpectedModelBehavior": ("{model} answered nothing that can be used; ask again.", True),
    "ContentFilterError": (
        "{model} declined to answer: its vendor's filter stopped it. Ask in other words.",
        False,
    ),
    "OutputTokenLimitExceeded": (
        "{model} came to the end of what it may write without an answer; ask for less at once.",
        False,
    ),
    "UsageLimitExceeded": (
        "The answer took more steps or tokens than one question may; ask for less at once.",
        False,
    ),
}
"""What each error of the libraries says to a person, and whether asking again may help."""


def explain(
    error: BaseException, model: str = ""
) -> ModelUnavailable | ModelNotFound | RateLimit | None:
    """Return what went wrong with a model, for the person who asked; None if no model is to blame.

    Whatever is no failure of a model (a refusal of ours, a cancellation, a bug) is None: the
    caller knows better.

    Args:
        error: what came out of a run, alone or in a group.
        model: the id of the model that was asked.
    """
    if isinstance(error, BaseExceptionGroup):
        found = (explain(each, model) for each in error.exceptions)
        return next((each for each in found if each), None)
    # By their names, so that nobody imports the libraries who has met no error of theirs.
    names = [
        each.__name__
        for each in type(error).__mro__
        if each.__module__.partition(".")[0] in {"pydantic_ai", "httpx2"}
    ]
    name = model or getattr(error, "model_name", "") or "The model"
    vendor = name.partition(":")[0].partition("-")[0].upper() if ":" in name else ""
    status = getattr(error, "status_code", None) or getattr(error.__cause__, "status_code", None)
    if "ModelNotFoundError" in names:
        pull = f"`ollama pull {name.partition(':')[2]}` gets it, or"
        hint = pull if vendor == "OLLAMA" else "Check its name, or"
        where = "is unknown where it was asked for"
        return ModelNotFound(f"{name} {where}. {hint} set TRELLIS_MODEL to one that is there.")
    if "ModelRateLimitError" in names or (status == 429 and names[:1] == ["ModelHTTPError"]):  # noqa: PLR2004
        seconds: float | None = getattr(error, "retry_after", None)
        when = "in a moment" if seconds is None else f"in {max(1, round(seconds))} seconds"
        return RateLimit(f"{name} takes no more questions now; ask again {when}.", seconds=seconds)
    if getattr(error, "phase", None) == "connect" and "ModelTimeoutError" not in names:
        names = ["ConnectError"]
    meaning = next((MEANING[each] for each in names if each in MEANING), None)
    if meaning is None:
        return None
    words, retryable = meaning
    key = f"{vendor}_API_KEY" if vendor not in {"", "OLLAMA"} else "its key"
    theirs = _theirs(error) if "{theirs}" in words else ""
    said = words.format(model=name, key=key, theirs=theirs)
    if status and 300 <= status < 500 and names[0] in {"ModelHTTPError", "ModelAPIError"}:  # noqa: PLR2004
        said, retryable = f"{name} answered with status {status}; is its URL right?", False
    return ModelUnavailable(said, retryable=retryable)


def _theirs(error: BaseException) -> str:
    """Return a vendor's own words, cut, and without what may be a key."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    said = inner.get("message") if isinstance(inner, dict) else None
    words = " ".join(str(said or error).split())
    return KEY.sub("…", words)[:SHOWN]
