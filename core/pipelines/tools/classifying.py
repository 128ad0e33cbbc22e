"""What kinds of pages a document has, as a model sees them."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from typing_extensions import override

from core.models import Mind
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.framing import Frame
from core.pipelines.tools.pages import Sheet, sheets
from core.pipelines.tools.prompting import Prompts
from core.pipelines.tools.together import together

KIND = "select"
LABELS = (
    *("cover", "table_of_contents", "income_statement", "balance_sheet", "cash_flow_statement"),
    *("notes", "management_discussion", "table", "chart", "text", "signature", "other"),
)
AT_ONCE = 4
BATCH = 20
"""Pages that are asked about in one question."""
PAGES = 1_000
SHOWN = 2_500
"""Characters of each."""
HOW = """\
You say of which kind the pages of a document are. The kinds are: {labels}. You are shown the \
beginning of each page under its number. Answer with a JSON list with one object for each page: \
"page" (its number), "label" (exactly one of the kinds), "confidence" (0 to 1), "reason" (a few \
words).

{rule}"""


class ClassifyInputs(Inputs):
    """What `classify_page` takes."""

    document: Any = Field(description="A document, a list of pages, a list of either, or a text.")
    labels: list[str] | None = Field(
        None, description="The kinds there are; those of a financial report by default."
    )
    model: str | None = Field(None, description="Who looks; SELECT_MODEL by default.")


class ClassifyPage(Tool):
    """Says of which kind pages are."""

    name = "classify_page"
    description = "Say of which kind each page of a document is."
    inputs: type[Inputs] = ClassifyInputs
    output = Output("pages: number, label, confidence, reason; labels, model.")

    def __init__(self, prompts: Prompts) -> None:
        """Let *prompts* look."""
        self._prompts = prompts

    @override
    async def run(self, call: Call, given: ClassifyInputs) -> Any:
        pages = sheets(given.document)
        if len(pages) > PAGES:
            raise InputInvalid(f"document: At most {PAGES:,} pages are looked at; select some.")
        labels = tuple(given.labels or LABELS)
        mind = await self._prompts.mind(call.actor, KIND, given.model)
        batches = [pages[at : at + BATCH] for at in range(0, len(pages), BATCH)]

        async def one(batch: Sequence[Sheet]) -> list[dict[str, Any]]:
            return await self._ask(mind, batch, labels)

        found = await together(one, batches, AT_ONCE)
        return {
            "pages": [page for batch in found for page in batch],
            "labels": list(labels),
            "model": mind.record.id,
        }

    async def _ask(
        self, mind: Mind, batch: Sequence[Sheet], labels: Sequence[str]
    ) -> list[dict[str, Any]]:
        frame = Frame()
        lines = [f"{at}: {' '.join(page.text.split())[:SHOWN]}" for at, page in enumerate(batch, 1)]
        how = HOW.replace("{labels}", ", ".join(labels)).replace("{rule}", frame.rule)
        answer = await self._prompts.data(mind, how, [frame("\n".join(lines))], temperature=0.0)
        listed = answer.get("pages") if isinstance(answer, dict) else answer
        told = {
            str(each.get("page", "")).strip(): each
            for each in (listed if isinstance(listed, list) else [])
            if isinstance(each, dict)
        }
        return [_said(page, told.get(str(at), {}), labels) for at, page in enumerate(batch, 1)]


def _said(page: Sheet, told: dict[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    label = str(told.get("label", ""))
    known = label in labels
    confidence = told.get("confidence")
    sure = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    return {
        "number": page.number,
        "label": label if known else "other",
        "confidence": min(max(float(confidence or 0), 0.0), 1.0) if known and sure else 0.0,
        "reason": str(told.get("reason", ""))[:300] if known else "",
    }
