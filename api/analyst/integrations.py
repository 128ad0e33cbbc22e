"""Connections over HTTP, under the contract's own word for them."""

from typing import Literal

from fastapi import APIRouter

from api.actor import Caller, TheCore
from api.body import Guarded
from api.wire import failing, shown
from core.connections import Dialect, Status
from core.ids import ConnectionId
from core.page import PageAsked
from core.record import Record

router = APIRouter(
    prefix="/v1/integrations",
    tags=["integrations"],
    route_class=Guarded,
    responses=failing(401, 403, 503),
)


class Integration(Record):
    """A database that may be asked."""

    id: ConnectionId
    display_name: str
    type: Literal["database"] = "database"
    dialect: Dialect
    status: Status


class IntegrationList(Record):
    """Every database of the organization."""

    integrations: tuple[Integration, ...]

    model_config = shown(
        {
            "integrations": [
                {
                    "id": "7d1c4f0e-54c6-4a6b-8f54-0a4c2c9b7f33",
                    "display_name": "sample",
                    "type": "database",
                    "dialect": "sqlite",
                    "status": "active",
                }
            ]
        }
    )


@router.get("")
async def list_integrations(core: TheCore, caller: Caller) -> IntegrationList:
    """List the databases that may be asked, by name."""
    page = await core.connections.list(caller, PageAsked(size=None))
    return IntegrationList(
        integrations=tuple(
            Integration(
                id=each.id, display_name=each.name, dialect=each.dialect, status=each.status
            )
            for each in page.items
        )
    )
