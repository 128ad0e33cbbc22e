"""How often one member may ask, whatever they come in with."""

import httpx2
import pytest
from fastapi import FastAPI

from api.limits import ASK, Limits
from core.app import Core
from core.identity import Actor


@pytest.mark.parametrize("how", ["POST", "PATCH"])
async def test_a_member_asks_sixty_times_a_minute_over_http(
    core: Core, ada: Actor, ada_key: str, http: httpx2.AsyncClient, app: FastAPI, how: str
) -> None:
    limits: Limits = app.state.limits
    for _each in range(ASK.amount):
        limits.hit(ASK, ada.member_id)
    token = (await core.identity.authenticate(ada_key, "ada@acme.test")).token.get_secret_value()
    path = "/v1/chats" if how == "POST" else "/v1/chats/x/messages/y"
    body = {"message": "Count"} if how == "POST" else {"content": "Count"}

    answers = [
        await http.request(how, path, json=body, headers={"authorization": f"Bearer {each}"})
        for each in (ada_key, token)
    ]

    assert [each.status_code for each in answers] == [429, 429]
    assert 1 <= int(answers[0].headers["retry-after"]) <= 60
    assert (limits.streams.held()) == 0
