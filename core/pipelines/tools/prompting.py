"""Models as tools ask them: one question, one answer, as text or as data."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from core.identity import Actor
from core.models import Mind, ModelNotConfigured, Models, explain
from core.pipelines.tools.errors import ReplyUnclear

if TYPE_CHECKING:  # the library takes half a second to import
    from pydantic_ai.messages import UserContent

FENCE = "```"
LANGUAGE = re.compile(r"[\w-]*")
AS_JSON = "Answer with JSON alone: no words before or after it, no comments."
AGAIN = "That is no JSON that can be read. Answer the same with JSON alone."
TOKENS = 8_000
"""Tokens of an answer that is data."""

log = structlog.get_logger()


class Chosen(NamedTuple):
    """Which model does a kind of work."""

    setting: str
    """What the operator sets to choose it."""
    id: str = ""
    """Empty is the default model."""


class Prompts:
    """Asks the models that the actor may ask."""

    def __init__(self, models: Models, chosen: Mapping[str, Chosen]) -> None:
        """Ask *models*; for each kind of work the one that is *chosen*."""
        self._models = models
        self._chosen = chosen

    async def mind(self, actor: Actor, kind: str, asked: str | None = None) -> Mind:
        """Return the model that a task names, or else the one for its kind of work.

        Raises:
            ModelNotConfigured: there is none; the message names the setting.
            ModelNotFound: there is none of that name.
        """
        chosen = self._chosen[kind]
        id = named(asked or chosen.id)
        try:
            return await self._models.open(actor, id or None)
        except ModelNotConfigured as refusal:
            raise ModelNotConfigured(
                f"{refusal.message} This task needs one: {chosen.setting} chooses it, and without "
                "that the default model does it."
            ) from None

    async def configured(self, actor: Actor, kind: str, asked: str | None = None) -> bool:
        """Return whether there is a model for a kind of work."""
        if asked or self._chosen[kind].id:
            return True
        return bool(await self._models.list(actor))

    def named_for(self, kind: str) -> str:
        """Return the model that is set for a kind of work; nothing where none is."""
        return self._chosen[kind].id

    async def text(
        self,
        mind: Mind,
        system: str,
        said: "Sequence[UserContent]",
        *,
        temperature: float | None = None,
        tokens: int | None = None,
    ) -> str:
        """Return what a model answers.

        Raises:
            ModelUnavailable, ModelNotFound, RateLimit: it does not, and why.
        """
        answer, _history = await self._ask(mind, system, said, temperature, tokens, None)
        return answer

    async def data(
        self,
        mind: Mind,
        system: str,
        said: "Sequence[UserContent]",
        *,
        temperature: float | None = None,
        tokens: int = TOKENS,
    ) -> Any:
        """Return what a model answers as data; what is none is asked for once more.

        Raises:
            ReplyUnclear: it is none again.
            ModelUnavailable, ModelNotFound, RateLimit: it does not answer, and why.
        """
        system = f"{system}\n\n{AS_JSON}"
        answer, history = await self._ask(mind, system, said, temperature, tokens, None)
        found = parsed(answer)
        if found is None:
            answer, _ = await self._ask(mind, system, [AGAIN], temperature, tokens, history)
            found = parsed(answer)
        if found is None:
            raise ReplyUnclear
        return found[0]

    async def _ask(
        self,
        mind: Mind,
        system: str,
        said: "Sequence[UserContent]",
        temperature: float | None,
        tokens: int | None,
        history: Any,
    ) -> tuple[str, Any]:
        # Imported when a model is first asked: it takes half a second.
        from pydantic_ai import Agent  # noqa: PLC0415
        from pydantic_ai.settings import ModelSettings  # noqa: PLC0415

        asked = ModelSettings(**mind.settings)
        if temperature is not None and _samples(mind):
            asked["temperature"] = temperature
        if tokens is not None:
            asked["max_tokens"] = tokens
        agent = Agent(mind.keeper, output_type=str, instructions=system, model_settings=asked)
        try:
            result = await agent.run(list(said), message_history=history)
        except Exception as error:
            problem = explain(error, mind.record.id)
            if problem is None:
                raise
            raise problem from error
        usage = self._models.cost(result.usage)
        log.info(
            "a tool asked a model",
            model=mind.record.id,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
        )
        return result.output, result.all_messages()


def _samples(mind: Mind) -> bool:
    """Return whether a model takes a temperature.

    One that reasons takes none: its library leaves it out, with a warning for whoever sits there.
    """
    profile: Mapping[str, Any] = mind.keeper.profile
    reasons = profile.get("openai_supports_reasoning", False)
    return not (reasons and profile.get("thinking_enabled_by_default", False))


def named(id: str) -> str:
    """Return the id of a model as this product writes it: `openai/gpt-4o` is `openai:gpt-4o`."""
    vendor, slash, name = id.strip().partition("/")
    return f"{vendor}:{name}" if slash and ":" not in vendor else id.strip()


def parsed(answer: str) -> tuple[Any] | None:
    """Return the JSON that an answer is, or holds in a fence or among words; None if none."""
    tries = [answer, *_fenced(answer)]
    tries += [answer[at:] for at in sorted(map(answer.find, "{[")) if at >= 0]
    for each in tries:
        text = each.strip()
        if text[:1] in {"{", "["}:
            try:
                found, _end = json.JSONDecoder().raw_decode(text)
            except (ValueError, RecursionError):
                continue
            return (found,)
    return None


def _fenced(answer: str) -> list[str]:
    """Return what stands in fences, without the language above it."""
    parts = [each.partition("\n") for each in answer.split(FENCE)[1:-1:2]]
    return [inside for head, _end, inside in parts if LANGUAGE.fullmatch(head.strip())]
