"""What is told comes back from the store as it was told."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest

from core.chats import plain


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((1, (2, 3)), [1, [2, 3]]),
        ({"a": (1,)}, {"a": [1]}),
        ({1: "x"}, {"1": "x"}),
        (2**53, 2**53),
        (2**63, str(2**63)),
        (-(2**70), str(-(2**70))),
        (Decimal("1.10"), "1.10"),
        (float("nan"), None),
        (float("inf"), None),
        ([float("-inf"), object], [None, str(object)]),
        (date(2025, 1, 2), "2025-01-02"),
        (time(9, 30), "09:30:00"),
        (datetime(2025, 1, 2, tzinfo=UTC), "2025-01-02T00:00:00+00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ({"\ud800": 2**60}, {"\ufffd": str(2**60)}),
        (b"bytes", "b'bytes'"),
        (True, True),
    ],
)
def test_a_value_is_told_as_json(given: Any, told: Any) -> None:
    found = plain.json(given)

    assert found == told
    assert orjson.loads(orjson.dumps(found)) == found


def test_what_lies_deep_is_left_out() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]

    found = plain.json(deep)

    assert orjson.loads(orjson.dumps(found)) == found


def test_a_text_keeps_no_nul_and_no_half_of_a_character() -> None:
    assert plain.text("a\x00b\udc00") == "a\ufffdb\ufffd"
    assert plain.text("日本 ok") == "日本 ok"


def test_what_is_long_is_marked() -> None:
    assert plain.short("abcdef", 3) == "ab…"
    assert plain.short({"a": ["abcdef"]}, 3) == {"a": ["ab…"]}
    assert plain.short([1] * 1_000, 3) == "… (1000 values)"
    assert plain.short(7, 3) == 7
