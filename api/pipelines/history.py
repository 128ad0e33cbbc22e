"""The runs that there were, over HTTP. The list is our own."""

from fastapi import APIRouter

from api.actor import TheCore
from api.pipelines.door import Caller, Local
from api.pipelines.wire import RunHead, RunPage
from api.wire import failing
from core.page import PageAsked

router = APIRouter(
    prefix="/pipelines",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)

SIZE = 100
"""Runs on one page."""
LAST_PAGE = 10**9


@router.get("/runs", responses=failing(400))
async def list_runs(
    core: TheCore, caller: Caller, page: int = 1, pipeline: str | None = None
) -> RunPage:
    """List your runs, the newest first, 100 on a page; an admin sees everybody's. Ours.

    With `pipeline`, only those of the pipeline of this id or name.
    """
    asked = PageAsked(number=min(max(page, 1), LAST_PAGE), size=SIZE)
    found = await core.pipelines.list(caller, asked, name=pipeline)
    return RunPage(
        runs=tuple(RunHead.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )
