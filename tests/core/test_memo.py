"""A small memory."""

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
