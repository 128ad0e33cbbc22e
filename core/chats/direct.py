"""A saved query as the answer: its rows, a chart where one fits, and a line that sums them up."""

from typing import Any

from core.charts import grid, suggest
from core.chats.draft import Draft
from core.chats.records import Cited
from core.connections import Answer
from core.identity import Actor
from core.queries import Queries, Query

HEAD = 500
"""Rows that are shown and kept; the whole is a run of the query away."""


async def answer_by_query(
    queries: Queries,
    actor: Actor,
    draft: Draft,
    query: Query,
    parameters: dict[str, Any],
    *,
    connection: str | None,
) -> None:
    """Run a saved query that has SQL, and write what it answers.

    Raises:
        Whatever `Queries.run` raises.
    """
    draft.working("processing")
    call = "q1"
    draft.used(call, "run_query", {"query": query.title, "parameters": parameters})
    answer = await queries.run(actor, query.id, parameters=parameters, connection=connection)
    draft.returned(call, "run_query", counted(answer))
    write(draft, answer, query, parameters)


def write(draft: Draft, answer: Answer, query: Query, parameters: dict[str, Any]) -> None:
    """Write a saved query's answer."""
    result = f"r{len(draft.statements) + 1}"
    cut = answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)
    draft.cite(
        Cited(
            result=result,
            connection=answer.connection,
            sql=answer.sql,
            values=parameters,
            query_id=query.id,
            title=query.title,
            row_count=answer.row_count,
            truncated=cut,
        )
    )
    columns = [(column.name, column.type) for column in answer.columns]
    if answer.rows:
        draft.show(
            grid(
                columns,
                answer.rows[:HEAD],
                title=query.title,
                total=None if cut else answer.row_count,
                truncated=cut or answer.row_count > HEAD,
                result=result,
            )
        )
        chart = suggest(columns, answer.rows, title=query.title, result=result)
        if chart is not None:
            draft.show(chart)
    values = ", ".join(f"{name} = {value}" for name, value in parameters.items())
    draft.say(f"**{query.title}**" + (f" ({values})" if values else "") + f": {counted(answer)}.")


def counted(answer: Answer) -> str:
    """Return how many rows there are, in words."""
    if not answer.row_count:
        return "no rows"
    cut = answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)
    return (
        f"{'the first ' if cut else ''}{answer.row_count} row{'' if answer.row_count == 1 else 's'}"
    )
