"""`trellis worker`: what is left or due is done, by a process that serves nobody."""

from contextlib import AsyncExitStack

import typer

from cli.door import go
from config import Settings
from core.app import running


def worker() -> None:
    """Run pipelines, post what is due, go on with what others left; start as many as you like."""

    async def work(settings: Settings) -> None:
        # `worker --help` goes without the platforms.
        from cli.posters import posters  # noqa: PLC0415
        from cli.working import told_to_end  # noqa: PLC0415

        async with AsyncExitStack() as stack:
            core = await stack.enter_async_context(running(settings))
            where = await stack.enter_async_context(posters(core, settings))
            await core.jobs.begin()
            stack.push_async_callback(core.jobs.close)
            told = stack.enter_context(told_to_end())
            posts = f"posts on {' and '.join(where)}" if where else "posts nowhere yet"
            typer.echo(f"The worker runs pipelines and {posts}  (Ctrl-C ends it)")
            if not where:
                typer.echo("SLACK_BOT_TOKEN or DISCORD_TOKEN lets it speak there.")
            await told()

    from cli.up import loop_factory  # noqa: PLC0415 - as above

    go(work, loop_factory=loop_factory())
