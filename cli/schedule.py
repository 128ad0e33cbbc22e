"""`trellis pipeline schedule`: saved pipelines that run again and again."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli import show
from cli.door import enter
from cli.objects import read_object
from cli.valid import valid
from core.app import Core
from core.identity import Actor
from core.page import PageAsked
from core.schedules import Schedule, ScheduleDraft

schedule = typer.Typer()

Ref = Annotated[
    str,
    typer.Argument(metavar="SCHEDULE", help="Its id, or its pipeline where it is the only one."),
]


@schedule.command("add")
def add_schedule(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a saved pipeline.")],
    when: Annotated[
        str, typer.Option(help="every Monday 9:00, daily 17:00, …, or five fields of cron.")
    ],
    zone: Annotated[str, typer.Option(help="A time zone, such as Europe/Berlin.")] = "UTC",
    inputs: Annotated[
        list[str] | None,
        typer.Option(help='{"name": value}, @file.json or name=value; may be given often.'),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Else the newest each time.")] = None,
    tenant: Annotated[str, typer.Option(help="Whose blackboard it is.")] = "default",
    json: show.Json = False,
) -> None:
    """Have a pipeline run: add sales --when "every Monday 9:00" --inputs year=2025."""
    values = read_object(inputs, "--inputs")

    async def verb(core: Core, actor: Actor) -> None:
        draft = valid(
            ScheduleDraft,
            name=name,
            version=version,
            when=when,
            zone=zone,
            inputs=values,
            tenant=tenant,
        )
        _said("Runs", await core.schedules.create(actor, draft), json=json)

    enter(verb)


@schedule.command("list")
def list_schedules(json: show.Json = False) -> None:
    """List what runs by itself."""

    async def verb(core: Core, actor: Actor) -> None:
        found = (await core.schedules.list(actor, PageAsked(size=None))).items
        if json:
            show.document([each.model_dump(mode="json") for each in found])
            return
        if not found:
            show.say("Nothing runs by itself yet; `trellis pipeline schedule add` has it run.")
            return
        names = ("pipeline", "when", "next", "last run", "by", "problem", "id")
        show.table([(name, "text") for name in names], [_row(each) for each in found])

    enter(verb)


@schedule.command("pause")
def pause_schedule(ref: Ref, json: show.Json = False) -> None:
    """Let a schedule rest until it is resumed."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.schedules.find(actor, ref)
        _said("Paused", await core.schedules.pause(actor, found.id), json=json)

    enter(verb)


@schedule.command("resume")
def resume_schedule(ref: Ref, json: show.Json = False) -> None:
    """Let a schedule run again, from its next time on."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.schedules.find(actor, ref)
        _said("Resumed", await core.schedules.resume(actor, found.id), json=json)

    enter(verb)


@schedule.command("delete")
def delete_schedule(ref: Ref) -> None:
    """Forget a schedule; its runs stay."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.schedules.find(actor, ref)
        await core.schedules.delete(actor, found.id)
        typer.echo(f"Deleted {show.shown(found.name)}, {found.said}")

    enter(verb)


def _said(done: str, made: Schedule, *, json: bool) -> None:
    if json:
        show.document(made.model_dump(mode="json"))
        return
    following = f"; next {_next(made)}" if made.next_at else ""
    typer.echo(f"{done} {show.shown(made.name)} {made.said} ({made.id}){following}")


def _row(each: Schedule) -> list[str]:
    return [
        each.name if each.version is None else f"{each.name} v{each.version}",
        f"{each.said}, {each.zone}",
        _next(each),
        each.last_run or "",
        each.created_by_name,
        each.problem or "",
        each.id,
    ]


def _next(each: Schedule) -> str:
    if each.next_at is None:
        return "paused"
    return f"{each.next_at.astimezone(ZoneInfo(each.zone)):%Y-%m-%d %H:%M}"
