"""The values of a pipeline's params, from whatever was given for them."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson

from core.identity import Actor
from core.pipelines.definition import FITS, PROBLEMS
from core.pipelines.document import fit
from core.pipelines.errors import PipelineInvalid, ValueUnresolved
from core.pipelines.hints import Hints, meant
from core.pipelines.records import Param, ParamType, Pipeline, RunDraft
from core.pipelines.template import Scope, resolve

AIM = 1_000
"""Characters of a goal with values in it that are kept."""


def carried(pipeline: Pipeline, written: Any, draft: RunDraft, actor: Actor) -> dict[str, Any]:
    """Return what a run is kept with: everything that whoever does it needs to know.

    Raises:
        DocumentInvalid: a value cannot be kept.
        PipelineInvalid: the values do not fit the params.
    """
    fit((draft.inputs, draft.params, draft.session))
    return {
        "pipeline": written,
        "params": bound(pipeline, draft.inputs, draft.params),
        "inputs": draft.inputs,
        "session": draft.session,
        "options": draft.options.model_dump(),
        "surface": actor.surface,
        "audience": actor.audience,
        "role": actor.role,
    }


def aim(pipeline: Pipeline, params: Mapping[str, Any]) -> str:
    """Return what one run is for: the goal with the values of its params in it."""
    try:
        said = resolve(pipeline.goal, Scope({}, params, {}, "", {}))
    except ValueUnresolved:
        return pipeline.goal
    return text if len(text := str(said)) <= AIM else f"{text[: AIM - 1]}…"


def bound(
    pipeline: Pipeline, inputs: Mapping[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a value for every param: given as one, as an input of its name, or by default.

    Text is read as what the param takes: `"2025"` is an integer where one is wanted.

    Raises:
        PipelineInvalid: a value is missing, of another type, or for no param.
    """
    near = Hints()
    strange = islice((name for name in params if name not in pipeline.params), PROBLEMS)
    problems = [
        f"params.{name[:60]}: The pipeline has no such param{meant(near(name, pipeline.params))}"
        for name in strange
    ]
    found = {}
    for name, param in pipeline.params.items():
        given = params if name in params else inputs
        if name in given:
            value = _read(param, given[name])
            if not FITS[param.type](value):
                problems.append(f"params.{name}: It is no {param.type}")
            found[name] = value
        elif param.required:
            problems.append(f"params.{name}: A value is required ({param.type})")
        else:
            found[name] = param.default
    if problems:
        raise PipelineInvalid(tuple(problems[:PROBLEMS]))
    return found


def _read(param: Param, value: Any) -> Any:
    if param.type is ParamType.STRING or not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
