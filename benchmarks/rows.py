"""One line of the benchmark's report."""

from typing import NamedTuple


class Row(NamedTuple):
    """A figure, what it should have been, and whether it is."""

    name: str
    value: float
    unit: str
    goal: str = ""
    """In words, with its unit: "at most 20 ms"; empty where there is none."""
    met: bool | None = None
    """None where there is no goal."""
    note: str = ""


def show(rows: list[Row]) -> str:
    """Return *rows* as lines for a terminal."""
    lines = []
    for row in rows:
        verdict = {True: "met", False: "NOT MET", None: ""}[row.met]
        goal = f"goal {row.goal}: {verdict}" if row.goal else ""
        lines.append(
            f"{row.name:<64}{row.value:>12,.3f} {row.unit:<8}{goal:<36}{row.note}".rstrip()
        )
    return "\n".join(lines)
