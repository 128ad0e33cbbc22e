"""`trellis notice`: saved queries that are posted into channels, again and again."""

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli import show
from cli.door import enter
from cli.sql import Connection
from cli.valid import valid
from cli.values import Values, read_values
from core.app import Core
from core.identity import Actor, Surface
from core.notices import Notice, NoticeDraft
from core.page import PageAsked

notice = typer.Typer()


class Platform(StrEnum):
    """Where something can be posted."""

    SLACK = "slack"
    DISCORD = "discord"


Ref = Annotated[str, typer.Argument(metavar="NOTICE", help="Its id, or its query's title.")]


@notice.command("list")
def list_notices(json: show.Json = False) -> None:
    """List the notices: yours and those in open channels; an admin sees all."""

    async def verb(core: Core, actor: Actor) -> None:
        found = (await core.notices.list(actor, PageAsked(size=None))).items
        if json:
            show.records(found)
            return
        if not found:
            show.say("Nothing is posted by itself yet; `trellis notice add` has it posted.")
            return
        names = ("title", "when", "where", "next", "by", "problem", "id")
        show.table([(name, "text") for name in names], [_row(each) for each in found])

    enter(verb)


@notice.command("add")
def add_notice(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Its title or id.")],
    values: Values = None,
    *,
    when: Annotated[
        str, typer.Option(help="every Monday 9:00, daily 17:00, …, or five fields of cron.")
    ],
    on: Annotated[Platform, typer.Option(help="Where.")],
    channel: Annotated[str, typer.Option(help="The platform's own id of the channel.")],
    workspace: Annotated[
        str | None, typer.Option(help="The platform's own id, where there are several.")
    ] = None,
    called: Annotated[str, typer.Option(help="What people call the channel.")] = "",
    zone: Annotated[str, typer.Option(help="A time zone, such as Europe/Berlin.")] = "UTC",
    connection: Connection = None,
    json: show.Json = False,
) -> None:
    """Have a query posted: add "Monthly revenue" year=2026 --when "every Monday 9:00" …."""
    parameters = read_values(values)

    async def verb(core: Core, actor: Actor) -> None:
        draft = valid(
            NoticeDraft,
            query=query,
            parameters=parameters,
            connection=connection,
            when=when,
            zone=zone,
            spot=await core.notices.where(actor, Surface(on), channel, workspace),
            channel_name=called,
        )
        _said("Posted", await core.notices.create(actor, draft), json=json)

    enter(verb)


@notice.command("pause")
def pause_notice(ref: Ref, json: show.Json = False) -> None:
    """Let a notice rest until it is resumed."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.notices.find(actor, ref)
        _said("Paused", await core.notices.pause(actor, found.id), json=json)

    enter(verb)


@notice.command("resume")
def resume_notice(ref: Ref, json: show.Json = False) -> None:
    """Let a notice come again, from its next time on."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.notices.find(actor, ref)
        _said("Resumed", await core.notices.resume(actor, found.id), json=json)

    enter(verb)


@notice.command("delete")
def delete_notice(ref: Ref) -> None:
    """Forget a notice."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.notices.find(actor, ref)
        await core.notices.delete(actor, found.id)
        typer.echo(f"Deleted {show.shown(found.title)}")

    enter(verb)


def _said(done: str, made: Notice, *, json: bool) -> None:
    if json:
        show.document(made.model_dump(mode="json"))
        return
    following = f"; next {_next(made)}" if made.next_at else ""
    typer.echo(f"{done} {show.shown(made.title)} {made.said} ({made.id}){following}")


def _row(each: Notice) -> list[str]:
    where = f"{each.surface} {f'#{each.channel_name}' if each.channel_name else each.channel}"
    return [
        each.title,
        f"{each.said}, {each.zone}",
        where,
        _next(each),
        each.created_by_name,
        each.problem or "",
        each.id,
    ]


def _next(each: Notice) -> str:
    if each.next_at is None:
        return "paused"
    return f"{each.next_at.astimezone(ZoneInfo(each.zone)):%Y-%m-%d %H:%M}"
