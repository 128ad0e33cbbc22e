"""What can go wrong between us and a model, byte for byte."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from pydantic import SecretStr
from typing_extensions import override

from core.models import Mind, ModelUnavailable, RateLimit
from core.models.providers.configured import Configured
from core.models.providers.patient import Patient, asked_to_wait
from core.models.providers.vendors import openai
from core.models.providers.whole import Whole
from tests.core.models.asking import ACTOR, ask, refused
from tests.core.models.standin import chunks, http, standin


class Lending:
    """Lends models at one URL, and lets go of them afterwards."""

    def __init__(self) -> None:
        self.lent: list[Configured] = []

    async def __call__(self, url: str, *, silence: float = 20.0, key: str = "") -> Mind:
        vendor = openai(SecretStr(key) if key else None, url)
        self.lent.append(Configured([vendor], silence=silence, pause=0.01))
        (model,) = await self.lent[-1].list(ACTOR)
        return await self.lent[-1].open(ACTOR, model)


@pytest.fixture
async def lend() -> AsyncIterator[Lending]:
    lending = Lending()
    yield lending
    for each in lending.lent:
        await each.close()


@pytest.mark.parametrize("answer", [b"", http(200, "", "text/event-stream")])
async def test_who_never_answers_is_not_waited_for(lend: Lending, answer: bytes) -> None:
    async with standin(answer, hangs=True) as server, asyncio.timeout(10):
        refusal = await refused(await lend(server.url, silence=0.2), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "in time" in refusal.message
    assert refusal.retryable
    assert len(server.heard) == 1


async def test_who_falls_silent_in_mid_answer_is_not_waited_for(lend: Lending) -> None:
    begun = chunks("There ", "are ", end=False)
    async with standin(begun, hangs=True) as server, asyncio.timeout(10):
        refusal = await refused(await lend(server.url, silence=0.2), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "in time" in refusal.message


async def test_an_answer_that_ends_as_if_it_were_whole_is_known_to_be_cut(lend: Lending) -> None:
    async with standin(chunks("There ", "are ", end=False)) as server:
        refusal = await refused(await lend(server.url), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "broke" in refusal.message
    assert refusal.retryable


@pytest.mark.parametrize(
    "answer",
    [
        chunks("There ", end=False, last="data: {nonsense\n\n"),
        http(200, "<html>Sign in</html>", "text/html"),
        http(200, '{"choices": [', "application/json"),
        chunks("There ", end=False, last='data: {"error": {"message": "sk-lost-in-space"}}\n\n'),
    ],
    ids=["stream", "page", "body", "error"],
)
async def test_garbage_is_no_answer(lend: Lending, answer: bytes) -> None:
    async with standin(answer) as server:
        refusal = await refused(await lend(server.url), "How many?")

    assert isinstance(refusal, ModelUnavailable)


async def test_who_hangs_up_before_a_word_is_asked_again(lend: Lending) -> None:
    async with standin(b"", b"", chunks("Twelve.")) as server:
        _, answer, _ = await ask(await lend(server.url), "How many?")

    assert answer == "Twelve."
    assert len(server.heard) == 3


async def test_who_cannot_be_reached_is_said_to_be_so(lend: Lending) -> None:
    async with standin(b"") as server:
        url = server.url
    refusal = await refused(await lend(url), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "cannot be reached" in refusal.message
    assert refusal.retryable


async def test_a_key_follows_nobody_to_another_host(lend: Lending) -> None:
    async with standin(chunks("Mine now.")) as thief:
        away = http(307, "", location=f"{thief.url}/v1/chat/completions")
        async with standin(away) as server:
            refusal = await refused(await lend(server.url, key="sk-secret"), "How many?")

    assert thief.heard == []
    assert "is its URL right?" in refusal.message


async def test_a_server_of_ones_own_needs_no_key(lend: Lending) -> None:
    async with standin(chunks("Twelve.")) as server:
        await ask(await lend(server.url), "How many?")

    assert server.heard[0].startswith("POST /chat/completions")
    assert "sk-" not in server.heard[0]
    body = json.loads(server.heard[0].partition("\r\n\r\n")[2])
    assert body.keys() == {"model", "messages", "stream", "stream_options", "tools", "tool_choice"}


@pytest.mark.parametrize(
    ("said", "words", "retryable"),
    [
        ('{"message": "too long", "code": "context_length_exceeded"}', "begin a new one", False),
        ('{"message": "no sk-abcdefgh123 here"}', "refused the question: no … here", False),
    ],
)
async def test_a_question_that_is_refused_is_sent_once(
    lend: Lending, said: str, words: str, *, retryable: bool
) -> None:
    async with standin(http(400, f'{{"error": {said}}}')) as server:
        refusal = await refused(await lend(server.url), "How many?")

    assert words in refusal.message
    assert refusal.retryable is retryable
    assert len(server.heard) == 1


async def test_a_used_up_credit_is_not_asked_for_again(lend: Lending) -> None:
    said = '{"error": {"message": "Pay.", "code": "insufficient_quota"}}'
    async with standin(http(429, said)) as server:
        refusal = await refused(await lend(server.url), "How many?")

    assert isinstance(refusal, ModelUnavailable)
    assert "credit" in refusal.message
    assert not refusal.retryable
    assert len(server.heard) == 1


async def test_no_more_is_waited_than_there_is_patience() -> None:
    async with (
        standin(http(503, "{}", retry_after="2")) as server,
        Patient(silence=5, pause=0.01, patience=1) as client,
        asyncio.timeout(2),
    ):
        answer = await client.get(server.url)

    assert answer.status_code == 503
    assert len(server.heard) == 1


async def test_who_is_gone_waits_for_nothing(lend: Lending) -> None:
    async with standin(http(429, "{}", retry_after="20")) as server:
        asking = asyncio.create_task(ask(await lend(server.url), "How many?"))
        async with asyncio.timeout(10):
            await server.spoken_to.wait()
        asking.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await asking


async def test_who_is_gone_leaves_no_model_talking(lend: Lending) -> None:
    begun = chunks("There ", end=False)
    async with standin(begun, hangs=True) as server:
        asking = asyncio.create_task(ask(await lend(server.url), "How many?"))
        async with asyncio.timeout(10):
            await server.spoken_to.wait()
        asking.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await asking
            await server.left.wait()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("whole", [True, False])
async def test_the_end_of_a_stream_is_seen_however_it_is_cut_into_pieces(
    size: int, *, whole: bool
) -> None:
    said = b'data: {"text": "\\"error\\" and more"}\n\n' + b"data: [DONE]\n\n" * whole

    class Pieces(httpx2.AsyncByteStream):
        @override
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for start in range(0, len(said), size):
                yield said[start : start + size]

    heard = b""
    with nullcontext() if whole else pytest.raises(httpx2.RemoteProtocolError):
        async for piece in Whole(Pieces(), httpx2.Request("GET", "http://h.test")):
            heard += piece
    assert heard == said


async def test_what_a_vendor_limits_is_limited(lend: Lending) -> None:
    async with standin(http(429, '{"error": {"message": "Slow."}}')) as server:
        refusal = await refused(await lend(server.url), "How many?")

    assert isinstance(refusal, RateLimit)
    assert refusal.seconds is None


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry-after": "3"}, 3, 3),
        ({"retry-after": "0.5"}, 0.5, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0, 0),
    ],
)
def test_a_vendor_says_when_to_come_back(
    headers: dict[str, str], least: float, most: float
) -> None:
    seconds = asked_to_wait(httpx2.Headers(headers))

    assert seconds is not None
    assert least <= seconds <= most


def test_a_vendor_names_the_moment_to_come_back() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1))

    seconds = asked_to_wait(httpx2.Headers({"retry-after": in_an_hour}))

    assert seconds is not None
    assert 3500 <= seconds <= 3601


@pytest.mark.parametrize("said", ["soon", "-5", "", "nan", "1e9", "1.2.3"])
def test_what_says_nothing_is_not_obeyed(said: str) -> None:
    assert asked_to_wait(httpx2.Headers({"retry-after": said})) is None
