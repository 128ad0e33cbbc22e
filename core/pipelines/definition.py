"""A pipeline as somebody wrote it becomes a `Pipeline`, or a list of everything that is wrong."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from core.pipelines.document import Document, Path, given, read
from core.pipelines.errors import PipelineInvalid
from core.pipelines.hints import Hints, meant
from core.pipelines.records import Param, ParamType, Pipeline, Task
from core.pipelines.template import RESERVED, Malformed, Reference, references
from core.pipelines.waves import circle, waves

MOST_TASKS = 5_000
"""Tasks of one pipeline; what needs more runs over a list."""
MOST_RETRIES = 100
PROBLEMS = 50
"""Problems that are told; those of a broken definition are mostly one."""
ID = re.compile(r"[a-z][a-z0-9_]{0,99}")
"""Lower snake_case, beginning with a letter."""
PIPELINE = ("id", "goal", "inputs", "params", "tasks")
TASK = ("id", "tool", "inputs", "parallel_over", "retry", "await")
PARAM = ("type", "description", "default")

FITS: dict[ParamType, Callable[[Any], bool]] = {
    ParamType.STRING: lambda value: isinstance(value, str),
    ParamType.INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    ParamType.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ParamType.BOOLEAN: lambda value: isinstance(value, bool),
    ParamType.LIST: lambda value: isinstance(value, list),
    ParamType.OBJECT: lambda value: isinstance(value, dict),
}


def read_pipeline(written: Any, tools: Collection[str]) -> Pipeline:
    """Return the pipeline that is *written*, as text or as data.

    Raises:
        DocumentInvalid: it cannot be read.
        PipelineInvalid: it breaks a rule.
    """
    if isinstance(written, str):
        return parse(written, tools)
    return define(given(written), tools)


def parse(text: str, tools: Collection[str]) -> Pipeline:
    """Return the pipeline that *text* writes, YAML with or without `pipeline:` around it, or JSON.

    Args:
        text: the definition.
        tools: the names of every tool there is.

    Raises:
        DocumentInvalid: it cannot be read.
        PipelineInvalid: it breaks a rule; each problem tells its line and column.
    """
    return define(read(text).inside("pipeline"), tools)


def define(document: Document, tools: Collection[str]) -> Pipeline:
    """Return the pipeline of a *document* that is read already.

    Raises:
        PipelineInvalid: it breaks a rule.
    """
    reading = _Reading(document, tools)
    pipeline = reading.pipeline()
    if pipeline is None or reading.problems:
        raise PipelineInvalid(tuple(reading.problems))
    return pipeline


class Problems(list[str]):
    """What is wrong with a document, each with its place."""

    def __init__(self, document: Document) -> None:
        """Begin with nothing wrong."""
        super().__init__()
        self._document = document
        self.near = Hints()

    def tell(self, path: Path, said: str) -> None:
        """Add a problem at *path*."""
        if len(self) < PROBLEMS:
            name = ".".join(map(str, path))
            place = self._document.place(path)
            where = "" if place is None else f" ({place})"
            self.append(f"{name}: {said}{where}" if name else f"{said}{where}")

    def fields(self, path: Path, data: Mapping[Any, Any], known: tuple[str, ...]) -> None:
        """Tell the fields of *data* that nobody reads."""
        for field in data:
            if field not in known:
                hint = meant(self.near(str(field), known)) or f"; there are {', '.join(known)}"
                self.tell((*path, str(field)[:60]), f"Unknown field{hint}")

    def text(self, path: Path, data: Mapping[Any, Any]) -> str:
        """Return the text that has to stand at *path*."""
        value = data.get(path[-1])
        if isinstance(value, str) and value.strip():
            return value
        self.tell(path, "Field required" if path[-1] not in data else "It is a text, not empty")
        return ""

    def id(self, path: Path, data: Mapping[Any, Any]) -> str:
        """Return the id that has to stand at *path*."""
        id = self.text(path, data)
        if id and not ID.fullmatch(id):
            self.tell(
                path,
                f"{id[:60]!r} is no id: it is lower snake_case, letters, digits and _, and begins "
                "with a letter",
            )
        return id

    def mapping(self, path: Path, data: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the names and values that may stand at *path*."""
        value = data.get(path[-1])
        if value is None:
            return {}
        if isinstance(value, dict) and all(isinstance(name, str) for name in value):
            return value
        self.tell(path, "It is names with values")
        return {}

    def list(self, path: Path, data: Mapping[Any, Any]) -> list[Any]:
        """Return the list that may stand at *path*."""
        value = data.get(path[-1])
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.tell(path, "It is a list")
        return []


class _Reading:
    """One definition, looked at once."""

    def __init__(self, document: Document, tools: Collection[str]) -> None:
        self._data = document.data
        self._tools = frozenset(tools)
        self.problems = Problems(document)
        self._known: Collection[str] = ()
        self._params: Mapping[str, Param] = {}

    def pipeline(self) -> Pipeline | None:
        """Return what is written; with a problem told, it is not to be used."""
        tell, data = self.problems.tell, self._data
        if not isinstance(data, dict):
            tell((), "A pipeline is id, goal and tasks, as names with values")
            return None
        self.problems.fields((), data, PIPELINE)
        id, goal = self.problems.id(("id",), data), self.problems.text(("goal",), data)
        inputs = self.problems.mapping(("inputs",), data)
        self._params = self._declared()
        for path, value in ((("goal",), goal), (("inputs",), inputs)):
            for each in self._references(path, value):
                if each.root != "params":
                    tell(path, f"{{{{{each.text}}}}}: only params may stand here")
        written = self.problems.list(("tasks",), data)
        if not written:
            tell(("tasks",), "A pipeline has one task at least")
        if len(written) > MOST_TASKS:
            tell(("tasks",), f"A pipeline has {MOST_TASKS:,} tasks at most, not {len(written):,}")
            return None
        self._known = {
            each["id"]
            for each in written
            if isinstance(each, dict) and isinstance(each.get("id"), str)
        }
        tasks = [self._task(("tasks", at), each) for at, each in enumerate(written)]
        found = tuple(each for each in tasks if each is not None)
        self._twice(found)
        if self.problems:
            return None
        order = {each.id: each.waits_for for each in found}
        if round := circle(order):
            tell(("tasks",), f"These tasks wait for each other: {' -> '.join(round[:20])}")
            return None
        return Pipeline(
            id=id, goal=goal, inputs=inputs, params=self._params, tasks=found, waves=waves(order)
        )

    def _declared(self) -> dict[str, Param]:
        found = {}
        for name, written in self.problems.mapping(("params",), self._data).items():
            path = ("params", name)
            if not isinstance(written, dict):
                self.problems.tell(path, "A parameter is a type, a description, a default")
                continue
            self.problems.fields(path, written, PARAM)
            type = written.get("type", ParamType.STRING)
            if type not in list(ParamType):
                self.problems.tell((*path, "type"), f"It is one of {', '.join(ParamType)}")
                continue
            default = written.get("default")
            if default is not None and not FITS[ParamType(type)](default):
                self.problems.tell((*path, "default"), f"The default is no {type}")
            found[name] = Param(
                type=ParamType(type),
                description=str(written.get("description") or ""),
                required="default" not in written,
                default=default,
            )
        return found

    def _task(self, path: Path, data: Any) -> Task | None:
        if not isinstance(data, dict):
            self.problems.tell(path, "A task is id, tool and inputs, as names with values")
            return None
        self.problems.fields(path, data, TASK)
        id, tool = self._named(path, data)
        inputs = self.problems.mapping((*path, "inputs"), data)
        if tool == "compute" and "function" not in inputs:
            self.problems.tell((*path, "inputs"), "compute needs an input function")
        waits = dict.fromkeys(self._awaited((*path, "await"), data))
        over = self._over((*path, "parallel_over"), data)
        waits |= dict.fromkeys(self._read(path, inputs, over))
        return Task(
            id=id,
            tool=tool,
            inputs=inputs,
            parallel_over=over,
            retry=self._retry((*path, "retry"), data),
            waits_for=tuple(waits),
        )

    def _named(self, path: Path, data: Mapping[Any, Any]) -> tuple[str, str]:
        """Return the id and the tool of a task."""
        id, tool = self.problems.id((*path, "id"), data), self.problems.text((*path, "tool"), data)
        if id in RESERVED:
            said = f"{id} is what templates call something else; take another name"
            self.problems.tell((*path, "id"), said)
        if tool and tool not in self._tools:
            said = f"Unknown tool {tool[:60]!r}{self._hint(tool, self._tools)}"
            self.problems.tell((*path, "tool"), said)
        return id, tool

    def _read(self, path: Path, inputs: dict[str, Any], over: str | None) -> Iterator[str]:
        """Yield the tasks whose outputs a task's templates read."""
        item = False
        for field, value in (("inputs", inputs), ("parallel_over", over)):
            for each in self._references((*path, field), value):
                if each.root == "item":
                    item = item or field == "inputs"
                    if over is None or field == "parallel_over":
                        said = "{{item}} is there for inputs, with parallel_over"
                        self.problems.tell((*path, field), said)
                elif each.root not in RESERVED and self._exists((*path, field), each):
                    yield each.root
        if over is not None and not item:
            said = "With parallel_over, an input has to use {{item}}"
            self.problems.tell((*path, "inputs"), said)

    def _references(self, path: Path, value: Any) -> Iterator[Reference]:
        """Yield the templates of *value*, and tell those that can lead nowhere."""
        for each in references(value):
            if isinstance(each, Malformed):
                self.problems.tell(path, f"{each.text} is no template")
                continue
            yield each
            text = "{{" + each.text[:80] + "}}"
            match each.root:
                case "params" if each.path[:1] and each.path[0] not in self._params:
                    hint = self._hint(each.path[0], self._params)
                    self.problems.tell(path, f"{text}: no such param is declared{hint}")
                case "params" | "session" if not each.path:
                    self.problems.tell(path, f"{text}: a name is missing")
                case "pipeline" if each.path != ("goal",) and each.path[:1] != ("inputs",):
                    self.problems.tell(path, f"{text}: a pipeline has inputs and a goal")

    def _exists(self, path: Path, reference: Reference) -> bool:
        if reference.root in self._known:
            return True
        said = f"{{{{{reference.text[:80]}}}}}: there is no task {reference.root[:60]!r}"
        self.problems.tell(path, said + self._hint(reference.root, self._known))
        return False

    def _awaited(self, path: Path, data: Mapping[Any, Any]) -> Iterator[str]:
        for at, each in enumerate(self.problems.list(path, data)):
            if isinstance(each, str) and each in self._known:
                yield each
            else:
                said = f"There is no task {str(each)[:60]!r} to await"
                self.problems.tell((*path, at), said + self._hint(str(each), self._known))

    def _over(self, path: Path, data: Mapping[Any, Any]) -> str | None:
        over = data.get("parallel_over")
        if over is None:
            return None
        if isinstance(over, str) and any(isinstance(each, Reference) for each in references(over)):
            return over
        self.problems.tell(path, "It is a template that leads to a list, such as {{fetch.output}}")
        return None

    def _retry(self, path: Path, data: Mapping[Any, Any]) -> int:
        retry = data.get("retry", 0)
        if FITS[ParamType.INTEGER](retry) and 0 <= retry <= MOST_RETRIES:
            return int(retry)
        self.problems.tell(path, f"It is a whole number, 0 to {MOST_RETRIES}")
        return 0

    def _twice(self, tasks: tuple[Task, ...]) -> None:
        seen: set[str] = set()
        for at, task in enumerate(tasks):
            if task.id and task.id in seen:
                self.problems.tell(("tasks", at, "id"), f"Another task is called {task.id}")
            seen.add(task.id)

    def _hint(self, name: str, known: Collection[str]) -> str:
        return meant(self.problems.near(name, known))
