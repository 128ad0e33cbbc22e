"""What a person is told when a model fails."""

import asyncio

import httpx2
import pytest
from pydantic_ai import exceptions

from core.errors import Denied
from core.models import ModelNotFound, ModelUnavailable, RateLimit, explain

ID = "openai:gpt-x"


def answered(status: int, **more: str) -> exceptions.ModelHTTPError:
    return exceptions.ModelHTTPError(status, "gpt-x", more or None)


@pytest.mark.parametrize(
    ("error", "words", "retryable"),
    [
        (answered(401), "status 401", False),
        (answered(500), "nothing that can be read", True),
        (exceptions.ModelAPIError("gpt-x", "?"), "nothing that can be read", True),
        (exceptions.ModelServerError("gpt-x", "?"), "failed on its vendor's side", True),
        (exceptions.ModelOverloadedError("gpt-x", "?"), "overloaded", True),
        (exceptions.ModelAuthenticationError("gpt-x", "?"), "OPENAI_API_KEY", False),
        (exceptions.ModelQuotaExceededError("gpt-x", "?"), "credit", False),
        (exceptions.ModelContextWindowExceededError("gpt-x", "?"), "begin a new one", False),
        (exceptions.ModelRequestTimeout("gpt-x", 3.0), "in time", True),
        (exceptions.ModelTimeoutError("gpt-x", "?", phase="connect"), "in time", True),
        (exceptions.ModelConnectionError("gpt-x", "?", phase="connect"), "reached", True),
        (exceptions.ModelConnectionError("gpt-x", "?", phase="read"), "broke", True),
        (httpx2.ReadTimeout("?"), "in time", True),
        (httpx2.ConnectError("?"), "reached", True),
        (httpx2.RemoteProtocolError("?"), "broke", True),
        (exceptions.UnexpectedModelBehavior("?", "sk-hunter2"), "nothing that can be used", True),
        (exceptions.ContentFilterError("?"), "in other words", False),
        (exceptions.OutputTokenLimitExceeded("?"), "less at once", False),
        (exceptions.IncompleteToolCall("?"), "less at once", False),
        (exceptions.UsageLimitExceeded("?"), "less at once", False),
        (exceptions.RunTimedOut("?"), "in time", True),
    ],
)
def test_every_failure_of_a_model_says_what_to_do(
    error: Exception, words: str, *, retryable: bool
) -> None:
    refusal = explain(error, ID)

    assert isinstance(refusal, ModelUnavailable)
    assert words in refusal.message
    assert "hunter2" not in refusal.message
    assert refusal.code == "model_unavailable"
    assert refusal.retryable is retryable


def test_a_failure_in_a_group_is_found() -> None:
    group = BaseExceptionGroup("", [ValueError(), ExceptionGroup("", [httpx2.ReadTimeout("?")])])

    refusal = explain(group)

    assert isinstance(refusal, ModelUnavailable)
    assert refusal.message.startswith("The model did not answer")


@pytest.mark.parametrize("error", [answered(429), exceptions.ModelRateLimitError("gpt-x", "?")])
def test_too_many_questions_are_told_apart(error: Exception) -> None:
    assert isinstance(explain(error, ID), RateLimit)


def test_who_waits_is_told_how_long() -> None:
    error = exceptions.ModelRateLimitError("gpt-x", "?", retry_after=12.4)

    refusal = explain(error, ID)

    assert isinstance(refusal, RateLimit)
    assert "in 12 seconds" in refusal.message


@pytest.mark.parametrize(("id", "words"), [(ID, "Check its name"), ("ollama:qwen3", "ollama pull")])
def test_an_unknown_model_is_not_found(id: str, words: str) -> None:
    refusal = explain(exceptions.ModelNotFoundError("x", "?"), id)

    assert isinstance(refusal, ModelNotFound)
    assert words in refusal.message
    assert not refusal.retryable


@pytest.mark.parametrize(
    "error",
    [
        Denied(),
        ZeroDivisionError(),
        asyncio.CancelledError(),
        TimeoutError(),
        exceptions.RunCancelled("?"),
        exceptions.UserError("?"),
    ],
)
def test_what_is_no_fault_of_a_model_is_left_to_the_caller(error: BaseException) -> None:
    assert explain(error, ID) is None


def test_every_failure_that_the_library_names_has_a_meaning() -> None:
    failures = [
        each
        for each in vars(exceptions).values()
        if isinstance(each, type) and issubclass(each, exceptions.ModelAPIError)
    ]

    assert len(failures) > 10
    for each in failures:
        error = each.__new__(each)
        error.message = "?"
        assert explain(error) is not None, each
