"""Interactions and commands of the stand-in: their limits, their deadlines, their second times."""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest

from tests.bot.discord.platform import DiscordPlatform, Interaction, flat
from tests.bot.discord.platform.clock import Clock, Snowflakes
from tests.bot.discord.platform.commands import read_commands
from tests.bot.discord.platform.drafts import read_draft
from tests.bot.discord.platform.errors import Refused
from tests.bot.discord.platform.mentions import REGULAR
from tests.bot.discord.platform.modals import read_modal

Body = dict[str, Any]


class Wire:
    """A client that knows nothing, and an interaction that waits for it."""

    def __init__(self, platform: DiscordPlatform, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.session = session
        self.ada = platform.person("ada")
        self.guild = platform.guild("Acme", self.ada)
        self.sales = platform.channel(self.guild, "sales")
        self.commands = f"/applications/{platform.application_id}/commands"

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bot {self.platform.token}"}
        url = self.platform.url + path
        async with self.session.request(method, url, json=body, headers=headers) as got:
            return got.status, await got.json() if got.status != 204 else None

    async def refused(self, method: str, path: str, body: Any = None) -> int:
        status, said = await self.ask(method, path, body)
        assert status >= 400
        return int(said["code"])

    async def asked(self) -> Interaction:
        await self.ask("PUT", self.commands, [command()])
        return await self.platform.command(self.ada, self.sales, "ask", question="?")

    async def respond(self, to: Interaction, kind: int, data: Any = None) -> tuple[int, Any]:
        path = f"/interactions/{to.id}/{to.token}/callback"
        return await self.ask("POST", path, {"type": kind, "data": data})

    def after(self, interaction: Interaction, message: str = "") -> str:
        path = f"/webhooks/{self.platform.application_id}/{interaction.token}"
        return f"{path}/messages/{message}" if message else path


def option(**more: Any) -> Body:
    return {"type": 3, "name": "question", "description": "What?"} | more


def command(**more: Any) -> Body:
    return {"name": "ask", "description": "Ask.", "options": [option(required=True)]} | more


def typed(**more: Any) -> Body:
    return {"type": 4, "custom_id": "a", "style": 1, "label": "A"} | more


def labelled(component: Body, **more: Any) -> Body:
    return {"type": 18, "label": "A", "component": component} | more


def inner(**more: Any) -> Body:
    return {"type": 4, "custom_id": "a", "style": 1} | more


def form(*components: Body, **more: Any) -> Body:
    rows = components or ({"type": 1, "components": [typed()]},)
    return {"custom_id": "form", "title": "Form", "components": list(rows)} | more


def with_input(**more: Any) -> Body:
    return form({"type": 1, "components": [typed(**more)]})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with DiscordPlatform() as platform, aiohttp.ClientSession() as session:
        platform.limits_off()
        yield Wire(platform, session)
        assert platform.violations == []


async def test_a_first_response_is_due_within_three_seconds_and_once(wire: Wire) -> None:
    platform = wire.platform
    asked = await wire.asked()
    assert await wire.refused("PATCH", wire.after(asked, "@original"), {"content": "a"}) == 10015
    assert await wire.respond(asked, 5) == (204, None)
    assert asked.acknowledged is not None
    assert asked.message
    assert asked.message.thinking
    assert (await wire.respond(asked, 4, {"content": "a"}))[1]["code"] == 40060
    late = await wire.asked()
    platform.clock.advance(3.1)
    assert platform.failed(late)
    assert (await wire.respond(late, 5))[1]["code"] == 10062
    assert asked.message.thinking


async def test_a_token_lives_for_fifteen_minutes(wire: Wire) -> None:
    asked = await wire.asked()
    await wire.respond(asked, 5)
    original = wire.after(asked, "@original")
    wire.platform.clock.advance(14 * 60)
    assert (await wire.ask("PATCH", original, {"content": "a"}))[0] == 200
    status, said = await wire.ask("POST", wire.after(asked), {"content": "b", "flags": 64})
    assert (status, said["flags"]) == (200, 64)
    wire.platform.clock.advance(61)
    assert await wire.refused("PATCH", original, {"content": "b"}) == 50027
    assert await wire.refused("DELETE", wire.after(asked, said["id"])) == 50027
    assert await wire.refused("POST", wire.after(asked), {"content": "c"}) == 50027
    message = asked.message
    assert message
    # The message itself stands, and as a message of the channel it can still be edited.
    path = f"/channels/{wire.sales.id}/messages/{message.id}"
    assert (await wire.ask("PATCH", path, {"content": "later"}))[0] == 200
    ephemeral = f"/channels/{wire.sales.id}/messages/{said['id']}"
    assert await wire.refused("PATCH", ephemeral, {"content": "later"}) == 10008


async def test_a_deferred_response_is_filled_in_by_the_first_that_follows(wire: Wire) -> None:
    asked = await wire.asked()
    await wire.respond(asked, 5, {"flags": 64})
    _, said = await wire.ask("POST", wire.after(asked), {"content": wire.ada.mention})
    assert asked.message
    assert said["id"] == str(asked.message.id)
    assert asked.message.ephemeral
    assert wire.platform.pings == []
    await wire.ask("POST", wire.after(asked), {"content": wire.ada.mention})
    assert [each.why for each in wire.platform.pings] == ["user"]
    await wire.ask("DELETE", wire.after(asked, "@original"))
    assert wire.platform.messages(wire.sales, wire.ada) == tuple(asked.followups)
    assert await wire.refused("GET", wire.after(asked, "@original")) == 10008
    missing = wire.after(asked, str(wire.sales.id))
    assert await wire.refused("PATCH", missing, {"content": "a"}) == 10008


@pytest.mark.parametrize(
    ("kind", "data", "path", "code"),
    [
        (1, None, "type", "BASE_TYPE_CHOICES"),
        (6, None, "type", "BASE_TYPE_CHOICES"),
        (7, {"content": "a"}, "type", "BASE_TYPE_CHOICES"),
        (8, {"choices": []}, "type", "BASE_TYPE_CHOICES"),
        (4, {"content": "x" * 2001}, "data.content", "BASE_TYPE_MAX_LENGTH"),
        (4, {"content": "a", "nonce": "1"}, "data.nonce", "UNKNOWN_FIELD"),
        (4, {"content": "a", "flags": 128}, "data.flags", "BITFIELD_TYPE_INVALID"),
        (5, {"flags": 1 << 15}, "data.flags", "BITFIELD_TYPE_INVALID"),
        (9, form(title="x" * 46), "data.title", "BASE_TYPE_BAD_LENGTH"),
        (9, form(custom_id="x" * 101), "data.custom_id", "BASE_TYPE_BAD_LENGTH"),
        (9, form(components=[]), "data.components", "BASE_TYPE_BAD_LENGTH"),
    ],
)
async def test_a_wrong_response_is_refused_and_a_right_one_still_taken(
    wire: Wire, kind: int, data: Body | None, path: str, code: str
) -> None:
    asked = await wire.asked()

    status, said = await wire.respond(asked, kind, data)

    assert (status, said["code"]) == (400, 50035)
    assert flat(said["errors"])[path] == code
    assert asked.acknowledged is None
    assert (await wire.respond(asked, 4, {"content": "a"}))[0] == 204


FORMS: dict[str, tuple[Body, str, str]] = {
    "six": (
        form(*({"type": 1, "components": [typed(custom_id=str(i))]} for i in range(6))),
        "data.components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "two in a row": (
        form({"type": 1, "components": [typed(), typed(custom_id="b")]}),
        "data.components.0.components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "button": (
        form({"type": 1, "components": [{"type": 2}]}),
        "data.components.0.components.0.type",
        "BASE_TYPE_CHOICES",
    ),
    "label": (
        with_input(label="x" * 46),
        "data.components.0.components.0.label",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "no label": (
        with_input(label=None),
        "data.components.0.components.0.label",
        "BASE_TYPE_REQUIRED",
    ),
    "placeholder": (
        with_input(placeholder="x" * 101),
        "data.components.0.components.0.placeholder",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "value": (
        with_input(value="x" * 4001),
        "data.components.0.components.0.value",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "value over its own length": (
        with_input(value="xxx", max_length=2),
        "data.components.0.components.0.value",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "length": (
        with_input(max_length=4001),
        "data.components.0.components.0.max_length",
        "NUMBER_TYPE_MAX",
    ),
    "style": (
        with_input(style=3),
        "data.components.0.components.0.style",
        "BASE_TYPE_CHOICES",
    ),
    "label around": (
        form(labelled(inner(), label="x" * 46)),
        "data.components.0.label",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "description": (
        form(labelled(inner(), description="x" * 101)),
        "data.components.0.description",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "two labels": (
        form(labelled(inner(label="b"))),
        "data.components.0.component.label",
        "COMPONENT_LABEL_DUPLICATED",
    ),
    "disabled": (
        form(labelled({"type": 5, "custom_id": "a", "disabled": True})),
        "data.components.0.component.disabled",
        "COMPONENT_DISABLED_IN_MODAL",
    ),
    "none of what is required": (
        form(labelled({"type": 5, "custom_id": "a", "min_values": 0})),
        "data.components.0.component.min_values",
        "NUMBER_TYPE_MIN",
    ),
    "same custom id": (
        form(labelled(inner()), labelled(inner())),
        "data.components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
}


@pytest.mark.parametrize(("data", "path", "code"), FORMS.values(), ids=FORMS.keys())
def test_a_form_over_a_limit_is_refused(data: Body, path: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_modal(data)
    assert flat(refused.value.errors)[path] == code


def test_a_form_just_within_its_limits_is_taken() -> None:
    around = labelled(inner(value="x" * 4000, placeholder="x" * 100, max_length=4000))
    around |= {"label": "x" * 45, "description": "x" * 100}
    rows = [{"type": 1, "components": [typed(custom_id=str(i), label="x" * 45)]} for i in range(4)]
    read_modal(form(*rows, around, title="x" * 45, custom_id="x" * 100))


COMMANDS: dict[str, tuple[list[Body], str, str]] = {
    "name": ([command(name="x" * 33)], "0.name", "BASE_TYPE_BAD_LENGTH"),
    "capitals": ([command(name="Ask")], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    "space": ([command(name="a b")], "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
    "description": ([command(description="x" * 101)], "0.description", "BASE_TYPE_BAD_LENGTH"),
    "no description": ([command(description="")], "0.description", "BASE_TYPE_REQUIRED"),
    "twice": ([command(), command()], "1.name", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    "options": (
        [command(options=[option(name=f"o{i}") for i in range(26)])],
        "0.options",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "required last": (
        [command(options=[option(), option(name="b", required=True)])],
        "0.options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    "same option": (
        [command(options=[option(), option()])],
        "0.options.1.name",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    "option name": (
        [command(options=[option(name="Q")])],
        "0.options.0.name",
        "APPLICATION_COMMAND_INVALID_NAME",
    ),
    "option description": (
        [command(options=[option(description="x" * 101)])],
        "0.options.0.description",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "choices": (
        [command(options=[option(choices=[{"name": "a", "value": "a"}] * 26)])],
        "0.options.0.choices",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "choice": (
        [command(options=[option(choices=[{"name": "x" * 101, "value": "a"}])])],
        "0.options.0.choices.0.name",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "choices and completion": (
        [command(options=[option(choices=[{"name": "a", "value": "a"}], autocomplete=True)])],
        "0.options.0.autocomplete",
        "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
    ),
    "completion of truth": (
        [command(options=[option(type=5, autocomplete=True)])],
        "0.options.0.type",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    "length": (
        [command(options=[option(max_length=6001)])],
        "0.options.0.max_length",
        "NUMBER_TYPE_MAX",
    ),
    "whole": (
        [
            command(
                options=[
                    option(
                        name=f"o{i}",
                        choices=[{"name": f"{j}" * 20, "value": "x" * 100} for j in range(9)],
                    )
                    for i in range(9)
                ]
            )
        ],
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
    "described menu": (
        [{"type": 3, "name": "Ask Trellis", "description": "a"}],
        "0.description",
        "APPLICATION_COMMAND_CONTEXT_MENU_FIELD",
    ),
}


@pytest.mark.parametrize(("body", "path", "code"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_over_a_limit_is_refused(body: list[Body], path: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_commands(body)
    assert flat(refused.value.errors)[path] == code


def test_no_more_than_a_hundred_commands() -> None:
    read_commands([command(name=f"c{index}") for index in range(100)])
    with pytest.raises(Refused) as refused:
        read_commands([command(name=f"c{index}") for index in range(101)])
    assert refused.value.code == 30032


async def test_commands_are_overwritten_listed_offered_and_deleted(wire: Wire) -> None:
    platform, dm = wire.platform, wire.platform.dm(wire.ada)
    guilds = wire.commands.replace("/commands", f"/guilds/{wire.guild.id}/commands")
    _, (first,) = await wire.ask("PUT", wire.commands, [command()])
    _, again = await wire.ask("PUT", wire.commands, [command(), command(name="use")])
    assert again[0]["id"] == first["id"]
    assert platform.menu(wire.sales) == platform.menu(dm) == ["ask", "use"]
    await wire.ask("PUT", guilds, [command(name="near")])
    assert platform.menu(wire.sales) == ["near", "ask", "use"]
    assert list(platform.commands(wire.guild)) == ["near"]
    assert (await wire.ask("DELETE", f"{wire.commands}/{first['id']}"))[0] == 204
    await wire.ask("POST", wire.commands, command(name="use", contexts=[0]))
    assert platform.menu(dm) == []
    platform.kick(wire.guild)
    assert platform.menu(wire.sales) == []
    assert await wire.refused("PUT", guilds, []) == 50001


async def test_people_type_only_what_a_command_takes(wire: Wire) -> None:
    limit = option(type=4, name="limit", min_value=1, max_value=5)
    sub = {"type": 1, "name": "list", "description": "a", "options": [option()]}
    group = command(name="query", options=[sub])
    more = [option(required=True, max_length=3, autocomplete=True), limit]
    await wire.ask("PUT", wire.commands, [command(options=more), group])

    def use(name: str, **values: Any) -> Any:
        return wire.platform.command(wire.ada, wire.sales, name, **values)

    for name, values in (
        ("nothing", {}),
        ("ask", {}),
        ("ask", {"question": "long"}),
        ("ask", {"question": 5}),
        ("ask", {"question": "a", "limit": 6}),
        ("ask", {"question": "a", "other": 1}),
        ("query nothing", {}),
    ):
        with pytest.raises(AssertionError):
            await use(name, **values)
    sent = await use("query list", question="a")
    assert sent.data["options"] == [
        {
            "name": "list",
            "type": 1,
            "options": [{"name": "question", "type": 3, "value": "a"}],
        }
    ]


async def test_a_completion_offers_25_choices_at_most(wire: Wire) -> None:
    await wire.ask("PUT", wire.commands, [command(options=[option(autocomplete=True)])])
    platform = wire.platform
    refused: list[str] = []

    async def offer(count: int, **more: Any) -> int:
        made = platform.interactions[-1]
        choices = [{"name": str(index), "value": str(index)} | more for index in range(count)]
        status, said = await wire.respond(made, 8, {"choices": choices})
        if status != 204:
            refused.extend(flat(said["errors"]).values())
        return status

    async def typing() -> None:
        with contextlib.suppress(AssertionError):
            await platform.complete(wire.ada, wire.sales, "ask", "question", question="r")

    task = asyncio.create_task(typing())
    await platform.until(lambda: platform.interactions)
    assert await offer(26) == 400
    assert await offer(1, name="x" * 101) == 400
    assert await offer(1, value=5) == 400
    assert (await wire.respond(platform.interactions[-1], 4, {"content": "a"}))[0] == 400
    assert await offer(25) == 204
    await task
    assert refused == ["BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH", "STRING_TYPE_CONVERT"]


async def test_people_press_only_what_they_see(wire: Wire) -> None:
    platform = wire.platform
    bob = platform.person("bob", wire.guild)
    asked = await wire.asked()
    dead = {"type": 2, "style": 2, "label": "No", "custom_id": "no", "disabled": True}
    live = {"type": 2, "style": 1, "label": "Yes", "custom_id": "yes"}
    rows = [{"type": 1, "components": [live, dead]}]
    await wire.respond(asked, 4, {"content": "a", "flags": 64, "components": rows})
    message = asked.message
    assert message
    with pytest.raises(AssertionError, match="disabled"):
        await platform.press(wire.ada, message, "No")
    with pytest.raises(AssertionError, match="does not see"):
        await platform.press(bob, message, "Yes")
    pressed = await platform.press(wire.ada, message, "Yes")
    assert (await wire.respond(pressed, 7, {"content": "b", "components": []}))[0] == 204
    assert (message.content, message.components) == ("b", ())
    with pytest.raises(AssertionError, match="no button"):
        await platform.press(wire.ada, message, "Yes")
    eve = platform.person("eve")
    with pytest.raises(AssertionError, match="does not see"):
        await platform.say(eve, wire.sales, "hello")


def odd(value: Any) -> Iterator[Any]:
    """Return *value* with each of its parts turned into something that it never is."""
    strange: list[Any] = [None, True, 5, -1, 1.5, "x", [], {}, [[1]], [None]]
    yield from strange
    if isinstance(value, dict):
        for key, inside in value.items():
            for each in odd(inside):
                yield value | {key: each}
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            for each in odd(inside):
                yield [*value[:index], each, *value[index + 1 :]]


LEGACY = {
    "content": "a",
    "nonce": "1",
    "enforce_nonce": True,
    "tts": False,
    "flags": 0,
    "allowed_mentions": {"parse": ["users"], "roles": ["1"], "replied_user": False},
    "message_reference": {"message_id": "1", "fail_if_not_exists": False},
    "attachments": [{"id": 0, "description": "a"}],
    "embeds": [
        {
            "title": "a",
            "color": 1,
            "footer": {"text": "a"},
            "author": {"name": "a"},
            "image": {"url": "https://a.example"},
            "fields": [{"name": "a", "value": "b", "inline": True}],
        }
    ],
    "components": [
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": "a"}]},
        {
            "type": 1,
            "components": [
                {
                    "type": 3,
                    "custom_id": "b",
                    "min_values": 0,
                    "max_values": 1,
                    "options": [{"label": "a", "value": "b", "default": False}],
                }
            ],
        },
    ],
}
MODERN = {
    "flags": 1 << 15,
    "components": [
        {
            "type": 17,
            "accent_color": 1,
            "components": [
                {"type": 10, "content": "a"},
                {"type": 14, "spacing": 1},
                {"type": 12, "items": [{"media": {"url": "https://a.example"}}]},
                {
                    "type": 9,
                    "components": [{"type": 10, "content": "b"}],
                    "accessory": {"type": 11, "media": {"url": "https://a.example"}},
                },
            ],
        }
    ],
}


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda each: read_draft(each, {}, Snowflakes(Clock()), REGULAR), LEGACY),
        (lambda each: read_draft(each, {}, Snowflakes(Clock()), REGULAR), MODERN),
        (read_modal, form(labelled(inner(value="a")), {"type": 1, "components": [typed()]})),
        (read_commands, [command(), {"type": 3, "name": "Ask"}]),
    ],
    ids=["message", "components", "form", "commands"],
)
def test_nonsense_is_refused_and_nothing_breaks(read: Callable[[Any], object], value: Any) -> None:
    for each in odd(value):
        with contextlib.suppress(Refused):
            read(copy.deepcopy(each))
