"""Each limit of Discord's REST API refuses in the stand-in, and what is just within passes."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.bot.discord.platform import Channel, DiscordPlatform, Person, flat

Body = dict[str, Any]


class Wire:
    """A client that knows nothing, in a channel where it may do everything."""

    def __init__(self, platform: DiscordPlatform, session: aiohttp.ClientSession) -> None:
        self.platform = platform
        self.session = session
        self.ada: Person = platform.person("ada")
        self.guild = platform.guild("Acme", self.ada)
        self.sales: Channel = platform.channel(self.guild, "sales")
        self.headers: dict[str, str] = {}

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bot {token or self.platform.token}"}
        url = self.platform.url + path
        async with self.session.request(method, url, json=body, headers=headers, **more) as got:
            self.headers = dict(got.headers)
            text = await got.text()
            return got.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def post(self, body: Body) -> tuple[int, Any]:
        return await self.ask("POST", f"/channels/{self.sales.id}/messages", body)

    async def refused(self, method: str, path: str, body: Any = None, **more: Any) -> int:
        status, said = await self.ask(method, path, body, **more)
        assert status >= 400
        return int(said["code"])

    @property
    def here(self) -> str:
        return f"/channels/{self.sales.id}"


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with DiscordPlatform() as platform, aiohttp.ClientSession() as session:
        platform.limits_off()
        yield Wire(platform, session)
        assert platform.violations == []


def button(**more: Any) -> Body:
    return {"type": 2, "style": 1, "label": "a", "custom_id": "a"} | more


def row(*components: Body) -> Body:
    return {"type": 1, "components": list(components)}


def buttons(count: int, start: int = 0) -> list[Body]:
    return [button(custom_id=str(start + index)) for index in range(count)]


def menu(**more: Any) -> Body:
    options = [{"label": "a", "value": "a"}]
    return {"type": 3, "custom_id": "m", "options": options} | more


def option(**more: Any) -> Body:
    return {"label": "a", "value": "a"} | more


def options(count: int) -> list[Body]:
    return [option(value=str(index)) for index in range(count)]


def embed(**more: Any) -> Body:
    return {"embeds": [{"description": "a"} | more]}


def under(*rows: Body) -> Body:
    return {"content": "a", "components": list(rows)}


def v2(*components: Body, **more: Any) -> Body:
    return {"flags": 1 << 15, "components": list(components)} | more


def shown(text: str) -> Body:
    return {"type": 10, "content": text}


JUST_WITHIN: dict[str, Body] = {
    "content": {"content": "x" * 2000},
    "content of emoji": {"content": "😀" * 2000},
    "content trimmed": {"content": " " * 10 + "x" * 2000},
    "nonce": {"content": "a", "nonce": "1" * 25},
    "title": embed(title="x" * 256),
    "description": embed(description="x" * 4096),
    "fields": embed(fields=[{"name": "a", "value": "b"}] * 25),
    "field": embed(fields=[{"name": "x" * 256, "value": "x" * 1024}]),
    "footer": embed(footer={"text": "x" * 2048}),
    "author": embed(author={"name": "x" * 256}),
    "all embeds": {"embeds": [{"description": "x" * 3000}, {"description": "x" * 3000}]},
    "ten embeds": {"embeds": [{"title": "a"}] * 10},
    "rows": under(*(row(*buttons(5, start=5 * index)) for index in range(5))),
    "button": under(row(button(label="x" * 80, custom_id="x" * 100))),
    "link": under(row({"type": 2, "style": 5, "label": "a", "url": "https://a.example/b"})),
    "options": under(row(menu(options=options(25)))),
    "option": under(
        row(menu(options=[dict.fromkeys(("label", "value", "description"), "x" * 100)]))
    ),
    "placeholder": under(row(menu(placeholder="x" * 150))),
    "text displays": v2(shown("x" * 3999), shown("x")),
    "components": v2(*(shown("x") for _ in range(40))),
}

TOO_MUCH: dict[str, tuple[Body, str, str]] = {
    "content": ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    "content of emoji": ({"content": "😀" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    "no text": ({"content": 5}, "content", "STRING_TYPE_CONVERT"),
    "unknown field": ({"content": "a", "view": 1}, "view", "UNKNOWN_FIELD"),
    "nonce": ({"content": "a", "nonce": "1" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    "ephemeral": ({"content": "a", "flags": 64}, "flags", "BITFIELD_TYPE_INVALID"),
    "title": (embed(title="x" * 257), "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    "description": (
        embed(description="x" * 4097),
        "embeds.0.description",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "fields": (
        embed(fields=[{"name": "a", "value": "b"}] * 26),
        "embeds.0.fields",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "field name": (
        embed(fields=[{"name": "x" * 257, "value": "b"}]),
        "embeds.0.fields.0.name",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "field value": (
        embed(fields=[{"name": "a", "value": "x" * 1025}]),
        "embeds.0.fields.0.value",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "empty field": (
        embed(fields=[{"name": "a", "value": " "}]),
        "embeds.0.fields.0.value",
        "BASE_TYPE_REQUIRED",
    ),
    "footer": (
        embed(footer={"text": "x" * 2049}),
        "embeds.0.footer.text",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "author": (
        embed(author={"name": "x" * 257}),
        "embeds.0.author.name",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "empty embed": ({"embeds": [{}]}, "embeds.0", "BASE_TYPE_REQUIRED"),
    "picture elsewhere": (
        embed(image={"url": "file:///etc/passwd"}),
        "embeds.0.image.url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    "picture that is not there": (
        embed(image={"url": "attachment://chart.png"}),
        "embeds.0.image.url",
        "URL_TYPE_UNKNOWN_ATTACHMENT",
    ),
    "all embeds": (
        {"embeds": [{"description": "x" * 3000}, {"title": "x", "description": "x" * 3000}]},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    "eleven embeds": ({"embeds": [{"title": "a"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    "rows": (
        under(*(row(button(custom_id=str(index))) for index in range(6))),
        "components",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "buttons": (
        under(row(*buttons(6))),
        "components.0.components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "empty row": (under(row()), "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    "no row": (under(button()), "components.0.type", "BASE_TYPE_CHOICES"),
    "label": (
        under(row(button(label="x" * 81))),
        "components.0.components.0.label",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "no label": (
        under(row(button(label=None))),
        "components.0.components.0.label",
        "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED",
    ),
    "custom id": (
        under(row(button(custom_id="x" * 101))),
        "components.0.components.0.custom_id",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "no custom id": (
        under(row(button(custom_id=""))),
        "components.0.components.0.custom_id",
        "BASE_TYPE_REQUIRED",
    ),
    "same custom id": (
        under(row(button()), row(button())),
        "components",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    "link with custom id": (
        under(row(button(style=5, url="https://a.example"))),
        "components.0.components.0.custom_id",
        "BUTTON_COMPONENT_CUSTOM_ID_AND_URL",
    ),
    "style": (
        under(row(button(style=9))),
        "components.0.components.0.style",
        "BASE_TYPE_CHOICES",
    ),
    "menu beside button": (
        under(row(menu(), button())),
        "components.0.components",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "options": (
        under(row(menu(options=options(26)))),
        "components.0.components.0.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "no options": (
        under(row(menu(options=[]))),
        "components.0.components.0.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "same value": (
        under(row(menu(options=[option(), option()]))),
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    "option label": (
        under(row(menu(options=[option(label="x" * 101)]))),
        "components.0.components.0.options.0.label",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "option value": (
        under(row(menu(options=[option(value="x" * 101)]))),
        "components.0.components.0.options.0.value",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "option description": (
        under(row(menu(options=[option(description="x" * 101)]))),
        "components.0.components.0.options.0.description",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "placeholder": (
        under(row(menu(placeholder="x" * 151))),
        "components.0.components.0.placeholder",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "more values than options": (
        under(row(menu(max_values=2))),
        "components.0.components.0.max_values",
        "NUMBER_TYPE_MAX",
    ),
    "input in a message": (
        under(row({"type": 4, "custom_id": "a", "style": 1, "label": "a"})),
        "components.0.components.0.type",
        "BASE_TYPE_CHOICES",
    ),
    "text display without its flag": (under(shown("a")), "components.0.type", "BASE_TYPE_CHOICES"),
    "content beside its flag": (
        v2(shown("a"), content="b"),
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    "text displays": (
        v2(shown("x" * 3999), shown("xx")),
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    "components": (
        v2({"type": 17, "components": [shown("x") for _ in range(40)]}),
        "components",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "parse and users": (
        {"content": "a", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    "parse": (
        {"content": "a", "allowed_mentions": {"parse": ["all"]}},
        "allowed_mentions.parse",
        "BASE_TYPE_CHOICES",
    ),
    "users": (
        {"content": "a", "allowed_mentions": {"users": [str(each) for each in range(101)]}},
        "allowed_mentions.users",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "reply to nothing": (
        {"content": "a", "message_reference": {"message_id": "1"}},
        "message_reference",
        "REPLIES_UNKNOWN_MESSAGE",
    ),
    "attachment that was not sent": (
        {"content": "a", "attachments": [{"id": 0, "filename": "a.txt"}]},
        "attachments.0.id",
        "ATTACHMENT_NOT_FOUND",
    ),
}


@pytest.mark.parametrize("body", JUST_WITHIN.values(), ids=JUST_WITHIN.keys())
async def test_a_message_just_within_a_limit_is_taken(wire: Wire, body: Body) -> None:
    status, said = await wire.post(body)
    assert status == 200, said


@pytest.mark.parametrize(("body", "path", "code"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_a_message_over_a_limit_is_refused(
    wire: Wire, body: Body, path: str, code: str
) -> None:
    status, said = await wire.post(body)

    assert (status, said["code"]) == (400, 50035)
    assert flat(said["errors"])[path] == code
    assert wire.platform.messages(wire.sales) == ()
    assert wire.platform.refusals[0].errors == said["errors"]


@pytest.mark.parametrize("body", [{}, {"content": "  \n"}, {"embeds": []}, {"components": []}])
async def test_an_empty_message_is_refused(wire: Wire, body: Body) -> None:
    assert await wire.refused("POST", f"{wire.here}/messages", body) == 50006


async def test_a_message_may_not_be_edited_empty_or_too_long(wire: Wire) -> None:
    _, said = await wire.post({"content": "a"})
    path = f"{wire.here}/messages/{said['id']}"
    assert await wire.refused("PATCH", path, {"content": ""}) == 50006
    assert await wire.refused("PATCH", path, {"content": "x" * 2001}) == 50035
    assert await wire.refused("PATCH", path, {"nonce": "1"}) == 50035
    assert [each.content for each in wire.platform.messages(wire.sales)] == ["a"]


async def test_the_messages_of_others_are_not_edited_or_deleted(wire: Wire) -> None:
    theirs = await wire.platform.say(wire.ada, wire.sales, "mine")
    path = f"{wire.here}/messages/{theirs.id}"
    assert await wire.refused("PATCH", path, {"content": "b"}) == 50005
    assert await wire.refused("DELETE", path) == 50013


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/channels/1", 10003),
        ("POST", "/channels/1/messages", 10003),
        ("GET", "{here}/messages/1", 10008),
        ("PATCH", "{here}/messages/1", 10008),
        ("DELETE", "{here}/messages/1", 10008),
        ("POST", "{here}/messages/1/threads", 10008),
        ("GET", "/users/1", 10013),
        ("GET", "/guilds/1", 10004),
        ("PUT", "/applications/1/commands", 10002),
        ("DELETE", "/applications/{application}/commands/1", 10063),
        ("POST", "/applications/{application}/guilds/1/commands", 50001),
        ("POST", "/interactions/1/token/callback", 10062),
        ("POST", "/webhooks/{application}/token", 50027),
        ("PATCH", "/webhooks/1/token/messages/@original", 10015),
    ],
)
async def test_what_is_unknown_is_refused(wire: Wire, method: str, path: str, code: int) -> None:
    full = path.format(here=wire.here, application=wire.platform.application_id)
    assert await wire.refused(method, full, {}) == code


async def test_no_token_no_route_no_method_no_version_no_json(wire: Wire) -> None:
    url = wire.platform.url
    assert (await wire.ask("GET", "/users/@me", token="wrong"))[0] == 401
    assert (await wire.ask("GET", "/nothing"))[0] == 404
    assert (await wire.ask("PUT", "/users/@me"))[0] == 405
    async with wire.session.get(url.replace("v10", "v6") + "/users/@me") as got:
        assert (await got.json())["code"] == 50041
    headers = {"Authorization": f"Bot {wire.platform.token}", "Content-Type": "application/json"}
    where = f"{url}{wire.here}/messages"
    async with wire.session.post(where, data="{", headers=headers) as got:
        assert (got.status, (await got.json())["code"]) == (400, 50109)


@pytest.mark.parametrize(
    ("permission", "body", "code"),
    [
        ("view_channel", {"content": "a"}, 50001),
        ("send_messages", {"content": "a"}, 50013),
        ("embed_links", {"embeds": [{"title": "a"}]}, 50013),
        ("read_message_history", {"content": "a", "message_reference": {}}, 160002),
    ],
)
async def test_what_is_forbidden_in_a_channel_is_refused(
    wire: Wire, permission: str, body: Body, code: int
) -> None:
    asked = await wire.platform.say(wire.ada, wire.sales, "hello")
    if "message_reference" in body:
        body["message_reference"] = {"message_id": str(asked.id)}
    wire.platform.forbid(wire.sales, permission)

    assert await wire.refused("POST", f"{wire.here}/messages", body) == code

    wire.platform.permit(wire.sales, permission)
    assert (await wire.post(body))[0] == 200


async def test_files_are_kept_and_too_many_or_too_large_ones_are_refused(wire: Wire) -> None:
    wire.platform.forbid(wire.sales, "attach_files")
    assert (await upload(wire, {"a.txt": b"abc"}))[1]["code"] == 50013
    wire.platform.permit(wire.sales, "attach_files")
    status, said = await upload(wire, {"Umsatz März.csv": b"abc"})
    assert status == 200
    assert said["attachments"][0]["filename"] == "Umsatz_M_rz.csv"
    async with wire.session.get(said["attachments"][0]["url"]) as got:
        assert await got.read() == b"abc"
    many = {f"{index}.txt": b"a" for index in range(11)}
    assert (await upload(wire, many))[1]["code"] == 30015
    status, said = await upload(wire, {"big": bytes(10 * 1024 * 1024 + 1)})
    assert (status, said["code"]) == (413, 40005)
    assert len(wire.platform.messages(wire.sales)) == 1


async def upload(wire: Wire, files: dict[str, bytes]) -> tuple[int, Any]:
    form = aiohttp.FormData(quote_fields=False)
    described = [{"id": index, "filename": name} for index, name in enumerate(files)]
    form.add_field("payload_json", json.dumps({"attachments": described[:10]}))
    for index, (name, content) in enumerate(files.items()):
        form.add_field(f"files[{index}]", io.BytesIO(content), filename=name)
    headers = {"Authorization": f"Bot {wire.platform.token}"}
    where = f"{wire.platform.url}{wire.here}/messages"
    async with wire.session.post(where, data=form, headers=headers) as got:
        return got.status, await got.json()


async def test_an_edit_keeps_the_files_that_it_names(wire: Wire) -> None:
    _, said = await upload(wire, {"a.txt": b"a", "b.txt": b"b"})
    path = f"{wire.here}/messages/{said['id']}"
    await wire.ask("PATCH", path, {"content": "x"})
    (message,) = wire.platform.messages(wire.sales)
    assert [each.name for each in message.files] == ["a.txt", "b.txt"]
    await wire.ask("PATCH", path, {"attachments": [{"id": said["attachments"][1]["id"]}]})
    assert [each.name for each in message.files] == ["b.txt"]


async def test_a_nonce_makes_one_message(wire: Wire) -> None:
    body = {"content": "once", "nonce": "7", "enforce_nonce": True}
    _, first = await wire.post(body)
    _, second = await wire.post(body)
    assert first["id"] == second["id"]
    wire.platform.clock.advance(600)
    _, third = await wire.post(body)
    assert third["id"] != first["id"]


@pytest.mark.parametrize(("name", "status"), [("x" * 100, 201), ("x" * 101, 400), (" ", 400)])
async def test_the_name_of_a_thread_has_100_characters(wire: Wire, name: str, status: int) -> None:
    asked = await wire.platform.say(wire.ada, wire.sales, "hello")
    path = f"{wire.here}/messages/{asked.id}/threads"
    assert (await wire.ask("POST", path, {"name": name}))[0] == status
    body = {"name": name, "type": 11}
    assert (await wire.ask("POST", f"{wire.here}/threads", body))[0] == status


async def test_a_message_has_one_thread(wire: Wire) -> None:
    asked = await wire.platform.say(wire.ada, wire.sales, "hello")
    path = f"{wire.here}/messages/{asked.id}/threads"
    status, said = await wire.ask("POST", path, {"name": "a", "auto_archive_duration": 60})
    assert (status, said["id"]) == (201, str(asked.id))
    assert await wire.refused("POST", path, {"name": "b"}) == 160004
    assert await wire.refused("POST", path, {"name": "b", "auto_archive_duration": 61}) == 50035
    inside = f"/channels/{said['id']}"
    _, answer = await wire.ask("POST", f"{inside}/messages", {"content": "a"})
    assert await wire.refused(
        "POST", f"{inside}/messages/{answer['id']}/threads", {"name": "c"}
    ) == (50024)
    wire.platform.forbid(wire.sales, "create_public_threads")
    other = await wire.platform.say(wire.ada, wire.sales, "again")
    path = f"{wire.here}/messages/{other.id}/threads"
    assert await wire.refused("POST", path, {"name": "b"}) == 50013


async def test_an_archived_thread_takes_no_edits_wakes_up_and_may_be_locked(wire: Wire) -> None:
    platform = wire.platform
    thread = await platform.start_thread(wire.ada, wire.sales, "chat")
    here = f"/channels/{thread.id}"
    _, said = await wire.ask("POST", f"{here}/messages", {"content": "a"})
    platform.archive(thread)
    edit = f"{here}/messages/{said['id']}"
    assert await wire.refused("PATCH", edit, {"content": "b"}) == 50083
    assert (await wire.ask("POST", f"{here}/messages", {"content": "c"}))[0] == 200
    assert not thread.archived
    assert (await wire.ask("PATCH", edit, {"content": "b"}))[0] == 200
    assert (await wire.ask("PATCH", here, {"archived": True, "name": "done"}))[0] == 200
    platform.forbid(wire.sales, "manage_threads")
    platform.archive(thread, locked=True)
    assert await wire.refused("POST", f"{here}/messages", {"content": "d"}) == 160005
    assert await wire.refused("PATCH", here, {"archived": False}) == 50013


async def test_direct_messages_need_a_common_server_and_an_open_door(wire: Wire) -> None:
    async def dm(person: Person) -> str:
        _, said = await wire.ask("POST", "/users/@me/channels", {"recipient_id": str(person.id)})
        return f"/channels/{said['id']}/messages"

    bob = wire.platform.person("bob")
    assert (await wire.ask("POST", await dm(wire.ada), {"content": "a"}))[0] == 200
    assert await wire.refused("POST", await dm(bob), {"content": "a"}) == 50278
    wire.platform.close_dm(wire.ada)
    assert await wire.refused("POST", await dm(wire.ada), {"content": "a"}) == 50007
    myself = {"recipient_id": str(wire.platform.bot.id)}
    assert await wire.refused("POST", "/users/@me/channels", myself) == 50033


async def test_pings_are_what_really_rings(wire: Wire) -> None:
    platform, ada = wire.platform, wire.ada
    bob = platform.person("bob", wire.guild)
    eve = platform.person("eve")
    role = platform.role(wire.guild, "sales", bob)
    text = f"@everyone {ada.mention} {eve.mention} <@&{role.id}>"

    async def rang(**more: Any) -> set[tuple[str, str]]:
        platform.pings.clear()
        await wire.post({"content": text} | more)
        return {(each.person.name, each.why) for each in platform.pings}

    assert await rang() == {("ada", "user"), ("bob", "role")}
    assert await rang(allowed_mentions={"parse": []}) == set()
    assert await rang(allowed_mentions={"parse": ["users"]}) == {("ada", "user")}
    assert await rang(allowed_mentions={"roles": [str(role.id)]}) == {("bob", "role")}
    assert await rang(allowed_mentions={"parse": ["everyone"]}) == {
        ("ada", "everyone"),
        ("bob", "everyone"),
    }
    assert await rang(content="in an embed", embeds=[{"description": text}]) == set()
    asked = await platform.say(ada, wire.sales, "hello")
    reply = {"message_reference": {"message_id": str(asked.id)}}
    assert await rang(content="re", **reply) == {("ada", "reply")}
    assert await rang(content="re", **reply, allowed_mentions={"parse": []}) == set()
    _, said = await wire.post({"content": "a"})
    platform.pings.clear()
    await wire.ask("PATCH", f"{wire.here}/messages/{said['id']}", {"content": text})
    assert platform.pings == []


async def test_an_exhausted_bucket_refuses_and_whoever_does_not_wait_is_noted() -> None:
    async with DiscordPlatform() as platform, aiohttp.ClientSession() as session:
        wire = Wire(platform, session)
        platform.limit("POST", "/channels/*/messages", 2, 60)
        left = []
        for _ in range(2):
            assert (await wire.post({"content": "a"}))[0] == 200
            left.append(wire.headers["X-RateLimit-Remaining"])
        assert left == ["1", "0"]
        status, said = await wire.post({"content": "a"})
        assert (status, said["global"]) == (429, False)
        assert 59 < said["retry_after"] <= 60
        assert wire.headers["X-RateLimit-Scope"] == "user"
        assert int(wire.headers["Retry-After"]) >= said["retry_after"]
        # It may have been under way before anybody knew; a little later, it was not.
        assert platform.violations == []
        platform.clock.advance(1)
        await wire.post({"content": "a"})
        assert len(platform.violations) == 1
        other = platform.channel(wire.guild, "other")
        path = f"/channels/{other.id}/messages"
        assert (await wire.ask("POST", path, {"content": "a"}))[0] == 200
        platform.clock.advance(60)
        assert (await wire.post({"content": "a"}))[0] == 200
        assert len(platform.limited) == 2


async def test_the_global_limit_and_the_ban_for_invalid_requests() -> None:
    async with DiscordPlatform() as platform, aiohttp.ClientSession() as session:
        wire = Wire(platform, session)
        platform.limits.everywhere = 1
        await wire.ask("GET", "/users/@me")
        status, said = await wire.ask("GET", "/users/@me")
        assert (status, said["global"]) == (429, True)
        assert wire.headers["X-RateLimit-Scope"] == "global"
        platform.limits.everywhere, platform.limits.invalid = None, 3
        for _ in range(2):
            assert (await wire.ask("GET", "/users/@me", token="wrong"))[0] == 401
        status, said = await wire.ask("GET", "/users/@me")
        assert (status, said) == (429, "error code: 1015")
        assert "Via" not in wire.headers
        assert len(platform.violations) == 1
        platform.clock.advance(600)
        assert (await wire.ask("GET", "/users/@me"))[0] == 200


async def test_requests_fail_get_lost_and_wait_as_a_test_wants(wire: Wire) -> None:
    platform, path = wire.platform, "/channels/*/messages"
    fault = platform.failing("POST", path, 502)
    assert (await wire.post({"content": "a"}))[0] == 502
    assert fault.met == 1
    platform.losing("POST", path)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await wire.post({"content": "lost"})
    assert [each.content for each in platform.messages(wire.sales)] == ["lost"]
    async with platform.holding("GET", "/users/@me") as held:
        task = asyncio.create_task(wire.ask("GET", "/users/@me"))
        assert await platform.until(lambda: held.waiting) == ["/users/@me"]
        assert not task.done()
    assert (await task)[0] == 200
    async with platform.down(503):
        assert (await wire.ask("GET", "/users/@me"))[0] == 503
