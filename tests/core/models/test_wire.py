"""Each vendor's protocol on the wire, spoken by aimock: what goes well and what goes wrong."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from core.models import ModelNotFound, Models, ModelUnavailable, RateLimit
from core.models.providers.configured import Configured
from core.models.providers.vendors import Vendor, anthropic, google, ollama, openai
from tests.aimock import KEY, Aimock, calling, failing, saying
from tests.core.models.asking import ACTOR, ask, refused

MODELS = (
    "openai-responses:gpt-6.1-sol",
    "openai:gpt-6.1-sol",
    "anthropic:claude-sonnet-5-5",
    "google:gemini-3.8-flash",
    "ollama:qwen3",
)
GEMINI = pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")
"""aimock's, not Google's."""
Lend = Callable[..., Models]


def vendors(aimock: Aimock, key: SecretStr) -> list[Vendor]:
    return [
        openai(key, aimock.openai),
        anthropic(key, aimock.anthropic),
        google(key, aimock.google),
        ollama(aimock.ollama)._replace(key=key),
    ]


@pytest.fixture
async def lend(aimock: Aimock) -> AsyncIterator[Lend]:
    lent = []

    def made(*, key: str = KEY, silence: float = 20.0) -> Models:
        found = vendors(aimock, SecretStr(key))
        lent.append(Models(Configured(found, silence=silence, pause=0.01)))
        return lent[-1]

    yield made
    for each in lent:
        await each.close()


@pytest.mark.parametrize("id", MODELS)
async def test_an_answer_streams_and_what_it_took_is_known(
    aimock: Aimock, lend: Lend, id: str
) -> None:
    answer = "There are twelve orders in all, as far as I can see."
    # Each vendor has words of its own for these.
    usage = {
        "prompt_tokens": 30,
        "completion_tokens": 20,
        "total_tokens": 50,
        "input_tokens": 30,
        "output_tokens": 20,
        "promptTokenCount": 30,
        "candidatesTokenCount": 20,
        "totalTokenCount": 50,
    }
    aimock.load(
        {
            "match": {"userMessage": "How many?"},
            "response": {"content": answer, "usage": usage},
        }
    )

    pieces, said, took = await ask(await lend().open(ACTOR, id), "How many?")

    assert said == "".join(pieces) == answer
    assert len(pieces) > 1
    assert (took.requests, took.input_tokens, took.output_tokens) == (1, 30, 20)
    assert (took.cost_usd is None) == id.startswith("ollama")


@GEMINI
@pytest.mark.parametrize("id", MODELS)
async def test_a_tool_is_called_and_its_result_is_read(aimock: Aimock, lend: Lend, id: str) -> None:
    aimock.load(
        calling("How many?", "count", table="orders"),
        {
            "match": {"toolResultContains": "orders has 12 rows"},
            "response": {"content": "Twelve."},
        },
    )

    _, answer, usage = await ask(await lend().open(ACTOR, id), "How many?")

    assert answer == "Twelve."
    assert usage.requests == 2


@pytest.mark.parametrize("id", MODELS)
async def test_a_busy_vendor_is_asked_again(aimock: Aimock, lend: Lend, id: str) -> None:
    aimock.load(*failing("How many?", 429, times=2, retryAfter=0), saying("How many?", "Twelve."))

    _, answer, _ = await ask(await lend().open(ACTOR, id), "How many?")

    assert answer == "Twelve."
    assert len(aimock.heard()) == 3


@pytest.mark.parametrize("id", MODELS)
async def test_a_vendor_that_wants_to_be_left_alone_for_long_is(
    aimock: Aimock, lend: Lend, id: str
) -> None:
    aimock.load(failing("How many?", 429, retryAfter=3600))

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, RateLimit)
    assert refusal.code == "rate_limit"
    assert (refusal.seconds, refusal.retryable) == (3600, True)
    assert len(aimock.heard()) == 1


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("status", [500, 503])
async def test_a_failing_vendor_is_asked_so_often_and_then_named(
    aimock: Aimock, lend: Lend, id: str, status: int
) -> None:
    aimock.load(failing("How many?", status))

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert refusal.message.startswith(id)
    assert refusal.retryable
    assert len(aimock.heard()) == 4


@pytest.mark.parametrize("id", MODELS)
async def test_a_stream_that_is_cut_is_no_answer(aimock: Aimock, lend: Lend, id: str) -> None:
    aimock.load(saying("How many?", "word " * 100, truncateAfterChunks=4, latency=1))

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert refusal.retryable
    assert len(aimock.heard()) == 1, "what had begun to speak is not asked again"


@pytest.mark.parametrize("id", MODELS)
async def test_what_is_no_json_is_no_answer(aimock: Aimock, lend: Lend, id: str) -> None:
    aimock.load(saying("How many?", "Twelve.", chaos={"malformedRate": 1}))

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelUnavailable)


@GEMINI
@pytest.mark.parametrize("id", MODELS)
async def test_an_empty_answer_is_none(aimock: Aimock, lend: Lend, id: str) -> None:
    nothing: dict[str, Any] = {"toolCalls": []}
    aimock.load({"match": {}, "response": nothing})

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "nothing that can be used" in refusal.message


@pytest.mark.parametrize("id", MODELS)
async def test_a_wrong_key_is_told_to_whoever_can_mend_it(
    aimock: Aimock, lend: Lend, id: str
) -> None:
    refusal = await refused(await lend(key="sk-wrong-and-secret").open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert not refusal.retryable
    assert "key" in refusal.message
    assert "sk-wrong" not in refusal.message


@pytest.mark.parametrize("id", MODELS)
async def test_an_unknown_model_is_not_found(aimock: Aimock, lend: Lend, id: str) -> None:
    aimock.load(failing("How many?", 404))

    refusal = await refused(await lend().open(ACTOR, id), "How many?")

    assert isinstance(refusal, ModelNotFound)
    assert "TRELLIS_MODEL" in refusal.message
