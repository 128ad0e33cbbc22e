"""Who does not get in at PostgreSQL is told why, and nothing secret."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.engine import make_url

from core.connections.driver import Effect
from core.connections.drivers import postgres_session
from core.connections.errors import ConnectionFailed, StatementFailed
from tests.core.connections.drivers.postgres import (
    SOON,
    ask,
    one,
    opened,
)


@contextlib.asynccontextmanager
async def stand_in(said: bytes) -> AsyncIterator[str]:
    """Listen as a server that answers a greeting with *said*, and nothing after."""
    guests: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read(8)
            writer.write(b"N")
            await reader.read(1000)
            writer.write(said)
            while await reader.read(1000):
                pass
        writer.close()

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guests.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield f"postgresql://reader:hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}/shop"
        async with asyncio.timeout(SOON):
            await asyncio.gather(*guests)


async def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_session, "PATIENCE", 0.2)
    welcome = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"
    async with stand_in(welcome) as url, opened(url) as driver:
        with pytest.raises(ConnectionFailed, match="does not answer"):
            await ask(driver, "SELECT 1")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b'SFATAL\0C28P01\0Mpassword authentication failed for user "reader"\0\0', "password"),
        (b"SFATAL\0C53300\0Msorry, too many clients already\0\0", "too many clients"),
        (b"SFATAL\0C28P01\0Mnot with hunter2\0\0", r"not with \*\*\*"),
    ],
)
async def test_why_the_server_does_not_let_us_in(said: bytes, reason: str) -> None:
    error = b"E" + (len(said) + 4).to_bytes(4, "big") + said
    async with stand_in(error) as url, opened(url) as driver:
        with pytest.raises(ConnectionFailed, match=reason) as failed:
            await driver.test()
    assert "hunter2" not in failed.value.message
    assert "127.0.0.1:" in failed.value.message


@contextlib.asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """Listen as a pooler does that lets no settings through at the start of a session."""
    at = make_url(url)
    guests: list[asyncio.Task[None]] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = await reader.read(8)
        writer.write(b"N")
        start = await reader.read(1000)
        if b"options\0" in start:
            said = b"SERROR\0C08P01\0Munsupported startup parameter: options\0\0"
            writer.write(b"E" + (len(said) + 4).to_bytes(4, "big") + said)
            writer.close()
            return
        back, there = await asyncio.open_connection(at.host, at.port)
        there.write(start)
        await asyncio.gather(pass_on(reader, there), pass_on(back, writer))

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guests.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield at.set(port=port).render_as_string(hide_password=False) + "?sslmode=prefer"
        async with asyncio.timeout(SOON):
            await asyncio.gather(*guests)


async def test_behind_a_pooler_nothing_is_set_for_its_next_guest(postgres_url: str) -> None:
    async with pooler(postgres_url) as url, opened(url, sessions=1) as driver:
        sql = "SELECT timestamptz '2025-01-31 09:30+02', interval '1 day', bytea '\\x00'"
        for _ in range(3):
            (row,) = (await ask(driver, sql)).rows
            assert list(row) == ["2025-01-31 07:30:00+00", "1 day", r"\x00"]
        with pytest.raises(StatementFailed, match="read-only"):
            await ask(driver, "CREATE TABLE mine (i int)")
        kept = "SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'"
        assert await one(driver, kept) == "off"
        assert await driver.functions([("now",)]) == {("now",): Effect.PURE}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("@127.0.0.1", "@no-such-host.invalid", "no host called no-such-host.invalid"),
        ("/trellis_test", "/nowhere_trellis_test", "does not exist"),
        ("postgres@", "nobody_here@", "nobody_here"),
    ],
)
async def test_an_address_that_leads_nowhere(
    postgres_url: str, old: str, new: str, reason: str
) -> None:
    async with opened(postgres_url.replace(old, new, 1)) as driver:
        with pytest.raises(ConnectionFailed, match=reason):
            await ask(driver, "SELECT 1")
