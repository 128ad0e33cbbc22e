"""The runs that there were, over HTTP. The list is our own."""

from fastapi import APIRouter

from api.actor import TheCore
from api.pipelines.door import Caller, Local
from api.pipelines.wire import RunHead, RunPage
from api.wire import failing, page_of

router = APIRouter(
    prefix="/pipelines",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)


@router.get("/runs", responses=failing(400))
async def list_runs(
    core: TheCore, caller: Caller, page: int = 1, pipeline: str | None = None
) -> RunPage:
    """List your runs, the newest first, 100 on a page; an admin sees everybody's. Ours.

    With `pipeline`, only those of the pipeline of this id or name.
    """
    found = await core.pipelines.list(caller, page_of(page), name=pipeline)
    return RunPage(
        runs=tuple(RunHead.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )
