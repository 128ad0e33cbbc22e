"""`trellis connection`: customers' databases."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from cli import show
from cli.door import enter
from cli.valid import valid
from core.app import Core
from core.connections import Connection, ConnectionDraft, ConnectionFailed, Status
from core.connections.address import FILES, parse
from core.identity import Actor, Audience, Role
from core.page import PageAsked

connection = typer.Typer()

TOLD = (
    "The widest it may be told to: its asker alone, a private channel, everybody of a workspace "
    "(public), or channels shared with people outside."
)
Ref = Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name or id.")]


@connection.command("add")
def add_connection(
    name: str,
    url: Annotated[
        str,
        typer.Argument(
            help="sqlite:///file.db, duckdb:///file.duckdb, postgresql://user:password@host/name, "
            "mysql://… or mariadb://…; - asks for it, so that no password stays in the history."
        ),
    ],
    description: Annotated[str | None, typer.Option(help="What is in it.")] = None,
    role: Annotated[
        str | None, typer.Option(help="PostgreSQL: the role every statement runs as.")
    ] = None,
    max_rows: Annotated[int | None, typer.Option(min=1, help="A lower ceiling.")] = None,
    max_bytes: Annotated[int | None, typer.Option(min=1024, help="A lower ceiling.")] = None,
    timeout: Annotated[float | None, typer.Option(help="A lower ceiling, in seconds.")] = None,
    least: Annotated[Role, typer.Option(help="The least role that sees it.")] = Role.VIEWER,
    audience: Annotated[Audience, typer.Option(help=TOLD)] = Audience.PUBLIC,
    untested: Annotated[
        bool, typer.Option("--untested", help="Keep it even if it does not answer now.")
    ] = False,
    json: show.Json = False,
) -> None:
    """Add a database, once it answers."""
    typed = url
    if url == "-":
        typed = typer.prompt("Address", hide_input=True, err=True) if sys.stdin.isatty() else ""
        typed = typed or sys.stdin.readline()

    async def verb(core: Core, actor: Actor) -> None:
        draft = valid(
            ConnectionDraft,
            name=name,
            url=SecretStr(_absolute(typed.strip())),
            description=description,
            role=role,
            max_rows=max_rows,
            max_bytes=max_bytes,
            timeout=timeout,
            least=least,
            audience=audience,
        )
        added = await core.connections.add(actor, draft)
        if not untested:
            try:
                health = await core.connections.test(actor, added.id)
            except BaseException as error:
                await core.connections.remove(actor, added.id)
                if isinstance(error, ConnectionFailed):
                    why = error.message.rstrip(".")
                    words = f"{why}. Nothing was added; --untested adds it all the same."
                    raise ConnectionFailed(words) from None
                raise
            for warning in health.warnings:
                show.say(f"Warning: {warning}")
        if json:
            show.document((await core.connections.get(actor, added.id)).model_dump(mode="json"))
            return
        typer.echo(f"Added {show.shown(added.name)} ({added.dialect}, {added.id})")

    enter(verb)


@connection.command("list")
def list_connections(json: show.Json = False) -> None:
    """List the databases that can be asked."""

    async def verb(core: Core, actor: Actor) -> None:
        page = await core.connections.list(actor, PageAsked(size=None))
        if json:
            show.records(page.items)
            return
        show.table(
            [
                ("name", "text"),
                ("dialect", "text"),
                ("address", "text"),
                ("status", "text"),
                ("tables", "integer"),
                ("limits", "text"),
            ],
            [
                [each.name, each.dialect, each.address, _status(each), each.tables, _limits(each)]
                for each in page.items
            ],
        )

    enter(verb)


@connection.command("test")
def check_connection(ref: Ref, json: show.Json = False) -> None:
    """Ask a database whether it answers, and what rights its login has too many."""

    async def verb(core: Core, actor: Actor) -> None:
        health = await core.connections.test(actor, ref)
        if json:
            show.document(health.model_dump(mode="json"))
            return
        for warning in health.warnings:
            show.say(f"Warning: {warning}")
        typer.echo(f"{ref} answers in {health.latency_ms:.1f} ms: {show.shown(health.version)}")

    enter(verb)


@connection.command("discover")
def discover_connection(ref: Ref, json: show.Json = False) -> None:
    """Read a database's tables, columns and keys anew."""

    async def verb(core: Core, actor: Actor) -> None:
        # Imported here: no other command draws a bar.
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=show.err, transient=True, disable=not show.err.is_terminal) as bar:
            task = bar.add_task(f"Reading {ref}", total=None)
            found = await core.connections.discover(
                actor, ref, lambda done, total: bar.update(task, completed=done, total=total)
            )
        if json:
            show.document(found.model_dump(mode="json"))
            return
        typer.echo(f"{show.shown(found.name)} has {found.tables} tables and views")

    enter(verb)


@connection.command("limit")
def limit_connection(
    ref: Ref,
    least: Annotated[Role | None, typer.Option(help="The least role that sees it.")] = None,
    audience: Annotated[Audience | None, typer.Option(help=TOLD)] = None,
    json: show.Json = False,
) -> None:
    """Say which roles see a database, and who may hear what it answers."""
    if least is None and audience is None:
        raise typer.BadParameter("give --least, --audience, or both")

    async def verb(core: Core, actor: Actor) -> None:
        limited = await core.connections.limit(actor, ref, least=least, audience=audience)
        if json:
            show.document(limited.model_dump(mode="json"))
            return
        said = f"from {limited.least} up, told to {limited.audience} at most"
        typer.echo(f"Limited {show.shown(limited.name)}: {said}")

    enter(verb)


@connection.command("remove")
def remove_connection(ref: Ref) -> None:
    """Forget a database; nothing happens to the database itself."""

    async def verb(core: Core, actor: Actor) -> None:
        gone = await core.connections.remove(actor, ref)
        typer.echo(f"Removed {show.shown(gone.name)}")

    enter(verb)


def _limits(each: Connection) -> str:
    """Return what differs from what holds for others."""
    limits = [] if each.least is Role.VIEWER else [f"from {each.least} up"]
    limits += [] if each.audience is Audience.PUBLIC else [f"told to {each.audience}"]
    return ", ".join(limits)


def _status(each: Connection) -> str:
    if each.status is Status.ERROR:
        return f"error: {each.problem or 'unknown'}"
    return f"{each.status}, with too many rights" if each.warnings else each.status


def _absolute(url: str) -> str:
    """Return the address of a file as seen from anywhere: the server may run in another folder."""
    address = parse(url)
    if address.dialect not in FILES or address.path.is_absolute():
        return url
    path = Path.cwd() / address.path
    return make_url(url).set(database=str(path)).render_as_string(hide_password=False)
