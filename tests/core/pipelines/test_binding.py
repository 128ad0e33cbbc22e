"""The values of params: what does not fit is told, within bounds."""

import pytest

from core.pipelines.binding import bound
from core.pipelines.definition import PROBLEMS, parse
from core.pipelines.errors import PipelineInvalid


def test_values_for_no_param_are_told_within_bounds() -> None:
    names = [f"p{at:03}_of_many_params" for at in range(300)]
    params = ", ".join(f"{name}: {{default: x}}" for name in names)
    text = f"{{id: a, goal: b, params: {{{params}}}, tasks: [{{id: c, tool: mock}}]}}"
    given = {f"q{at:03}_of_many_params": 1 for at in range(100)}

    with pytest.raises(PipelineInvalid) as refusal:
        bound(parse(text, ["mock"]), {}, given)

    found = refusal.value.problems
    assert len(found) == PROBLEMS
    assert 0 < sum("did you mean" in each for each in found) < PROBLEMS / 2
