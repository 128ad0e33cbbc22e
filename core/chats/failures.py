"""What goes wrong in a turn, in the contract's words."""

import asyncio
from typing import NamedTuple
from uuid import uuid4

import structlog

from core.chats.errors import TurnInterrupted, TurnTimedOut
from core.chats.records import Failure
from core.connections import (
    AudienceTooWide,
    ConnectionAmbiguous,
    ConnectionBusy,
    ConnectionFailed,
    ConnectionNotFound,
    ParameterInvalid,
    ParametersMissing,
    ParametersUnknown,
    StatementFailed,
    StatementRefused,
    StatementTimedOut,
)
from core.errors import CoreError, Limited, Unavailable
from core.models import ModelNotConfigured, ModelNotFound, ModelUnavailable
from core.queries import QueryNotFound

log = structlog.get_logger()


class Meaning(NamedTuple):
    """A refusal as a client's program reads it."""

    code: str
    retryable: bool


MEANINGS: tuple[tuple[type[CoreError], Meaning], ...] = (
    (TurnInterrupted, Meaning("INTERRUPTED", True)),
    # The contract has one code for what takes too long. No model is unavailable: it did answer, or
    # a database did; the question was too much. `error_type` tells it from a statement's.
    (TurnTimedOut, Meaning("QUERY_TIMEOUT", True)),
    (ModelNotFound, Meaning("MODEL_NOT_FOUND", False)),
    (ModelNotConfigured, Meaning("MODEL_NOT_CONFIGURED", False)),
    (ModelUnavailable, Meaning("MODEL_UNAVAILABLE", True)),
    (ConnectionNotFound, Meaning("INTEGRATION_NOT_FOUND", False)),
    (ConnectionAmbiguous, Meaning("INTEGRATION_NOT_FOUND", False)),
    (QueryNotFound, Meaning("QUERY_NOT_FOUND", False)),
    (StatementRefused, Meaning("QUERY_REFUSED", False)),
    (AudienceTooWide, Meaning("QUERY_REFUSED", False)),
    (StatementTimedOut, Meaning("QUERY_TIMEOUT", True)),
    (StatementFailed, Meaning("QUERY_FAILED", False)),
    (ParametersMissing, Meaning("MISSING_PARAMETERS", False)),
    (ParametersUnknown, Meaning("QUERY_FAILED", False)),
    (ParameterInvalid, Meaning("QUERY_FAILED", False)),
    (ConnectionBusy, Meaning("QUERY_FAILED", True)),
    (ConnectionFailed, Meaning("QUERY_FAILED", True)),
    (Limited, Meaning("RATE_LIMIT", True)),
)
"""The first that fits counts."""

APOLOGY = "Something broke on our side; the log tells more under {debug_id}."


def failure_of(problem: BaseException) -> Failure:
    """Return what a turn's end is told as; a bug is logged with its trace under the debug id."""
    debug_id = uuid4().hex[:10]
    if isinstance(problem, asyncio.CancelledError):
        problem = TurnInterrupted()
    if isinstance(problem, CoreError):
        meaning = meaning_of(problem)
        return Failure(
            error=problem.message,
            code=meaning.code,
            retryable=meaning.retryable,
            debug_id=debug_id,
            error_type=type(problem).__name__,
        )
    log.error("a turn failed", debug_id=debug_id, exc_info=problem)
    return Failure(
        error=APOLOGY.format(debug_id=debug_id),
        code="INTERNAL",
        retryable=True,
        debug_id=debug_id,
        error_type="InternalError",
    )


def meaning_of(refusal: CoreError) -> Meaning:
    """Return the contract's code of a refusal."""
    for kind, meaning in MEANINGS:
        if isinstance(refusal, kind):
            # Some know better than their kind whether to try again.
            return meaning._replace(retryable=getattr(refusal, "retryable", meaning.retryable))
    return Meaning("INTERNAL", isinstance(refusal, Unavailable))
