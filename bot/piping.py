"""Saved pipelines that are run by name, watched to their end, and stopped."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot.answer import fenced, refused, told
from bot.cards import Button, Card, FileCard, Form, FormField, Style, groups
from bot.cells import short
from bot.forms import Forms
from bot.scene import Scene, command
from bot.words import page_of, readings
from core.app import Core
from core.chats.guard import harmless
from core.chats.summary import shown
from core.errors import Invalid
from core.ids import RunId, derived_id
from core.page import PageAsked
from core.pipelines import (
    ParamType,
    Pipeline,
    PipelineInvalid,
    PipelineNotFound,
    Run,
    RunDraft,
    RunEvent,
    RunFile,
    RunFileNotFound,
    RunState,
    Saved,
)

PATIENCE = 240.0
"""Seconds for which a run is watched: platforms let a command be answered for some minutes."""
LOOK = 2.0
"""Seconds between two looks at a run."""
PAGE = 10
"""Pipelines that are listed at once, each with a button."""
OUTPUT = 1_500
"""Characters of an output that are shown."""
OUTPUTS = 3
FILES = 3
LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is handed out; every platform takes so many."""
TITLE, LABEL, HINT = 24, 45, 100
USAGE = "pipeline run NAME name=value"


class PipelineMisspelt(Invalid):
    """Write it as `pipeline run NAME name=value`, each name once; `pipeline` alone lists them."""


class Piping:
    """Runs saved pipelines for those who name them."""

    def __init__(self, core: Core, forms: Forms) -> None:
        """Run them with *core*; what lacks a value is asked for by *forms*."""
        self._core = core
        self._forms = forms

    async def by_words(self, scene: Scene, words: str) -> None:
        """Do `run sales year=2025`, `list`, `show RUN` or `cancel RUN`."""
        verb, _, rest = words.strip().partition(" ")
        match verb.lower():
            case "" | "list":
                await self.list(scene, "")
            case "run" if rest.strip():
                await self._named(scene, rest)
            case "show" if rest.strip():
                await self.watch(scene, rest.strip())
            case "cancel" if rest.strip():
                await self.halt(scene, rest.strip())
            case _:
                raise PipelineMisspelt

    async def list(self, scene: Scene, number: str) -> None:
        """Show a page of the saved pipelines."""
        asked = PageAsked(number=page_of(number), size=PAGE)
        found = await self._core.pipelines.list_saved(scene.actor, asked)
        if not found.items:
            await scene.speaker.whisper(told("No pipeline is saved yet."))
            return
        lines = [_line(each) for each in found.items]
        buttons = [Button(label=short(each.name, 75), press=_press(each)) for each in found.items]
        if found.has_more:
            buttons.append(Button(label="More", press=f"pipelines:{asked.number + 1}"))
        card = told("\n".join(["Saved pipelines:", "", *lines]), *buttons)
        await scene.speaker.whisper(card)

    async def pressed(self, scene: Scene, name: str) -> None:
        """Run the pipeline whose button was pressed."""
        await self._run(scene, await self._core.pipelines.saved(scene.actor, name), {})

    async def submitted(self, scene: Scene, name: str, values: Mapping[str, str]) -> None:
        """Run the pipeline whose form was filled in."""
        saved = await self._core.pipelines.saved(scene.actor, name)
        await self._run(scene, saved, {each: text for each, text in values.items() if text.strip()})

    async def watch(self, scene: Scene, run_id: str) -> None:
        """Show how far a run is."""
        run = await self._core.pipelines.get(scene.actor, run_id)
        await scene.speaker.whisper(await self._card(scene, run))

    async def halt(self, scene: Scene, run_id: str) -> None:
        """Let a run go no further."""
        run = await self._core.pipelines.cancel(scene.actor, run_id)
        await scene.speaker.whisper(told(f"**{shown(run.pipeline_id)}** is cancelled."))

    # Inside

    async def _named(self, scene: Scene, words: str) -> None:
        typed = next(readings(words))
        if not typed.name or typed.twice:
            raise PipelineMisspelt
        try:
            saved = await self._core.pipelines.saved(scene.actor, typed.name)
        except PipelineNotFound:
            lists = command(scene.heard.spot.surface, "pipeline")
            said = f"No pipeline is called {shown(typed.name)}; {lists} lists them."
            await scene.speaker.whisper(refused(said))
            return
        await self._run(scene, saved, typed.values)

    async def _run(self, scene: Scene, saved: Saved, typed: Mapping[str, str]) -> None:
        """Run a pipeline and show its end, or ask for what it lacks."""
        draft = RunDraft(
            name=saved.name,
            params={name: _read(saved, name, text) for name, text in typed.items()},
            collect_events=True,
        )
        heard = scene.heard
        # Heard once more after a crash, it is the same run.
        id = derived_id(heard.spot.surface, heard.spot.workspace, heard.id).replace("-", "")
        try:
            run = await self._core.pipelines.start(scene.actor, draft, id=RunId(id))
        except PipelineInvalid as refusal:
            await self._ask_for(scene, saved, typed, refusal)
            return
        await scene.speaker.begin()
        run = await self._watched(scene, run)
        await scene.speaker.finish(await self._card(scene, run))

    async def _watched(self, scene: Scene, run: Run) -> Run:
        """Return a run once it has ended or was watched for long, and tell how far it is."""
        loop = asyncio.get_running_loop()
        until, before = loop.time() + PATIENCE, ""
        while not run.state.ended and (left := until - loop.time()) > 0:
            run = await self._core.pipelines.wait(scene.actor, run.id, min(LOOK, left))
            doing = _doing(run, await self._core.pipelines.events(scene.actor, run.id))
            if doing != before and not run.state.ended:
                before = doing
                await scene.speaker.grow("", doing)
        return run

    async def _card(self, scene: Scene, run: Run) -> Card:
        """Return a run as it is."""
        name, private = shown(run.pipeline_id), scene.heard.private
        notes: tuple[str, ...] = (f"Run {run.id}",)
        if run.state is RunState.FAILED:
            said = harmless(f"{run.pipeline_id} failed. {run.error}")
            return Card(text=said, notes=notes, private=private, refused=True)
        if run.state is RunState.SUCCEEDED and run.result is not None:
            try:
                pipeline = await self._core.pipelines.definition(scene.actor, run.id)
                ends = _ends(pipeline)
            except Invalid:  # a tool of it is gone
                ends = list(run.result.outputs)
            written = await self._core.files.list(scene.actor, run.id)
            files = await self._files(scene, written)
            parts = [f"**{name}** is done."]
            parts += [_told(id, run.result.outputs.get(id), written) for id in ends[:OUTPUTS]]
            more, left = len(ends) - OUTPUTS, len(written) - len(files)
            notes += (f"{more} more outputs",) if more > 0 else ()
            notes += (f"{left} more files, at the page of the run",) if left > 0 else ()
            return Card(text="\n\n".join(parts), notes=notes, files=files, private=private)
        if run.state.ended:
            return Card(text=f"**{name}** was cancelled.", notes=notes, private=private)
        waits = " and waits for a worker" if run.state is RunState.QUEUED else ""
        buttons = (
            Button(label="See", press=f"watch:{run.id}", style=Style.PRIMARY),
            Button(label="Cancel", press=f"halt:{run.id}", style=Style.DANGER),
        )
        said = f"**{name}** is {run.state.value}{waits}."
        return Card(text=said, notes=notes, controls=groups(buttons), private=private)

    async def _files(self, scene: Scene, written: Sequence[RunFile]) -> tuple[FileCard, ...]:
        """Return the first files of a run, as far as platforms take them."""
        found = []
        for each in written[:FILES]:
            if each.size <= LARGEST:
                with suppress(RunFileNotFound):  # a later run was faster
                    content = await self._core.files.read(scene.actor, each.run_id, each.path)
                    found.append(FileCard(name=each.name, content=content))
        return tuple(found)

    async def _ask_for(
        self, scene: Scene, saved: Saved, typed: Mapping[str, str], refusal: PipelineInvalid
    ) -> None:
        """Ask for values; what was typed before stays, and what is wrong stands at its field."""
        problems = _problems(refusal, saved)
        unknown = [name for name in typed if name not in saved.params]
        if unknown or not problems or len(saved.params) > scene.speaker.fields:
            usage = command(scene.heard.spot.surface, USAGE)
            await scene.speaker.whisper(refused(f"{refusal.message}\n\n{usage}"))
            return
        fields = [
            FormField(
                name=name,
                label=short(name, LABEL),
                value=typed.get(name, ""),
                hint=short(param.description or _hint(param.type, param.default), HINT),
                required=param.required,
                problem=problems.get(name, "").partition(": ")[2] if name in typed else "",
            )
            for name, param in saved.params.items()
        ]
        form = Form(
            press=_press(saved),
            title=short(saved.name, TITLE),
            text=harmless(short(saved.goal, 300)),
            fields=tuple(fields),
        )
        lacks = f"**{shown(saved.name)}** needs values."
        wrong = refusal.message if any(name in typed for name in problems) else ""
        await self._forms.open(scene, form, wrong=wrong, lacks=lacks)


def _press(saved: Saved) -> str:
    return f"pipeline:{saved.name}"[:100]


def _line(saved: Saved) -> str:
    takes = ", ".join(saved.params)
    return f"- **{saved.name}**{f' ({takes})' if takes else ''}: {harmless(short(saved.goal, 150))}"


def _read(saved: Saved, name: str, text: str) -> Any:
    """Return what was typed for a param: text as it stands, or as it stood in quotes."""
    param = saved.params.get(name)
    if param is not None and param.type is ParamType.STRING and text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _problems(refusal: PipelineInvalid, saved: Saved) -> dict[str, str]:
    """Return what is wrong with each param."""
    return {
        name: each
        for each in refusal.problems
        for name in saved.params
        if each.startswith(f"params.{name}:")
    }


def _hint(kind: ParamType, default: Any) -> str:
    return kind.value if default is None else f"{kind.value}, {default} if left empty"


def _doing(run: Run, events: Sequence[RunEvent]) -> str:
    """Return how far a run is, in a few words."""
    if run.state is RunState.QUEUED:
        return "waiting for a worker"
    begun = dict.fromkeys(event.task_id for event in events)
    ended = {event.task_id for event in events if event.type != "on_task_started"}
    at = [id for id in begun if id not in ended]
    return f"{len(ended)} tasks done{f', at {at[0]}' if at else ''}"


def _ends(pipeline: Pipeline) -> list[str]:
    """Return the tasks that no other reads: what a pipeline is for."""
    read = {before for task in pipeline.tasks for before in task.waits_for}
    return [task.id for task in pipeline.tasks if task.id not in read]


def _told(id: str, output: Any, written: Sequence[RunFile]) -> str:
    """Return what a task came to; of one that wrote a file, which."""
    if names := [each.name for each in written if each.task_id == id]:
        more = f" and {len(names) - FILES} more" if len(names) > FILES else ""
        return f"**{id}**\n{', '.join(map(shown, names[:FILES]))}{more}"
    if isinstance(output, str):
        return f"**{id}**\n{harmless(short(output, OUTPUT))}"
    text = json.dumps(output, ensure_ascii=False, indent=1)
    return f"**{id}**\n{fenced(text[:OUTPUT] + ('…' if len(text) > OUTPUT else ''))}"
