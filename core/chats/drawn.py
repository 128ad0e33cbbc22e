"""Which kind of chart a question asks for, in words."""

import re

from core.charts import ChartKind

KINDS = {
    ChartKind.STACKED_BAR: r"stacked[\s-]+(?:bars?|columns?)",
    ChartKind.BAR_HORIZONTAL: r"horizontal[\s-]+bars?",
    ChartKind.BAR: r"bars?|columns?|balken|säulen",
    ChartKind.LINE: r"lines?|linien|curve",
    ChartKind.AREA: r"areas?|flächen",
    ChartKind.PIE: r"pie|torten|kreis|cake",
    ChartKind.DONUT: r"donut|doughnut|ring",
}
NAME = "|".join(f"(?P<{kind.name}>{words})" for kind, words in KINDS.items())
CHART = r"(?:charts?|graphs?|plots?|diagrams?|diagramme?n?)"
ASKED = re.compile(
    rf"(?<!\w)(?:(?:as|als|in|with|with|draw|make\s+(?:it|that))\s+)?(?:an?\s+|eine?n?\s+)?"
    rf"(?:{NAME})[\s-]*{CHART}(?!\w)"
)
ALONE = re.compile(rf"(?:as|als)\s+(?:an?\s+|eine?n?\s+)?(?:{NAME})(?:[\s-]*{CHART})?[\s.!?]*$")
ROUND = re.compile(
    r"(?:and|now|please|show|draw|make|me|it|this|that|the|same|again|can|you|could|i|would|like"
    r"|want|instead|rather|a|an|as|bitte|das|jetzt|nochmal|\W)*"
)


def kind_of(text: str) -> ChartKind | None:
    """Return the kind of chart that *text* asks for; None where it names none."""
    found = _found(text)
    return None if found is None else ChartKind[str(found.lastgroup)]


def only_a_kind(text: str) -> bool:
    """Return whether *text* asks for nothing else: `as a bar chart, please`."""
    found = _found(text)
    if found is None:
        return False
    said = text.lower()
    left = f"{said[: found.start()]} {said[found.end() :]}"
    return all(ROUND.fullmatch(word) for word in left.split())


def _found(text: str) -> re.Match[str] | None:
    said = text.lower()
    return ASKED.search(said) or ALONE.search(said)
