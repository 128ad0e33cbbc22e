"""`trellis sql`: one guarded statement."""

import sys
from typing import Annotated

import typer

from cli import show
from cli.door import enter
from cli.values import Values, read_values
from core.app import Core
from core.identity import Actor

Connection = Annotated[
    str | None,
    typer.Option("--connection", "-c", help="Its name or id; not needed where there is one."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="How many rows at most.")]
Cursor = Annotated[str | None, typer.Option(help="Go on after an answer that was cut.")]


def sql(
    statement: Annotated[str, typer.Argument(help="One statement that reads; - reads stdin.")],
    values: Values = None,
    connection: Connection = None,
    limit: Limit = None,
    cursor: Cursor = None,
    as_csv: show.Csv = False,
    json: show.Json = False,
) -> None:
    """Run one read-only statement: trellis sql "SELECT * FROM t WHERE y = {{year}}" year=2025."""
    text = sys.stdin.read() if statement == "-" else statement
    parameters = read_values(values)

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.connections.run(
            actor,
            connection,
            text,
            parameters=parameters,
            limit=limit,
            cursor=cursor,
        )
        show.answer(found, json=json, as_csv=as_csv)

    enter(verb)
