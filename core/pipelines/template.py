"""`{{templates}}` in the inputs of tasks: what they name, and the values that they become.

A text that is one template and nothing else becomes the value itself, of whatever type; one among
other words becomes text. There are six roots: a task's id, `params`, `pipeline.inputs`,
`pipeline.goal`, `session` and `item`. After a task's id, `.output` may stand or not.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from core.pipelines.errors import ValueUnresolved
from core.pipelines.plain import MOST

WORD = re.compile(r"[A-Za-z0-9_\-]+")
RESERVED = frozenset({"params", "pipeline", "session", "item"})
"""Roots that no task may be called."""
FENCE = "```"
SHOWN = 80
"""Characters of a template that a message shows."""
FEW = 4
"""Templates whose values are not measured: each of them was, when it was an output."""
LONG = 1_000
"""Characters of a text that is worth remembering once it was read as JSON."""


class Reference(NamedTuple):
    """One template: `{{fetch.output.rows.first}}`."""

    text: str
    root: str
    path: tuple[str, ...]


class Malformed(NamedTuple):
    """What stands between braces and is no template."""

    text: str


class Mark(NamedTuple):
    """Two braces, two that close them, and what stands between."""

    start: int
    end: int
    inner: str


class Parsed:
    """What texts are as JSON: long ones are read once, however many templates look into them."""

    def __init__(self, most: int = MOST) -> None:
        """Remember texts of so many characters in all."""
        self._most = most
        self._size = 0
        # With the text itself: as long as it is held, nothing else gets its id.
        self._known: dict[int, tuple[str, Any]] = {}

    def of(self, text: str) -> Any:
        """Return the JSON that a text is or holds; the text if there is none."""
        if len(text) < LONG:
            return _parsed(text)
        found = self._known.get(id(text))
        if found is None:
            self._size += len(text)
            if self._size > self._most:
                self._known.clear()
                self._size = len(text)
            found = self._known[id(text)] = (text, _parsed(text))
        return found[1]


class Scope(NamedTuple):
    """What templates are resolved from."""

    outputs: Mapping[str, Any]
    params: Mapping[str, Any]
    inputs: Mapping[str, Any]
    goal: str
    session: Mapping[str, Any]
    item: tuple[Any] | None = None
    """The item of this run of the task, if there is one."""
    parsed: Parsed | None = None
    """What was read before; a fresh memory by default."""


def references(value: Any) -> Iterator[Reference | Malformed]:
    """Yield every template in *value*, however deep, in its order."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            if "{{" in each:
                yield from _found(each)
        elif isinstance(each, Mapping):
            stack.extend(reversed(list(each.values())))
        elif isinstance(each, list | tuple):
            stack.extend(reversed(each))


def resolve(value: Any, scope: Scope) -> Any:
    """Return *value* with every template in it resolved.

    Raises:
        ValueUnresolved: one leads to nothing, which the message names; or together they become
            more than 16 MB.
    """
    if scope.parsed is None:
        scope = scope._replace(parsed=Parsed())
    return _Resolving(scope).of(value)


class _Resolving:
    """The inputs of one task on their way, and how much they have become."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._room = MOST
        self._met = 0
        self._weights: dict[int, tuple[Any, int]] = {}

    def of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value) if "{{" in value else value
        if isinstance(value, Mapping):
            return {key: self.of(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return value

    def _text(self, text: str) -> Any:
        bare = text.strip()
        whole = next(_marks(bare), None)
        if whole is not None and (whole.start, whole.end) == (0, len(bare)):
            return self._whole(_read(whole.inner))
        parts, at = [], 0
        for mark in _marks(text):
            said = _said(_read(mark.inner), self._scope)
            self._took(mark.start - at + len(said))
            parts += [text[at : mark.start], said]
            at = mark.end
        return "".join([*parts, text[at:]])

    def _whole(self, reference: Reference | Malformed) -> Any:
        value = _value(reference, self._scope)
        self._met += 1
        if self._met > FEW:
            self._took(self._weight(value))
        return value

    def _took(self, more: int) -> None:
        self._room -= more
        if self._room < 0:
            raise ValueUnresolved(f"What the templates become takes more than {MOST >> 20} MB")

    def _weight(self, value: Any) -> int:
        """Return how many bytes a value takes, roughly; of one that is too large not all."""
        if not isinstance(value, str | list | tuple | Mapping):
            return 8
        if id(value) in self._weights:
            return self._weights[id(value)][1]
        weight, stack = 0, [value]
        while stack and weight <= MOST:
            each = stack.pop()
            weight += 8
            if isinstance(each, str):
                weight += len(each)
            elif isinstance(each, Mapping):
                weight += sum(len(str(key)) for key in each)
                stack.extend(each.values())
            elif isinstance(each, list | tuple):
                stack.extend(each)
        self._weights[id(value)] = (value, weight)
        return weight


def _found(text: str) -> Iterator[Reference | Malformed]:
    end = 0
    for mark in _marks(text):
        yield _read(mark.inner)
        end = mark.end
    start = text.find("{{", end)
    if start >= 0:
        yield Malformed(text[start : start + SHOWN])


def _marks(text: str) -> Iterator[Mark]:
    """Yield what stands between braces; each character is looked at once, whoever wrote it."""
    at = 0
    while (start := text.find("{{", at)) >= 0 and (end := text.find("}}", start + 2)) >= 0:
        at = end + 2
        yield Mark(start, at, text[start + 2 : end])


def _read(inner: str) -> Reference | Malformed:
    words = inner.strip().split(".")
    if not all(WORD.fullmatch(word) for word in words):
        return Malformed("{{" + inner[:SHOWN] + "}}")
    return Reference(inner.strip(), words[0], tuple(words[1:]))


def _said(reference: Reference | Malformed, scope: Scope) -> str:
    value = _value(reference, scope)
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        raise _unresolved(reference, "its value cannot be written as text") from None


def _value(reference: Reference | Malformed, scope: Scope) -> Any:
    if isinstance(reference, Malformed):
        raise _unresolved(reference, "it is no template")
    root, path = reference.root, reference.path
    if root in {"params", "session"} and not path:
        raise _unresolved(reference, f"a name is missing, as in {root}.name")
    match root:
        case "params":
            return _along(reference, scope.params, path, scope)
        case "session":
            return _along(reference, scope.session, path, scope)
        case "item":
            if scope.item is None:
                raise _unresolved(reference, "the task does not run over a list")
            return _along(reference, scope.item[0], path, scope)
        case "pipeline":
            return _own(reference, scope)
    if root not in scope.outputs:
        raise _unresolved(reference, f"there is no output of a task {root!r}")
    path = path[1:] if path[:1] == ("output",) else path
    return _along(reference, scope.outputs[root], path, scope)


def _own(reference: Reference, scope: Scope) -> Any:
    """Return what a pipeline has of its own: its inputs and its goal."""
    if reference.path[:1] == ("inputs",):
        return _along(reference, scope.inputs, reference.path[1:], scope)
    if reference.path == ("goal",):
        return scope.goal
    raise _unresolved(reference, "a pipeline has inputs and a goal")


def _along(reference: Reference, value: Any, path: tuple[str, ...], scope: Scope) -> Any:
    for at, word in enumerate(path):
        if isinstance(value, str):
            value = scope.parsed.of(value) if scope.parsed else _parsed(value)
        if isinstance(value, Mapping) and word in value:
            value = value[word]
        elif isinstance(value, list | tuple) and word in {"first", "last"}:
            if not value:
                raise _unresolved(reference, f"the list before .{word} is empty")
            value = value[0 if word == "first" else -1]
        else:
            raise _unresolved(reference, _missing(value, word, path[:at]))
    return value


def _missing(value: Any, word: str, before: tuple[str, ...]) -> str:
    where = f" in {'.'.join(before)}" if before else ""
    if isinstance(value, Mapping):
        there = ", ".join(str(key)[:40] for key in list(value)[:8]) or "nothing"
        return f"there is no {word!r}{where}; there is {there}"
    if isinstance(value, list | tuple):
        return f"a list{where} has .first and .last, not .{word}"
    return f"there is no {word!r}{where}: it is {_kind(value)}"


def _kind(value: Any) -> str:
    kinds: tuple[tuple[Callable[[Any], bool], str], ...] = (
        (lambda each: each is None, "null"),
        (lambda each: isinstance(each, bool), "true or false"),
        (lambda each: isinstance(each, int | float), "a number"),
    )
    return next((kind for fits, kind in kinds if fits(value)), "a text")


def _parsed(text: str) -> Any:
    """Return the JSON that a text is, holds in a fence or among words; the text if there is none.

    Models asked for JSON answer so.
    """
    fences = text.split(FENCE)[1:-1:2]
    candidates = [text.strip(), *(each.removeprefix("json").strip() for each in fences)]
    candidates += [text[at:] for at in (text.find("{"), text.find("[")) if at >= 0]
    for each in candidates:
        if each[:1] in {"{", "["}:
            try:
                found, _end = json.JSONDecoder().raw_decode(each)
            except (ValueError, RecursionError):
                continue
            return found
    return text


def _unresolved(reference: Reference | Malformed, why: str) -> ValueUnresolved:
    text = reference.text if isinstance(reference, Malformed) else "{{" + reference.text + "}}"
    return ValueUnresolved(f"{text[:SHOWN]} leads to nothing: {why}")
