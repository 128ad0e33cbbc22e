"""What the terminal says of language models; none is called."""

import json

import pytest
from pydantic import SecretStr

from cli.up import off
from config import Settings
from tests.terminal import Home


@pytest.mark.parametrize(
    ("settings", "state", "said", "fix"),
    [
        ({}, "off", "No language model is configured", "Set OPENAI_API_KEY, ANTHROPIC_API_KEY"),
        (
            {"TRELLIS_MODEL": "openai:gpt-x", "ANTHROPIC_API_KEY": "sk-hunter2"},
            "broken",
            "TRELLIS_MODEL is 'openai:gpt-x', but OPENAI_API_KEY or OPENAI_BASE_URL is not set",
            "Set it, or choose another model.",
        ),
        (
            {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "localhost"},
            "ok",
            "gpt-6.1-sol by 127.0.0.1 (openai:gpt-6.1-sol); 1 more can be named",
            "",
        ),
    ],
)
def test_the_doctor_says_which_model_answers_or_how_to_turn_one_on(
    trellis: Home, settings: dict[str, str], state: str, said: str, fix: str
) -> None:
    done = trellis("doctor", "--json", **settings)

    found = next(each for each in json.loads(done.out)["checks"] if each["what"] == "model")
    assert found["state"] == state
    assert found["said"].startswith(said)
    assert found["fix"].startswith(fix)
    assert done.code == (1 if state == "broken" else 0)
    assert "hunter2" not in done.out


@pytest.mark.parametrize(
    "setting",
    [
        {"OPENAI_BASE_URL": "localhost:8080/v1"},
        {"ANTHROPIC_BASE_URL": "ftp://host"},
        {"GOOGLE_GEMINI_BASE_URL": "http://"},
        {"OLLAMA_HOST": "localhost:port"},
    ],
)
def test_a_url_that_nobody_can_call_is_named(trellis: Home, setting: dict[str, str]) -> None:
    refused = trellis("query", "list", **setting)

    (name,) = setting
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"{name} is {setting[name]!r}: it should be like http://host")


def test_a_server_without_a_model_says_what_is_off_and_what_works() -> None:
    (line, *_) = off(Settings(), "No language model is configured; set OPENAI_API_KEY.")

    assert line == (
        "Off: free questions; saved queries and SQL work. "
        "No language model is configured; set OPENAI_API_KEY."
    )
    assert not any("model" in each for each in off(Settings(), None))


def test_a_server_without_voice_says_which_settings_turn_it_on() -> None:
    told = "Off: voice; LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET turn it on."
    some = Settings(livekit_url="ws://127.0.0.1:7880", livekit_api_key="key")

    assert told in off(some, None)
    whole = some.model_copy(update={"livekit_api_secret": SecretStr("secret" * 6)})
    assert told not in off(whole, None)
