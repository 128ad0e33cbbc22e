"""The values of params: what does not fit is told, within bounds."""

import pytest

from core.pipelines.binding import AIM, aim, bound
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


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("Report on {{params.year}}", "Report on 2025"),
        ("{{params.year}}", "2025"),
        ("Report", "Report"),
        ("Report on {{params.where.city}}", "Report on {{params.where.city}}"),
        ("{{params.long}}", "x" * (AIM - 1) + "…"),
    ],
)
def test_a_run_says_with_which_values_it_keeps_its_goal(goal: str, said: str) -> None:
    params = "{year: {}, where: {}, long: {}}"
    text = f'{{id: a, goal: "{goal}", params: {params}, tasks: [{{id: c, tool: mock}}]}}'

    assert aim(parse(text, ["mock"]), {"year": 2025, "where": {}, "long": "x" * 5_000}) == said
