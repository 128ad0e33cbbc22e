"""Saved pipelines: listed, shown, run, kept."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.page.chats import around
from api.page.door import Paged, Visitor, enter, field, heard, page_number
from api.page.render import HEADERS, page
from api.wire import plain
from core.errors import Conflict, Invalid, Limited, Unavailable
from core.identity import Permission
from core.page import PageAsked
from core.pipelines import PipelineInvalid, PipelineNotFound, RunDraft, Saved

router = APIRouter(route_class=Paged, include_in_schema=False)

SIZE = 50
"""Pipelines on one page."""
LATEST = 10
"""Runs beside them."""
EXAMPLE = """\
pipeline:
  id: hello
  goal: Greet {{params.who}}
  params:
    who: {type: string, default: the world}
  tasks:
    - id: greet
      tool: mock
      inputs: {text: "Hello, {{params.who}}!"}
"""


@router.get("/pipelines")
async def list_pipelines(request: Request) -> Response:
    """Show the saved pipelines and the latest runs."""
    visitor = await enter(request)
    asked = PageAsked(number=page_number(request), size=SIZE)
    found = await visitor.core.pipelines.list_saved(visitor.actor, asked)
    runs = await visitor.core.pipelines.list(visitor.actor, PageAsked(size=LATEST))
    values = await _around(visitor)
    return page("pipelines.html", **values, found=found, runs=runs)


@router.get("/pipelines/new")
async def begin_pipeline(request: Request) -> Response:
    """Show the form to keep a pipeline, with an example to begin with."""
    visitor = await enter(request)
    visitor.actor.require(Permission.PIPELINES_WRITE)
    return await _form(visitor, EXAMPLE)


@router.post("/pipelines/new")
async def save_pipeline(request: Request) -> Response:
    """Keep a pipeline under its id."""
    visitor, form = await heard(request)
    text = field(form, "text").replace("\r\n", "\n")
    try:
        saved = await visitor.core.pipelines.save(visitor.actor, text)
    except PipelineInvalid as refusal:
        return await _form(visitor, text, refusal.problems)
    except Invalid as refusal:
        return await _form(visitor, text, (refusal.message,))
    return _to(f"/pipeline/{saved.name}")


@router.get("/pipeline/{name}")
async def show_pipeline(request: Request, name: str) -> Response:
    """Show a saved pipeline, with a form for its params."""
    visitor = await enter(request)
    return await _shown(visitor, await _saved(visitor, name), {})


@router.get("/pipeline/{name}/edit")
async def change_pipeline(request: Request, name: str) -> Response:
    """Show the form to keep another version."""
    visitor = await enter(request)
    visitor.actor.require(Permission.PIPELINES_WRITE)
    return await _form(visitor, (await _saved(visitor, name)).text)


@router.post("/pipeline/{name}/run")
async def run_pipeline(request: Request, name: str) -> Response:
    """Run a pipeline in the background with the values of the form."""
    visitor, form = await heard(request)
    saved = await _saved(visitor, name)
    typed = {each: field(form, f"p.{each}") for each in saved.params}
    given = {each: text for each, text in typed.items() if text.strip()}
    draft = RunDraft(name=saved.name, version=saved.version, params=given, collect_events=True)
    try:
        run = await visitor.core.pipelines.start(visitor.actor, draft)
    except (Invalid, Conflict, Limited, Unavailable) as refusal:
        return await _shown(visitor, saved, typed, refusal.message)
    return _to(f"/runs/{run.id}")


@router.post("/pipeline/{name}/delete")
async def delete_pipeline(request: Request, name: str) -> Response:
    """Forget a pipeline in every version."""
    visitor, _sent = await heard(request)
    await visitor.core.pipelines.delete(visitor.actor, plain(name, PipelineNotFound))
    return _to("/pipelines")


async def _saved(visitor: Visitor, name: str) -> Saved:
    return await visitor.core.pipelines.saved(visitor.actor, plain(name, PipelineNotFound))


async def _around(visitor: Visitor) -> dict[str, Any]:
    may_run = visitor.actor.may(Permission.PIPELINES_RUN)
    may_write = visitor.actor.may(Permission.PIPELINES_WRITE)
    values = await around(visitor, "pipelines")
    return values | {"may_run": may_run, "may_write": may_write}


async def _form(visitor: Visitor, text: str, problems: tuple[str, ...] = ()) -> Response:
    status = 400 if problems else 200
    values = await _around(visitor)
    return page("pipeline_form.html", status=status, **values, text=text, problems=problems)


async def _shown(visitor: Visitor, saved: Saved, typed: dict[str, str], said: str = "") -> Response:
    asked = PageAsked(size=LATEST)
    runs = await visitor.core.pipelines.list(visitor.actor, asked, name=saved.name)
    schedules = await visitor.core.schedules.list(
        visitor.actor, PageAsked(size=LATEST), pipeline=saved.name
    )
    return page(
        "pipeline.html",
        status=400 if said else 200,
        **await _around(visitor),
        saved=saved,
        typed=typed,
        said=said,
        runs=runs,
        schedules=schedules,
    )


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=HEADERS)
