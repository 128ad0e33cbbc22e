"""What keys and TRELLIS_MODEL turn on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.models import ModelNotConfigured, ModelNotFound, Models
from core.models.providers.configured import Configured
from core.models.providers.vendors import Vendor, anthropic, google, ollama, openai
from tests.core.models.asking import ACTOR

KEY = SecretStr("sk-hunter2-hunter2")
ALL = (openai(KEY, None), anthropic(KEY, None), google(KEY, None), ollama("localhost"))
HOUSE = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no key of whoever runs the tests."""
    for name in [each for each in os.environ if each.endswith(("_API_KEY", "_BASE_URL"))]:
        monkeypatch.delenv(name)


async def listed(*vendors: Vendor, chosen: str = "") -> list[tuple[str, bool]]:
    models = await Models(Configured(vendors, chosen)).list(ACTOR)
    return [(each.id, each.default) for each in models]


async def test_the_first_vendor_with_a_key_answers() -> None:
    models = await listed(*ALL)

    assert [id.partition(":")[0] for id, _ in models] == ["openai", "anthropic", "google", "ollama"]
    assert [default for _, default in models] == [True, False, False, False]
    assert await listed(ALL[2]) == [("google:gemini-3.8-flash", True)]
    assert await listed() == []


async def test_the_chosen_model_answers_and_the_others_can_be_named() -> None:
    models = await listed(*ALL[:2], chosen="anthropic:claude-opus-5-5")

    assert models[0] == ("anthropic:claude-opus-5-5", True)
    assert [id for id, default in models[1:] if not default] == [
        "openai:gpt-6.1-sol",
        "anthropic:claude-sonnet-5-5",
    ]
    assert len(await listed(*ALL, chosen="openai:gpt-6.1-sol")) == 4


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("openai:gpt-x", "but OPENAI_API_KEY or OPENAI_BASE_URL is not set"),
        ("openai-chat:gpt-x", "but OPENAI_API_KEY or OPENAI_BASE_URL is not set"),
        ("ollama/llama3.3", "but OLLAMA_HOST is not set"),
        ("google:", "but GOOGLE_API_KEY is not set"),
        ("anthropic:", "names no model; write it as `anthropic:…`"),
        ("anthropic:a b", "names no model"),
        ("gpt-5", "names no provider"),
        ("opnai:gpt-5", "names no provider of models"),
        ("deepseek:deepseek-chat", "DEEPSEEK_API_KEY"),
        ("groq:llama", "is not installed here"),
        ("x" * 1000, "names no provider"),
    ],
)
async def test_a_choice_that_cannot_answer_is_no_leave_to_ask_somebody_else(
    chosen: str, why: str
) -> None:
    models = Models(Configured([anthropic(KEY, None)], chosen))

    assert [each.default for each in await models.list(ACTOR)] == [False]
    with pytest.raises(ModelNotConfigured) as refused:
        await models.get(ACTOR)
    assert "TRELLIS_MODEL is " in refused.value.message
    assert why in refused.value.message
    assert len(refused.value.message) < 600
    assert (await models.get(ACTOR, "anthropic:claude-x")).id == "anthropic:claude-x"


async def test_any_model_of_a_vendor_that_is_turned_on_can_be_named() -> None:
    models = Models(Configured(ALL))

    for id in ("openai:gpt-4o", "openai-chat:gpt-4o", "google:models/gemini-x", "ollama:qwen3:8b"):
        assert (await models.get(ACTOR, id)).id == id
    assert (await models.get(ACTOR, " ollama/llama3.3 ")).id == "ollama:llama3.3"


@pytest.mark.parametrize(
    "id",
    [
        "",
        ":",
        "openai",
        "openai:",
        "google:../../x",
        "google:a?b",
        "openai:a b",
        "openai:" + "x" * 300,
        "mistral:large",
        "OPENAI:gpt",
        "openai:g\npt",
    ],
)
async def test_what_is_no_model_here_is_not_found(id: str) -> None:
    with pytest.raises(ModelNotFound, match=r"openai:gpt-6\.1-sol") as refused:
        await Models(Configured(ALL)).get(ACTOR, id)

    assert len(refused.value.message) < 600


async def test_a_vendor_that_the_library_knows_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-hunter2")
    provider = Configured([], "deepseek:deepseek-chat")

    mind = await provider.open(ACTOR, await Models(provider).get(ACTOR))
    await provider.close()

    assert mind.record.default
    assert (mind.keeper.system, mind.keeper.model_name) == ("deepseek", "deepseek-chat")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://localhost:11434/v1"),
        ("127.0.0.1:1234", "http://127.0.0.1:1234/v1"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        ("http://gpu.local:11434/", "http://gpu.local:11434/v1"),
        ("http://gpu.local:11434/v1", "http://gpu.local:11434/v1"),
        ("https://ollama.example", "https://ollama.example:443/v1"),
        ("https://ollama.example/behind/", "https://ollama.example:443/behind/v1"),
        ("[::1]:11434", "http://[::1]:11434/v1"),
        ("[::]", "http://[::1]:11434/v1"),
    ],
)
def test_ollama_is_where_its_own_setting_says(host: str, url: str) -> None:
    assert ollama(host).url == url


@pytest.mark.parametrize(
    ("id", "url", "kind"),
    [
        ("openai:gpt-x", None, "OpenAIResponsesModel"),
        ("openai:gpt-x", "https://eu.api.openai.com/v1/", "OpenAIResponsesModel"),
        ("openai:gpt-x", "http://localhost:8080/v1", "OpenAIChatModel"),
        ("openai:gpt-x", "https://api.openai.com.evil.test/v1", "OpenAIChatModel"),
        ("openai-chat:gpt-x", None, "OpenAIChatModel"),
        ("openai-responses:gpt-x", "http://localhost:8080/v1", "OpenAIResponsesModel"),
    ],
)
async def test_openai_is_asked_by_its_newer_protocol_and_others_by_the_older(
    id: str, url: str | None, kind: str
) -> None:
    provider = Configured([openai(KEY, url)], id)

    mind = await provider.open(ACTOR, (await provider.list(ACTOR))[0])
    await provider.close()

    assert type(mind.keeper).__name__ == kind
    assert mind.settings.get("openai_store") is False


async def test_a_key_is_shown_by_nothing_that_is_printed() -> None:
    provider = Configured(ALL)
    minds = [await provider.open(ACTOR, each) for each in await provider.list(ACTOR)]
    await provider.close()

    for each in (provider, vars(provider), minds, [vars(mind.keeper) for mind in minds]):
        assert "hunter2" not in repr(each)


async def test_connections_are_shared_and_end_with_the_core() -> None:
    provider = Configured([openai(KEY, None)])
    first = await provider.open(ACTOR, (await provider.list(ACTOR))[0])
    again = await Models(provider).open(ACTOR, "openai:gpt-other")

    clients = {id(mind.keeper.client._client) for mind in (first, again)}  # type: ignore[attr-defined]
    await provider.close()

    assert len(clients) == 1
    assert first.keeper.client._client.is_closed  # type: ignore[attr-defined]


ALONE = """
import asyncio, json, sys

touched = []
def witness(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        touched.append(repr(arguments[1]))
    if event in ("socket.getaddrinfo", "urllib.Request", "http.client.connect"):
        touched.append(repr(arguments[:2]))
sys.addaudithook(witness)

from core.models.providers.configured import Configured
from core.models.providers.vendors import anthropic, google, ollama, openai
assert "pydantic_ai" not in sys.modules, "imported before a model was asked"

from pydantic import SecretStr
from tests.core.models.asking import ACTOR, ask
from tests.core.models.standin import chunks, http, standin

async def work():
    async with standin(chunks("Twelve.")) as good, standin(http(400, "{}")) as bad:
        key = SecretStr("k")
        vendors = [openai(key, good.url), anthropic(key, bad.url), google(key, bad.url)]
        provider = Configured([*vendors, ollama(good.url)])
        for model in await provider.list(ACTOR):
            try:
                print(await ask(await provider.open(ACTOR, model), "How many?"))
            except Exception as error:
                print(model.id, type(error).__name__)
        await provider.close()

asyncio.run(work())
print(json.dumps(touched))
"""


def test_nobody_but_the_vendor_hears_of_a_question() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    *answers, touched = done.stdout.splitlines()
    assert [line for line in answers if "Twelve." in line] == [answers[0], answers[3]]
    assert "127.0.0.1" in touched
    assert all("127.0.0.1" in each for each in json.loads(touched))
