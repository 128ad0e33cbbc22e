"""How a command ends that could not do what it was asked."""

from typing import NoReturn

import typer


def fail(*lines: str, code: int = 1) -> NoReturn:
    """Say what is wrong, in red and a line each, and end with an exit *code*."""
    for line in lines:
        typer.secho(" ".join(line.split()), fg="red", err=True)
    raise typer.Exit(code)
