"""Slack and Discord in a process of their own, whose people do what they are told.

They are the strict stand-ins of the tests: what the platform would refuse they refuse, and how
often it lets itself be called they count.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

import bot.slack
from benchmarks.told import obey
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.platform import Message as Posted
from tests.bot.slack.platform.nouns import Message
from tests.bot.slack.platform.platform import SlackPlatform

Json = dict[str, Any]
MANIFEST = Path(bot.slack.__file__).parent / "manifest.yaml"
ASKED = "the first facts"
"""What the saved query of the home answers."""
STORY = "Tell me a long story of nothing in particular"
"""What a model answers."""
AT_ONCE = 64
"""People who wait for an answer at the same time."""
LOOK = 0.02
"""Seconds between two looks whether something was answered."""
LONGEST = 240.0
"""Seconds that all answers may take together."""
PAUSE = 0.03
"""Seconds between two words of a model's answer."""


class OnSlack:
    """A workspace of many people, and more of a few each: one alone takes 300 messages a minute."""

    def __init__(self, slack: SlackPlatform, people: int, teams: int) -> None:
        self._slack = slack
        self._people = [slack.person(f"P{n}", email=_email(n)) for n in range(people)]
        self._room = slack.channel("room", *self._people)
        self._others = [slack.team(f"Team{n}") for n in range(teams)]
        self._rooms: list[tuple[Any, Any]] = []
        """Channels, each with somebody in it who asks."""
        for at, team in enumerate(self._others):
            some = [
                slack.person(f"P{n}", team=team, email=_email((5 * at + n) % people))
                for n in range(5)
            ]
            for n in range(10):
                room = slack.channel(f"room{n}", *some, team=team)
                self._rooms.append((some[n % len(some)], room))

    async def facts(self) -> Json:
        """Return what a bot, and a home for it, have to know."""
        slack = self._slack
        return {
            "url": slack.url,
            "bot_token": slack.workspace.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "emails": [each.email for each in self._people],
            "teams": [
                {"id": each.id, "name": each.name, "bot": each.bot_user, "token": each.bot_token}
                for each in self._others
            ],
        }

    async def connected(self) -> None:
        """Return once the bot hears."""
        await self._slack.connected(within=30)

    async def subscribed(self, url: str) -> None:
        """Return once the bot hears over HTTP."""
        await patiently(lambda: _subscribed(self._slack, url), 30)

    async def burst(self, count: int) -> Json:
        """Command so often at once; return the milliseconds until each was acknowledged."""
        people = self._people
        told = await asyncio.gather(
            *(
                self._slack.command(people[n % len(people)], self._room, "/trellis", "queries")
                for n in range(count)
            )
        )
        acks = [1000 * each.seconds for each in told if each.acked]
        return {"acks": acks, "late": count - len(acks)}

    async def answered(self) -> None:
        """Return once everything that was commanded is answered."""
        hooks = self._slack.hooks
        await patiently(lambda: _true(all(each.used for each in hooks.values())))

    async def talk(self, count: int) -> float:
        """Ask in so many new threads; return the seconds until all are answered."""

        async def one(n: int) -> None:
            person, room = self._rooms[n % len(self._rooms)]
            asked = await self._slack.mention(person, room, ASKED)
            await patiently(lambda: _true(self._whole(asked)))

        return await crowd(one, count)

    async def grow(self, count: int) -> list[Json]:
        """Ask what a model answers; return how often each message was edited."""
        found: list[Json] = []

        async def one(n: int) -> None:
            person, room = self._rooms[n * 10 % len(self._rooms)]
            asked = await self._slack.mention(person, room, STORY)
            await patiently(lambda: _true(self._whole(asked)))
            for message in self._slack.answers(asked):
                pieces = message.stream.appended if message.stream is not None else []
                found.append(edited([*(each.at for each in message.edits), *pieces]))

        await crowd(one, count)
        return found

    async def violations(self) -> list[str]:
        """Return what a well-behaved bot does not do."""
        return [*self._slack.broken(), *map(repr, self._slack.refusals)]

    def _whole(self, asked: Message) -> bool:
        found = self._slack.answers(asked)
        return bool(found) and not found[-1].streaming and bool(found[-1].buttons)


class OnDiscord:
    """A server of many people, with many channels: each takes fifty threads in five minutes."""

    def __init__(self, discord: DiscordPlatform, people: int, channels: int) -> None:
        self._discord = discord
        self._people = [discord.person(f"p{n}") for n in range(people)]
        self._guild = discord.guild("Acme", *self._people)
        self._room = discord.channel(self._guild, "room")
        self._rooms = [discord.channel(self._guild, f"room{n}") for n in range(channels)]

    async def facts(self) -> Json:
        """Return what a bot, and a home for it, have to know."""
        return {
            "url": self._discord.url,
            "token": self._discord.token,
            "guild": self._guild.id,
            "emails": [_email(n) for n in range(len(self._people))],
            "people": [str(each.id) for each in self._people],
        }

    async def connected(self) -> None:
        """Return once the bot hears."""
        await self._discord.until(self._discord.ready, 30)
        await self._discord.until(lambda: self._discord.commands(self._guild), 30)

    async def burst(self, count: int) -> Json:
        """Command so often at once; return the milliseconds until each was acknowledged."""
        made = []
        for n in range(count):
            person = self._people[n % len(self._people)]
            made.append(await self._discord.command(person, self._room, "queries"))
            await asyncio.sleep(0)  # each is sent before the next is typed
        await patiently(lambda: _true(all(each.acknowledged is not None for each in made)), 10)
        acks = [1000 * each.acknowledged for each in made if each.acknowledged is not None]
        return {"acks": acks, "late": count - len(acks)}

    async def answered(self) -> None:
        """Return once everything that was commanded is answered."""
        await patiently(lambda: _true(not self._discord.thinking))

    async def talk(self, count: int) -> float:
        """Ask in so many new threads; return the seconds until all are answered."""

        async def one(n: int) -> None:
            await self._asked(n, ASKED)

        return await crowd(one, count)

    async def grow(self, count: int) -> list[Json]:
        """Ask what a model answers; return how often each message was edited."""
        found: list[Json] = []

        async def one(n: int) -> None:
            found.extend(edited(each.edits) for each in await self._asked(n, STORY))

        await crowd(one, count)
        return found

    async def violations(self) -> list[str]:
        """Return what a well-behaved bot does not do."""
        said = [f"{each.method} {each.path}: {each.status}" for each in self._discord.refusals]
        return [*self._discord.violations, *said]

    async def _asked(self, n: int, text: str) -> Sequence[Posted]:
        """Return what the bot said in the thread that a question began, once it is whole."""
        person, room = self._people[n % len(self._people)], self._rooms[n % len(self._rooms)]
        asked = await self._discord.mention(person, room, text)

        def whole() -> bool:
            there = () if asked.thread is None else self._discord.answers(asked.thread)
            return bool(there) and bool(there[-1].buttons)

        await patiently(lambda: _true(whole()))
        return () if asked.thread is None else self._discord.answers(asked.thread)


# What both need


async def crowd(one: Callable[[int], Awaitable[None]], count: int) -> float:
    """Do something so often, a few at once; return the seconds that it took."""
    places = asyncio.Semaphore(AT_ONCE)

    async def placed(n: int) -> None:
        async with places:
            await one(n)

    began = time.perf_counter()
    await asyncio.gather(*(placed(n) for n in range(count)))
    return time.perf_counter() - began


async def patiently(condition: Callable[[], Awaitable[bool]], seconds: float = LONGEST) -> None:
    """Return once *condition* holds, looked at again and again, or after so many *seconds*."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - of the platforms, one has bells
            await asyncio.sleep(LOOK)


async def _true(holds: bool) -> bool:
    return holds


async def _subscribed(slack: SlackPlatform, url: str) -> bool:
    try:
        return await slack.subscribe(url)
    except (OSError, TimeoutError):  # it is not there yet
        return False


def edited(times: Iterable[float]) -> Json:
    """Return how often a message was edited, and how often at most within a second."""
    at = sorted(times)
    most = max((sum(1 for each in at if first <= each < first + 1) for first in at), default=0)
    return {"edits": len(at), "most": most}


def _email(n: int) -> str:
    return f"p{n}@bench.test"


class Words:
    """A model that speaks OpenAI's protocol and says so many words, one after the other."""

    def __init__(self) -> None:
        self.count = 1

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one question."""
        asked = await request.json()
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "Nothing"}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            kind = {"id": "c1", "object": "chat.completion", "created": 1, "model": "words"}
            return web.json_response(kind | {"choices": [choice]})
        answer = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await answer.prepare(request)
        for n in range(self.count):
            await answer.write(_piece({"role": "assistant", "content": f"word{n} "}))
            await asyncio.sleep(PAUSE)
        await answer.write(_piece({}, "stop") + b"data: [DONE]\n\n")
        return answer


def _piece(delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    kind = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "words"}
    return b"data: " + json.dumps(kind | {"choices": [choice]}).encode() + b"\n\n"


async def told(scene: OnSlack | OnDiscord) -> None:
    """Let a scene do what it is told, with a model beside it."""
    app, model = web.Application(), Words()
    app.router.add_post("/v1/chat/completions", model.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    async def facts() -> Json:
        return await scene.facts() | {"model": f"http://127.0.0.1:{runner.addresses[0][1]}"}

    async def grow(count: int, words: int) -> list[Json]:
        model.count = words
        return await scene.grow(count)

    acts = {
        name: getattr(scene, name)
        for name in ("connected", "burst", "answered", "talk", "violations", "subscribed")
        if hasattr(scene, name)
    }
    try:
        await obey(acts | {"facts": facts, "grow": grow})
    finally:
        await runner.cleanup()


async def main(platform: str, people: int, more: int) -> None:
    """Be one of the platforms, with so many *people* and *more* teams or channels."""
    if platform == "discord":
        async with DiscordPlatform(privileged=["message_content"], concurrency=100) as discord:
            await told(OnDiscord(discord, people, more))
        return
    manifest = yaml.safe_load(MANIFEST.read_text("utf-8"))
    async with SlackPlatform(manifest, mode=platform.removeprefix("slack-")) as slack:
        await told(OnSlack(slack, people, more))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
