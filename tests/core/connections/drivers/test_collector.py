"""The collector of cycles, held back."""

import gc

import pytest

from core.connections.drivers.collector import held


def test_the_collector_rests_for_as_long_as_it_is_held() -> None:
    with held():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_a_failure_lets_the_collector_go_on() -> None:
    with pytest.raises(ZeroDivisionError), held():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_of_two_that_overlap_none_leaves_it_stopped() -> None:
    first, second = held(), held()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)

    assert gc.isenabled()
