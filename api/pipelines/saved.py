"""Saved pipelines over HTTP, by name and version. They are our own."""

from datetime import datetime
from json import dumps
from typing import Any

from fastapi import APIRouter
from pydantic import Field, JsonValue, StrictBool
from starlette.responses import Response
from typing_extensions import override

from api.actor import TheCore
from api.pipelines.door import Caller, Local
from api.pipelines.refused import json
from api.pipelines.wire import MEMBER, TEXT, Name, Queued
from api.wire import failing, page_of, plain, shown
from core.errors import Invalid
from core.ids import MemberId
from core.pipelines import Options, PipelineNotFound, RunDraft, Saved
from core.record import Record

router = APIRouter(
    prefix="/pipelines",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)


class OneDefinition(Invalid):
    """Send either text or pipeline: the definition to keep."""


class SavedIn(Record):
    """A pipeline that is to be kept: as text, or as an object."""

    text: str | None = Field(default=None, max_length=2_000_000)
    """YAML or JSON, kept as it is written."""
    pipeline: dict[str, Any] | None = None
    """The definition as an object, in place of a text."""

    model_config = shown({"text": TEXT})


SAVED: dict[str, JsonValue] = {
    "name": "hello",
    "version": 1,
    "goal": "Greet",
    "params": {},
    "saved_by": MEMBER,
    "saved_by_name": "Ada",
    "saved_at": "2026-01-31T09:00:00Z",
}


class SavedHead(Record):
    """A pipeline that the organization keeps."""

    name: str
    """The id of its definition."""
    version: int
    goal: str
    params: dict[str, dict[str, Any]]
    """What whoever runs it may give: type, description, required, default."""
    saved_by: MemberId
    saved_by_name: str
    saved_at: datetime

    model_config = shown()

    @classmethod
    def of(cls, saved: Saved) -> "SavedHead":
        """Return a saved pipeline without its text."""
        return cls(**_head(saved))


class SavedOut(SavedHead):
    """The same, with its definition."""

    text: str
    """As it was written."""

    model_config = shown({**SAVED, "text": TEXT})

    @classmethod
    @override
    def of(cls, saved: Saved) -> "SavedOut":
        """Return a saved pipeline."""
        return cls(**_head(saved), text=saved.text)


class SavedPage(Record):
    """A page of saved pipelines, each in its newest version."""

    pipelines: tuple[SavedHead, ...]
    total: int
    page: int
    has_more: bool

    model_config = shown({"pipelines": [{**SAVED}], "total": 1, "page": 1, "has_more": False})


class Versions(Record):
    """Every version of a saved pipeline, the newest first."""

    versions: tuple[SavedHead, ...]

    model_config = shown({"versions": [{**SAVED}]})


class SavedRunIn(Record):
    """What a saved pipeline is run with."""

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    """The newest by default."""
    inputs: dict[str, Any] = Field(default={})
    params: dict[str, Any] = Field(default={})
    session: dict[str, Any] = Field(default={})
    options: Options = Options()
    collect_events: StrictBool = False
    tenant_id: Name = "default"

    model_config = shown({"params": {"year": 2025}})


@router.get("/saved", responses=failing(400))
async def list_saved(core: TheCore, caller: Caller, page: int = 1) -> SavedPage:
    """List the saved pipelines by name, 100 on a page. Ours."""
    found = await core.pipelines.list_saved(caller, page_of(page))
    return SavedPage(
        pipelines=tuple(SavedHead.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )


@router.post("/saved", status_code=201, responses=failing(400, 413))
async def save_pipeline(core: TheCore, caller: Caller, saved: SavedIn) -> SavedOut:
    """Keep a definition under its id; what was there stays as an earlier version. Ours."""
    if (saved.text is None) == (saved.pipeline is None):
        raise OneDefinition
    text = saved.text or dumps(saved.pipeline, ensure_ascii=False, indent=2)
    return SavedOut.of(await core.pipelines.save(caller, text))


@router.get("/saved/{name}", responses=failing(400, 404))
async def get_saved(
    core: TheCore, caller: Caller, name: str, version: int | None = None
) -> SavedOut:
    """Show a saved pipeline, in its newest version unless another is named. Ours."""
    return SavedOut.of(await core.pipelines.saved(caller, _name(name), _number(version)))


@router.get("/saved/{name}/versions", responses=failing(404))
async def list_versions(core: TheCore, caller: Caller, name: str) -> Versions:
    """List every version of a saved pipeline, the newest first. Ours."""
    found = await core.pipelines.versions(caller, _name(name))
    if not found:
        raise PipelineNotFound
    return Versions(versions=tuple(SavedHead.of(each) for each in found))


@router.post(
    "/saved/{name}/run_async", response_model=Queued, responses=failing(400, 404, 413, 429)
)
async def run_saved(core: TheCore, caller: Caller, name: str, given: SavedRunIn) -> Response:
    """Run a saved pipeline in the background; see /pipelines/runs/{run_id}. Ours."""
    draft = RunDraft(
        name=_name(name),
        version=given.version,
        inputs=given.inputs,
        params=given.params,
        session=given.session,
        options=given.options,
        collect_events=given.collect_events,
        tenant=given.tenant_id,
    )
    run = await core.pipelines.start(caller, draft)
    return json({"run_id": run.id, "status": run.state})


@router.delete("/saved/{name}", status_code=204, responses=failing(404))
async def delete_saved(core: TheCore, caller: Caller, name: str) -> None:
    """Forget every version of a saved pipeline; its runs stay. Ours."""
    await core.pipelines.delete(caller, _name(name))


def _name(name: str) -> str:
    return plain(name, PipelineNotFound)


def _number(version: int | None) -> int | None:
    """Return a version; what no version can be is none that there is."""
    if version is not None and not 0 < version < 2**31:
        raise PipelineNotFound
    return version


def _head(saved: Saved) -> dict[str, Any]:
    head = saved.model_dump(mode="json", include=set(SavedHead.model_fields))
    return head | {"saved_at": saved.saved_at}
