"""`trellis pipeline`: graphs of tasks, checked, run, saved, scheduled, written from a goal.

Exit codes: 0 is fine, 1 refused or not valid, 2 bad usage, 3 a run that failed.
"""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import ran, show
from cli.door import enter
from cli.fail import fail
from cli.objects import read_file, read_object
from cli.schedule import schedule
from cli.valid import valid
from cli.watching import watched
from core.app import Core
from core.compiler import CompileFailed
from core.identity import Actor
from core.page import PageAsked
from core.pipelines import DocumentInvalid, Options, PipelineInvalid, RunDraft, TaskFailed

pipeline = typer.Typer()
pipeline.add_typer(
    schedule, name="schedule", help="Run it again and again: add, list, …", no_args_is_help=True
)

LATEST = 50
"""Runs that are listed."""
FILES = (".yaml", ".yml", ".json")
RUN = re.compile(r"[0-9a-f]{32}")

File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON; - is stdin.")]
Ref = Annotated[
    str, typer.Argument(metavar="PIPELINE", help="A file, - for stdin, or the name of a saved one.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a saved pipeline.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run.")]
Version = Annotated[int | None, typer.Option(min=1, help="Of a saved pipeline; else the newest.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option(help='{"name": value}, @file.json or name=value; may be given often.'),
]
Params = Annotated[list[str] | None, typer.Option(help="Values of the params, in the same way.")]
Timeout = Annotated[float | None, typer.Option(min=0, help="Seconds that one attempt may take.")]
Concurrency = Annotated[
    int | None, typer.Option(min=1, help="Items of a list that are worked on at once.")
]
Jitter = Annotated[
    float, typer.Option(min=0, max=1, help="Part of a wait between attempts left to chance.")
]


@pipeline.command("validate")
def validate_pipeline(file: Ref, version: Version = None, json: show.Json = False) -> None:
    """Look whether a pipeline keeps every rule, without running it."""

    async def verb(core: Core, actor: Actor) -> None:
        draft = _draft(file, version)
        try:
            if draft.pipeline is None:
                found = await core.pipelines.saved(actor, file, version)
                draft = RunDraft(pipeline=found.text)
            read = await core.pipelines.validate(actor, draft.pipeline)
        except (PipelineInvalid, DocumentInvalid) as refusal:
            ran.invalid(refusal, json=json)
        stats = ran.stats_of(read)
        if json:
            show.document(stats)
            return
        typer.echo(f"{show.shown(read.id)} is valid: {show.shown(read.goal)}")
        for name, value in list(stats.items())[2:]:
            told = ", ".join(map(str, value)) if isinstance(value, list) else value
            typer.echo(f"{name.replace('_', ' ')}: {told}")

    enter(verb)


@pipeline.command("run")
def run_pipeline(
    ref: Ref,
    inputs: Inputs = None,
    params: Params = None,
    session: Annotated[
        list[str] | None, typer.Option(help="What stands on the blackboard, in the same way.")
    ] = None,
    session_file: Annotated[Path | None, typer.Option(help="The same from a file of JSON.")] = None,
    timeout: Timeout = None,
    concurrency: Concurrency = None,
    jitter: Jitter = 0.0,
    version: Version = None,
    background: Annotated[
        bool, typer.Option("--background", help="Leave it to a worker; print the run's id.")
    ] = False,
    tenant: Annotated[
        str, typer.Option(help="Whose blackboard it is; for --background.")
    ] = "default",
    json: show.Json = False,
) -> None:
    """Run a pipeline: trellis pipeline run sales.yaml --params year=2025. Ctrl-C stops it."""
    seeds = [*(session or ()), *([f"@{session_file}"] if session_file else ())]
    draft = _draft(ref, version).model_copy(
        update={
            "inputs": read_object(inputs, "--inputs"),
            "params": read_object(params, "--params"),
            "session": read_object(seeds, "--session"),
            "options": valid(
                Options,
                per_task_timeout=timeout,
                fan_out_concurrency=concurrency,
                backoff_jitter=jitter,
            ),
            "tenant": tenant,
            "collect_events": True,
        }
    )

    async def verb(core: Core, actor: Actor) -> None:
        try:
            read = await core.pipelines.accept(actor, draft)
        except (PipelineInvalid, DocumentInvalid) as refusal:
            ran.invalid(refusal, json=json)
        if background:
            run = await core.pipelines.start(actor, draft)
            ran.left(run, json=json)
            return
        try:
            with watched(len(read.tasks)) as watching:
                came = await core.pipelines.run(actor, draft, tell=watching.tell, say=watching.say)
        except TaskFailed as failure:
            ran.failed(failure, json=json)
        ran.came(came, json=json)

    enter(verb)


@pipeline.command("compile")
def compile_pipeline(
    goal: Annotated[str, typer.Argument(help="What it is to do, in words; - reads stdin.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it there instead of printing it.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Which model writes.")] = None,
    max_repairs: Annotated[
        int, typer.Option(min=0, max=10, help="How often it may mend what breaks a rule.")
    ] = 2,
    json: show.Json = False,
) -> None:
    """Have a model write a pipeline from a goal; nothing is run."""
    text = read_file(Path("-")) if goal == "-" else goal

    async def verb(core: Core, actor: Actor) -> None:
        say = show.say if show.err.is_terminal else _silent
        try:
            made = await core.compiler.compile(
                actor, text, model=model, max_repairs=max_repairs, say=say
            )
        except CompileFailed as refusal:
            if json:
                show.document({"ok": False, "errors": refusal.problems, "text": refusal.text})
                raise typer.Exit(1) from None
            fail(refusal.message, *refusal.problems[1:])
        if output is not None:
            ran.write(output, made.text)
        if json:
            show.document(
                {"text": made.text, "attempts": made.attempts, **ran.stats_of(made.pipeline)}
            )
        elif output is None:
            typer.echo(made.text.rstrip("\n"))
        else:
            typer.echo(f"Wrote {output}")

    enter(verb)


@pipeline.command("list")
def list_pipelines(json: show.Json = False) -> None:
    """List the saved pipelines, by name."""

    async def verb(core: Core, actor: Actor) -> None:
        found = (await core.pipelines.list_saved(actor, PageAsked(size=None))).items
        if json:
            show.document([ran.saved(each) for each in found])
            return
        if not found:
            show.say("No pipeline is saved yet; `trellis pipeline save FILE` keeps one.")
            return
        names = ("name", "version", "goal", "params", "saved", "by")
        show.table([(name, "text") for name in names], [ran.saved_row(each) for each in found])

    enter(verb)


@pipeline.command("runs")
def list_runs(
    name: Annotated[str | None, typer.Argument(help="Of one pipeline alone.")] = None,
    json: show.Json = False,
) -> None:
    """List the latest runs."""

    async def verb(core: Core, actor: Actor) -> None:
        found = (await core.pipelines.list(actor, PageAsked(size=LATEST), name=name)).items
        if json:
            show.document([ran.run(each) for each in found])
            return
        if not found:
            show.say("Nothing has run yet.")
            return
        names = ("run", "pipeline", "state", "began", "seconds", "error")
        rows = [ran.run_row(each) for each in found]
        show.table([(each, "text") for each in names], rows)

    enter(verb)


@pipeline.command("show")
def show_pipeline(
    ref: Annotated[str, typer.Argument(metavar="NAME|RUN", help="A saved pipeline, or a run.")],
    version: Version = None,
    json: show.Json = False,
) -> None:
    """Show the definition of a saved pipeline, or how far a run is and what it came to."""

    async def verb(core: Core, actor: Actor) -> None:
        if not RUN.fullmatch(ref):
            found = await core.pipelines.saved(actor, ref, version)
            if json:
                show.document(ran.saved(found) | {"text": found.text})
            else:
                typer.echo(found.text.rstrip("\n"))
            return
        run = await core.pipelines.get(actor, ref)
        events = await core.pipelines.events(actor, ref)
        if json:
            told = [each.model_dump(exclude_none=True) for each in events]
            result = None if run.result is None else ran.result(run.result)
            show.document(ran.run(run) | {"result": result, "events": told})
            return
        ran.heading(run, await core.pipelines.values(actor, ref))
        ran.steps(run, events)
        if run.result is not None:
            ran.outputs(run.result)

    enter(verb)


@pipeline.command("cancel")
def cancel_run(run_id: RunId, json: show.Json = False) -> None:
    """Let a run in the background go no further."""

    async def verb(core: Core, actor: Actor) -> None:
        run = await core.pipelines.cancel(actor, run_id)
        if json:
            show.document(ran.run(run))
        else:
            typer.echo(f"Cancelled {run.id}")

    enter(verb)


@pipeline.command("save")
def save_pipeline(file: File, json: show.Json = False) -> None:
    """Keep a definition under its id; what was there stays as an earlier version."""
    text = read_file(file)

    async def verb(core: Core, actor: Actor) -> None:
        try:
            saved = await core.pipelines.save(actor, text)
        except (PipelineInvalid, DocumentInvalid) as refusal:
            ran.invalid(refusal, json=json)
        if json:
            show.document(ran.saved(saved))
        else:
            typer.echo(f"Saved {show.shown(saved.name)}, version {saved.version}")

    enter(verb)


@pipeline.command("versions")
def list_versions(name: Name, json: show.Json = False) -> None:
    """List every version of a saved pipeline, the newest first."""

    async def verb(core: Core, actor: Actor) -> None:
        await core.pipelines.saved(actor, name)
        found = await core.pipelines.versions(actor, name)
        if json:
            show.document([ran.saved(each) for each in found])
            return
        names = ("name", "version", "goal", "params", "saved", "by")
        show.table([(each, "text") for each in names], [ran.saved_row(each) for each in found])

    enter(verb)


@pipeline.command("delete")
def delete_pipeline(name: Name) -> None:
    """Forget every version of a saved pipeline; its runs stay."""

    async def verb(core: Core, actor: Actor) -> None:
        await core.pipelines.delete(actor, name)
        typer.echo(f"Deleted {show.shown(name)}")

    enter(verb)


@pipeline.command("tools")
def list_tools(json: show.Json = False) -> None:
    """List what tasks may do."""

    async def verb(core: Core, _actor: Actor) -> None:
        described = core.pipelines.toolbox.described()
        if json:
            show.document(described)
            return
        rows = [
            (each["name"], ", ".join(map(_needed, each["inputs"].values())), _first(each))
            for each in described
        ]
        show.table([("tool", "text"), ("takes", "text"), ("does", "text")], rows)

    enter(verb)


@pipeline.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a definition, for editors."""

    async def verb(core: Core, _actor: Actor) -> None:
        from core.pipelines.schema import schema  # noqa: PLC0415 - for this command alone

        show.document(schema(core.pipelines.toolbox))

    enter(verb)


def _draft(ref: str, version: int | None) -> RunDraft:
    """Return what is named: the pipeline of a file, or a saved one."""
    path = Path(ref)
    if ref == "-" or path.suffix.lower() in FILES or path.is_file():
        if version is not None:
            raise typer.BadParameter("--version is of a saved pipeline, not of a file")
        return RunDraft(pipeline=read_file(path))
    return RunDraft(name=ref, version=version)


def _needed(each: dict[str, Any]) -> str:
    return str(each["name"]) + ("" if each["required"] else "?")


def _first(described: dict[str, Any]) -> str:
    """Return the first sentence of what a tool does."""
    return str(described["description"]).partition(". ")[0].rstrip(".")


def _silent(_text: str) -> None:
    """Say nothing to whoever reads a pipe."""
