"""Refusals."""

import importlib
import pkgutil

import core
from core.errors import KINDS, CoreError, NotFound, kind
from core.queries import QueryNotFound


def test_a_refusal_is_named_by_its_class_and_says_its_docstring() -> None:
    refusal = QueryNotFound()

    assert (refusal.code, refusal.message) == ("query_not_found", "Query not found")


def test_a_refusal_may_say_more() -> None:
    assert QueryNotFound("No query called Sales").message == "No query called Sales"


def test_every_refusal_is_one_of_the_seven_kinds_and_has_words_and_a_code_of_its_own() -> None:
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    assert kind(QueryNotFound()) is NotFound
    assert set(CoreError.__subclasses__()) == set(KINDS)
    refusals = [each for top in KINDS for each in descendants(top)]
    assert len(refusals) > 20
    assert all(each.__doc__ for each in refusals)
    assert len({each.__name__ for each in refusals}) == len(refusals)


def descendants(of: type[CoreError]) -> list[type[CoreError]]:
    return [one for child in of.__subclasses__() for one in (child, *descendants(child))]
