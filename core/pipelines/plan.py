"""A plan as somebody wrote it: which pipelines there are, and in which order they follow."""

from collections.abc import Mapping, Sequence

from core.pipelines.definition import Problems
from core.pipelines.document import Document, read
from core.pipelines.errors import PlanInvalid
from core.pipelines.records import Pipeline, Plan, SubPipeline
from core.pipelines.template import Reference, references
from core.pipelines.waves import circle, waves

MOST = 500
"""Pipelines of one plan."""
PLAN = ("id", "goal", "inputs", "sub_pipelines")
PART = ("id", "goal", "reads", "stores", "inputs")


def parse(text: str) -> Plan:
    """Return the plan that *text* writes, with or without `plan:` around it.

    Raises:
        DocumentInvalid: it cannot be read.
        PlanInvalid: it breaks a rule.
    """
    return define(read(text).inside("plan"))


def define(document: Document) -> Plan:
    """Return the plan of a *document* that is read already.

    Raises:
        PlanInvalid: it breaks a rule. Its order is not looked at here: see `order`.
    """
    problems, data = Problems(document), document.data
    if not isinstance(data, dict):
        raise PlanInvalid(("A plan is id, goal and sub_pipelines, as names with values",))
    problems.fields((), data, PLAN)
    id, goal = problems.id(("id",), data), problems.text(("goal",), data)
    inputs = problems.mapping(("inputs",), data)
    written = problems.list(("sub_pipelines",), data)
    if not 1 <= len(written) <= MOST:
        problems.tell(("sub_pipelines",), f"A plan has 1 to {MOST} of them")
    parts: list[SubPipeline] = []
    for at, each in enumerate(written[:MOST]):
        path = ("sub_pipelines", at)
        if not isinstance(each, dict):
            problems.tell(path, "A sub-pipeline is id, goal, reads and stores")
            continue
        problems.fields(path, each, PART)
        part = SubPipeline(
            id=problems.id((*path, "id"), each),
            goal=problems.text((*path, "goal"), each),
            **{name: _names(problems, (*path, name), each) for name in PART[2:]},
        )
        for name in part.inputs:
            if name not in inputs:
                problems.tell((*path, "inputs"), f"The plan has no input {name[:60]!r}")
        if part.id and part.id in {one.id for one in parts}:
            problems.tell((*path, "id"), f"Another sub-pipeline is called {part.id}")
        parts.append(part)
    if problems:
        raise PlanInvalid(tuple(problems))
    return Plan(id=id, goal=goal, inputs=inputs, sub_pipelines=tuple(parts))


def order(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the ids of a plan's pipelines in waves: who reads comes after who stores.

    Raises:
        PlanInvalid: two store the same, one reads what nobody stores, or they read in a circle.
    """
    problems = []
    storing: dict[str, str] = {}
    for part in plan.sub_pipelines:
        for key in part.stores:
            if key in storing:
                problems.append(f"{storing[key]} and {part.id} both store {key!r}")
            storing.setdefault(key, part.id)
    waits: dict[str, list[str]] = {}
    for part in plan.sub_pipelines:
        unsatisfied = [key for key in part.reads if key not in storing]
        problems += [f"{part.id} reads {key!r}, which nobody stores" for key in unsatisfied]
        waits[part.id] = [storing[key] for key in part.reads if key in storing]
    if not problems and (round := circle(waits)):
        problems.append(f"These wait for each other: {' -> '.join(round)}")
    if problems:
        raise PlanInvalid(tuple(problems))
    return waves(waits)


def broken(part: SubPipeline, pipeline: Pipeline) -> tuple[str, ...]:
    """Return where a pipeline does not keep to what its plan says of it.

    Each begins with its kind: missing_store, undeclared_store, undeclared_session or
    undeclared_input.
    """
    stored = {
        str(task.inputs.get("key"))
        for task in pipeline.tasks
        if task.tool == "store" and not _templated(task.inputs.get("key"))
    }
    unsure = any(
        task.tool == "store" and _templated(task.inputs.get("key")) for task in pipeline.tasks
    )
    read, given = set[str](), set[str]()
    for task in pipeline.tasks:
        for each in references([task.inputs, task.parallel_over]):
            if isinstance(each, Reference) and each.root == "session" and each.path:
                read.add(each.path[0])
            if isinstance(each, Reference) and each.root == "pipeline" and len(each.path) > 1:
                given.add(each.path[1])
    allowed = {*part.reads, *part.stores}
    found: Mapping[str, Sequence[str]] = {
        "missing_store": [] if unsure else sorted(set(part.stores) - stored),
        "undeclared_store": sorted(stored - set(part.stores)),
        "undeclared_session": sorted(read - allowed),
        "undeclared_input": sorted(given - set(part.inputs) - set(pipeline.inputs)),
    }
    return tuple(f"{kind}: {part.id}: {name}" for kind, names in found.items() for name in names)


def _templated(value: object) -> bool:
    return any(True for _each in references(value))


def _names(
    problems: Problems, path: tuple[str | int, ...], data: Mapping[str, object]
) -> tuple[str, ...]:
    names = problems.list(path, data)
    if all(isinstance(name, str) and name for name in names):
        return tuple(names)
    problems.tell(path, "It is a list of names")
    return ()
