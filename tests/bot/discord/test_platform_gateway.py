"""The gateway of the stand-in closes, replays and refuses as Discord's does; spoken to raw."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.platform.compression import ZstdStream

GUILDS, MESSAGES, DIRECT = 1 << 0, 1 << 9, 1 << 12
Frame = dict[str, Any]


class Line:
    """One connection to the gateway."""

    def __init__(self, platform: DiscordPlatform, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.platform = platform
        self.ws = ws
        self.seq = 0
        self._inflate: Callable[[bytes], bytes] = zlib.decompressobj().decompress

    async def hear(self) -> Frame:
        message = await asyncio.wait_for(self.ws.receive(), 5)
        if message.type is aiohttp.WSMsgType.BINARY:
            frame: Frame = json.loads(self._inflate(message.data))
        else:
            assert message.type is aiohttp.WSMsgType.TEXT, self.ws.close_code
            frame = json.loads(message.data)
        self.seq = frame["s"] or self.seq
        return frame

    async def until(self, event: str) -> Frame:
        while (frame := await self.hear())["t"] != event:
            pass
        return frame

    async def say(self, op: int, data: Any) -> None:
        await self.ws.send_str(json.dumps({"op": op, "d": data}))

    async def identify(self, **more: Any) -> None:
        data = {"token": self.platform.token, "properties": {}, "intents": GUILDS | MESSAGES}
        await self.say(2, data | more)

    async def closed(self) -> int | None:
        while (await asyncio.wait_for(self.ws.receive(), 5)).type in {
            aiohttp.WSMsgType.TEXT,
            aiohttp.WSMsgType.BINARY,
        }:
            pass
        return self.ws.close_code


@asynccontextmanager
async def calling(platform: DiscordPlatform, **query: str) -> AsyncIterator[Line]:
    """Call."""
    asked = {"v": "10", "encoding": "json"} | query
    url = platform.gateway.url
    async with aiohttp.ClientSession() as session, session.ws_connect(url, params=asked) as ws:
        yield Line(platform, ws)


@pytest.fixture
async def platform() -> AsyncIterator[DiscordPlatform]:
    async with DiscordPlatform() as platform:
        yield platform


async def test_hello_ready_guilds_heartbeats(platform: DiscordPlatform) -> None:
    guild = platform.guild("Acme")
    platform.channel(guild, "sales")
    platform.guild("Strangers", joined=False)
    async with calling(platform) as line:
        assert (await line.hear())["d"] == {"heartbeat_interval": 41250}
        await line.say(1, None)
        assert (await line.hear())["op"] == 11
        await line.identify()
        ready = await line.until("READY")
        assert [each["id"] for each in ready["d"]["guilds"]] == [str(guild.id)]
        assert ready["d"]["shard"] == [0, 1]
        created = await line.until("GUILD_CREATE")
        assert [each["name"] for each in created["d"]["channels"]] == ["sales"]
        assert [each["user"]["id"] for each in created["d"]["members"]] == [str(platform.bot.id)]
        await platform.until(platform.ready)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": None}, 4013),
        ({"intents": 1 << 17}, 4013),
        ({"intents": GUILDS | 1 << 15}, 4014),
        ({"intents": 1 << 1}, 4014),
        ({"shard": [1, 1]}, 4010),
        ({"properties": None}, 4002),
    ],
)
async def test_who_identifies_wrongly_is_closed(
    platform: DiscordPlatform, more: Frame, code: int
) -> None:
    async with calling(platform) as line:
        await line.identify(**more)
        assert await line.closed() == code
    assert platform.gateway.closes == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4002),
        ("[]", 4002),
        (json.dumps({"op": 1, "d": "x" * 4096}), 4002),
        (json.dumps({"op": 99, "d": None}), 4001),
        (json.dumps({"op": 3, "d": {}}), 4003),
    ],
)
async def test_who_says_nonsense_is_closed(platform: DiscordPlatform, text: str, code: int) -> None:
    async with calling(platform) as line:
        await line.ws.send_str(text)
        assert await line.closed() == code


async def test_versions_identifying_twice_and_haste(platform: DiscordPlatform) -> None:
    async with calling(platform, v="9") as line:
        assert await line.closed() == 4012
    async with calling(platform, encoding="etf") as line:
        assert await line.closed() == 4002
    async with calling(platform) as line:
        await line.identify()
        await line.identify()
        assert await line.closed() == 4005
    async with calling(platform) as line:
        for _ in range(121):
            await line.say(1, None)
        assert await line.closed() == 4008


async def test_whoever_misses_a_heartbeat_is_closed() -> None:
    async with DiscordPlatform(heartbeat=0.05) as platform:
        async with calling(platform) as line:
            await line.identify()
            await line.until("READY")
            assert await line.closed() == 4009
        assert platform.violations == ["a heartbeat was missed"]


async def test_sessions_start_one_by_one_and_not_for_ever() -> None:
    async with DiscordPlatform(starts=2) as platform:
        for wait, answer in ((0, "READY"), (0, None), (6, "READY"), (6, None)):
            platform.clock.advance(wait)
            async with calling(platform) as line:
                await line.hear()
                await line.identify()
                frame = await line.hear()
                assert frame["t"] == answer
                assert answer or (frame["op"], frame["d"]) == (9, False)
        assert platform.violations == ["more sessions were started than a day allows"]


async def test_a_session_resumes_with_all_that_it_missed(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    async with calling(platform) as line:
        await line.identify()
        session = (await line.until("READY"))["d"]["session_id"]
        await line.until("GUILD_CREATE")
        seq = line.seq
        await platform.mention(ada, sales, "one")
        await line.until("MESSAGE_CREATE")
        await platform.drop_gateway()
        assert await line.closed() == 1006
    await platform.mention(ada, sales, "two")
    resume = {"token": platform.token, "session_id": session, "seq": seq}
    async with calling(platform) as line:
        await line.hear()
        await line.say(6, resume)
        missed = [await line.hear() for _ in range(3)]
        await platform.mention(ada, sales, "three")
        new = await line.hear()
        await platform.drop_gateway(code=4000)
        assert await line.closed() == 4000
    assert [each["t"] for each in missed] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
    assert [each["d"]["content"][-3:] for each in missed[:2]] == ["one", "two"]
    assert new["s"] == missed[-1]["s"] + 1
    async with calling(platform) as line:
        await line.say(6, resume | {"seq": 10_000})
        assert await line.closed() == 4007


@pytest.mark.parametrize("how", ["good-bye", "too late", "forgotten", "unknown"])
async def test_a_session_that_is_over_is_not_resumed(platform: DiscordPlatform, how: str) -> None:
    async with calling(platform) as line:
        await line.identify()
        session = (await line.until("READY"))["d"]["session_id"]
        await line.ws.close(code=1000 if how == "good-bye" else 4000)
    await platform.until(lambda: not platform.ready())
    if how == "too late":
        platform.clock.advance(600)
    elif how == "forgotten":
        platform.forget_sessions()
    elif how == "unknown":
        session = "unknown"
    async with calling(platform) as line:
        await line.hear()
        await line.say(6, {"token": platform.token, "session_id": session, "seq": 1})
        frame = await line.hear()
    assert (frame["op"], frame["d"]) == (9, False)


async def test_events_come_with_their_intents_to_their_shard() -> None:
    async with DiscordPlatform(shards=2, concurrency=2) as platform:
        ada = platform.person("ada")
        sales = platform.channel(platform.guild("Acme", ada, shard=1), "sales")
        async with calling(platform) as zero, calling(platform) as one:
            await zero.identify(shard=[0, 2], intents=DIRECT)
            await one.identify(shard=[1, 2], intents=GUILDS)
            assert (await zero.until("READY"))["d"]["guilds"] == []
            await one.until("GUILD_CREATE")
            await platform.say(ada, sales, "no intent for this")
            await platform.say(ada, platform.dm(ada), "private")
            direct = await zero.hear()
            other = platform.channel(platform.guild("New", ada, shard=1), "new")
            created = [await one.hear(), await one.hear()]
        assert (direct["t"], direct["d"]["content"]) == ("MESSAGE_CREATE", "private")
        assert "guild_id" not in direct["d"]
        assert [each["t"] for each in created] == ["GUILD_CREATE", "CHANNEL_CREATE"]
        assert created[1]["d"]["id"] == str(other.id)


async def test_two_sessions_of_one_shard_both_hear_everything(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    async with calling(platform) as first, calling(platform) as second:
        await first.identify()
        await first.until("GUILD_CREATE")
        platform.clock.advance(6)
        await second.identify()
        await second.until("GUILD_CREATE")
        said = await platform.mention(ada, sales, "hello")
        await platform.redeliver(said)
        for line in (first, second):
            heard = [await line.until("MESSAGE_CREATE") for _ in range(2)]
            assert [each["d"]["id"] for each in heard] == [str(said.id)] * 2


async def test_a_stream_is_packed_as_asked(platform: DiscordPlatform) -> None:
    async with calling(platform, compress="zlib-stream") as line:
        assert (await line.hear())["op"] == 10
        await line.identify()
        assert (await line.hear())["t"] == "READY"
    packer = ZstdStream()
    first, second = packer.pack("a" * 70_000), packer.pack("b")
    assert first[:6] == bytes.fromhex("28b52ffd0068")
    # Two raw blocks, neither of them the last one of the frame.
    size = int.from_bytes(first[6:9], "little")
    assert (size & 7, size >> 3) == (0, 1 << 16)
    assert second == bytes([1 << 3, 0, 0]) + b"b"


async def test_while_discord_is_down_nobody_gets_through(platform: DiscordPlatform) -> None:
    async with platform.down():
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with calling(platform):
                pass


async def test_until_says_what_stands_there(platform: DiscordPlatform) -> None:
    ada = platform.person("ada")
    sales = platform.channel(platform.guild("Acme", ada), "sales")
    await platform.say(ada, sales, "hello?")
    with pytest.raises(AssertionError, match=r"#sales ada: 'hello\?'"):
        await platform.until(lambda: platform.answers(sales), within=0.01)
    assert await platform.until(lambda: platform.messages(sales)[0]) is not None
