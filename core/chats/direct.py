"""A saved query as the answer: its rows, a chart where one fits, and a line that sums them up."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from anyio import to_thread

from core.charts import Chart, ChartKind, ChartUnfit, grid, suggest
from core.chats.draft import ROWS, Draft
from core.chats.records import Cited
from core.chats.summary import shown, summary, value
from core.connections import Answer
from core.errors import CoreError
from core.identity import Actor
from core.queries import Queries, Query

VALUES = 10
"""Values of a list that are named."""


async def answer_by_query(
    queries: Queries,
    actor: Actor,
    draft: Draft,
    query: Query,
    parameters: Mapping[str, Any],
    *,
    connection: str | None,
    kind: ChartKind | None = None,
) -> None:
    """Run a saved query that has SQL, and write what it answers.

    Args:
        queries: runs it.
        actor: on whose behalf.
        draft: where it is written.
        query: what is run.
        parameters: the values of its parameters.
        connection: another one than it was saved for.
        kind: how its chart is drawn, if that was asked.

    Raises:
        Whatever `Queries.run` raises.
    """
    draft.working("processing")
    call = f"q{len(draft.statements) + 1}"
    draft.used(call, "run_query", {"query": query.title, "parameters": dict(parameters)})
    try:
        answer = await queries.run(actor, query.id, parameters=parameters, connection=connection)
    except CoreError as refusal:
        draft.returned(call, "run_query", refusal.message, is_error=True)
        raise
    draft.returned(call, "run_query", counted(answer))
    await write(draft, answer, query, parameters, kind=kind)


async def write(
    draft: Draft,
    answer: Answer,
    query: Query,
    parameters: Mapping[str, Any],
    *,
    kind: ChartKind | None = None,
) -> None:
    """Write a saved query's answer."""
    result = f"r{len(draft.statements) + 1}"
    whole = not _cut(answer)
    draft.cite(
        Cited(
            result=result,
            connection=answer.connection,
            sql=answer.sql,
            values=dict(parameters),
            written=query.sql if parameters else None,
            query_id=query.id,
            title=query.title,
            row_count=answer.row_count,
            truncated=not whole,
            lent=False,
        )
    )
    told = f"**{shown(query.title)}**{said(parameters)}"
    if not answer.rows:
        draft.say(f"{told}: no rows. Nothing in {shown(answer.connection)} fits")
        draft.say(" these values." if parameters else ".")
        return
    columns = [(column.name, column.type) for column in answer.columns]
    table = partial(
        grid,
        columns,
        answer.rows[:ROWS],
        title=query.title,
        total=answer.row_count if whole else None,
        truncated=not whole or answer.row_count > ROWS,
        result=result,
    )
    draft.show(table())
    # In a thread: the first one imports for most of a second, and long ones take a tenth.
    drawn = partial(suggest, columns, answer.rows, title=query.title, result=result, sql=answer.sql)
    chart, unfit = await to_thread.run_sync(_drawn, drawn, kind)
    if chart is not None:
        draft.show(chart)
    draft.say(f"{told}: {summary(answer, query.title, whole=whole)}")
    if unfit:
        draft.say(f" {unfit}")


def _drawn(draw: Callable[..., Chart | None], kind: ChartKind | None) -> tuple[Chart | None, str]:
    """Return a chart of the kind that was asked, else of one that fits, and why it is another."""
    if kind is None:
        return draw(), ""
    try:
        return draw(kind=kind), ""
    except ChartUnfit as refusal:
        why = refusal.message.strip().rstrip(".")
        return draw(), f"No {kind.value.replace('_', ' ')} chart of it: {why[:1].lower()}{why[1:]}."


def said(parameters: Mapping[str, Any]) -> str:
    """Return the values that a saved query ran with, in brackets."""
    told = ", ".join(f"{name} {_listed(each)}" for name, each in parameters.items())
    return f" ({told})" if told else ""


def counted(answer: Answer) -> str:
    """Return how many rows there are, in words."""
    if not answer.row_count:
        return "no rows"
    ending = "" if answer.row_count == 1 else "s"
    return f"{'the first ' if _cut(answer) else ''}{answer.row_count:,} row{ending}"


def _cut(answer: Answer) -> bool:
    return answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)


def _listed(given: Any) -> str:
    if isinstance(given, list | tuple):
        named = ", ".join(value(each) for each in given[:VALUES])
        return f"{named}, …" if len(given) > VALUES else named or "none"
    return value(given)
