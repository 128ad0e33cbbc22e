"""People at the page."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from core.app import Core
from core.identity import Actor, Role
from tests.api.page.visits import Visit


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[Visit]:
    visit = Visit(app)
    async with visit.http:
        yield visit


@pytest.fixture
async def at_page(app: FastAPI, ada_key: str) -> AsyncIterator[Visit]:
    """Return Ada, signed in."""
    visit = Visit(app)
    async with visit.http:
        assert (await visit.sign_in(ada_key)).status_code == 303
        yield visit


@pytest.fixture
async def vic_at_page(app: FastAPI, core: Core, ada: Actor, vic: Actor) -> AsyncIterator[Visit]:
    """Return a viewer, signed in; she was given a key when she was still an analyst."""
    visit = Visit(app)
    await core.identity.change_role(ada, vic.member_id, Role.ANALYST)
    able = vic.model_copy(update={"role": Role.ANALYST})
    _record, key = await core.identity.create_key(able, "mine")
    await core.identity.change_role(ada, vic.member_id, Role.VIEWER)
    async with visit.http:
        assert (await visit.sign_in(key.get_secret_value())).status_code == 303
        yield visit
