"""Which models may be asked."""

from decimal import Decimal

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage
from typing_extensions import override

from core.app import Core
from core.identity import Actor
from core.ids import MemberId
from core.models import Mind, Model, ModelNotConfigured, ModelNotFound, Models, Usage
from tests.minds import Scripted


@pytest.fixture
def store_url(tmp_path: object) -> str:
    """Return SQLite's: no model is stored."""
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def models() -> Models:
    return Models(Scripted(TestModel(custom_output_text="Forty-two."), others=("test:other",)))


async def test_without_a_key_there_is_no_model_and_nothing_breaks(core: Core, ada: Actor) -> None:
    assert await core.models.list(ada) == ()


@pytest.mark.parametrize("id", [None, "openai:gpt-x"])
async def test_without_a_key_the_refusal_says_which_settings_to_set(
    core: Core, ada: Actor, id: str | None
) -> None:
    with pytest.raises(ModelNotConfigured, match=r"OPENAI_API_KEY.*OLLAMA_HOST.*TRELLIS_MODEL"):
        await core.models.open(ada, id)


async def test_the_default_answers_when_no_model_is_named(models: Models, ada: Actor) -> None:
    mind = await models.open(ada)

    answer = await Agent(mind.keeper, model_settings=mind.settings).run("6 times 7?")

    assert (mind.record.id, mind.record.name) == ("test:scripted", "scripted")
    assert answer.output == "Forty-two."


async def test_a_model_is_asked_by_its_id(models: Models, ada: Actor) -> None:
    assert (await models.open(ada, " test:other ")).record.id == "test:other"


async def test_an_unknown_model_is_not_found_and_the_known_are_named(
    models: Models, ada: Actor
) -> None:
    with pytest.raises(ModelNotFound, match="test:scripted, test:other") as refused:
        await models.get(ada, "x" * 10_000)

    assert len(refused.value.message) < 400


class Own(Scripted):
    """Lends a member's own model, and the installation's to everybody else."""

    def __init__(self, owner: MemberId, own: Scripted, everybodys: Scripted) -> None:
        super().__init__(TestModel())
        self._owner, self._own, self._everybodys = owner, own, everybodys

    def _of(self, actor: Actor) -> Scripted:
        return self._own if actor.member_id == self._owner else self._everybodys

    @override
    async def list(self, actor: Actor) -> tuple[Model, ...]:
        return await self._of(actor).list(actor)

    @override
    async def find(self, actor: Actor, id: str) -> Model | None:
        return await self._of(actor).find(actor, id)

    @override
    async def open(self, actor: Actor, model: Model) -> Mind:
        return await self._of(actor).open(actor, model)


async def test_a_members_own_key_is_nothing_but_another_keeper(ada: Actor, vic: Actor) -> None:
    own, everybodys = TestModel(), TestModel()
    models = Models(
        Own(ada.member_id, Scripted(own, id="openai:own"), Scripted(everybodys, id="openai:all"))
    )

    assert (await models.open(ada)).keeper is own
    assert (await models.open(vic)).keeper is everybodys
    with pytest.raises(ModelNotFound):
        await models.open(vic, "openai:own")


async def test_what_lends_the_models_is_closed_with_them(models: Models) -> None:
    provider = Scripted(TestModel())

    await Models(provider).close()

    assert provider.closed


def test_what_a_run_took_is_told() -> None:
    run = RunUsage(
        requests=2, input_tokens=30, cache_read_tokens=20, output_tokens=5, cost=Decimal("0.25")
    )

    assert Models.cost(run) == Usage(
        requests=2, input_tokens=30, cached_tokens=20, output_tokens=5, cost_usd=0.25
    )


@pytest.mark.parametrize("run", [RunUsage(input_tokens=3), RunUsage(requests=1, cost=Decimal(0))])
def test_an_unknown_cost_is_not_nothing(run: RunUsage) -> None:
    assert Models.cost(run).cost_usd is None
