"""Pipelines and their runs, as the terminal tells them."""

from pathlib import Path
from typing import Any, NoReturn

import orjson
import typer

from cli import show
from cli.fail import fail
from core.errors import CoreError
from core.pipelines import DocumentInvalid, Pipeline, PipelineInvalid, Run, RunResult, Saved

FAILED = 3
"""The exit code of a run that failed."""
OUTPUT = 2_000
"""Characters of one task's output that are shown; --json has them all."""


def invalid(refusal: PipelineInvalid | DocumentInvalid, *, json: bool) -> NoReturn:
    """Say everything that is wrong with a definition, and end with exit code 1."""
    found = refusal.problems if isinstance(refusal, PipelineInvalid) else (refusal.message,)
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


def outputs(result_: RunResult) -> None:
    """Print what each task gave back, for people."""
    for id, value in result_.outputs.items():
        show.out.print(f"{id}:", style="bold", markup=False)
        text = value if isinstance(value, str) else _indented(value)
        cut = f"\n… {len(text) - OUTPUT:,} more characters; --json has them all"
        said = text[:OUTPUT] + (cut if len(text) > OUTPUT else "")
        for line in said.split("\n"):
            typer.echo(f"  {show.shown(line)}")


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


def _indented(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _s(count: int) -> str:
    return "" if count == 1 else "s"
