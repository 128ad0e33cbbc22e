"""`trellis member`: who belongs to the organization."""

from typing import Annotated

import typer

from cli import show
from cli.door import enter
from core.app import Core
from core.identity import Actor, Member, Role

member = typer.Typer()


@member.command("add")
def add_member(
    email: str,
    name: Annotated[str | None, typer.Option(help="The name before the @ by default.")] = None,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.ANALYST,
    json: show.Json = False,
) -> None:
    """Add a member."""

    async def verb(core: Core, actor: Actor) -> None:
        added = await core.identity.add_member(
            actor, name=name or email.partition("@")[0], email=email, role=role
        )
        _said("Added", added, json=json)

    enter(verb)


@member.command("list")
def list_members(json: show.Json = False) -> None:
    """List the members."""

    async def verb(core: Core, actor: Actor) -> None:
        members = await core.identity.list_members(actor)
        if json:
            show.records(members)
            return
        show.table(
            [("email", "text"), ("name", "text"), ("role", "text"), ("since", "text")],
            [[each.email, each.name, each.role, f"{each.created_at:%Y-%m-%d}"] for each in members],
        )

    enter(verb)


@member.command("role")
def change_role(
    ref: Annotated[str, typer.Argument(metavar="MEMBER", help="E-mail address or id.")],
    role: Role,
    json: show.Json = False,
) -> None:
    """Give a member another role."""

    async def verb(core: Core, actor: Actor) -> None:
        _said("Changed", await core.identity.change_role(actor, ref, role), json=json)

    enter(verb)


def _said(done: str, who: Member, *, json: bool) -> None:
    if json:
        show.document(who.model_dump(mode="json"))
        return
    typer.echo(f"{done} {show.shown(who.email)}: {who.role}")
