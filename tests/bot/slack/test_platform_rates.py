"""The stand-in of Slack bears so many calls, says how long to wait, and minds who does not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.bot.slack.platform import Channel, Person, SlackPlatform
from tests.bot.slack.platform.asked import client_of


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


async def limited(call: Any) -> int:
    """Return for how long a call that is one too many has to wait."""
    with pytest.raises(SlackApiError) as caught:
        await call
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.status_code == 429
    return int(caught.value.response.headers["Retry-After"])


async def test_a_channel_takes_a_message_a_second_and_a_few_at_once(
    slack: SlackPlatform, sales: Channel
) -> None:
    client = client_of(slack)
    for at in range(5):
        await client.chat_postMessage(channel=sales.id, text=str(at))

    assert await limited(client.chat_postMessage(channel=sales.id, text="6")) == 1
    other = slack.channel("other")
    await client.chat_postMessage(channel=other.id, text="a channel of its own")
    assert slack.broken() == ["ratelimited: chat.postMessage"]


@pytest.mark.parametrize(("method", "times"), [("users.info", 100), ("team.info", 50)])
async def test_each_method_has_its_tier(
    method: str, times: int, slack: SlackPlatform, ada: Person
) -> None:
    client = client_of(slack)
    user = {"user": ada.id} if method == "users.info" else {}
    await asyncio.gather(*(client.api_call(method, params=user) for _ in range(times)))

    assert await limited(client.api_call(method, params=user)) >= 1
    await client.auth_test()
    assert await limited(client.api_call(method, params=user)) >= 1
    assert slack.broken("impatient")
    slack.clock.advance(60)
    await client.api_call(method, params=user)


async def test_whoever_waits_as_told_is_served(slack: SlackPlatform, sales: Channel) -> None:
    client = client_of(slack)
    slack.limit("chat.update", 60, burst=1)
    posted = await client.chat_postMessage(channel=sales.id, text="a")
    here: dict[str, Any] = {"channel": sales.id, "ts": posted["ts"]}

    await client.chat_update(**here, text="b")
    seconds = await limited(client.chat_update(**here, text="c"))
    slack.clock.advance(seconds)
    await client.chat_update(**here, text="c")

    assert slack.messages(sales)[0].words == "c"
    assert not slack.broken("impatient")


async def test_an_injected_limit_is_no_fault_of_the_app_but_its_impatience_is(
    slack: SlackPlatform, sales: Channel
) -> None:
    client = client_of(slack)
    slack.fail("chat.postMessage", "ratelimited", retry_after=30)

    assert await limited(client.chat_postMessage(channel=sales.id, text="a")) == 30
    assert not slack.violations
    again = await limited(client.chat_postMessage(channel=sales.id, text="a"))
    assert 25 <= again <= 30
    assert [each.kind for each in slack.violations] == ["impatient"]


async def test_a_benchmark_lifts_every_limit(slack: SlackPlatform, sales: Channel) -> None:
    client = client_of(slack)
    slack.unlimited()
    texts = (client.chat_postMessage(channel=sales.id, text=str(at)) for at in range(20))
    await asyncio.gather(*texts)

    assert len(slack.messages(sales)) == 20
    assert not slack.violations
