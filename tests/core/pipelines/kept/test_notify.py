"""Words to people: carried once, to where they may go, with nothing private reached on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import message_from_string
from email.message import Message
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from core.identity import Actor
from core.pipelines import Courier, Couriers, Letter
from core.pipelines.errors import InputInvalid
from core.pipelines.tools.errors import (
    AddressRefused,
    FetchFailed,
    MailFailed,
    PageMissing,
    SettingMissing,
)
from core.pipelines.tools.mail import Mail
from core.pipelines.tools.notifying import Notify
from core.pipelines.tools.web import Web
from tests.core.pipelines.kept.bench import call, secret, site, use, web


class Pigeon(Courier):
    """Carries letters nowhere, and keeps them."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    @override
    async def carry(self, actor: Actor, letter: Letter) -> str:
        if letter.key not in {each.key for each in self.letters}:
            self.letters.append(letter)
        return f"#{letter.to}"


class Post:
    """A mail server of this machine, and what was handed in."""

    def __init__(self, replies: dict[str, str] | None = None) -> None:
        self.replies = replies or {}
        self.said: list[str] = []
        self.mails: list[Message] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            self.said.append(line)
            verb = line.split()[0].upper()
            if verb in self.replies:
                writer.write(f"{self.replies[verb]}\r\n".encode())
            elif verb == "EHLO":
                writer.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n")
            elif verb == "AUTH":
                writer.write(b"235 fine\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                body = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.mails.append(message_from_string(body.removesuffix("\r\n.\r\n")))
                writer.write(b"250 taken\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")


@asynccontextmanager
async def post(**replies: str) -> AsyncIterator[tuple[str, Post]]:
    """Serve as a mail server; return its URL."""
    kept = Post(replies)
    async with await asyncio.start_server(kept.serve, "127.0.0.1", 0) as server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", kept


def notify(couriers: Couriers | None = None, found: Web | None = None) -> Notify:
    return Notify(couriers or Couriers(), found or web())


def by_mail(url: str | None, **more: Any) -> Notify:
    couriers = Couriers()
    mail = Mail(None if url is None else secret(url), "Trellis <bot@acme.example>", **more)
    couriers.carries("email", mail)
    return notify(couriers)


@pytest.mark.parametrize("channel", ["slack", "discord"])
async def test_a_bot_carries_what_is_said(channel: str) -> None:
    pigeon, couriers = Pigeon(), Couriers()
    couriers.carries(channel, pigeon)
    tool = notify(couriers)

    made = await use(tool, call(), channel=channel, to="C1", text="Done", title="Run")
    await use(tool, call(), channel=channel, to="C1", text="Done", title="Run")

    assert made == {"status": "sent", "channel": channel, "to": "#C1"}
    assert pigeon.letters == [Letter("C1", "Run", "Done", "run1:task:")]


@pytest.mark.parametrize("channel", ["slack", "discord", "email"])
async def test_where_nobody_carries_it_is_said_which_setting_would(channel: str) -> None:
    with pytest.raises(SettingMissing, match=r"SLACK_BOT_TOKEN|DISCORD_TOKEN|TRELLIS_SMTP_URL"):
        await use(notify(), channel=channel, to="x", text="y")


async def test_data_is_said_as_json() -> None:
    pigeon, couriers = Pigeon(), Couriers()
    couriers.carries("slack", pigeon)

    await use(notify(couriers), channel="slack", to="C1", text={"größe": 1})

    assert pigeon.letters[0].text == '{\n  "größe": 1\n}'


async def test_too_much_is_not_said() -> None:
    with pytest.raises(InputInvalid, match="40,000"):
        await use(notify(), channel="slack", to="C1", text="x" * 40_001)


# Web hooks


async def test_a_hook_is_told_with_the_key_of_its_work() -> None:
    seen: list[Any] = []

    async def answer(request: Request) -> Response:
        seen.append((await request.json(), request.headers["idempotency-key"]))
        return Response(status_code=204)

    async with site(answer) as url:
        made = await use(
            notify(), channel="webhook", to=f"{url}/hook/secret?x=1", text="Done", title="Run"
        )
        await use(notify(), channel="webhook", to=url, text="", data={"n": [1]})

    assert seen == [
        ({"title": "Run", "text": "Done", "run_id": "run1", "task_id": "task"}, "run1:task:"),
        ({"n": [1]}, "run1:task:"),
    ]
    assert made["to"] == url


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1/", "http://169.254.169.254/", "http://[::1]/", "file:///x", "C1"]
)
async def test_no_hook_leads_inside(to: str) -> None:
    with pytest.raises(AddressRefused):
        await use(notify(found=Web()), channel="webhook", to=to, text="x")


@pytest.mark.parametrize(("status", "refusal"), [(400, PageMissing), (500, FetchFailed)])
async def test_a_hook_that_refuses_is_told_without_its_secret(
    status: int, refusal: type[Exception]
) -> None:
    async def answer(_request: Request) -> Response:
        return Response(status_code=status)

    async with site(answer) as url:
        with pytest.raises(refusal) as raised:
            await use(notify(), channel="webhook", to=f"{url}/T0/B0/secret", text="x")

    assert "secret" not in str(raised.value)


# Mail


async def test_a_mail_is_handed_in() -> None:
    async with post() as (url, kept):
        tool = by_mail(url)
        to = "ada@acme.example, vic@acme.example"
        made = await use(tool, channel="email", to=to, text="Größe: 5\n.\nend", title="Report ä")
        await use(tool, channel="email", to=to, text="Größe: 5", title="Report ä")

    mail, again = kept.mails
    assert made["to"] == to
    assert mail["To"] == to
    assert mail["From"] == "Trellis <bot@acme.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    # Whoever gets it twice can see that it is the same.
    assert mail["Message-ID"] == again["Message-ID"]
    assert "RCPT TO:<vic@acme.example>" in [line.replace("rcpt", "RCPT") for line in kept.said]


async def test_a_name_and_a_password_are_shown_to_this_machine() -> None:
    async with post() as (url, kept):
        host = url.removeprefix("smtp://")
        await use(by_mail(f"smtp://bot:p%40ss@{host}"), channel="email", to="a@b.example", text="x")

    assert any(line.startswith("AUTH") for line in kept.said)
    assert len(kept.mails) == 1


@pytest.mark.parametrize(
    "to",
    [
        *(
            "nobody",
            "a@b@c",
            "a@b.example\nBcc: x@y.example",
            "<a@b.example>",
            ",",
            "a b@c.example",
        ),
        ",".join(f"a{number}@b.example" for number in range(21)),
    ],
)
async def test_what_is_no_address_gets_no_mail(to: str) -> None:
    with pytest.raises(InputInvalid):
        await use(by_mail("smtp://127.0.0.1:1"), channel="email", to=to, text="x")


async def test_a_title_cannot_hold_a_header() -> None:
    async with post() as (url, kept):
        title = "Hello\r\nBcc: evil@x.example\r\n\r\nbody"
        await use(by_mail(url), channel="email", to="a@b.example", text="x", title=title)

    assert kept.mails[0]["Bcc"] is None
    assert kept.mails[0]["Subject"].startswith("Hello Bcc:")


async def test_mail_goes_to_domains_that_are_allowed() -> None:
    tool = by_mail("smtp://127.0.0.1:1", domains=["acme.example"])

    with pytest.raises(InputInvalid, match="TRELLIS_SMTP_DOMAINS"):
        await use(tool, channel="email", to="a@acme.example,b@elsewhere.example", text="x")


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"RCPT": "550 no such secret-user"}, "refuses the recipients"),
        ({"DATA": "554 spam"}, "answered with 554"),
        ({"MAIL": "451 later"}, "answered with 451"),
    ],
)
async def test_a_mail_that_is_refused_is_told_in_words(replies: Any, said: str) -> None:
    async with post(**replies) as (url, _kept):
        with pytest.raises(MailFailed, match=said) as refusal:
            await use(by_mail(url), channel="email", to="a@b.example", text="x")

    assert "secret-user" not in refusal.value.message


async def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(MailFailed, match="cannot be reached") as refusal:
        tool = by_mail("smtp://bot:password@127.0.0.1:1")
        await use(tool, channel="email", to="a@b.example", text="x")

    assert "password" not in refusal.value.message


@pytest.mark.parametrize("url", [None, "nonsense", "http://x"])
async def test_mail_that_is_not_set_up_is_said(url: str | None) -> None:
    with pytest.raises(SettingMissing, match="TRELLIS_SMTP_URL"):
        await use(by_mail(url), channel="email", to="a@b.example", text="x")
