"""What the doctor says of Slack, before the stand-in; the manifest, and what it asks for."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.slack.app import Keys
from bot.slack.check import look
from bot.slack.scopes import SCOPES
from tests.bot.slack.conftest import keys_of, manifest
from tests.bot.slack.platform.manifest import EVENTS, problems
from tests.bot.slack.platform.platform import SlackPlatform


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform(manifest()) as found:
        yield found


async def test_all_is_well_with_two_tokens(slack: SlackPlatform) -> None:
    found = await look(keys_of(slack), "")

    assert [(each.what, each.fine) for each in found] == [("slack", True), ("slack socket", True)]
    assert found[0].said == "Acme, as trellis"


async def test_each_thing_that_is_wrong_is_said_with_its_fix(slack: SlackPlatform) -> None:
    right = keys_of(slack)
    wrong: dict[str, dict[str, object]] = {
        "invalid_auth": {"bot_token": SecretStr("xoxb-wrong")},
        "does not begin with xoxb-": {"bot_token": SecretStr("nonsense")},
        "does not begin with xapp-": {"app_token": SecretStr("nonsense")},
        "hears nothing": {"app_token": None},
        "cannot speak": {"bot_token": None},
        "no https address": {"client_id": "1", "client_secret": SecretStr("2")},
    }
    for said, change in wrong.items():
        found = await look(right.model_copy(update=change), "http://here")
        assert [each for each in found if said in each.said and each.fix], said

    slack.down()
    away = await look(right, "")
    assert all("does not answer" in each.said for each in away)
    assert await look(Keys(), "") == []


async def test_scopes_that_are_missing_are_named(slack: SlackPlatform) -> None:
    slack.permit(slack.workspace, *(set(SCOPES) - {"files:write"}))
    (_team, scopes, _socket) = await look(keys_of(slack), "")
    slack.permit(slack.workspace, *(set(SCOPES) - {"links:read"}))
    (_again, light, _open) = await look(keys_of(slack), "")

    assert "files:write" in scopes.said
    assert scopes.grave
    assert not light.grave


def test_the_manifest_is_one_that_slack_takes_and_asks_for_what_the_code_names() -> None:
    found = manifest()

    assert problems(found) == []
    assert tuple(found["oauth_config"]["scopes"]["bot"]) == SCOPES
    events = found["settings"]["event_subscriptions"]["bot_events"]
    needed = {scope for event in events for scope in EVENTS[event]}
    assert needed <= set(SCOPES)
