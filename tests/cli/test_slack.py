"""`trellis slack`, Slack beside everything else, and what the doctor says, as somebody types it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.bot.slack.conftest import manifest
from tests.bot.slack.platform.platform import SlackPlatform
from tests.terminal import Home

PATIENCE = 90


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform(manifest()) as slack:
        yield slack


async def test_slack_alone_answers_until_it_is_told_to_end(
    slack: SlackPlatform, trellis: Home
) -> None:
    ada = slack.person("Ada", email="ada@acme.test")
    sales = slack.channel("sales", ada)
    process = trellis.launch(
        "slack",
        SLACK_BOT_TOKEN=slack.workspace.bot_token,
        SLACK_APP_TOKEN=slack.app_token,
        SLACK_API_URL=slack.url,
        TRELLIS_SLACK_AUTOJOIN="true",
    )
    try:
        await slack.connected(within=PATIENCE)
        sent = await slack.command(ada, sales, "/trellis", "connections")
        (told,) = await slack.until(lambda: slack.whispers(sales, ada), within=PATIENCE)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)

    assert sent.acked
    assert "sample" in told.words
    assert b"Trellis listens to Slack" in out
    assert process.returncode in {0, 143}, err.decode()
    assert b"Traceback" not in err
    assert b"warning" not in err.lower()
    assert not slack.violations


async def test_slack_is_heard_on_the_port_of_everything_else(trellis: Home) -> None:
    asking = manifest()
    asking["settings"]["socket_mode_enabled"] = False
    async with SlackPlatform(asking, mode="http") as slack:
        ada = slack.person("Ada", email="ada@acme.test")
        sales = slack.channel("sales", ada)
        settings = {
            "SLACK_BOT_TOKEN": slack.workspace.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_CLIENT_ID": slack.client_id,
            "SLACK_CLIENT_SECRET": slack.client_secret,
            "SLACK_API_URL": slack.url,
            "TRELLIS_SLACK_AUTOJOIN": "true",
        }
        running = trellis.serving(**settings)
        server = await asyncio.to_thread(running.__enter__)
        try:
            slack.events_url = f"{server.url}/slack/events"
            await slack.until(lambda: slack.called("auth.test"), within=PATIENCE)
            sent = await slack.command(ada, sales, "/trellis", "connections")
            (told,) = await slack.until(lambda: slack.whispers(sales, ada), within=PATIENCE)
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)

        assert sent.acked
        assert "sample" in told.words
        assert any(line.split() == ["Talk", "Slack"] for line in server.said)
        assert not any("Off: Slack" in line for line in server.said)
        assert not slack.violations


def test_without_tokens_it_says_what_is_missing(trellis: Home) -> None:
    none = trellis("slack")
    half = trellis("slack", SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL="http://127.0.0.1:9/")
    install = trellis("slack", "install")

    assert (none.code, half.code, install.code) == (1, 1, 1)
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN turn it on" in none.err
    assert "SLACK_APP_TOKEN lets it hear" in half.err
    assert "SLACK_CLIENT_ID" in install.err


def test_the_way_in_for_another_workspace_is_printed(trellis: Home) -> None:
    settings = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hunter2"}
    nowhere = trellis("slack", "install", **settings)
    done = trellis("slack", "install", TRELLIS_PUBLIC_URL="https://trellis.example/", **settings)

    assert nowhere.code == 1
    assert "TRELLIS_PUBLIC_URL" in nowhere.err
    # It begins at our own address: the browser that opens it is the one in which it ends.
    address = urlsplit(done.out.strip())
    assert (address.netloc, address.path) == ("trellis.example", "/slack/install")
    assert parse_qs(address.query)["leave"]
    assert "hunter2" not in done.out


def test_the_doctor_prints_how_slack_is(trellis: Home) -> None:
    done = trellis(
        "doctor",
        SLACK_BOT_TOKEN="xoxb-wrong",
        SLACK_APP_TOKEN="xoxb-mixed-up",
        SLACK_API_URL="http://127.0.0.1:9/api/",
    )

    assert done.code == 1
    assert "FAIL slack: Slack does not answer" in done.out
    assert "FAIL slack socket: SLACK_APP_TOKEN does not begin with xapp-" in done.out
    # Slack vouches for nobody's owner@localhost: the first owner has to say who they are.
    assert "off  link: nobody on Slack is known to be you (owner@localhost)" in done.out
    assert "`trellis link`" in done.out
