"""Which models are configured."""

from core.app import Core
from core.identity import Actor
from core.models import Models


async def test_without_a_key_there_is_no_model_and_nothing_breaks(core: Core, ada: Actor) -> None:
    assert await core.models.list(ada) == ()


async def test_what_is_configured_is_listed_once_and_the_default_first(ada: Actor) -> None:
    models = Models(["openai:gpt-x", "", "ollama:llama", "openai:gpt-x"])

    assert [(each.id, each.name) for each in await models.list(ada)] == [
        ("openai:gpt-x", "gpt-x"),
        ("ollama:llama", "llama"),
    ]
