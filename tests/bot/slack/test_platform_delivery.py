"""The stand-in of Slack tells an app what happens: acknowledged in time, or told again."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncSay
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from tests.bot.slack.platform import Channel, Person, SlackPlatform
from tests.bot.slack.platform.asked import client_of
from tests.bot.slack.platform.listener import listening
from tests.bot.slack.platform.refusals import Json


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


@pytest.fixture
def ada(slack: SlackPlatform) -> Person:
    return slack.person("Ada")


@pytest.fixture
def sales(slack: SlackPlatform, ada: Person) -> Channel:
    return slack.channel("sales", ada)


async def test_bolt_answers_a_mention_over_a_socket(
    slack: SlackPlatform, ada: Person, sales: Channel
) -> None:
    app = AsyncApp(client=client_of(slack))

    @app.event("app_mention")
    async def hear(event: Json, say: AsyncSay) -> None:
        await say(text=f"You said: {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    async def overhear() -> None: ...

    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    asked = await slack.mention(ada, sales, "how many < 5?")
    answers = await slack.until(lambda: slack.answers(asked))
    await slack.settled()
    await handler.close_async()  # type: ignore[no-untyped-call]

    bot = slack.workspace.bot_user
    assert answers[0].text == f"You said: <@{bot}> how many &lt; 5?"
    assert not slack.violations


async def test_a_mention_comes_twice_and_says_who_where_and_when(
    slack: SlackPlatform, ada: Person, sales: Channel
) -> None:
    async with listening(slack) as app:
        asked = await slack.mention(ada, sales, "hello")

    mention, message = sorted((each.payload for each in app.heard), key=_kind)
    assert mention["event"]["type"] == "app_mention"
    assert message["event"]["channel_type"] == "channel"
    assert mention["event_id"] != message["event_id"]
    for payload in (mention, message):
        assert payload["team_id"] == slack.workspace.id
        assert payload["api_app_id"] == slack.app_id
        event = payload["event"]
        assert (event["user"], event["channel"], event["ts"]) == (ada.id, sales.id, asked.ts)
        assert event["client_msg_id"] == asked.client_id
    assert [each.acked for each in asked.deliveries] == [True, True]


def _kind(payload: Json) -> str:
    return str(payload["event"]["type"])


async def test_what_is_not_acknowledged_is_told_at_once_after_a_minute_and_after_five(
    slack: SlackPlatform, ada: Person
) -> None:
    async with listening(slack) as app:
        app.silent, slack.ack_within = True, 0.1
        said = await slack.write(ada, slack.dm(ada), "hello")
        told = said.deliveries[0]
        assert len(told.attempts) == 2
        slack.clock.advance(60)
        await slack.settled()
        slack.clock.advance(300)
        await slack.settled()
        slack.clock.advance(3600)
        await slack.settled()
        await slack.until(lambda: len(app.heard) == 4)

    assert told.over
    assert not told.acked
    assert len(set(app.events)) == 1
    tried = [(each.retry_attempt, each.retry_reason) for each in app.heard]
    assert tried == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]
    assert slack.broken("unacknowledged")


async def test_a_late_acknowledgement_is_written_down(slack: SlackPlatform, ada: Person) -> None:
    async with listening(slack) as app:
        app.silent, slack.ack_within = True, 0.1
        await slack.write(ada, slack.dm(ada), "hello")
        await slack.until(lambda: app.heard)
        late = {"envelope_id": app.heard[0].envelope_id}
        await app.client.send_socket_mode_response(late)
        await slack.until(lambda: slack.broken("late"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"text": "hi"}, "an event takes no payload"),
        ({}, ""),
    ],
)
async def test_an_event_takes_no_payload(
    answer: Json, words: str, slack: SlackPlatform, ada: Person
) -> None:
    async with listening(slack, lambda _: answer):
        await slack.write(ada, slack.dm(ada), "hello")

    assert words in "".join(slack.broken("bad_ack"))
    assert bool(slack.violations) == bool(words)


async def test_what_is_acknowledged_twice_or_never_was_is_written_down(
    slack: SlackPlatform, ada: Person
) -> None:
    async with listening(slack) as app:
        await slack.write(ada, slack.dm(ada), "hello")
        for id in (app.heard[0].envelope_id, "another"):
            await app.client.send_socket_mode_response({"envelope_id": id})
        await app.client.send_message("words")
        await slack.until(lambda: len(slack.violations) == 3)

    assert {each.kind for each in slack.violations} == {"bad_ack"}


async def test_several_sockets_share_what_happens(slack: SlackPlatform, ada: Person) -> None:
    async with listening(slack) as one, listening(slack) as two:
        for at in range(4):
            await slack.write(ada, slack.dm(ada), str(at))

    assert len(one.events) == len(two.events) == 2
    assert not set(one.events) & set(two.events)


async def test_the_same_is_told_again_when_a_test_wants_it(
    slack: SlackPlatform, ada: Person
) -> None:
    async with listening(slack) as app:
        said = await slack.write(ada, slack.dm(ada), "hello")
        await slack.redeliver(said.deliveries[0])

    assert app.events[0] == app.events[1]
    assert app.heard[1].retry_attempt == 1


async def test_a_cut_socket_is_opened_anew_and_what_was_missed_is_told_later(
    slack: SlackPlatform, ada: Person
) -> None:
    async with listening(slack) as app:
        slack.drop_sockets(stay_away=True)
        missed = await slack.write(ada, slack.dm(ada), "hello")
        assert not missed.deliveries[0].acked
        slack.up()
        await slack.connected()
        slack.clock.advance(60)
        await slack.settled()

    assert missed.deliveries[0].acked
    assert len(app.events) == 1
    assert not slack.broken("unacknowledged")


async def test_a_socket_that_is_told_to_go_is_replaced(slack: SlackPlatform, ada: Person) -> None:
    async with listening(slack):
        first = slack.sockets[0]
        await slack.refresh_sockets()
        await slack.until(lambda: first not in slack.sockets and slack.sockets)
        await slack.connected()
        said = await slack.write(ada, slack.dm(ada), "hello")

    assert said.deliveries[0].acked


async def test_the_eleventh_socket_is_one_too_many(slack: SlackPlatform) -> None:
    client = client_of(slack)
    async with asyncio.timeout(5), aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await client.apps_connections_open(app_token=slack.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
        hello = await sockets[0].receive_json()
        refused = await sockets[10].receive_json()

    assert hello["type"] == "hello"
    assert hello["connection_info"] == {"app_id": slack.app_id}
    assert (refused["type"], refused["reason"]) == ("disconnect", "too_many_websockets")


async def test_nothing_answers_while_slack_is_down(slack: SlackPlatform, ada: Person) -> None:
    client = client_of(slack)
    async with listening(slack):
        slack.down(600)
        with pytest.raises(aiohttp.ClientError):
            await client.auth_test()
        missed = await slack.write(ada, slack.dm(ada), "hello")
        slack.clock.advance(600)
        await slack.connected()
        await client.auth_test()
        assert not missed.deliveries[0].acked
        slack.clock.advance(300)
        await slack.settled()

    assert missed.deliveries[0].acked


async def test_calls_fail_wait_and_lose_their_answers_as_a_test_wants(
    slack: SlackPlatform, sales: Channel
) -> None:
    client = client_of(slack)
    slack.fail("chat.postMessage", "internal_error")
    slack.fail("chat.postMessage", "", after=True)
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.chat_postMessage(channel=sales.id, text="a")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=sales.id, text="b")
    gate = slack.hold("chat.postMessage")
    calling = asyncio.create_task(client.chat_postMessage(channel=sales.id, text="c"))
    await slack.until(lambda: gate.waiting)
    assert [each.words for each in slack.messages(sales)] == ["b"]
    gate.open()
    await calling

    assert [each.words for each in slack.messages(sales)] == ["b", "c"]


async def test_a_command_nobody_acknowledges_is_said_to_have_failed(
    slack: SlackPlatform, ada: Person, sales: Channel
) -> None:
    await slack.command(ada, sales, "/trellis", "help")
    async with listening(slack) as app:
        app.silent, slack.ack_within = True, 0.1
        await slack.command(ada, sales, "/trellis", "help")

    told = [each.words for each in slack.whispers(sales, ada)]
    assert told == [
        '/trellis failed with the error "dispatch_failed"',
        '/trellis failed with the error "operation_timeout"',
    ]


async def test_a_command_is_answered_with_its_acknowledgement(
    slack: SlackPlatform, ada: Person, sales: Channel
) -> None:
    said: list[Json] = [
        {"text": "hi"},
        {"text": "all", "response_type": "in_channel"},
        {"blocks": [{}]},
    ]
    answers = iter(said)
    async with listening(slack, lambda _: next(answers)) as app:
        for _ in range(3):
            await slack.command(ada, sales, "/trellis", "help me")

    payload = app.heard[0].payload
    assert (payload["command"], payload["text"]) == ("/trellis", "help me")
    assert payload["channel_name"] == "sales"
    assert [each.words for each in slack.messages(sales)] == ["all"]
    assert slack.whispers(sales, ada)[0].words == "hi"
    assert [each.kind for each in slack.violations] == ["bad_ack"]


class Endpoint:
    """An endpoint of our own, for HTTP mode."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []
        self.answers: list[web.Response] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append(({k.lower(): v for k, v in request.headers.items()}, body))
        if "url_verification" in body:
            return web.Response(text=str(json.loads(body)["challenge"]))
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/slack/events", endpoint.hear)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield endpoint
    await runner.cleanup()


@pytest.fixture
async def http(endpoint: Endpoint) -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform(mode="http", events_url=endpoint.url) as slack:
        yield slack


async def test_over_http_everything_is_signed(http: SlackPlatform, endpoint: Endpoint) -> None:
    ada = http.person("Ada")
    sales = http.channel("sales", ada)

    assert await http.subscribe(endpoint.url)
    said = await http.write(ada, sales, "hello")
    await http.command(ada, sales, "/trellis", "help")
    await http.shortcut(ada, "global_it")

    assert said.deliveries[0].acked
    verifier = SignatureVerifier(http.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for headers, body in endpoint.requests)
    kinds = [headers["content-type"] for headers, _ in endpoint.requests]
    form = "application/x-www-form-urlencoded"
    assert kinds == ["application/json"] * 2 + [form] * 2
    forged = http.forge("{}", secret="another")
    assert not verifier.is_valid_request("{}", {k.lower(): v for k, v in forged.items()})
    old = http.forge("{}", timestamp=1)
    assert not verifier.is_valid_request("{}", {k.lower(): v for k, v in old.items()})


async def test_over_http_what_fails_is_told_again_with_the_reason(
    http: SlackPlatform, endpoint: Endpoint
) -> None:
    ada = http.person("Ada")
    endpoint.answers = [web.Response(status=500)]

    said = await http.write(ada, http.dm(ada), "hello")

    assert said.deliveries[0].acked
    headers = endpoint.requests[1][0]
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_error")


async def test_over_http_an_app_may_ask_not_to_be_told_again(
    http: SlackPlatform, endpoint: Endpoint
) -> None:
    ada = http.person("Ada")
    endpoint.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]

    said = await http.write(ada, http.dm(ada), "hello")

    assert said.deliveries[0].over
    assert len(endpoint.requests) == 1


async def test_over_http_bolt_checks_the_signature_and_answers() -> None:
    async with SlackPlatform(mode="http") as slack:
        app = AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret)

        @app.command("/trellis")
        async def hear(ack: AsyncAck) -> None:
            await ack("hi")

        runner = web.AppRunner(app.web_app("/slack/events"), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        assert await slack.subscribe(url)
        ada = slack.person("Ada")
        sales = slack.channel("sales", ada)
        await slack.command(ada, sales, "/trellis")
        slack.signing_secret = "another"
        refused = await slack.command(ada, sales, "/trellis")
        await runner.cleanup()

    assert slack.whispers(sales, ada)[0].words == "hi"
    assert refused.attempts[0].status == 401
