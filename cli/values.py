"""Values as people type them: `year=2025 region=EU`."""

from typing import Annotated, Any

import typer

from core.connections.template import read_value

Values = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...",
        help="A value for each {{placeholder}}: numbers, true, false, null, dates, lists "
        "such as ids=[1,2], or text; 2025 in double quotes stays text.",
    ),
]


def read_values(typed: list[str] | None) -> dict[str, Any]:
    """Return the values that were typed, by name.

    Raises:
        typer.BadParameter: one has no name, or a name has two values.
    """
    values: dict[str, Any] = {}
    for each in typed or ():
        name, sign, text = each.partition("=")
        name = name.strip()
        if not sign or not name:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE, such as year=2025")
        if name in values:
            raise typer.BadParameter(f"{name} is given twice")
        values[name] = read_value(text)
    return values
