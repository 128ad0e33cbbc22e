"""`trellis key`: API keys."""

from typing import Annotated

import typer

from cli import show
from cli.door import enter
from core.app import Core
from core.identity import Actor

key = typer.Typer()


@key.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Without it, the key does not expire.")
    ] = None,
    json: show.Json = False,
) -> None:
    """Create an API key; it is shown this once."""

    async def verb(core: Core, actor: Actor) -> None:
        record, secret = await core.identity.create_key(
            actor, name, expires_in_days=expires_in_days
        )
        if json:
            shown = {"id": record.id, "name": record.name, "prefix": record.prefix}
            show.document(shown | {"key": secret.get_secret_value()})
            return
        show.say("Keep it safe: it is shown this once.")
        typer.echo(secret.get_secret_value())

    enter(verb)


@key.command("list")
def list_keys(json: show.Json = False) -> None:
    """List your API keys; an admin sees everybody's."""

    async def verb(core: Core, actor: Actor) -> None:
        keys = await core.identity.list_keys(actor)
        if json:
            show.records(keys)
            return
        columns = [("name", "text"), ("prefix", "text"), ("created", "text")]
        columns += [("expires", "text"), ("last used", "text"), ("revoked", "text")]
        show.table(
            columns,
            [
                [
                    each.name,
                    each.prefix,
                    *(
                        "" if at is None else f"{at:%Y-%m-%d %H:%M}"
                        for at in (
                            each.created_at,
                            each.expires_at,
                            each.last_used_at,
                            each.revoked_at,
                        )
                    ),
                ]
                for each in keys
            ],
        )

    enter(verb)


@key.command("revoke")
def revoke_key(
    ref: Annotated[str, typer.Argument(metavar="KEY", help="Its name, prefix or id.")],
) -> None:
    """Let a key open nothing from now on."""

    async def verb(core: Core, actor: Actor) -> None:
        gone = await core.identity.revoke_key(actor, ref)
        typer.echo(f"Revoked {show.shown(gone.name)} ({gone.prefix}…)")

    enter(verb)
