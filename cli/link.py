"""`trellis link`: who you are on Slack and Discord."""

from typing import Annotated

import typer

from cli import show
from cli.door import enter
from core.app import Core
from core.identity import Actor, Surface

link = typer.Typer(invoke_without_command=True)


@link.callback()
def make_code(context: typer.Context, json: show.Json = False) -> None:
    """Print a code that links you on Slack or Discord; it is good once, for ten minutes."""
    if context.invoked_subcommand is not None:
        return

    async def verb(core: Core, actor: Actor) -> None:
        made = await core.links.code(actor)
        code = made.code.get_secret_value()
        if json:
            show.document({"code": code, "expires_at": made.expires_at})
            return
        show.say(f"Within ten minutes, type /link {code} on Discord or /trellis link {code} in")
        show.say("Slack. Whoever types it asks as you.")
        typer.echo(code)

    enter(verb)


@link.command("list")
def list_links(json: show.Json = False) -> None:
    """List who is linked to you; an admin sees everybody's."""

    async def verb(core: Core, actor: Actor) -> None:
        found = await core.links.list(actor)
        if json:
            show.records(found.items)
            return
        columns = ("platform", "workspace", "person", "name", "member", "since")
        show.table(
            [(name, "text") for name in columns],
            [
                [
                    each.surface,
                    each.workspace,
                    each.person,
                    each.name,
                    each.member_id,
                    f"{each.created_at:%Y-%m-%d}",
                ]
                for each in found.items
            ],
        )

    enter(verb)


@link.command("remove")
def remove_link(
    platform: Annotated[Surface, typer.Argument(help="slack or discord.")],
    person: Annotated[str, typer.Argument(help="The platform's id of them, as `list` has it.")],
) -> None:
    """Forget who a person is."""

    async def verb(core: Core, actor: Actor) -> None:
        for each in await core.links.unlink(actor, platform, person):
            typer.echo(f"Removed {show.shown(each.name or each.person)} ({each.surface})")

    enter(verb)
