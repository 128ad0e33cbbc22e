"""The pages of a document that matter, chosen by number, by a model or by their words."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from anyio import to_thread
from pydantic import Field
from typing_extensions import override

from core.identity import Actor
from core.models import Mind
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.framing import Frame
from core.pipelines.tools.pages import Sheet, chunks, sheets
from core.pipelines.tools.prompting import Prompts

KIND = "select"
SHOWN = 100_000
"""Characters of pages that a model is shown."""
HEAD = 1_200
"""Characters of one of them."""
LEAST = 300
CANDIDATES = 300
"""Pages that it is shown; of a longer document those whose words are nearest."""
WORD = re.compile(r"\w+")
HOW = """\
You choose the parts of a document that somebody needs. You are told what they look for, and \
shown the beginnings of its parts, each under its number. Answer with a JSON list of the numbers \
of those parts that hold it or are needed to understand it, the most useful first, {top} at most; \
an empty list if none does.

{rule}"""


class SelectInputs(Inputs):
    """What `select` takes."""

    document: Any = Field(description="A document, a list of pages, a list of either, or a text.")
    prompt: str | None = Field(None, description="What the pages are to be about.")
    pages: list[int] | int | None = Field(
        None, description="The numbers of pages, from 1; then the prompt does not count."
    )
    granularity: Literal["page", "chunk"] = Field(
        "page", description="Whether whole pages are chosen, or parts of a few paragraphs."
    )
    top_k: int = Field(15, ge=1, le=1000, description="Pages or chunks at most.")
    model: str | None = Field(None, description="The model that chooses; SELECT_MODEL by default.")


class Select(Tool):
    """Chooses pages."""

    name = "select"
    description = (
        "Choose the pages of a document that are about something: by number, or by a model. "
        "Where no model is set up, pages are chosen by the words that they share with the prompt."
    )
    inputs: type[Inputs] = SelectInputs
    output = Output("Pages: parent_source, parent_format, pages, selector_prompt.")

    def __init__(self, prompts: Prompts) -> None:
        """Let *prompts* choose."""
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: SelectInputs) -> Any:
        every = sheets(given.document)
        if given.pages is not None:
            numbers = [given.pages] if isinstance(given.pages, int) else given.pages
            found = _numbered(every, numbers)
            return _told(every, found, "[explicit pages]")
        if not given.prompt or not given.prompt.strip():
            return _told(every, every, "[passthrough]")
        parts = chunks(every) if given.granularity == "chunk" else every
        at = await self._chosen(call, given, given.prompt, parts)
        return _told(every, [parts[each] for each in sorted(at)], given.prompt)

    async def _chosen(
        self, call: Call, given: SelectInputs, prompt: str, parts: Sequence[Sheet]
    ) -> list[int]:
        # In a thread: the words of a thick report take a second to count.
        near = await to_thread.run_sync(nearest, prompt, parts)
        if not await self._configured(call.actor, given.model):
            call.say("No model is set up: pages are chosen by their words")
            return near[: given.top_k]
        mind = await self._prompts.mind(call.actor, KIND, given.model)
        # A document of a few pages is shown whole, in its order.
        shown = near[:CANDIDATES] if len(parts) > CANDIDATES else list(range(len(parts)))
        return await self._ask(mind, prompt, parts, shown, given.top_k)

    async def _configured(self, actor: Actor, model: str | None) -> bool:
        return await self._prompts.configured(actor, KIND, model)

    async def _ask(
        self, mind: Mind, prompt: str, parts: Sequence[Sheet], shown: list[int], top: int
    ) -> list[int]:
        frame = Frame()
        room = max(LEAST, min(HEAD, SHOWN // max(len(shown), 1)))
        lines = [f"{at + 1}: {' '.join(parts[at].text.split())[:room]}" for at in shown]
        said = f"Looked for: {prompt}\n\n{frame(chr(10).join(lines))}"
        answer = await self._prompts.data(
            mind, HOW.format(top=top, rule=frame.rule), [said], temperature=0.0
        )
        if isinstance(answer, dict):
            answer = next((each for each in answer.values() if isinstance(each, list)), [])
        known = {at + 1: at for at in shown}
        chosen = [known[number] for number in map(_number, answer) if number in known]
        return list(dict.fromkeys(chosen))[:top]


def nearest(prompt: str, parts: Sequence[Sheet]) -> list[int]:
    """Return the places of those parts that share words with a prompt, the nearest first.

    Words count by BM25 (k1 1.2, b 0.75): a rare one more than a common one.
    """
    asked = set(_words(prompt))
    counts = [Counter(_words(part.text)) for part in parts]
    lengths = [sum(each.values()) for each in counts]
    mean = sum(lengths) / max(len(lengths), 1) or 1.0
    scores: list[tuple[float, int]] = []
    holding = {word: sum(word in each for each in counts) for word in asked}
    for at, each in enumerate(counts):
        score = 0.0
        for word in asked:
            often = each[word]
            if often:
                rare = math.log(1 + (len(parts) - holding[word] + 0.5) / (holding[word] + 0.5))
                long = 1.2 * (0.25 + 0.75 * lengths[at] / mean)
                score += rare * often * 2.2 / (often + long)
        if score > 0:
            scores.append((-score, at))
    return [at for _score, at in sorted(scores)]


def _words(text: str) -> list[str]:
    words = [word.casefold() for word in WORD.findall(text)]
    return [word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words]  # noqa: PLR2004


def _numbered(every: Sequence[Sheet], numbers: Sequence[int]) -> list[Sheet]:
    wanted = set(numbers)
    found = [sheet for sheet in every if sheet.number in wanted]
    missing = wanted - {sheet.number for sheet in found}
    if missing:
        there = max(sheet.number for sheet in every)
        said = ", ".join(map(str, sorted(missing)[:10]))
        raise InputInvalid(f"pages: There is no page {said}; the document has {there}.")
    return found


def _number(said: Any) -> int:
    try:
        return int(str(said).strip())
    except ValueError:
        return 0


def _told(every: Sequence[Sheet], found: Sequence[Sheet], prompt: str) -> dict[str, Any]:
    names = list(dict.fromkeys(sheet.source for sheet in every))
    forms = list(dict.fromkeys(sheet.form for sheet in every))
    return {
        "parent_source": names[0] if len(names) == 1 else ", ".join(names),
        "parent_format": forms[0] if len(forms) == 1 else "UNKNOWN",
        "pages": [sheet.told for sheet in found],
        "selector_prompt": prompt,
    }
