"""Slack over HTTP: signed requests to the API port, and workspaces that let us in by OAuth."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from pydantic import SecretStr
from starlette.requests import Request

from api.app import create_app
from bot.slack.app import Keys, Slack
from bot.slack.doors import Doors
from bot.slack.http import LARGEST
from bot.slack.pace import Clock
from core.errors import Unauthenticated
from core.identity import Actor, Surface
from tests.bot.conftest import Open
from tests.bot.slack.conftest import QUICK, manifest
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.room import Room
from tests.serving import serving

MONTHS = "monthly revenue for 2025"
HOST = "trellis.example"
URL = f"https://{HOST}"


class Served(NamedTuple):
    """The bot behind the API port."""

    room: Room
    url: str
    signed_in: list[Actor]

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        async with httpx2.AsyncClient() as client:
            return await client.post(f"{self.url}/slack/events", content=body, headers=headers)

    async def get(self, path: str, kept: str = "", host: str = HOST) -> httpx2.Response:
        """Get a page as a browser that reaches us by our public address, with a cookie or none."""
        headers = {"host": host} | ({"cookie": kept} if kept else {})
        async with httpx2.AsyncClient(follow_redirects=False) as client:
            return await client.get(f"{self.url}{path}", headers=headers)

    async def go_on(self, leave: str, **headers: str) -> httpx2.Response:
        """Press the button of the page that whoever was sent an address sees."""
        async with httpx2.AsyncClient(follow_redirects=False) as client:
            return await client.post(
                f"{self.url}/slack/install",
                data={"leave": leave},
                headers={"host": HOST, "origin": URL} | headers,
            )


@asynccontextmanager
async def served(open_stage: Open, *, token: bool = True) -> AsyncIterator[Served]:
    asking = manifest()
    asking["settings"]["socket_mode_enabled"] = False
    asking["oauth_config"]["redirect_urls"] = [f"{URL}/slack/oauth_redirect"]
    async with SlackPlatform(asking, mode="http") as slack:
        stage = await open_stage()
        signed_in: list[Actor] = []

        async def who(_request: Request) -> Actor:
            if not signed_in:
                raise Unauthenticated("Sign in to go on.")
            return signed_in[0]

        async def sleep(seconds: float) -> None:
            slack.clock.advance(seconds)

        app = Slack(
            stage.core,
            stage.dialog,
            Keys(
                bot_token=SecretStr(slack.workspace.bot_token) if token else None,
                signing_secret=SecretStr(slack.signing_secret),
                client_id=slack.client_id,
                client_secret=SecretStr(slack.client_secret),
                api_url=slack.url,
            ),
            url=URL,
            signed_in=who,
            tempo=QUICK,
            clock=Clock(slack.clock.now, sleep),
        )
        await app.start()
        try:
            async with serving(create_app(stage.core, app.routes, rest=False)) as url:
                slack.events_url = f"{url}/slack/events"
                yield Served(Room(slack, stage, app), url, signed_in)
        finally:
            await app.stop()


@pytest.fixture
async def here(open_stage: Open) -> AsyncIterator[Served]:
    async with served(open_stage) as found:
        yield found


async def test_events_commands_and_buttons_come_signed_and_are_answered(here: Served) -> None:
    room = here.room
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    answer = await room.pressable(asked)
    await room.slack.press_label(room.vic, answer, "👍")
    assert "Thanks" in (await room.whisper(room.vic)).words

    await room.slack.command(room.vic, room.sales, "/trellis", "help")
    assert "/trellis run" in (await room.whisper(room.vic, number=2)).words
    assert not room.slack.violations


async def test_slack_finds_out_that_the_address_is_ours(here: Served) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"}).encode()
    headers = here.room.slack.forge(body)

    answer = await here.post(body, headers)

    assert answer.status_code == 200
    assert "abc" in answer.text


async def test_a_forged_or_late_request_is_refused_and_a_replayed_one_answered_once(
    here: Served,
) -> None:
    room = here.room
    body = urlencode(
        {
            "command": "/trellis",
            "text": "help",
            "team_id": room.slack.workspace.id,
            "user_id": room.ada.id,
            "channel_id": room.sales.id,
            "trigger_id": "1.2.3",
        }
    ).encode()

    forged = await here.post(body, room.slack.forge(body, secret="another"))
    late = await here.post(body, room.slack.forge(body, timestamp=int(time.time()) - 301))
    bare = await here.post(body, {"content-type": "application/x-www-form-urlencoded"})
    right = room.slack.forge(body)
    first = await here.post(body, right)
    again = await here.post(body, right)

    assert [each.status_code for each in (forged, late, bare)] == [401, 401, 401]
    assert [each.status_code for each in (first, again)] == [200, 200]
    await room.whisper(room.ada)
    await room.slack.command(room.ada, room.sales, "/trellis", "connections")
    await room.whisper(room.ada, number=2)
    assert len(room.slack.whispers(room.sales, room.ada)) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[1]", 400),
        (b"[" * 500_000, 400),
        (b"x" * (LARGEST + 1), 413),
    ],
    ids=["half", "no text", "no object", "too deep", "too long"],
)
async def test_a_body_that_makes_no_sense_is_refused(
    here: Served, body: bytes, status: int
) -> None:
    headers = here.room.slack.forge(body) | {"content-type": "application/json"}

    answer = await here.post(body, headers)

    assert answer.status_code == status
    assert (await here.get("/slack/events")).status_code == 405


async def test_what_slack_has_not_signed_is_not_read(here: Served) -> None:
    body = b"{"
    right = here.room.slack.forge(body) | {"content-type": "application/json"}

    for changed in (
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": ""},
        {"x-slack-request-timestamp": "soon"},
        {"x-slack-request-timestamp": "-1"},
        {"x-slack-request-timestamp": "9" * 5_000},
        {"x-slack-request-timestamp": ""},
    ):
        headers = {name.lower(): value for name, value in right.items()} | changed
        assert (await here.post(body, headers)).status_code == 401, changed


async def test_another_workspace_gets_a_word_or_nothing(here: Served) -> None:
    slack = here.room.slack
    command = urlencode({"command": "/trellis", "team_id": "T-else", "user_id": "U1"}).encode()
    event = json.dumps({"type": "event_callback", "team_id": "T-else", "event": {"type": "x"}})

    told = await here.post(command, slack.forge(command))
    silent = await here.post(event.encode(), slack.forge(event.encode()))

    assert "not at home" in told.text
    assert silent.text == ""
    assert silent.status_code == 200


def kept(begun: httpx2.Response) -> str:
    """Return what a browser sends back of what it was given to keep."""
    return begun.headers["set-cookie"].partition(";")[0]


async def allowed(here: Served, begun: httpx2.Response, **changed: str) -> httpx2.Response:
    """Walk through OAuth as the admin of another workspace, in the browser in which it began."""
    team = here.room.slack.team("Other", installed=False)
    person = here.room.slack.person("Otto", team=team)
    url = begun.headers["location"]
    back = urlsplit(here.room.slack.install(team, person, url))
    cookie = changed.pop("kept", kept(begun))
    query = {name: each[0] for name, each in parse_qs(back.query).items()} | changed
    return await here.get(f"{back.path}?{urlencode(query)}", cookie)


async def test_an_admin_lets_another_workspace_in_and_its_token_is_sealed(here: Served) -> None:
    room = here.room
    here.signed_in.append(room.stage.ada)
    begun = await here.get("/slack/install")
    assert begun.status_code == 303
    cookie = begun.headers["set-cookie"]
    assert cookie.startswith("__Host-trellis-install=")
    assert all(each in cookie for each in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert parse_qs(urlsplit(begun.headers["location"]).query)["state"][0] not in cookie

    done = await allowed(here, begun)

    assert done.status_code == 200
    assert "at home in Other" in done.text
    team = next(each for each in room.slack.teams.values() if each.name == "Other")
    token = await room.core.channels.token_of(Surface.SLACK, team.id)
    assert token is not None
    assert token.get_secret_value() == team.bot_token
    workspace = await room.core.channels.workspace(Surface.SLACK, team.id)
    assert workspace.organization_id == room.stage.ada.organization_id

    ann = room.slack.person("Ann", team=team, email="ann@acme.test")
    there = room.slack.channel("there", ann, team=team)
    asked = await room.slack.mention(ann, there, MONTHS)
    answer = await room.pressable(asked)
    assert "2025-12" in answer.words
    assert not room.slack.violations

    await room.slack.uninstall(team)
    assert await room.core.channels.list(room.stage.ada)
    assert team.id not in {each.id for each in await room.core.channels.list(room.stage.ada)}


async def test_leave_to_install_is_good_once_and_for_those_who_may_give_it(here: Served) -> None:
    room = here.room
    assert (await here.get("/slack/install")).headers["location"].startswith("/sign-in")
    vic = await room.core.identity.vouched(
        room.stage.ada.organization_id, "vic@acme.test", Surface.API
    )
    here.signed_in.append(vic)
    assert (await here.get("/slack/install")).status_code == 403

    here.signed_in[:] = [room.stage.ada]
    begun = await here.get("/slack/install")
    forged = await allowed(here, begun, state="x.y.z")
    first = await allowed(here, begun)
    second = await allowed(here, begun)
    wrong = await allowed(here, await here.get("/slack/install"), code="nonsense")
    refused = await here.get("/slack/oauth_redirect?error=access_denied&state=1")

    assert [each.status_code for each in (forged, first, second)] == [403, 200, 400]
    assert "Max-Age=0" in first.headers["set-cookie"]
    assert wrong.status_code == 400
    assert "was not allowed" in refused.text


async def test_what_one_browser_began_no_other_ends(here: Served) -> None:
    room = here.room
    here.signed_in.append(room.stage.ada)
    begun, other = await here.get("/slack/install"), await here.get("/slack/install")

    bare = await allowed(here, begun, kept="x=y")
    crossed = await allowed(here, begun, kept=kept(other))
    empty = await allowed(here, begun, kept="__Host-trellis-install=")

    assert [each.status_code for each in (bare, crossed, empty)] == [403, 403, 403]
    assert "begun in another browser" in bare.text
    assert [each.id for each in await room.core.channels.list(room.stage.ada)] == sorted(
        each.id for each in await room.core.channels.list(room.stage.ada)
    )
    assert (await allowed(here, begun)).status_code == 200  # it is still good where it began


async def test_who_is_sent_an_address_is_told_who_asks_and_goes_on_by_a_button(
    here: Served,
) -> None:
    room = here.room
    doors = Doors(room.core, room.slack.client_id, SecretStr("unused"), URL)
    address = urlsplit(await doors.address(room.stage.ada))
    assert (address.netloc, address.path) == (HOST, "/slack/install")
    leave = parse_qs(address.query)["leave"][0]

    told = await here.get(f"{address.path}?{address.query}")
    assert told.status_code == 200
    assert "Ada (ada@acme.test) asks you" in told.text
    assert "set-cookie" not in told.headers
    begun = await here.go_on(leave)
    done = await allowed(here, begun)

    assert done.status_code == 200
    assert "at home in Other" in done.text


async def test_no_other_site_presses_the_button_that_goes_on_to_slack(here: Served) -> None:
    doors = Doors(here.room.core, "id", SecretStr("unused"), URL)
    leave = parse_qs(urlsplit(await doors.address(here.room.stage.ada)).query)["leave"][0]

    elsewhere = await here.go_on(leave, origin="https://evil.example")
    hidden = await here.go_on(leave, origin="null")
    framed = await here.go_on(leave, **{"sec-fetch-site": "cross-site"})
    strange = await here.go_on("x.y.z")
    long = await here.go_on("x" * 5_000)
    opened = await here.get("/slack/install?leave=x.y.z")

    assert [each.status_code for each in (elsewhere, hidden, framed)] == [403, 403, 403]
    assert [each.status_code for each in (strange, long, opened)] == [400, 400, 400]
    assert not any("set-cookie" in each.headers for each in (elsewhere, hidden, framed, strange))


async def test_who_begins_at_another_address_of_ours_goes_on_at_the_public_one(
    here: Served,
) -> None:
    here.signed_in.append(here.room.stage.ada)

    begun = await here.get("/slack/install", host="localhost:8000")

    assert begun.status_code == 303
    assert begun.headers["location"].startswith(f"{URL}/slack/install?leave=")
    assert "set-cookie" not in begun.headers


async def test_a_workspace_of_another_organization_is_not_taken(here: Served) -> None:
    room = here.room
    other = await room.core.identity.found("Else", owner="Eve", email="eve@elsewhere.test")
    here.signed_in.append(Actor.of(other, Surface.API))
    begun = await here.get("/slack/install")
    team = room.slack.workspace
    back = urlsplit(room.slack.install(team, room.ada, begun.headers["location"]))

    answer = await here.get(f"{back.path}?{back.query}", kept(begun))

    assert answer.status_code == 400
    assert "Another organization" in answer.text
