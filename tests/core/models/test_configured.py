"""What keys and TRELLIS_MODEL turn on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.models import ModelNotConfigured, ModelNotFound, Models
from core.models.providers.configured import Configured
from core.models.providers.vendors import Vendor, anthropic, google, ollama, openai
from tests.core.models.asking import ACTOR, ask, refused
from tests.core.models.standin import chunks, http, standin

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


async def test_a_server_of_ones_own_is_not_said_to_have_what_nobody_named() -> None:
    own = openai(None, "http://127.0.0.1:9/v1")

    assert await listed(own, chosen="openai:test") == [("openai:test", True)]
    assert await listed(own, ALL[1], chosen="anthropic:claude-x") == [
        ("anthropic:claude-x", True),
        ("anthropic:claude-sonnet-5-5", False),
    ]
    assert await listed(own) == [("openai:gpt-6.1-sol", True)]
    eu = openai(KEY, "https://eu.api.openai.com/v1")
    assert len(await listed(eu, chosen="openai:gpt-x")) == 2


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
    # What only speaks like OpenAI may refuse a word that it does not know.
    keeps_nothing = mind.settings.get("openai_store") is False
    assert keeps_nothing == (kind == "OpenAIResponsesModel" or url is None)


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


@pytest.fixture(scope="module")
def touched() -> list[str]:
    """Return every address that this process turns to from now on; a hook is for ever."""
    seen: list[str] = []

    def witness(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.sendto"}:
            seen.append(repr(arguments[1]))
        if event in {"socket.getaddrinfo", "urllib.Request", "http.client.connect"}:
            seen.append(repr(arguments[:2]))

    sys.addaudithook(witness)
    return seen


async def test_nobody_but_the_vendor_hears_of_a_question(touched: list[str]) -> None:
    async with standin(chunks("Twelve.")) as good, standin(http(400, "{}")) as bad:
        vendors = [openai(KEY, good.url), anthropic(KEY, bad.url), google(KEY, bad.url)]
        provider = Configured([*vendors, ollama(good.url)])
        minds = [await provider.open(ACTOR, each) for each in await provider.list(ACTOR)]
        del touched[:]
        answers = [await ask(mind, "How many?") for mind in (minds[0], minds[3])]
        refusals = [await refused(mind, "How many?") for mind in (minds[1], minds[2])]
        await provider.close()

    assert [answer for _, answer, _ in answers] == ["Twelve.", "Twelve."]
    assert len(refusals) == 2
    assert len(touched) >= 4
    assert [each for each in touched if "127.0.0.1" not in each] == []


def test_what_nobody_asks_is_not_imported() -> None:
    script = "import sys, core.models.providers.configured; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    heavy = {"pydantic_ai", "openai", "anthropic", "google.genai", "httpx2", "genai_prices"}
    assert "core.models" in done.stdout
    assert not heavy & set(done.stdout.split())
