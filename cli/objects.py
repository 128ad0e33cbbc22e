"""Names and values for pipelines, as people type them, and definitions that they keep in files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import typer

from core.connections.template import read_value

LONGEST = 16 * 1024 * 1024
"""Bytes of a file that is read."""


def read_object(typed: Sequence[str] | None, option: str) -> dict[str, Any]:
    """Return the names and values of an option: `{"a": 1}`, `@file.json` or `a=1`, also mixed.

    Raises:
        typer.BadParameter: it is none of these, or a name has two values.
    """
    found: dict[str, Any] = {}
    for each in typed or ():
        for name, value in _one(each, option).items():
            if name in found:
                raise typer.BadParameter(f"{option}: {name} is given twice")
            found[name] = value
    return found


def read_file(path: Path) -> str:
    """Return the text of a file; `-` is stdin.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    if str(path) == "-":
        return sys.stdin.read()
    try:
        if path.stat().st_size > LONGEST:
            raise typer.BadParameter(f"{path} is larger than {LONGEST // 1024 // 1024} MiB")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}") from None


def _one(text: str, option: str) -> dict[str, Any]:
    text = text.strip()
    if text.startswith(("{", "@")):
        source = read_file(Path(text[1:])) if text.startswith("@") else text
        return _json(source, option)
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        said = f'{option}: {text!r} is not {{"name": value}}, @file.json or name=value'
        raise typer.BadParameter(said)
    return {name.strip(): read_value(value)}


def _json(text: str, option: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{option}: this is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{option}: it is names with values, as in {{'year': 2025}}")
    return found
