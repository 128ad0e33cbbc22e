"""Chats as tools: a question answered by the analyst, and what was answered before."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints
from typing_extensions import override

from core.errors import CoreError, Unavailable
from core.ids import ChatId
from core.page import PageAsked
from core.record import Storable
from mcp_server import results
from mcp_server.apps.chart import META
from mcp_server.call import Arguments, Call, Client, InputNeeded, Reply, Tool
from mcp_server.shapes import COUNT, LIST, OBJECT, TEXT

if TYPE_CHECKING:
    from core.chats import Chat, Conversation, Message, Turn
    from mcp_server.sampling import Rounds

PATIENCE = 45.0
"""Seconds for which a chat is waited for unless a server says otherwise."""
SAMPLED = 280.0
"""The same where the client's own model answers, whose member may have to be asked."""
LISTED = 50
"""Chats that are listed at once."""
SAID = 20
"""Messages of a chat that are told, the newest of them."""
ROWS = 50
"""Rows of a table in an answer; the rest is a run of its statement away."""
BYTES = 20_000
"""Characters of one table in an answer."""
SQL = 2_000
"""Characters of a statement that an answer stands on."""


class AnswerFailed(Unavailable):
    """The question was not answered."""

    def __init__(self, message: str, code: str) -> None:
        """Say what happened, by the contract's *code*."""
        super().__init__(message)
        self._code = code

    @property
    @override
    def code(self) -> str:
        """The contract's name for it, such as MODEL_UNAVAILABLE."""
        return self._code


class Asking(NamedTuple):
    """A turn, and how it came to the model that answers it."""

    turn: "Turn"
    lent: bool = False
    """Whether the client lends its own model."""
    rounds: "Rounds | None" = None
    """What the turn needs of a client that brings it with its next call."""


class Ask(Arguments):
    """What is asked, and where."""

    question: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40_000), Storable
    ]
    chat: Annotated[str, Field(max_length=100)] | None = None
    connection: str | None = None


class Page(Arguments):
    """Which of the chats."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class Which(Arguments):
    """Which chat, and how long to wait for an answer that is being written."""

    chat: Annotated[str, Field(min_length=1, max_length=100)]
    wait: Annotated[int, Field(ge=0, le=45)] | None = None


async def ask(call: Call, asked: Ask) -> Reply:
    """Return the answer to a question, or the chat in which it is still being written."""
    begun = await _turn(call, asked)
    try:
        return await _answer(call, begun)
    except asyncio.CancelledError:
        # Whoever asked has gone: nobody is worked for.
        begun.turn.stop()
        raise


async def list_chats(call: Call, asked: Page) -> Reply:
    """Return the caller's chats, the latest activity first."""
    page = await call.core.chats.list(call.actor, PageAsked(number=asked.page or 1, size=LISTED))

    def text(_whole: bool) -> str:
        said = [
            f"{each.title} ({each.updated_at:%Y-%m-%d %H:%M}) [{each.id}]" for each in page.items
        ]
        return results.lines(f"{page.total} chats, the latest first", said)

    chats = [_head(each) for each in page.items]
    return Reply({"chats": chats, "total": page.total, "has_more": page.has_more}, text)


async def get_chat(call: Call, asked: Which) -> Reply:
    """Return a chat; an answer that is being written is waited for, if that is asked."""
    call.doing.append("waiting for the answer")
    chat_id = ChatId(asked.chat)
    if asked.wait:
        found = await call.core.chats.wait(call.actor, chat_id, asked.wait)
    else:
        found = await call.core.chats.get(call.actor, chat_id)
    return _conversation(found)


async def _turn(call: Call, asked: Ask) -> Asking:
    """Return the turn that answers, begun now or by an earlier call of the same."""
    from core.chats import Question  # noqa: PLC0415 - the core is open by now

    client = call.client
    if client is not None and client.state is not None:
        return _again(call, client)
    question = Question(
        text=asked.question,
        chat_id=None if asked.chat is None else ChatId(asked.chat),
        connection=asked.connection,
        kept=True,
    )
    if client is None or client.sampling is None or await _has_model(call):
        return Asking(await call.core.chats.ask(call.actor, question))
    from mcp_server import sampling  # noqa: PLC0415 - the library of models, for few clients

    tools = client.sampling.tools is not None
    if not client.modern:
        mind = sampling.mind(sampling.at_once(*client.line), tools=tools)
        return Asking(await call.core.chats.ask(call.actor, question, mind=mind), lent=True)
    rounds = sampling.Rounds(_whose(call))
    mind = sampling.mind(rounds.sample, tools=tools)
    turn = await call.core.chats.ask(call.actor, question, mind=mind)
    every = client.desk.rounds
    for id in [id for id, each in every.items() if each.turn.over]:
        del every[id]
    begun = every[turn.id] = Asking(turn, lent=True, rounds=rounds)
    return begun


async def _has_model(call: Call) -> bool:
    from core.models import ModelNotConfigured  # noqa: PLC0415 - as above

    try:
        await call.core.models.get(call.actor)
    except ModelNotConfigured:
        return False
    return True


def _again(call: Call, client: Client) -> Asking:
    """Return the turn that waits for what this call brings."""
    begun: Asking | None = client.desk.rounds.get(client.state or "")
    if begun is None or begun.rounds is None or begun.rounds.whose != _whose(call):
        raise AnswerFailed("That question waits no longer; ask it again.", "INTERRUPTED")
    begun.rounds.bring(client.brought)
    return begun


def _whose(call: Call) -> tuple[str, str]:
    return call.actor.organization_id, call.actor.member_id


async def _answer(call: Call, begun: Asking) -> Reply:
    """Return what a turn comes to.

    Raises:
        InputNeeded: the client is to lend its model, and to come again.
    """
    turn, rounds = begun.turn, begun.rounds
    hearing = asyncio.ensure_future(_hear(call, turn))
    needing = None if rounds is None else asyncio.ensure_future(rounds.needed(turn.id))
    try:
        tasks = {hearing} if needing is None else {hearing, needing}
        patience = PATIENCE if call.client is None else call.client.desk.patience
        await asyncio.wait(
            tasks,
            timeout=SAMPLED if begun.lent else patience,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if hearing.done():
            return hearing.result()
        if needing is not None and needing.done():
            raise InputNeeded(needing.result())
        return _later(turn)
    finally:
        for task in (hearing, needing):
            if task is not None:
                task.cancel()


async def _hear(call: Call, turn: "Turn") -> Reply:
    from core.chats import Done, Failed, ToolUsed, Working  # noqa: PLC0415 - as above

    async for event in turn:
        match event:
            case Working(status=status):
                call.doing.append(status)
            case ToolUsed(name=name):
                call.doing.append(f"using {name}")
            case Done(message=message):
                return await _told(call, turn, message)
            case Failed(failure=failure, message=message):
                said = f" So far: {message.content[:2000]}" if message.content else ""
                kept = f" The question is kept in chat {turn.chat_id}."
                raise AnswerFailed(f"{failure.error}{kept}{said}", failure.code)
    return _later(turn)


def _later(turn: "Turn") -> Reply:
    said = (
        "The answer is still being written. Call get_chat with "
        f"chat {turn.chat_id!r} and wait {PATIENCE:.0f}."
    )
    facts = {"chat": turn.chat_id, "message": turn.id, "status": "running", "answer": ""}
    return Reply(facts, lambda _whole: said)


async def _told(call: Call, turn: "Turn", message: "Message") -> Reply:
    facts = {"chat": turn.chat_id, **answer(message, views=call.views)}
    pictures = () if call.views else await _pictures(call, message)
    said = spoken(message)

    def text(whole: bool) -> str:
        return f"{said[: results.WHOLE if whole else results.HEAD * 2]}\n[chat {turn.chat_id}]"

    return Reply(facts, text, pictures)


async def _pictures(call: Call, message: "Message") -> tuple[bytes, ...]:
    """Return the charts of an answer as pictures; one that cannot be drawn is left out."""
    from core.charts import Chart  # noqa: PLC0415 - as above

    drawn = []
    for each in [each for each in message.visualizations if isinstance(each, Chart)][:2]:
        try:
            drawn.append(await call.core.drawing.png(each, scale=1.0))
        except CoreError:
            continue
    return tuple(drawn)


def answer(message: "Message", *, views: bool = False) -> dict[str, Any]:
    """Return an answer as it travels.

    Args:
        message: what was answered.
        views: whether the client shows interactive views, which need the charts' specifications.
    """
    from core.charts import Chart, Grid  # noqa: PLC0415 - as above

    tables = [_table(each) for each in message.visualizations if isinstance(each, Grid)]
    charts = [
        {"title": each.title, "chart_type": each.kind}
        | ({"vega_lite": each.vega_lite} if views else {})
        for each in message.visualizations
        if isinstance(each, Chart)
    ]
    statements = [
        {
            "result": each.result,
            "connection": each.connection,
            "sql": each.sql[:SQL],
            **({"query": each.title, "values": each.values} if each.query_id else {}),
            "row_count": each.row_count,
        }
        for each in message.statements
    ]
    return {
        "message": message.id,
        "status": message.status,
        "answer": message.content,
        "tables": tables,
        "charts": charts,
        "statements": statements,
    }


def spoken(message: "Message") -> str:
    """Return an answer as text: what was said, the heads of its tables, what it stands on."""
    from core.charts import Grid  # noqa: PLC0415 - as above

    parts = [message.content or f"({message.status})"]
    for each in message.visualizations:
        if isinstance(each, Grid):
            rows = [
                "\t".join(results.cell(value, results.WIDE) for value in row) for row in each.rows
            ]
            names = "\t".join(name for name, _type in each.columns)
            parts.append(results.lines(f"{each.title or 'Table'}\n{names}", rows[:ROWS]))
    parts += [
        f"{each.result}: {each.sql[:SQL]} (on {each.connection})" for each in message.statements
    ]
    if message.failure is not None:
        parts.append(f"{message.failure.code}: {message.failure.error}")
    return "\n\n".join(parts)


def _table(grid: Any) -> dict[str, Any]:
    rows: list[Any] = []
    room = BYTES
    for row in grid.rows[:ROWS]:
        room -= len(results.compact(row))
        if room < 0 and rows:
            break
        rows.append(row)
    return {
        "title": grid.title,
        "columns": [{"name": name, "type": type} for name, type in grid.columns],
        "rows": rows,
        "total_rows": grid.total,
        "truncated": grid.truncated or len(rows) < len(grid.rows),
    }


def _head(chat: "Chat") -> dict[str, Any]:
    return {
        "id": chat.id,
        "title": chat.title,
        "preview": chat.preview,
        "updated_at": f"{chat.updated_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _conversation(found: "Conversation") -> Reply:
    last = found.messages[-SAID:]
    running = any(each.status == "running" for each in last)

    def facts() -> Iterable[dict[str, Any]]:
        room = results.BYTES
        for each in reversed(last):
            told = {"role": each.side, "created_at": f"{each.created_at:%Y-%m-%dT%H:%M:%SZ}"}
            whole = told | answer(each)
            size = len(results.compact(whole))
            if size > room:
                # The newest are told whole; of older ones the text, as long as there is room.
                whole = told | {"message": each.id, "answer": each.content[: max(0, room)]}
                size = len(results.compact(whole))
            room -= size
            yield whole
            if room <= 0:
                return

    def text(whole: bool) -> str:
        said = [f"{each.side}: {spoken(each)}" for each in last]
        room = results.WHOLE if whole else 2 * results.HEAD
        return f"{found.chat.title} [{found.chat.id}]\n\n" + "\n\n".join(said)[-room:]

    told = list(facts())[::-1]
    body = {
        "chat": _head(found.chat),
        "status": "running" if running else "done",
        "messages": told,
        "left_out": len(found.messages) - len(told),
    }
    return Reply(body, text)


TOOLS = (
    Tool(
        name="ask",
        does="Have Trellis' own analyst answer a question in plain words; a chat id goes on there.",
        takes={"question": TEXT, "chat": TEXT, "connection": TEXT},
        needs=("question",),
        gives={"chat": TEXT, "status": TEXT, "answer": TEXT, "tables": LIST},
        arguments=Ask,
        run=ask,
        reads=False,
        repeatable=False,
        slow=True,
        rich=True,
        meta=META,
    ),
    Tool(
        name="list_chats",
        does="List your chats, the latest first.",
        takes={"page": COUNT},
        needs=(),
        gives={"chats": LIST},
        arguments=Page,
        run=list_chats,
    ),
    Tool(
        name="get_chat",
        does="Read a chat; wait up to 45 seconds for an answer that is being written.",
        takes={"chat": TEXT, "wait": COUNT},
        needs=("chat",),
        gives={"chat": OBJECT, "status": TEXT, "messages": LIST},
        arguments=Which,
        run=get_chat,
        slow=True,
    ),
)
