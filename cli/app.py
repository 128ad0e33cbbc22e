"""The terminal, assembled: each room is imported when somebody goes in."""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import typer

ROOMS = {
    "up": "Start everything in one process: REST and MCP on one port, Slack, Discord, the worker.",
    "api": "Start REST alone.",
    "mcp": "Start MCP alone: over stdio, or with --http on a port.",
    "slack": "Start Slack alone; install: the way in for another workspace.",
    "discord": "Start Discord alone.",
    "worker": "Start the worker alone, which runs pipelines and posts what is due.",
    "ask": "Ask a question in plain words; the answer comes as it is written.",
    "sql": "Run one read-only statement.",
    "query": "Saved queries: list, show, run, save, edit, delete.",
    "pipeline": "Graphs of tasks: validate, run, compile, list, show, cancel, save, schedule, …",
    "plan": "Pipelines that follow from each other: validate, run.",
    "notice": "Saved queries posted into channels: list, add, pause, resume, delete.",
    "connection": "Databases: add, list, test, discover, limit, remove.",
    "key": "API keys: create, list, revoke.",
    "member": "Members: add, list, role.",
    "link": "Slack and Discord: a code that says who you are there; list, remove.",
    "secret": "The keys that seal and sign: rotate.",
    "doctor": "Check settings, store, connections and tokens; say how to mend them.",
    "mcp-config": "Print the configuration to paste into an MCP client.",
}
CALLED = ("validate", "run", "compile")
"""Commands of `pipeline` that are known without it, too: the contract calls them so."""
ABOUT = "Ask your databases, read-only. Every reading command takes --json."


def main() -> NoReturn:
    """Run what was typed: exit code 0 is fine, 1 refused or failed, 2 bad usage."""
    words = sys.argv[1:]
    if words == ["mcp"]:
        # An assistant's client waits for this one: it goes without the parser of options.
        from cli.stdio import stdio  # noqa: PLC0415

        sys.exit(stdio())
    completing = "_TRELLIS_COMPLETE" in os.environ
    room = next((word for word in words if not word.startswith("-")), None)
    try:
        assemble(set(ROOMS) if completing else {room})()
    except SystemExit as end:
        sys.exit(_flushed(end.code))
    sys.exit(_flushed(0))


def assemble(wanted: set[str | None]) -> "typer.Typer":
    """Return the terminal with the rooms that are *wanted*; the others have a name and no more."""
    import typer  # noqa: PLC0415 - see `main`

    trellis = typer.Typer(help=ABOUT, no_args_is_help=True, pretty_exceptions_enable=False)

    @trellis.callback()
    def begin() -> None:
        # With a callback even a single room is called by its name.
        pass

    for name, help in ROOMS.items():
        room = name.replace("-", "_")
        offered = getattr(import_module(f"cli.{room}"), room) if name in wanted else _elsewhere
        if isinstance(offered, typer.Typer):
            alone = offered.info.invoke_without_command is True
            trellis.add_typer(offered, name=name, help=help, no_args_is_help=not alone)
        else:
            trellis.command(name, help=help)(offered)
    for name in CALLED:
        here = name in wanted
        offered = getattr(import_module("cli.pipeline"), f"{name}_pipeline") if here else _elsewhere
        trellis.command(name, hidden=True)(offered)
    return trellis


def _elsewhere() -> None:
    """Stand for a command that was not typed."""


def _flushed(code: object) -> int:
    """Return the exit code, once everything is out or nobody reads it any more."""
    try:
        sys.stdout.flush()
    except OSError:
        # As in `trellis query list | head -1`; the interpreter's own flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 1
