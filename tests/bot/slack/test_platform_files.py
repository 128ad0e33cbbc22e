"""The stand-in of Slack takes files in three steps, and pictures once they are processed."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform import Channel, Person, SlackPlatform
from tests.bot.slack.platform.asked import client_of, code, modal


@pytest.fixture
async def slack() -> AsyncIterator[SlackPlatform]:
    async with SlackPlatform() as slack:
        yield slack


@pytest.fixture
def client(slack: SlackPlatform) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def ada(slack: SlackPlatform) -> Person:
    return slack.person("Ada")


@pytest.fixture
def sales(slack: SlackPlatform, ada: Person) -> Channel:
    return slack.channel("sales", ada)


PNG = b"\x89PNG\r\n\x1a\n"


def picture(id: str) -> dict[str, Any]:
    return {"type": "image", "alt_text": "a chart", "slack_file": {"id": id}}


async def uploaded(client: AsyncWebClient, content: bytes, name: str = "chart.png") -> str:
    answer = await client.files_upload_v2(filename=name, content=content)
    return str(answer["files"][0]["id"])


async def test_a_file_is_uploaded_and_shared(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    asked = await slack.write(ada, sales, "chart, please")
    await client.files_upload_v2(
        channel=sales.id,
        thread_ts=asked.ts,
        filename="chart.png",
        title="Sales",
        alt_txt="bars",
        content=PNG,
        initial_comment="here",
    )

    answer = slack.answers(asked)[0]
    assert (answer.text, answer.words) == ("here", "here\nSales")
    file = slack.files[0]
    assert (file.content, file.title, file.alt) == (PNG, "Sales", "bars")
    info = await client.files_info(file=file.id)
    assert info["file"]["size"] == len(PNG)
    headers = {"Authorization": f"Bearer {slack.workspace.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(info["file"]["url_private"]) as got,
    ):
        assert await got.read() == PNG


async def test_a_picture_is_shown_once_it_is_processed(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel, ada: Person
) -> None:
    slack.processing = 5
    id = await uploaded(client, PNG)
    shown: dict[str, Any] = {"channel": sales.id, "text": "x", "blocks": [picture(id)]}

    early = client.chat_postMessage(**shown)
    assert await code(early) == "invalid_blocks"
    view = client.views_open(trigger_id=slack.trigger(ada), view=modal(picture(id)))
    assert await code(view) == "invalid_blocks"
    slack.clock.advance(5)
    await client.chat_postMessage(**shown)
    assert slack.messages(sales)[0].words == "a chart"


async def test_only_pictures_of_ones_own_are_shown(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    words = await uploaded(client, b"a,b", "table.csv")
    for id in (words, "F1"):
        call = client.chat_postMessage(channel=sales.id, text="x", blocks=[picture(id)])
        assert await code(call) == "invalid_blocks"


UPLOADS: dict[str, tuple[dict[str, Any], str]] = {
    "of nothing": ({"filename": "a", "length": 0}, "missing_argument"),
    "of a gigabyte": ({"filename": "a", "length": 2_000_000_000}, "file_upload_size_restricted"),
    "without a name": ({"length": 1}, "invalid_arguments"),
    "of words": ({"filename": "a", "length": "many"}, "invalid_arguments"),
    "with much to hear": (
        {"filename": "a", "length": 1, "alt_txt": "a" * 1001},
        "alt_txt_too_large",
    ),
    "large snippet": (
        {"filename": "a", "length": 1_000_001, "snippet_type": "python"},
        "snippet_too_large",
    ),
}


@pytest.mark.parametrize("name", UPLOADS)
async def test_an_upload_that_may_not_begin(name: str, client: AsyncWebClient) -> None:
    arguments, error = UPLOADS[name]

    call = client.api_call("files.getUploadURLExternal", params=arguments)
    assert await code(call) == error


async def test_an_upload_is_as_long_as_it_said_and_ends_once(
    client: AsyncWebClient, slack: SlackPlatform, sales: Channel
) -> None:
    begun = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    named = [{"id": begun["file_id"], "title": "A"}]
    assert await code(client.files_completeUploadExternal(files=named)) == "file_not_found"
    async with aiohttp.ClientSession() as session:
        async with session.post(begun["upload_url"], data=b"four") as answer:
            assert answer.status == 400
        async with session.post(begun["upload_url"], data=b"abc") as answer:
            assert (answer.status, await answer.text()) == (200, "OK - 3")
    here: dict[str, Any] = {"files": named}
    lost = client.files_completeUploadExternal(**here, channel_id="C1")
    assert await code(lost) == "channel_not_found"
    elsewhere = slack.channel("elsewhere", bot=False)
    out = client.files_completeUploadExternal(**here, channel_id=elsewhere.id)
    assert await code(out) == "not_in_channel"
    await client.files_completeUploadExternal(**here, channel_id=sales.id)
    twice = client.files_completeUploadExternal(**here, channel_id=sales.id)
    assert await code(twice) == "file_not_found"
    assert [each.name for each in slack.messages(sales)[0].files] == ["a.csv"]
    await client.files_delete(file=begun["file_id"])
    assert slack.files == []


async def test_people_share_files_too(slack: SlackPlatform, ada: Person, sales: Channel) -> None:
    said = await slack.write(ada, sales, "look", files=[("a.csv", b"a,b")])

    assert said.files[0].content == b"a,b"
    assert slack.shape(said)["subtype"] == "file_share"
    assert slack.files == []
