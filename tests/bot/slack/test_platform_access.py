"""The stand-in of Slack minds tokens, scopes, manifests, installations and who may see whom."""

import copy
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import SlackPlatform
from tests.bot.slack.platform.asked import client_of, code, refused
from tests.bot.slack.platform.listener import listening
from tests.bot.slack.platform.manifest import EVERYTHING, problems
from tests.bot.slack.platform.method import METHODS
from tests.bot.slack.platform.refusals import Json


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


async def test_a_token_says_who_one_is(slack: SlackPlatform) -> None:
    answer = await client_of(slack).auth_test()

    team = slack.workspace
    assert (answer["team_id"], answer["user_id"]) == (team.id, team.bot_user)
    assert "chat:write" in str(answer.headers["X-OAuth-Scopes"])


async def test_tokens_that_are_none(slack: SlackPlatform) -> None:
    nobody = AsyncWebClient(base_url=slack.url)

    assert await code(nobody.auth_test()) == "not_authed"
    assert await code(client_of(slack, "xoxb-other").auth_test()) == "invalid_auth"
    app = client_of(slack, slack.app_token)
    assert await code(app.users_info(user="U1")) == "not_allowed_token_type"
    bot = client_of(slack).apps_connections_open(app_token=slack.workspace.bot_token)
    assert await code(bot) == "not_allowed_token_type"


async def test_an_unknown_method(slack: SlackPlatform) -> None:
    assert await code(client_of(slack).api_call("chat.postMesage")) == "unknown_method"


@pytest.mark.parametrize("name", sorted(name for name in METHODS if METHODS[name].scopes))
async def test_each_method_takes_its_scope(name: str, slack: SlackPlatform) -> None:
    method = METHODS[name]
    slack.permit(slack.workspace, "team:read" if "team:read" not in method.scopes else "im:read")
    if method.kind == "app":
        slack.tokens[slack.app_token].scopes = frozenset()
    token = slack.app_token if method.kind == "app" else None

    answer = await refused(client_of(slack, token).api_call(name))

    assert answer["error"] == "missing_scope"
    assert answer["needed"] == ",".join(method.scopes)


async def test_json_is_not_seen_by_methods_that_do_not_take_it(slack: SlackPlatform) -> None:
    ada = slack.person("Ada")
    client = client_of(slack)

    answer = await refused(client.api_call("users.info", json={"user": ada.id}))
    assert answer["errors"] == ["missing required field: user"]
    await client.api_call("users.info", data={"user": ada.id})


async def test_an_e_mail_takes_a_scope_and_strangers_show_none(slack: SlackPlatform) -> None:
    other = slack.team("Other", installed=False)
    ada = slack.person("Ada", email="ada@acme.example")
    eve = slack.person("Eve", email="eve@other.example", team=other)
    client = client_of(slack)

    assert await code(client.users_info(user=eve.id)) == "user_not_found"
    slack.channel("shared", ada, eve, shared_with=(other,))
    seen = (await client.users_info(user=eve.id))["user"]
    assert (seen["team_id"], seen["is_stranger"], seen["profile"].get("email")) == (
        other.id,
        True,
        None,
    )
    assert (await client.users_info(user=ada.id))["user"]["profile"]["email"] == ada.email
    found = await client.users_lookupByEmail(email="ADA@acme.example")
    assert found["user"]["id"] == ada.id
    assert await code(client.users_lookupByEmail(email=eve.email)) == "users_not_found"
    slack.permit(slack.workspace, "users:read")
    assert "email" not in (await client.users_info(user=ada.id))["user"]["profile"]


async def test_channels_are_seen_by_whom_they_are_for(slack: SlackPlatform) -> None:
    other = slack.team("Other", installed=False)
    client = client_of(slack)
    ada = slack.person("Ada")
    shared = slack.channel("shared", shared_with=(other,))
    secret = slack.channel("secret", bot=False, private=True)

    seen = (await client.conversations_info(channel=shared.id))["channel"]
    assert (seen["is_ext_shared"], seen["is_member"]) == (True, True)
    assert await code(client.conversations_info(channel=secret.id)) == "channel_not_found"
    await slack.invite(secret)
    assert (await client.conversations_info(channel=secret.id))["channel"]["is_private"]
    members = await client.conversations_members(channel=secret.id)
    assert members["members"] == [slack.workspace.bot_user]
    opened = await client.conversations_open(users=[ada.id])
    assert opened["channel"]["id"] == slack.dm(ada).id
    assert await code(client.conversations_open(users=["U1"])) == "user_not_found"
    await slack.kick(secret)
    assert await code(client.conversations_info(channel=secret.id)) == "channel_not_found"


def address(slack: SlackPlatform, **more: str) -> str:
    asked = {
        "client_id": slack.client_id,
        "scope": "chat:write,commands",
        "state": "s",
        "redirect_uri": "https://trellis.example/slack/oauth_redirect",
        **more,
    }
    return f"https://slack.com/oauth/v2/authorize?{urlencode(asked)}"


async def access(client: AsyncWebClient, **keys: str) -> Any:
    # The client's own method warns: it is written for an aiohttp that is no more.
    return await client.api_call("oauth.v2.access", data=keys)


async def test_an_app_is_installed_by_oauth(slack: SlackPlatform) -> None:
    team = slack.team("Other", installed=False)
    eve = slack.person("Eve", team=team)
    sent = parse_qs(urlsplit(slack.install(team, eve, address(slack))).query)
    keys: dict[str, Any] = {
        "client_id": slack.client_id,
        "client_secret": slack.client_secret,
        "code": sent["code"][0],
    }
    client = AsyncWebClient(base_url=slack.url)

    wrong = access(client, **{**keys, "client_secret": "x"})
    assert await code(wrong) == "bad_client_secret"
    answer = await access(client, **keys)
    assert sent["state"] == ["s"]
    assert (answer["team"]["id"], answer["authed_user"]["id"]) == (team.id, eve.id)
    assert answer["scope"] == "chat:write,commands"
    assert (await client_of(slack, answer["access_token"]).auth_test())["team_id"] == team.id
    assert await code(access(client, **keys)) == "invalid_code"


async def test_a_code_is_good_for_ten_minutes_and_its_own_address(slack: SlackPlatform) -> None:
    ada = slack.person("Ada")
    client = AsyncWebClient(base_url=slack.url)
    keys = {"client_id": slack.client_id, "client_secret": slack.client_secret}

    def fresh() -> str:
        redirect = slack.install(slack.workspace, ada, address(slack))
        return parse_qs(urlsplit(redirect).query)["code"][0]

    elsewhere = access(client, **keys, code=fresh(), redirect_uri="https://a.example")
    assert await code(elsewhere) == "bad_redirect_uri"
    old = fresh()
    slack.clock.advance(601)
    assert await code(access(client, **keys, code=old)) == "invalid_code"


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "1.2"},
        {"scope": ""},
        {"scope": "admin"},
        {"redirect_uri": "https://evil.example/"},
    ],
)
def test_what_nobody_could_allow(more: dict[str, str]) -> None:
    slack = SlackPlatform()

    with pytest.raises(AssertionError):
        slack.install(slack.workspace, slack.person("Ada"), address(slack, **more))


async def test_an_app_that_is_taken_out_is_told_and_its_token_is_dead(
    slack: SlackPlatform,
) -> None:
    async with listening(slack) as app:
        await slack.uninstall(slack.workspace)

    told = [each.payload["event"]["type"] for each in app.heard]
    assert told == ["tokens_revoked", "app_uninstalled"]
    assert await code(client_of(slack).auth_test()) == "account_inactive"


async def test_a_token_that_was_revoked(slack: SlackPlatform) -> None:
    await slack.revoke(slack.workspace, silently=True)

    assert await code(client_of(slack).auth_test()) == "token_revoked"
    assert slack.deliveries == []


async def test_an_app_takes_itself_out(slack: SlackPlatform) -> None:
    client = client_of(slack)
    keys = {"client_id": slack.client_id, "client_secret": slack.client_secret}

    await client.apps_uninstall(**keys)
    await slack.settled()

    assert await code(client.auth_test()) == "account_inactive"


def changed(**changes: Any) -> Json:
    """Return the manifest of everything with other values at dotted places."""
    manifest = copy.deepcopy(EVERYTHING)
    for place, value in changes.items():
        *path, last = place.split("__")
        inner = manifest
        for each in path:
            inner = inner[each]
        inner[last] = value
    return manifest


MANIFESTS: dict[str, tuple[Json, str]] = {
    "no name": (changed(display_information={}), "missing required field: name"),
    "long name": (changed(display_information__name="n" * 36), "less than 36"),
    "short description": (
        changed(display_information__long_description="short"),
        "must be more than 174",
    ),
    "misspelt": (changed(feature={}), "invalid additional property: feature"),
    "no slash": (
        changed(features__slash_commands=[{"command": "ask", "description": "a"}]),
        "must start with a slash",
    ),
    "shortcut of 25": (
        changed(
            features__shortcuts=[
                {"name": "n" * 25, "type": "message", "callback_id": "c", "description": "d"}
            ]
        ),
        "less than 25",
    ),
    "unknown scope": (changed(oauth_config__scopes__bot=["chat:wright"]), "invalid scope"),
    "unknown event": (
        changed(settings__event_subscriptions__bot_events=["app_mentioned"]),
        "unknown event",
    ),
    "event without scope": (
        changed(oauth_config__scopes__bot=["commands", "assistant:write", "links:read"]),
        "app_mention needs one of: app_mentions:read",
    ),
    "both views": (
        changed(features__assistant_view={"assistant_description": "a"}),
        "exclude each other",
    ),
    "commands without scope": (changed(oauth_config__scopes__bot=[]), "commands is required"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_slack_would_refuse(name: str) -> None:
    manifest, words = MANIFESTS[name]

    assert any(words in each for each in problems(manifest)), problems(manifest)
    with pytest.raises(ValueError, match=words):
        SlackPlatform(manifest)


async def test_only_what_the_manifest_asks_for_is_told() -> None:
    quiet = changed(settings__event_subscriptions__bot_events=["app_mention"])
    async with SlackPlatform(quiet) as slack, listening(slack) as app:
        ada = slack.person("Ada")
        sales = slack.channel("sales", ada)
        await slack.write(ada, sales, "hello all")
        await slack.mention(ada, sales, "hello you")
        await slack.say(ada, "hello")
        with pytest.raises(AssertionError, match="not a valid command"):
            await slack.command(ada, sales, "/other")

    assert [each.payload["event"]["type"] for each in app.heard] == ["app_mention"]
