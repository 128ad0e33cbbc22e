"""Pipelines and their runs, as the terminal tells them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import orjson
import typer

from cli import show
from cli.fail import fail
from core.errors import CoreError
from core.pipelines import (
    DocumentInvalid,
    Pipeline,
    PipelineInvalid,
    Run,
    RunEvent,
    RunResult,
    Saved,
    problems_of,
)
from core.pipelines.shown import shown

FAILED = 3
"""The exit code of a run that failed."""
ROWS = 50
"""Rows of one table that are shown; --json has them all."""
OUTPUT = 2_000
"""Characters of one task's output that are shown; --json has them all."""


def invalid(refusal: PipelineInvalid | DocumentInvalid, *, json: bool) -> NoReturn:
    """Say everything that is wrong with a definition, and end with exit code 1."""
    found = problems_of(refusal)
    if json:
        show.document({"ok": False, "errors": list(found), "message": "Validation failed"})
        raise typer.Exit(1)
    fail(*map(show.shown, found))


def failed(failure: CoreError, *, json: bool) -> NoReturn:
    """Say why a run failed, and end with exit code 3."""
    if json:
        show.document({"ok": False, "error": failure.message})
        raise typer.Exit(FAILED)
    fail(show.shown(failure.message), code=FAILED)


def came(result_: RunResult, *, json: bool) -> None:
    """Print what a run came to."""
    if json:
        events = [each.model_dump(exclude_none=True) for each in result_.events]
        show.document(result(result_) | {"events": events})
        return
    outputs(result_)
    tasks, waves = result_.tasks_executed, result_.waves_executed
    show.say(f"{tasks} task{_s(tasks)} in {waves} wave{_s(waves)}")


def heading(each: Run, values: Mapping[str, Any]) -> None:
    """Print what a run is, since when, with which values, and how it ended."""
    version = "" if each.version is None else f" v{each.version}"
    typer.echo(f"{each.id} of {show.shown(each.pipeline_id)}{version}: {each.state}")
    typer.echo(show.shown(each.goal))
    if values:
        given = [f"{name}={show.shown(value)[:80]}" for name, value in list(values.items())[:20]]
        typer.echo("with " + show.shown(", ".join(given)))
    moment = each.began_at or each.created_at
    said = "began" if each.began_at else "waits for a worker since"
    took = ""
    if each.began_at and each.ended_at:
        took = f", took {(each.ended_at - each.began_at).total_seconds():.1f} s"
    typer.echo(f"{said} {moment:%Y-%m-%d %H:%M:%S} UTC{took}")
    if each.error:
        typer.echo(show.shown(each.error))


def steps(each: Run, events: Iterable[RunEvent]) -> None:
    """Print what each task did, and which are at work."""
    last = {event.task_id: event for event in events}
    for id, event in last.items():
        if event.duration_ms is not None:
            done = "failed" if event.error else "done"
            said = f" {event.error}" if event.error else ""
            typer.echo(f"{id}: {done}, {event.duration_ms:.0f} ms{show.shown(said)}")
        elif not each.state.ended:
            typer.echo(f"{id}: running")


def outputs(result_: RunResult) -> None:
    """Print what each task gave back, for people: rows as tables."""
    for id, value in result_.outputs.items():
        show.out.print(f"{id}:", style="bold", markup=False)
        found = shown(value, ROWS)
        for each in found.tables:
            if each.title:
                typer.echo(show.shown(each.title))
            show.table(each.columns, each.rows)
            if each.total > len(each.rows):
                typer.echo(f"… {each.total - len(each.rows):,} more rows; --json has them all")
        if not found.tables or found.rest is not None:
            _print(found.rest)


def _print(value: Any) -> None:
    text = value if isinstance(value, str) else _lines(value)
    cut = f"\n… {len(text) - OUTPUT:,} more characters; --json has them all"
    said = text[:OUTPUT] + (cut if len(text) > OUTPUT else "")
    for line in said.split("\n"):
        typer.echo(f"  {show.shown(line)}".rstrip())


def _lines(value: Any) -> str:
    """Return a value as text: what is nested as JSON, names with plain values a line each."""
    if not isinstance(value, dict) or any(isinstance(each, dict | list) for each in value.values()):
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return "\n".join(f"{name}: {_told(each)}" for name, each in value.items())


def _told(value: Any) -> str:
    """Return a plain value; a text of several lines stands below its name."""
    if not isinstance(value, str):
        return show.shown(value)
    return value if "\n" not in value else "".join(f"\n  {line}" for line in value.split("\n"))


def left(started: Run, *, json: bool) -> None:
    """Say that a run was left for a worker."""
    if json:
        show.document({"run_id": started.id, "status": started.state})
        return
    typer.echo(started.id)
    show.say(f"It waits for a worker: `trellis up`. See `trellis pipeline show {started.id}`")


def run(each: Run) -> dict[str, Any]:
    """Return a run without what it came to, in the words of the API."""
    told = each.model_dump(mode="json", exclude={"result", "organization_id", "state", "tenant"})
    return {"run_id": told.pop("id"), "status": each.state, "tenant_id": each.tenant, **told}


def run_row(each: Run) -> list[str]:
    """Return a run as a row of a table."""
    took = "" if not (each.began_at and each.ended_at) else each.ended_at - each.began_at
    name = each.pipeline_id if each.version is None else f"{each.pipeline_id} v{each.version}"
    return [
        each.id,
        name,
        each.state,
        f"{each.began_at or each.created_at:%Y-%m-%d %H:%M:%S}",
        took if isinstance(took, str) else f"{took.total_seconds():.1f}",
        each.error or "",
    ]


def result(result_: RunResult) -> dict[str, Any]:
    """Return what a run came to, in the words of the API."""
    return {
        "outputs": result_.outputs,
        "waves_executed": result_.waves_executed,
        "tasks_executed": result_.tasks_executed,
    }


def saved(each: Saved) -> dict[str, Any]:
    """Return a saved pipeline without its text."""
    return each.model_dump(mode="json", exclude={"organization_id", "text"})


def saved_row(each: Saved) -> list[str]:
    """Return a saved pipeline as a row of a table."""
    return [
        each.name,
        str(each.version),
        each.goal,
        ", ".join(name + ("" if one.required else "?") for name, one in each.params.items()),
        f"{each.saved_at:%Y-%m-%d %H:%M}",
        each.saved_by_name,
    ]


def stats_of(read: Pipeline) -> dict[str, Any]:
    """Return what the contract tells of a pipeline that is valid."""
    keys = [task.inputs.get("key") for task in read.tasks if task.tool == "store"]
    return {
        "id": read.id,
        "goal": read.goal,
        "tasks": len(read.tasks),
        "tools": sorted({task.tool for task in read.tasks}),
        "inputs_count": len(read.inputs),
        "store_keys": sorted({str(key) for key in keys if key is not None}),
        "waves": len(read.waves),
        "wave_sizes": [len(wave) for wave in read.waves],
        "fan_out_tasks": sum(task.parallel_over is not None for task in read.tasks),
        "total_retries": sum(task.retry for task in read.tasks),
    }


def write(path: Path, text: str) -> None:
    """Write a file.

    Raises:
        typer.BadParameter: it cannot be written.
    """
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error}") from None


def _s(count: int) -> str:
    return "" if count == 1 else "s"
