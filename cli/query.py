"""`trellis query`: saved queries."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import show
from cli.door import enter
from cli.fail import fail
from cli.sql import Connection, Cursor, Limit
from cli.valid import valid
from cli.values import Values, read_values
from core.app import Core
from core.identity import Actor
from core.page import PageAsked
from core.queries import Query, QueryChange, QueryDraft

query = typer.Typer()

Ref = Annotated[str, typer.Argument(metavar="QUERY", help="Its title or id.")]
Sql = Annotated[str | None, typer.Option(help="With {{parameters}}.")]
File = Annotated[
    Path | None, typer.Option("--file", "-f", help="Read the SQL from a file; - is stdin.")
]
Description = Annotated[str | None, typer.Option(help="What it answers, for those who search.")]
Keyword = Annotated[list[str] | None, typer.Option(help="May be given often.")]


@query.command("list")
def list_queries(
    words: Annotated[
        list[str] | None, typer.Argument(help="What it is about; the nearest come first.")
    ] = None,
    json: show.Json = False,
) -> None:
    """List the saved queries, by title, or those nearest to some words."""

    async def verb(core: Core, actor: Actor) -> None:
        if words:
            found = await core.queries.search(actor, " ".join(words))
        else:
            found = (await core.queries.list(actor, PageAsked(size=None))).items
        if json:
            show.records(found)
            return
        if not found:
            show.say("No saved query is like that." if words else "No query is saved yet.")
            return
        names = ("title", "parameters", "connection", "keywords", "updated", "by")
        known = await _connections(core, actor)
        rows = [_row(each, known.get(each.connection_id or "", "")) for each in found]
        show.table([(name, "text") for name in names], rows)

    enter(verb)


@query.command("show")
def show_query(ref: Ref, json: show.Json = False) -> None:
    """Show one saved query, SQL and all."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.queries.find(actor, ref)
        if json:
            show.document(found.model_dump(mode="json"))
            return
        for name in ("title", "id", "prompt", "description"):
            if value := getattr(found, name):
                typer.echo(f"{name}: {show.shown(value)}")
        for name in ("keywords", "parameters"):
            if values := getattr(found, name):
                typer.echo(f"{name}: {show.shown(', '.join(values))}")
        known = await _connections(core, actor)
        where = known.get(found.connection_id or "", "whichever it is run on")
        typer.echo(f"connection: {show.shown(where)}")
        typer.echo(f"updated: {found.updated_at:%Y-%m-%d %H:%M} by {found.last_updated_by_name}")
        typer.echo(f"\n{found.sql}" if found.sql else "\nIt has no SQL: its prompt needs a model.")

    enter(verb)


@query.command("run")
def run_query(
    ref: Ref,
    values: Values = None,
    connection: Connection = None,
    limit: Limit = None,
    cursor: Cursor = None,
    as_csv: show.Csv = False,
    json: show.Json = False,
) -> None:
    """Run a saved query: trellis query run "Monthly revenue" year=2025 region=EU."""
    parameters = read_values(values)

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.queries.run(
            actor,
            ref,
            parameters=parameters,
            connection=connection,
            limit=limit,
            cursor=cursor,
        )
        show.answer(found, json=json, as_csv=as_csv)

    enter(verb)


@query.command("save")
def save_query(
    title: str,
    prompt: Annotated[
        str | None, typer.Argument(help="The question in words; the title by default.")
    ] = None,
    sql: Sql = None,
    file: File = None,
    description: Description = None,
    keyword: Keyword = None,
    connection: Connection = None,
    json: show.Json = False,
) -> None:
    """Save a question and, where there is one, the SQL that answers it."""
    text = _sql(sql, file)

    async def verb(core: Core, actor: Actor) -> None:
        draft = valid(
            QueryDraft,
            title=title,
            prompt=prompt or title,
            sql=text,
            description=description,
            keywords=tuple(keyword or ()),
            connection=connection,
        )
        _said("Saved", await core.queries.create(actor, draft), json=json)

    enter(verb)


@query.command("edit")
def edit_query(
    ref: Ref,
    title: Annotated[str | None, typer.Option(help="Another title.")] = None,
    prompt: Annotated[str | None, typer.Option(help="Another question in words.")] = None,
    sql: Sql = None,
    file: File = None,
    no_sql: Annotated[bool, typer.Option("--no-sql", help="Make it prompt-only.")] = False,
    description: Description = None,
    keyword: Keyword = None,
    connection: Connection = None,
    json: show.Json = False,
) -> None:
    """Rewrite what is given; with nothing given, open the SQL in $EDITOR."""
    given = {
        "title": title,
        "prompt": prompt,
        "sql": _sql(sql, file),
        "description": description,
        "keywords": tuple(keyword) if keyword else None,
        "connection": connection,
    }
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if no_sql:
        if "sql" in fields:
            raise typer.BadParameter("--no-sql and an SQL text exclude each other")
        fields["sql"] = None

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.queries.find(actor, ref)
        change = valid(QueryChange, **(fields or _edited(found)))
        _said("Updated", await core.queries.update(actor, found.id, change), json=json)

    enter(verb)


@query.command("delete")
def delete_query(ref: Ref) -> None:
    """Forget a saved query."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.queries.find(actor, ref)
        await core.queries.delete(actor, found.id)
        typer.echo(f"Deleted {show.shown(found.title)}")

    enter(verb)


async def _connections(core: Core, actor: Actor) -> dict[str, str]:
    every = await core.connections.list(actor, PageAsked(size=None))
    return {each.id: each.name for each in every.items}


def _row(each: Query, connection: str) -> list[str]:
    return [
        each.title,
        ", ".join(each.parameters),
        connection,
        ", ".join(each.keywords),
        f"{each.updated_at:%Y-%m-%d %H:%M}",
        each.last_updated_by_name,
    ]


def _said(done: str, saved: Query, *, json: bool) -> None:
    if json:
        show.document(saved.model_dump(mode="json"))
        return
    wanted = f", parameters: {', '.join(saved.parameters)}" if saved.parameters else ""
    typer.echo(f"{done} {show.shown(saved.title)} ({saved.id}){wanted}")


def _sql(sql: str | None, file: Path | None) -> str | None:
    if sql is not None and file is not None:
        raise typer.BadParameter("--sql and --file exclude each other")
    if file is None:
        return sql
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}") from None


def _edited(found: Query) -> dict[str, str]:
    """Return what a person makes of the SQL, or of the prompt where there is none."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        fail("Nothing to change: give --title, --prompt, --sql, --file …, or set EDITOR.")
    field, ending = ("sql", ".sql") if found.sql is not None else ("prompt", ".txt")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"query{ending}"
        file.write_text(getattr(found, field) + "\n", "utf-8")
        done = subprocess.run([*shlex.split(editor or ""), str(file)], check=False)  # noqa: S603
        if done.returncode:
            fail(f"{editor} ended with {done.returncode}; nothing was changed.")
        return {field: file.read_text("utf-8").strip()}
