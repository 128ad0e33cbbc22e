"""The verbs of the compiler."""

import re
from collections.abc import Callable

from core.chats.complete import complete
from core.compiler.errors import CompileFailed, GoalMissing
from core.compiler.instructions import INSTRUCTIONS, again, asked
from core.compiler.records import Compiled
from core.identity import Actor, Permission
from core.models import Models, Usage
from core.pipelines import DocumentInvalid, PipelineInvalid, Pipelines, problems_of

LONGEST = 10_000
"""Characters of a goal."""
REPAIRS = 2
"""How often a model may mend what it wrote, unless a caller says otherwise."""
MOST_REPAIRS = 10
SECONDS = 120.0
"""How long a model may take for one attempt."""
WRITTEN = 100_000
"""Characters of what a model wrote that are read."""
FENCED = re.compile(r"```(?:ya?ml|json)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


class Compiler:
    """Has a model write pipelines, until they keep every rule."""

    def __init__(self, models: Models, pipelines: Pipelines) -> None:
        """Ask one of *models*; *pipelines* know the tools and the rules."""
        self._models = models
        self._pipelines = pipelines

    async def compile(
        self,
        actor: Actor,
        goal: str,
        *,
        model: str | None = None,
        max_repairs: int = REPAIRS,
        say: Callable[[str], None] = lambda _text: None,
    ) -> Compiled:
        """Return a pipeline that does what *goal* says in words; nobody runs it.

        Args:
            actor: who asks.
            goal: what it is to do.
            model: which model writes it; the default one by default.
            max_repairs: how often it may mend what breaks a rule.
            say: hears what is being done.

        Raises:
            GoalMissing: there is no goal, or it is a book.
            ModelNotConfigured, ModelNotFound, ModelUnavailable, RateLimit: there is no model, or it
                does not answer.
            CompileFailed: what it wrote breaks a rule, the last repair, too.
        """
        actor.require(Permission.PIPELINES_WRITE)
        if not goal.strip() or len(goal) > LONGEST:
            raise GoalMissing
        mind = await self._models.open(actor, model)
        first = text = asked(goal.strip(), self._pipelines.toolbox.described())
        took = Usage()
        attempts = 1 + min(max(max_repairs, 0), MOST_REPAIRS)
        for attempt in range(1, attempts + 1):
            say("writing the pipeline" if attempt == 1 else f"mending it, attempt {attempt}")
            said, usage = await complete(mind, INSTRUCTIONS, text, str, SECONDS)
            took = _sum(took, usage)
            written = _written(said)
            try:
                pipeline = await self._pipelines.validate(actor, written)
            except (DocumentInvalid, PipelineInvalid) as refusal:
                problems = problems_of(refusal)
                text = again(first, written, problems)
                continue
            return Compiled(
                text=written,
                pipeline=pipeline,
                attempts=attempt,
                model=mind.record.id,
                usage=took,
            )
        raise CompileFailed(written, problems, attempts)


def _written(said: str) -> str:
    """Return the definition of what a model said: what stands in its first fence, or all of it."""
    fenced = FENCED.search(said[:WRITTEN])
    return (fenced[1] if fenced else said[:WRITTEN]).strip() + "\n"


def _sum(one: Usage, other: Usage) -> Usage:
    costs = [each.cost_usd for each in (one, other) if each.cost_usd is not None]
    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        requests=one.requests + other.requests,
        cost_usd=sum(costs) if costs else None,
    )
