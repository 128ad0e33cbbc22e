"""The verbs of plans."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core.errors import CoreError
from core.identity import Actor, Permission
from core.pipelines import (
    Options,
    Pipelines,
    Plan,
    PlanInvalid,
    RunDraft,
    RunEvent,
    RunResult,
    SubPipeline,
    problems_of,
)
from core.pipelines.board import Slate
from core.pipelines.document import given
from core.pipelines.plan import broken, define, order, parse
from core.plans.errors import PlanFailed
from core.plans.records import PlanResult

AT_ONCE = 4
"""Pipelines of one plan that run at once."""

Load = Callable[[str], Any]
"""Returns the definition of a pipeline of the plan by its id, as text or as data."""
Tell = Callable[[str, RunEvent], None]
"""Hears each event as it happens, with the id of its pipeline."""


class Plans:
    """Checks plans, and runs them."""

    def __init__(self, pipelines: Pipelines) -> None:
        """Run what plans are made of with *pipelines*."""
        self._pipelines = pipelines

    async def check(self, actor: Actor, written: Any, *, ordered: bool = True) -> Plan:
        """Return the plan that is *written*, as text or as data, without running it.

        Args:
            actor: who asks.
            written: the plan.
            ordered: whether its pipelines must follow from each other, too: one that stores a key,
                no circle, and nothing read that nobody stores.

        Raises:
            DocumentInvalid: it cannot be read.
            PlanInvalid: it breaks a rule.
        """
        actor.require(Permission.PIPELINES_READ)
        return await self._pipelines.reading.aside(partial(_read, ordered=ordered), written)

    async def run(
        self,
        actor: Actor,
        written: Any,
        load: Load,
        *,
        inputs: Mapping[str, Any] | None = None,
        options: Options | None = None,
        tell: Tell = lambda _id, _event: None,
    ) -> PlanResult:
        """Run every pipeline of a plan on one blackboard, and wait for them.

        Nothing runs before all of them are found to keep to the plan; each is listed as a run.

        Args:
            actor: who runs them, with whose rights every task works.
            written: the plan.
            load: finds the pipelines.
            inputs: values in place of the plan's own.
            options: how each goes about its tasks.
            tell: hears what happens.

        Raises:
            DocumentInvalid, PlanInvalid: the plan breaks a rule, a pipeline is none, or does not
                keep to it; each problem of the latter begins with its kind, such as
                `undeclared_store`.
            PlanFailed: a pipeline failed; those beside it came to their end, and no other began.
        """
        plan = await self.check(actor, written)
        actor.require(Permission.PIPELINES_RUN)
        values = {**plan.inputs, **(inputs or {})}
        drafts = await self._drafts(actor, plan, load, values, options or Options())
        board, places = Slate(), asyncio.Semaphore(AT_ONCE)
        events: dict[str, list[RunEvent]] = {part.id: [] for part in plan.sub_pipelines}

        async def one(part: SubPipeline) -> RunResult:
            def hear(event: RunEvent) -> None:
                events[part.id].append(event)
                tell(part.id, event)

            async with places:
                try:
                    result = await self._pipelines.run(
                        actor, drafts[part.id], board=board, tell=hear
                    )
                except CoreError as refusal:
                    raise PlanFailed(part.id, refusal) from refusal
            left = await board.read(part.stores)
            if missing := [key for key in part.stores if key not in left]:
                raise PlanInvalid(tuple(f"missing_store: {part.id}: {key}" for key in missing))
            return result

        results: dict[str, RunResult] = {}
        parts = {part.id: part for part in plan.sub_pipelines}
        for wave in order(plan):
            settled = await asyncio.gather(*(one(parts[id]) for id in wave), return_exceptions=True)
            for id, each in zip(wave, settled, strict=True):
                if isinstance(each, BaseException):
                    raise each
                results[id] = each
        return PlanResult(
            plan_id=plan.id,
            sub_results=results,
            blackboard=dict(await board.all()),
            total_tasks_executed=sum(each.tasks_executed for each in results.values()),
            total_waves=sum(each.waves_executed for each in results.values()),
            events=tuple(event for id in results for event in events[id]),
        )

    async def _drafts(
        self, actor: Actor, plan: Plan, load: Load, values: Mapping[str, Any], options: Options
    ) -> dict[str, RunDraft]:
        """Return what is run of each pipeline, once all are found to keep to the plan.

        Raises:
            PlanInvalid: one is none, or does not keep to it; every problem of each is told.
        """
        found: dict[str, RunDraft] = {}
        problems: list[str] = []
        for part in plan.sub_pipelines:
            inputs = {name: values[name] for name in part.inputs}
            try:
                draft = RunDraft(pipeline=load(part.id), inputs=inputs, options=options)
                pipeline = await self._pipelines.accept(actor, draft)
            except CoreError as refusal:
                problems += [f"{part.id}: {each}" for each in problems_of(refusal)]
                continue
            found[part.id] = draft
            problems += broken(part, pipeline)
        if problems:
            raise PlanInvalid(tuple(problems))
        return found


def _read(written: Any, *, ordered: bool) -> Plan:
    plan = parse(written) if isinstance(written, str) else define(given(written))
    if ordered:
        order(plan)
    return plan
