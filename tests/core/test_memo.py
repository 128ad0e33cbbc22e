"""A small memory."""

import asyncio

import pytest

from core.memo import Memo


class Asked:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        self.times += 1
        return self.times


async def test_what_is_known_is_not_asked_again() -> None:
    memo, ask = Memo[str, int](size=2, seconds=60), Asked()

    assert [await memo.get("a", ask) for _ in range(3)] == [1, 1, 1]


async def test_what_is_too_old_is_asked_again() -> None:
    memo, ask = Memo[str, int](size=2, seconds=0), Asked()

    assert [await memo.get("a", ask) for _ in range(3)] == [1, 2, 3]


async def test_the_oldest_gives_way_and_what_is_doomed_is_forgotten() -> None:
    memo, ask = Memo[str, int](size=2, seconds=60), Asked()
    for key in "abc":
        await memo.get(key, ask)

    assert await memo.get("c", ask) == 3
    assert await memo.get("a", ask) == 4
    memo.forget(lambda key: key == "a")
    assert await memo.get("a", ask) == 5


async def test_a_refusal_is_not_remembered() -> None:
    memo = Memo[str, int](size=2, seconds=60)

    async def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await memo.get("a", fail)
    assert await memo.get("a", Asked()) == 1


async def test_what_is_forgotten_while_it_is_asked_is_asked_again() -> None:
    memo, ask = Memo[str, int](size=2, seconds=60), Asked()

    async def overtaken() -> int:
        memo.forget()
        return 100

    assert await memo.get("a", overtaken) == 100
    assert await memo.get("a", ask) == 1


async def test_who_asks_at_the_same_time_is_answered_together() -> None:
    memo, ask, go = Memo[str, int](size=2, seconds=60), Asked(), asyncio.Event()

    async def slowly() -> int:
        await go.wait()
        return await ask()

    asking = [asyncio.ensure_future(memo.once("a", slowly)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    go.set()

    assert await asyncio.gather(*asking[1:]) == [1, 1]
    assert await memo.once("a", slowly) == 1


async def test_a_refusal_is_told_to_all_who_ask_and_not_remembered() -> None:
    memo, times = Memo[str, int](size=2, seconds=60), list[int]()

    async def refuse() -> int:
        times.append(1)
        await asyncio.sleep(0)
        raise ValueError("no")

    ended = await asyncio.gather(
        *(memo.once("a", refuse) for _ in range(3)), return_exceptions=True
    )
    assert [str(each) for each in ended] == ["no"] * 3
    with pytest.raises(ValueError, match="no"):
        await memo.once("a", refuse)
    assert len(times) == 2


async def test_what_is_forgotten_is_not_answered_from_before() -> None:
    memo, ask, go = Memo[str, int](size=2, seconds=60), Asked(), asyncio.Event()

    async def slowly() -> int:
        answer = await ask()
        await go.wait()
        return answer

    before = asyncio.ensure_future(memo.once("a", slowly))
    for _ in range(3):
        await asyncio.sleep(0)
    memo.forget()
    after = asyncio.ensure_future(memo.once("a", slowly))
    go.set()

    assert (await before, await after) == (1, 2)
    assert await memo.once("a", slowly) == 2
