"""A definition as somebody wrote it, YAML or JSON, with the place of everything in it.

YAML is read with a reader of our own on PyYAML's safe one: it keeps lines and columns, refuses a
key that stands twice, and refuses aliases that would unfold into more than fits.
"""

from collections.abc import Mapping
from math import inf, isfinite
from typing import Any, NamedTuple

import yaml
from typing_extensions import override
from yaml.constructor import ConstructorError

from core.pipelines.errors import DocumentInvalid

LONGEST = 2_000_000
"""Characters of a definition."""
NODES = 200_000
"""Values of a definition, its aliases unfolded."""
DEEPEST = 60
"""How deep values may stand in each other."""
LONGEST_NUMBER = 100
"""Characters of a whole number."""

Path = tuple[str | int, ...]


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
        return _read(_Reader(text))
    except yaml.MarkedYAMLError as error:
        raise DocumentInvalid(_spoken(error)) from None
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


def _read(reader: "_Reader") -> Document:
    node = reader.get_single_node()
    if node is None:
        raise DocumentInvalid("The definition is empty.")
    places: dict[Path, Place] = {}
    _Walk().measure(node)
    _settle(node, (), places)
    data = reader.construct_document(node)
    fit(data)
    return Document(data, places)


class _Reader(yaml.SafeLoader):
    """PyYAML's safe reader, for what JSON can say: a day stays the text that it is."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._composed = 0

    @override
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read the next value; a text that holds too many is not read to its end."""
        self._composed += 1
        if self._composed > NODES:
            raise DocumentInvalid(f"There are more than {NODES:,} values.")
        return super().compose_node(parent, index)


_Reader.yaml_implicit_resolvers = {
    sign: [each for each in known if each[0] != "tag:yaml.org,2002:timestamp"]
    for sign, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Reader.yaml_constructors = {
    tag: known
    for tag, known in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in {"null", "bool", "int", "str", "seq"}
}


def _int(reader: _Reader, node: yaml.ScalarNode) -> int:
    # `1:59:59…` counts in sixties: a long one would be multiplied out for minutes.
    if len(node.value) > LONGEST_NUMBER:
        raise ConstructorError(
            None, None, "a number of more than 64 bits is written as a text", node.start_mark
        )
    found: int = reader.construct_yaml_int(node)
    return found


def _float(reader: _Reader, node: yaml.ScalarNode) -> float:
    try:
        found: float = reader.construct_yaml_float(node)
    except OverflowError:
        found = inf
    if not isfinite(found):
        raise ConstructorError(None, None, "a number is finite", node.start_mark)
    return found


def _mapping(reader: _Reader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = reader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool | None):
            raise ConstructorError(None, None, "a key is a word", key_node.start_mark)
        if key in found:
            raise ConstructorError(
                None, None, f"the key {key!r} stands here twice", key_node.start_mark
            )
        found[key] = reader.construct_object(value_node, deep=True)
    return found


_Reader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Reader.add_constructor("tag:yaml.org,2002:int", _int)
_Reader.add_constructor("tag:yaml.org,2002:float", _float)


class _Walk:
    """Counts what a document unfolds into, without unfolding it."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}
        self._above: set[int] = set()

    def measure(self, node: yaml.Node, deep: int = 0) -> int:
        """Return how many values *node* unfolds into.

        Raises:
            DocumentInvalid: too many, too deep, or it holds itself.
        """
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) in self._above:
            raise DocumentInvalid(f"An alias holds itself ({_place(node)}).")
        if id(node) in self._sizes:
            return self._sizes[id(node)]
        if deep > DEEPEST:
            raise DocumentInvalid(
                f"Values stand in each other {DEEPEST} deep at most ({_place(node)})."
            )
        self._above.add(id(node))
        inside = (
            [each for pair in node.value for each in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        size = 1 + sum(self.measure(each, deep + 1) for each in inside)
        self._above.discard(id(node))
        if size > NODES:
            raise DocumentInvalid(
                f"The definition unfolds into more than {NODES:,} values ({_place(node)})."
            )
        self._sizes[id(node)] = size
        return size


def _settle(node: yaml.Node, path: Path, places: dict[Path, Place]) -> None:
    """Note where each value stands; where an alias leads again and again, once is enough."""
    places[path] = _place(node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                _settle(value, (*path, key.value), places)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            _settle(value, (*path, at), places)


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _spoken(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = "" if mark is None else f" ({Place(mark.line + 1, mark.column + 1)})"
    said = " ".join(part for part in (error.context, error.problem) if part)
    return f"This is no YAML: {said or 'it cannot be read'}{where}."
