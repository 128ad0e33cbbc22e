"""Computation that needs no judgement: functions by their names, and nothing that runs code."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from anyio import to_thread
from pydantic import ConfigDict, Field
from typing_extensions import override

from core.connections.nearest import nearest
from core.errors import CoreError
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.edgar import Edgar
from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.functions.companies import Companies, apply_segment_names
from core.pipelines.tools.functions.credit import RATIOS, credit_ratios, ratio
from core.pipelines.tools.functions.derived import calculate_derived_fields
from core.pipelines.tools.functions.periods import Periods, period_label
from core.pipelines.tools.functions.scales import financial_scale_normalize

Function = Callable[..., Any]
"""Takes what a task gives it by name; it may be a coroutine function."""


class ComputeInputs(Inputs):
    """What `compute` takes."""

    model_config = ConfigDict(extra="allow")

    function: str = Field(
        description="The name of a function; every other input is handed to it by its name."
    )


class Compute(Tool):
    """Computes."""

    name = "compute"
    description = "Compute something that needs no judgement, by a function of the registry."
    inputs: type[Inputs] = ComputeInputs
    output = Output("What the function gives back.", "any")

    def __init__(self, functions: dict[str, Function]) -> None:
        """Know these *functions*."""
        self._functions = functions
        self.description = f"{Compute.description} There is: {', '.join(sorted(functions))}."

    @override
    async def run(self, call: Call, given: ComputeInputs) -> Any:
        name = given.function.strip()
        function = self._functions.get(name)
        if function is None:
            near = nearest(name, list(self._functions))
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise FunctionRefused(f"There is no function {name[:60]!r}.{hint}")
        arguments = given.model_extra or {}
        try:
            inspect.signature(function).bind(**arguments)
        except TypeError as error:
            raise FunctionRefused(f"{name}: {error}; it takes {_taken(function)}.") from None
        try:
            if inspect.iscoroutinefunction(function):
                return await function(**arguments)
            # Thousands of formulas take a second.
            return await to_thread.run_sync(partial(function, **arguments))
        except CoreError:
            raise
        except (TypeError, ValueError, AttributeError, KeyError, ArithmeticError) as error:
            # A text where a list was meant, and the like.
            raise FunctionRefused(f"{name} cannot be computed from that: {error}") from error


def functions(edgar: Edgar) -> dict[str, Function]:
    """Return every function there is; *edgar* knows companies."""
    periods, companies = Periods(edgar), Companies(edgar)
    found: dict[str, Function] = {
        "fiscal_period_logic": periods.fiscal_period_logic,
        "fiscal_year_end": periods.fiscal_year_end,
        "period_label": period_label,
        "ticker_lookup": companies.ticker_lookup,
        "apply_segment_names": apply_segment_names,
        "financial_scale_normalize": financial_scale_normalize,
        "calculate_derived_fields": calculate_derived_fields,
        "credit_ratios": credit_ratios,
    }
    found |= {name: partial(_ratio, name) for name in RATIOS}
    return found


def _ratio(name: str, /, **given: Any) -> Any:
    return ratio(name, given)


def _taken(function: Function) -> str:
    return ", ".join(
        each.name if each.default is inspect.Parameter.empty else f"{each.name} (optional)"
        for each in inspect.signature(function).parameters.values()
    )
