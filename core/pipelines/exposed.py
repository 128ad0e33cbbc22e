"""Keys that a definition would tell everybody: what is saved, the whole organization reads."""

import re
from collections.abc import Iterator, Mapping

from core.pipelines.records import Pipeline
from core.pipelines.template import Reference, references

SECRET = re.compile(r"auth|cookie|api-?key|access-?key|token|secret|password|credential|signature")
"""Names of headers that hold what proves who one is."""
WAY = (
    "Everybody of the organization reads what is saved. Let whoever runs it give the value, as in "
    "'Bearer {{params.token}}', or whoever runs Trellis set TRELLIS_FETCH_HEADERS"
)


def exposed(pipeline: Pipeline) -> tuple[str, ...]:
    """Return a problem for each header of a task that holds a key as it stands."""
    return tuple(
        f"tasks.{at}.inputs.headers.{name[:60]}: {WAY}"
        for at, task in enumerate(pipeline.tasks)
        for name in _keys(task.inputs.get("headers"))
    )


def _keys(headers: object) -> Iterator[str]:
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        given = any(isinstance(each, Reference) for each in references(value))
        if SECRET.search(str(name).lower().replace("_", "-")) and value and not given:
            yield str(name)
