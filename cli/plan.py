"""`trellis plan`: pipelines that follow from each other by what they read and store."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import ran, show
from cli.door import enter
from cli.objects import read_file, read_object
from cli.pipeline import Concurrency, Inputs, Jitter, Timeout
from cli.valid import valid
from cli.watching import watched
from core.app import Core
from core.errors import Invalid
from core.identity import Actor
from core.pipelines import DocumentInvalid, Options, PlanInvalid
from core.pipelines.plan import order
from core.plans import PlanFailed, PlanResult

plan = typer.Typer()

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="The plan; each of its pipelines is ID.yaml beside.")
]


@plan.command("validate")
def validate_plan(file: File, json: show.Json = False) -> None:
    """Look whether a plan keeps the rules, and whether its pipelines can follow from each other."""
    text = read_file(file)

    async def verb(core: Core, actor: Actor) -> None:
        try:
            found = await core.plans.check(actor, text)
        except (PlanInvalid, DocumentInvalid) as refusal:
            ran.invalid(refusal, json=json)
        waves = order(found)
        if json:
            show.document(
                {
                    "id": found.id,
                    "goal": found.goal,
                    "sub_pipelines": len(found.sub_pipelines),
                    "waves": len(waves),
                    "order": [list(wave) for wave in waves],
                }
            )
            return
        typer.echo(f"{show.shown(found.id)} is valid: {show.shown(found.goal)}")
        for number, wave in enumerate(waves, 1):
            typer.echo(f"{number}. {', '.join(wave)}")

    enter(verb)


@plan.command("run")
def run_plan(
    file: File,
    inputs: Inputs = None,
    timeout: Timeout = None,
    concurrency: Concurrency = None,
    jitter: Jitter = 0.0,
    json: show.Json = False,
) -> None:
    """Run every pipeline of a plan on one blackboard: each is ID.yaml beside the plan."""
    text, values = read_file(file), read_object(inputs, "--inputs")
    options = valid(
        Options,
        per_task_timeout=timeout,
        fan_out_concurrency=concurrency,
        backoff_jitter=jitter,
    )

    def load(id: str) -> str:
        for ending in (".yaml", ".yml", ".json"):
            path = file.parent / f"{id}{ending}"
            if path.is_file():
                return read_file(path)
        raise Invalid(f"There is no {id}.yaml beside {file}")

    async def verb(core: Core, actor: Actor) -> None:
        try:
            with watched(0) as watching:
                came = await core.plans.run(
                    actor, text, load, inputs=values, options=options, tell=watching.tell_of
                )
        except (PlanInvalid, DocumentInvalid) as refusal:
            ran.invalid(refusal, json=json)
        except PlanFailed as failure:
            ran.failed(failure, json=json)
        _came(came, json=json)

    enter(verb)


def _came(came: PlanResult, *, json: bool) -> None:
    if json:
        show.document(_told(came))
        return
    for id, result in came.sub_results.items():
        show.out.print(f"{id}", style="bold underline", markup=False)
        ran.outputs(result)
    show.say(f"{came.total_tasks_executed} tasks in {came.total_waves} waves")


def _told(came: PlanResult) -> dict[str, Any]:
    return {
        "plan_id": came.plan_id,
        "sub_results": {id: ran.result(each) for id, each in came.sub_results.items()},
        "blackboard": came.blackboard,
        "total_tasks_executed": came.total_tasks_executed,
        "total_waves": came.total_waves,
        "events": [each.model_dump(exclude_none=True) for each in came.events],
    }
