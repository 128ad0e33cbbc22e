"""`trellis ask`: one question, answered in the terminal as it is written."""

import asyncio
import sys
from typing import Annotated

import typer

from cli import show
from cli.chart import draw
from cli.door import enter
from cli.fail import fail
from cli.sql import Connection
from core.app import Core
from core.charts import Chart, Grid
from core.chats import Done, Event, Failed, Question, Said, ToolUsed, Turn, Visualized, Working
from core.identity import Actor
from core.ids import ChatId

Model = Annotated[
    str | None,
    typer.Option("--model", "-m", help="Its id, such as openai:gpt-5; else the default."),
]
PATIENCE = 10.0
"""Seconds for what was said to be kept, once the answer was interrupted."""


def ask(
    question: Annotated[str, typer.Argument(help="In plain words; - reads stdin.")],
    connection: Connection = None,
    chat: Annotated[str | None, typer.Option(help="The id of a chat to go on with.")] = None,
    model: Model = None,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the SQL that the answer stands on.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON.")
    ] = False,
) -> None:
    """Ask a question: trellis ask "monthly revenue for 2025". Ctrl-C interrupts the answer."""
    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        fail("There is no question: write it in quotes, or pipe it in with -.")

    async def verb(core: Core, actor: Actor) -> None:
        turn = await core.chats.ask(
            actor,
            Question(
                text=text,
                chat_id=None if chat is None else ChatId(chat),
                connection=connection,
                model=model,
            ),
        )
        telling = _Lines() if json else _Page(sql=sql)
        try:
            async for event in turn:
                telling.tell(event)
        except asyncio.CancelledError:
            await _interrupt(turn)
            raise
        if telling.problem is not None:
            fail(telling.problem)

    enter(verb)


async def _interrupt(turn: Turn) -> None:
    """Stop the answer, and wait until what there is of it is kept."""
    turn.stop()
    await turn.ended(PATIENCE)
    show.say(f"\nInterrupted. Go on with --chat {turn.chat_id}")


class _Lines:
    """Events for programs: a line of JSON each, as the WebSocket has them."""

    problem: str | None = None

    def tell(self, event: Event) -> None:
        """Print an event."""
        from api.analyst.events import frame, plain_json  # noqa: PLC0415 - for --json alone

        found = frame(event, tools=True)
        if found is not None:
            name, data = found
            sys.stdout.buffer.write(plain_json({"event": name, "data": data}) + b"\n")
            sys.stdout.buffer.flush()
        if isinstance(event, Failed):
            self.problem = event.failure.error


class _Page:
    """Events for people: the text as it comes, then tables and charts."""

    def __init__(self, *, sql: bool) -> None:
        """Print the answer's SQL, too, if *sql*."""
        self.problem: str | None = None
        self._sql = sql
        self._line = False
        """Whether the last line is still open."""
        self._star = ""
        self._thick = False

    def tell(self, event: Event) -> None:
        """Print an event."""
        match event:
            case Said(text=text):
                self._say(text)
            case Working(status=status):
                self._note(f"{status}…")
            case ToolUsed(name=name):
                self._note(f"{name}…")
            case Visualized(visualization=Grid() as grid):
                self._end()
                self._grid(grid)
            case Visualized(visualization=Chart() as chart):
                self._end()
                draw(chart, show.out)
            case Done(message=message):
                self._end()
                self._close(event)
                if not message.content and not message.visualizations:
                    self.problem = "The answer is empty."
            case Failed(failure=failure):
                self._end()
                self._close(event)
                self.problem = f"{failure.error} ({failure.code})"
            case _:
                pass

    def _say(self, text: str) -> None:
        # What a model says must not steer the terminal.
        clean = "\n".join(show.shown(line) for line in text.split("\n"))
        if show.out.is_terminal:
            clean = self._bold(clean)
        sys.stdout.write(clean)
        sys.stdout.flush()
        self._line = not clean.endswith("\n")

    def _bold(self, text: str) -> str:
        """Return *text* with its `**` as what a terminal makes of them; half a mark waits."""
        text, self._star = self._star + text, ""
        if text.endswith("*") and not text.endswith("**"):
            text, self._star = text[:-1], "*"
        pieces = text.split("**")
        for at in range(1, len(pieces)):
            self._thick = not self._thick
            pieces[at] = ("\x1b[1m" if self._thick else "\x1b[22m") + pieces[at]
        return "".join(pieces)

    def _note(self, text: str) -> None:
        if show.err.is_terminal and not self._line:
            show.err.print(text, style="dim")

    def _end(self) -> None:
        if self._thick:
            sys.stdout.write("\x1b[22m")
            self._thick = False
        if self._line:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._line = False

    def _grid(self, grid: Grid) -> None:
        if grid.title:
            show.out.print(show.shown(grid.title), style="bold", markup=False)
        show.table(grid.columns, grid.rows)
        if grid.truncated:
            of = "" if grid.total is None else f" of {grid.total}"
            show.say(f"These are the first {len(grid.rows)} rows{of}.")

    def _close(self, event: Done | Failed) -> None:
        message = event.message
        if self._sql:
            for each in message.statements:
                show.out.print(
                    f"{each.result} on {each.connection}: {each.sql}", style="dim", markup=False
                )
        show.say(f"(go on with --chat {message.chat_id})")
