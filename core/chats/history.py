"""What was said before, as text that any model can read."""

from collections.abc import Sequence
from typing import NamedTuple

from core.charts import Grid
from core.chats import reading
from core.chats.reading import Frame
from core.chats.records import Message, MessageStatus, Side
from core.ids import MemberId

LONGEST = 40_000
"""Characters of what was said before."""
ONE = 8_000
"""Characters of one message."""
SQL = 1_500
"""Characters of one statement."""
HEAD = 1_200
"""Characters of one table's head."""
ROWS = 8
NAME = 100
"""Characters of a name."""
OTHER = "(Another member of this chat asked, and was answered:)"


class Said(NamedTuple):
    """A question, or an answer with what it stood on."""

    side: Side
    text: str
    behind: str
    """Statements and heads of results, framed; for an answer alone."""


def history(messages: Sequence[Message], frame: Frame, asker: MemberId) -> list[Said]:
    """Return the latest of what was said, the oldest first, questions and answers in turn.

    Marks are left out, as they mean other results now. Feedback is nobody's business here. What
    others than the *asker* said is data: nobody asks for anything in another's name.
    """
    kept: list[Said] = []
    left = LONGEST
    for message in reversed(messages):
        said = _said(message, frame, asker)
        left -= len(said.text) + len(said.behind)
        if left < 0:
            break
        kept.append(said)
    kept.reverse()
    while kept and kept[0].side is Side.ASSISTANT:
        kept.pop(0)
    return kept


def _said(message: Message, frame: Frame, asker: MemberId) -> Said:
    text = message.content[:ONE]
    if message.side is Side.USER:
        if message.member_id not in {None, asker}:
            name = " ".join((message.author or "somebody").split())[:NAME]
            text = f"{OTHER}\n{frame(f'{name}: {text}')}"
        return Said(Side.USER, text, "")
    text = reading.unmarked(text).strip()
    if message.status is MessageStatus.INTERRUPTED:
        text = f"{text}\n(I was interrupted here.)".strip()
    elif message.status is MessageStatus.FAILED:
        text = f"{text}\n(I could not finish this answer.)".strip()
    behind: list[str] = []
    grids = {each.result: each for each in message.visualizations if isinstance(each, Grid)}
    for cited in message.statements:
        rows = f"{cited.row_count} row{'' if cited.row_count == 1 else 's'}"
        behind.append(f"{cited.connection}: {cited.sql[:SQL]}\n-- {rows}")
        if cited.values:
            behind.append(f"-- values: {cited.values}"[:HEAD])
        if grid := grids.get(cited.result):
            behind.append(reading.table(grid.columns, grid.rows[:ROWS], HEAD))
    return Said(Side.ASSISTANT, text or "(nothing)", frame("\n".join(behind)) if behind else "")
