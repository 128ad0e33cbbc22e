"""Facts out of the text of documents, as a model reads them."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from typing_extensions import override

from core.models import Mind
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.framing import Frame
from core.pipelines.tools.merging import merged
from core.pipelines.tools.pages import Sheet, headed, numbers, packed, sheets, sources
from core.pipelines.tools.prompting import Prompts
from core.pipelines.tools.together import together

KIND = "extract_text"
PART = 60_000
"""Characters that a model reads at once."""
PARTS = 40
"""Parts that one task may have read."""
AT_ONCE = 4
HOW = """\
You take facts out of documents. You are told what is wanted, and given the text of some pages. \
Answer with one JSON object: a key in snake_case for each thing that is wanted, with its value as \
the text has it, null where it has none. Never guess, and never compute what is not written.

{rule}"""


class ExtractTextInputs(Inputs):
    """What `extract_from_texts` takes."""

    document: Any = Field(description="A document, a list of pages, a list of either, or a text.")
    prompt: str = Field(min_length=1, description="What is wanted of it.")
    model: str | None = Field(
        None, description="The model that reads; EXTRACT_TEXT_MODEL by default."
    )


class ExtractFromTexts(Tool):
    """Takes facts out of text."""

    name = "extract_from_texts"
    description = "Take what a prompt asks for out of the text of a document, as JSON."
    inputs: type[Inputs] = ExtractTextInputs
    output = Output("extracted, by name; source_pages, sources, prompt, model.")

    def __init__(self, prompts: Prompts) -> None:
        """Let *prompts* read."""
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: ExtractTextInputs) -> Any:
        pages = [sheet for sheet in sheets(given.document) if sheet.text.strip()]
        mind = await self._prompts.mind(call.actor, KIND, given.model)
        answers = await read_parts(
            self._prompts, call, mind, pages, how=HOW, ask=f"Wanted: {given.prompt}"
        )
        return {
            "extracted": merged(answers),
            "source_pages": numbers(pages),
            "sources": sources(pages),
            "prompt": given.prompt,
            "model": mind.record.id,
        }


class ExtractChartInputs(Inputs):
    """What `extract_chart` takes."""

    document: Any = Field(description="A document or a list of pages.")
    classification: Any = Field(None, description="What classify_page said of its pages.")


class ExtractChart(Tool):
    """Stands where charts will be read; the contract has it answer with none."""

    name = "extract_chart"
    description = "Find the charts of a document. None is read yet: `charts` is always empty."
    inputs: type[Inputs] = ExtractChartInputs
    output = Output("status, charts (empty), document, classification.")

    @override
    async def run(self, call: Call, given: ExtractChartInputs) -> Any:
        return {
            "status": "success",
            "charts": [],
            "document": given.document,
            "classification": given.classification,
        }


async def read_parts(
    prompts: Prompts,
    call: Call,
    mind: Mind,
    pages: Sequence[Sheet],
    *,
    how: str,
    ask: str,
    beside: str = "",
) -> list[Any]:
    """Return what a model answers about each part of some pages, in their order.

    Args:
        prompts: asks it.
        call: hears how far it is.
        mind: the model.
        pages: what is read, in parts that it can read at once.
        how: what it is told first, with a place for the `{rule}` about data.
        ask: what is asked of each part.
        beside: what it reads beside each of them, data too.

    Raises:
        InputInvalid: there is too much to read.
    """
    parts = packed(pages, PART)
    if len(parts) > PARTS:
        raise InputInvalid(
            f"document: It is too long to be read whole ({sum(len(p.text) for p in pages):,} "
            "characters); select the pages that matter first."
        )
    several = len(sources(pages)) > 1

    async def one(numbered: tuple[int, list[Sheet]]) -> Any:
        number, part = numbered
        if len(parts) > 1:
            call.say(f"Reading part {number} of {len(parts)}")
        frame = Frame()
        text = "\n\n".join(headed(sheet, several=several) for sheet in part)
        said = "\n\n".join([ask, *([frame(beside)] if beside else []), frame(text)])
        return await prompts.data(mind, how.replace("{rule}", frame.rule), [said], temperature=0)

    return await together(one, enumerate(parts, 1), AT_ONCE)
