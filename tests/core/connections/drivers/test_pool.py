"""A pool lends each session once, opens no more than it may, and lets go of everything."""

import asyncio
from collections.abc import Callable

import pytest

from core.connections.drivers.pool import Pool
from core.connections.errors import ConnectionBusy, ConnectionFailed

SOON = 2.0


class Login:
    """A session that remembers what was done to it."""

    def __init__(self) -> None:
        self.broken = False
        self.done: list[str] = []

    def close(self) -> None:
        self.broken = True
        if "closed" not in self.done:
            self.done.append("closed")

    def interrupt(self) -> None:
        self.done.append("interrupted")

    async def cancel(self) -> None:
        self.done.append("cancelled")


class Server:
    """Opens sessions, and counts those that are open."""

    def __init__(self) -> None:
        self.logins: list[Login] = []
        self.let_in: Callable[[], None] = lambda: None

    async def open(self) -> Login:
        self.let_in()
        self.logins.append(Login())
        return self.logins[-1]

    @property
    def present(self) -> int:
        return sum(not login.broken for login in self.logins)


async def test_the_last_used_session_is_lent_first() -> None:
    server = Server()
    pool = Pool(server.open, 4)
    first, second = await pool.acquire(), await pool.acquire()
    pool.release(first)
    pool.release(second)

    assert await pool.acquire() is second
    assert await pool.acquire() is first
    assert server.present == 2


async def test_who_comes_too_late_waits_and_then_is_told() -> None:
    pool = Pool(Server().open, 1, patience=0.05)
    session = await pool.acquire()

    with pytest.raises(ConnectionBusy):
        await pool.acquire()
    waiting = asyncio.ensure_future(pool.acquire())
    await asyncio.wait({waiting}, timeout=0.01)
    pool.release(session)

    assert await waiting is session


async def test_one_who_gives_up_waiting_takes_no_session_with_him() -> None:
    pool = Pool(Server().open, 1, patience=SOON)
    session = await pool.acquire()
    waiting = asyncio.ensure_future(pool.acquire())
    await asyncio.wait({waiting}, timeout=0.01)

    waiting.cancel()
    await asyncio.wait({waiting})
    pool.release(session)

    assert await pool.acquire() is session


async def test_a_broken_session_is_not_lent_again() -> None:
    server = Server()
    pool = Pool(server.open, 1)
    session = await pool.acquire()
    session.broken = True
    pool.release(session)
    other = await pool.acquire()
    pool.release(other)
    other.broken = True

    assert await pool.acquire() not in {session, other}
    assert session.done == other.done == ["closed"]


async def test_fresh_means_new_and_mistrusts_the_old() -> None:
    server = Server()
    pool = Pool(server.open, 3)
    for session in [await pool.acquire() for _ in range(3)]:
        pool.release(session)

    fresh = await pool.acquire(fresh=True)

    assert fresh is server.logins[3]
    assert server.present == 1


async def test_a_login_that_is_refused_costs_no_place() -> None:
    server = Server()

    def refuse() -> None:
        raise ConnectionFailed

    server.let_in = refuse
    pool = Pool(server.open, 1, patience=0.05)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            await pool.acquire()
    server.let_in = lambda: None

    assert await pool.acquire() is server.logins[0]


async def test_a_place_stays_taken_until_what_ran_there_has_stopped() -> None:
    server = Server()
    pool = Pool(server.open, 1, patience=SOON)
    session = await pool.acquire()
    stopped = asyncio.Event()

    async def rest() -> bool:
        await stopped.wait()
        return False

    pool.retire(session, rest)
    waiting = asyncio.ensure_future(pool.acquire())
    await asyncio.wait({waiting}, timeout=0.02)
    assert not waiting.done()
    stopped.set()

    assert await waiting is server.logins[1]
    assert session.done == ["cancelled", "closed"]
    assert server.present == 1


async def test_a_session_that_comes_clean_is_kept() -> None:
    server = Server()
    pool = Pool(server.open, 1, patience=SOON)
    session = await pool.acquire()

    async def rest() -> bool:
        return True

    pool.retire(session, rest)

    assert await pool.acquire() is session
    assert session.done == []


async def test_a_session_nobody_wants_is_closed_after_a_while() -> None:
    server = Server()
    pool = Pool(server.open, 3, idle=0.02)
    wanted, unwanted = await pool.acquire(), await pool.acquire()
    pool.release(unwanted)
    pool.release(wanted)

    async with asyncio.timeout(SOON):
        while server.present > 1:
            assert await pool.acquire() is wanted
            pool.release(wanted)
            await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.001)
    assert unwanted.done == ["closed"]
    assert wanted.done == []
    await pool.close()
    assert server.present == 0


async def test_closing_interrupts_waits_and_lends_no_more() -> None:
    server = Server()
    pool = Pool(server.open, 3, patience=0.1)
    idle, busy = await pool.acquire(), await pool.acquire()
    pool.release(idle)

    closing = asyncio.ensure_future(pool.close())
    await asyncio.wait({closing}, timeout=0.01)
    assert busy.done == ["interrupted"]
    pool.discard(busy)
    await closing

    assert server.present == 0
    assert busy.done == ["interrupted", "cancelled", "closed"]
    with pytest.raises(ConnectionFailed, match="closed"):
        await pool.acquire()


async def test_closing_does_not_wait_for_ever() -> None:
    server = Server()
    pool = Pool(server.open, 1, patience=0.05)
    await pool.acquire()

    async with asyncio.timeout(SOON):
        await pool.close()

    assert server.present == 0
