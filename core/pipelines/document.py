"""A definition as somebody wrote it, YAML or JSON, with the place of everything in it.

YAML is parsed by libyaml, where PyYAML was built with it, and put together here: with lines and
columns, without a key that stands twice, or aliases that would unfold into more than fits.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import inf, isfinite
from typing import Any, NamedTuple

import yaml
from typing_extensions import override
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

from core.pipelines.errors import DocumentInvalid

LONGEST = 2_000_000
"""Characters of a definition."""
NODES = 200_000
"""Values of a definition, its aliases unfolded."""
DEEPEST = 60
"""How deep values may stand in each other."""
LONGEST_NUMBER = 100
"""Characters of a whole number."""

PARSER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""Tells what stands in a text, part by part; the one in C fourteen times as fast."""
TAG = "tag:yaml.org,2002:"
TEXT = TAG + "str"
ABSENT = object()
QUOTE = 'a template stands in quotes, as in "{{params.x}}"'

Path = tuple[str | int, ...]


class _Resolver(Resolver):
    """Tells numbers from texts; a day stays the text that it is."""


_Resolver.yaml_implicit_resolvers = {
    sign: [each for each in known if each[0] != TAG + "timestamp"]
    for sign, known in Resolver.yaml_implicit_resolvers.items()
}
resolved: Callable[[type[yaml.Node], str, tuple[bool, bool]], str] = _Resolver().resolve
SIGNS = frozenset(_Resolver.yaml_implicit_resolvers)
"""How whatever is no text may begin."""


class Place(NamedTuple):
    """Where something stands, both counted from 1."""

    line: int
    column: int

    @override
    def __str__(self) -> str:
        """Return it as people say it."""
        return f"line {self.line}, column {self.column}"


class Document(NamedTuple):
    """What was written, and where each part of it stands."""

    data: Any
    places: Mapping[Path, Place]
    """Empty for what came as JSON: there the path says it."""

    def place(self, path: Path) -> Place | None:
        """Return where *path* stands, or the nearest that holds it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path)

    def inside(self, key: str) -> "Document":
        """Return what stands under *key*, or all of it where nothing does."""
        if not isinstance(self.data, dict) or key not in self.data:
            return self
        places = {path[1:]: place for path, place in self.places.items() if path[:1] == (key,)}
        return Document(self.data[key], places)


def read(text: str) -> Document:
    """Read a definition; JSON is YAML, too.

    Raises:
        DocumentInvalid: it is none: malformed, a key twice, too long, too deep or too large. The
            message tells the line and the column.
    """
    if len(text) > LONGEST:
        raise DocumentInvalid(f"A definition has {LONGEST:,} characters at most.")
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        raise DocumentInvalid(_spoken(error, text)) from None
    except (yaml.YAMLError, ValueError) as error:
        # A number that is none, or a character that YAML does not take.
        raise DocumentInvalid(f"This is no YAML: {' '.join(str(error).split())[:300]}") from None
    except RecursionError:
        raise DocumentInvalid(f"Values stand in each other {DEEPEST} deep at most.") from None


def given(data: Any) -> Document:
    """Return *data* as a definition that came as JSON.

    Raises:
        DocumentInvalid: it is too deep or too large, or holds what cannot be kept.
    """
    fit(data)
    return Document(data, {})


def fit(data: Any) -> None:
    """Return quietly if *data* can be kept, and walked through, by everybody.

    Raises:
        DocumentInvalid: it is too deep or too large, or holds a number beyond 64 bits, or half of a
            character.
    """
    count, level = 0, [data]
    for _deep in range(DEEPEST + 1):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each.values())
                below.extend(key for key in each if not str(key).isascii())
            elif isinstance(each, list | tuple):
                below.extend(each)
            elif isinstance(each, str):
                if not each.isascii() and any("\ud800" <= sign <= "\udfff" for sign in each):
                    raise DocumentInvalid("Half of a character; write it whole, or as it is.")
            elif isinstance(each, int) and not -(2**63) <= each < 2**64:
                raise DocumentInvalid("A number of more than 64 bits is written as a text.")
        count += len(level)
        if count > NODES:
            raise DocumentInvalid(f"There are more than {NODES:,} values.")
        if not below:
            return
        level = below
    raise DocumentInvalid(f"Values stand in each other {DEEPEST} deep at most.")


def _read(text: str) -> Document:
    reading = _Reading()
    for event in yaml.parse(text, Loader=PARSER):
        reading.take(event)
    if reading.found is ABSENT:
        raise DocumentInvalid("The definition is empty.")
    fit(reading.found)
    return Document(reading.found, reading.places())


class _Holder:
    """A list, or names with values, that is being read."""

    __slots__ = ("anchor", "data", "first", "key", "path", "place", "size", "word")

    def __init__(self, data: Any, path: Path, place: Place, anchor: str | None) -> None:
        self.data = data
        self.path = path
        self.place = place
        self.anchor = anchor
        self.size = 1
        """Values in it so far, it and what its aliases stand for included."""
        self.first = 0
        """Where the places of what it holds begin among those that are noted."""
        self.key: Any = ABSENT
        """The name that has no value yet, and as it is written."""
        self.word = ""


class _Named(NamedTuple):
    """What an alias stands for."""

    data: Any
    size: int
    path: Path
    first: int
    last: int


class _Reading:
    """A document on its way: what is read is put where it belongs, and too much is not read on.

    What the parser meets is taken one by one, not as its tree: nothing here, nor in the parser,
    goes as deep as the text does, and what is refused is refused where it stands.
    """

    def __init__(self) -> None:
        self.found: Any = ABSENT
        self._noted: list[tuple[Path, Place]] = []
        self._open: list[_Holder] = []
        self._named: dict[str, _Named | _Holder] = {}
        self._count = 0
        self._takes: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: partial(self._begin, [], TAG + "seq"),
            yaml.MappingStartEvent: partial(self._begin, {}, TAG + "map"),
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: yaml.Event) -> None:
        """Go on by what the parser met next."""
        if take := self._takes.get(type(event)):
            take(event)

    def places(self) -> dict[Path, Place]:
        """Return where everything stands."""
        return dict(self._noted)

    def _document(self, event: Any) -> None:
        if self.found is not ABSENT:
            said = "expected a single document, but found another one"
            raise ConstructorError(None, None, said, event.start_mark)

    def _scalar(self, event: Any) -> None:
        text, tag = event.value, event.tag
        value: Any = text
        if tag is not None and tag != "!":
            value = _valued(event, tag)
        elif event.implicit[0] and text[:1] in SIGNS:
            tag = resolved(yaml.ScalarNode, text, event.implicit)
            value = text if tag == TEXT else _valued(event, tag)
        path, place = self._next(), _place(event)
        if event.anchor is not None:
            first = len(self._noted)
            self._name(event, _Named(value, 1, path or (), first, first))
        self._put(value, 1, event, path, place, text)

    def _alias(self, event: Any) -> None:
        named = self._named.get(event.anchor)
        if named is None:
            said = f"found undefined alias {event.anchor!r}"
            raise ConstructorError(None, None, said, event.start_mark)
        if isinstance(named, _Holder):
            raise DocumentInvalid(f"An alias holds itself ({named.place}).")
        path = self._next()
        self._put(named.data, named.size, event, path, _place(event), str(named.data))
        if path is not None:
            # What is wrong within it is told where it was written.
            deep = len(named.path)
            again = self._noted[named.first : named.last]
            self._noted += [((*path, *each[deep:]), place) for each, place in again]

    def _begin(self, data: Any, tag: str, event: Any) -> None:
        if event.tag not in {None, "!", tag}:
            raise _unknown(event, event.tag)
        path, place = self._next(), _place(event)
        if path is None:
            # Braces in braces are what a template is that somebody forgot to quote.
            said = "a key is a word" if type(data) is list else QUOTE
            raise ConstructorError(None, None, said, event.start_mark)
        if len(self._open) > DEEPEST:
            said = f"Values stand in each other {DEEPEST} deep at most ({place})."
            raise DocumentInvalid(said)
        self._noted.append((path, place))
        holder = _Holder(data.copy(), path, place, event.anchor)
        holder.first = len(self._noted)
        if event.anchor is not None:
            self._name(event, holder)
        self._open.append(holder)

    def _end(self, _event: yaml.Event) -> None:
        ended = self._open.pop()
        if ended.anchor is not None:
            last = len(self._noted)
            named = _Named(ended.data, ended.size, ended.path, ended.first, last)
            self._named[ended.anchor] = named
        self._into(ended.data, ended.size)

    def _next(self) -> Path | None:
        """Return where the next value will stand; None where it is a key."""
        self._count += 1
        if self._count > NODES:
            raise DocumentInvalid(f"There are more than {NODES:,} values.")
        if not self._open:
            return ()
        holder = self._open[-1]
        if type(holder.data) is list:
            return (*holder.path, len(holder.data))
        return None if holder.key is ABSENT else (*holder.path, holder.word)

    def _put(
        self, value: Any, size: int, event: Any, path: Path | None, place: Place, text: str
    ) -> None:
        """Put a value that is whole where it belongs."""
        if path is not None:
            self._into(value, size)
            self._noted.append((path, place))
            return
        holder = self._open[-1]
        if not isinstance(value, str | int | float | bool | None):
            raise ConstructorError(None, None, "a key is a word", event.start_mark)
        if value in holder.data:
            said = f"the key {value!r} stands here twice"
            raise ConstructorError(None, None, said, event.start_mark)
        holder.size += size
        holder.key, holder.word = value, text

    def _into(self, value: Any, size: int) -> None:
        if not self._open:
            self.found = value
            return
        holder = self._open[-1]
        holder.size += size
        if holder.size > NODES:
            said = f"The definition unfolds into more than {NODES:,} values ({holder.place})."
            raise DocumentInvalid(said)
        if type(holder.data) is list:
            holder.data.append(value)
        else:
            holder.data[holder.key] = value
            holder.key = ABSENT

    def _name(self, event: Any, named: _Named | _Holder) -> None:
        if event.anchor in self._named:
            said = f"found duplicate anchor {event.anchor!r}"
            raise ConstructorError(None, None, said, event.start_mark)
        self._named[event.anchor] = named


def _valued(event: Any, tag: str) -> Any:
    """Return what a text of that *tag* says."""
    if tag not in SCALARS:
        raise _unknown(event, tag)
    node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
    try:
        return SCALARS[tag](node)
    except (ValueError, LookupError):
        said = f"this is no {tag.removeprefix(TAG)}"
        raise ConstructorError(None, None, said, event.start_mark) from None


def _unknown(event: Any, tag: str) -> ConstructorError:
    said = f"could not determine a constructor for the tag {tag!r}"
    return ConstructorError(None, None, said, event.start_mark)


def _int(node: yaml.ScalarNode) -> int:
    # `1:59:59…` counts in sixties: a long one would be multiplied out for minutes.
    if len(node.value) > LONGEST_NUMBER:
        said = "a number of more than 64 bits is written as a text"
        raise ConstructorError(None, None, said, node.start_mark)
    found: int = SAFE.construct_yaml_int(node)
    return found


def _float(node: yaml.ScalarNode) -> float:
    try:
        found: float = SAFE.construct_yaml_float(node)
    except OverflowError:
        found = inf
    if not isfinite(found):
        raise ConstructorError(None, None, "a number is finite", node.start_mark)
    return found


SAFE = SafeConstructor()
SCALARS: Mapping[str, Callable[[Any], Any]] = {
    TAG + "null": SAFE.construct_yaml_null,
    TAG + "bool": SAFE.construct_yaml_bool,
    TAG + "int": _int,
    TAG + "float": _float,
    TAG + "str": SAFE.construct_yaml_str,
}
"""What JSON can say, and no more: neither dates nor whatever Python knows."""


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def _spoken(error: yaml.MarkedYAMLError, text: str) -> str:
    mark: Any = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.context, error.problem) if part)
    where = "" if mark is None else f" ({_within(text, mark)})"
    return f"This is no YAML: {said[:300] or 'it cannot be read'}{where}."


def _within(text: str, mark: Any) -> Place:
    """Return the place of a mark; libyaml says of the end that it is on a line of its own."""
    lines = text.splitlines() or [""]
    if mark.line < len(lines):
        return Place(mark.line + 1, mark.column + 1)
    return Place(len(lines), len(lines[-1]) + 1)
