"""Codes that people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.links.codes import ALPHABET, new_code, read


def test_codes_are_short_to_type_and_never_the_same() -> None:
    codes = {new_code() for _ in range(1000)}

    assert len(codes) == 1000
    assert all(len(each) == 9 and each[4] == "-" for each in codes)
    assert set("".join(codes)) - {"-"} == set(ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        "7K3M-Q01X",
        "7k3mq01x",
        " 7k3m q01x\n",
        "`7K3M\u2013Q01X`",
        "\uff17\uff2b\uff13\uff2d\uff0d\uff31\uff10\uff11\uff38",
        "7K3M-QoIx",
        "7k3m-q0lx",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read(typed) == "7K3MQ01X"


@pytest.mark.parametrize(
    "typed", ["", "   ", "7K3M", "7K3M-Q01X2", "7K3M-Q01U", "コードコードコ", "7K3M-Q01X" * 1000]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert read(typed) is None


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    found = read(typed)

    assert found is None or (len(found) == 8 and set(found) <= set(ALPHABET))
