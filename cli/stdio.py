"""`trellis mcp`: MCP over stdin and stdout."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from cli.knobs import SettingsWrong, read_settings
from cli.run import run

# An assistant's client waits for the first answer: whatever that does not need comes after it.
if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor


def stdio() -> int:
    """Speak MCP over stdio until the client leaves; return the exit code."""
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 - as above

    from mcp_server.app import serve_stdio  # noqa: PLC0415

    try:
        settings = read_settings()
    except SettingsWrong as wrong:
        print(*wrong.lines, sep="\n", file=sys.stderr)
        return 1
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)

    @asynccontextmanager
    async def opening() -> "AsyncIterator[tuple[Core, Actor]]":
        from cli.door import who  # noqa: PLC0415
        from config.logs import configure  # noqa: PLC0415
        from core.app import running  # noqa: PLC0415
        from core.identity import Surface  # noqa: PLC0415

        configure(settings)
        async with running(settings) as core:
            yield core, await who(core, settings, Surface.MCP)

    try:
        # uvloop, where there is one: a fifth less work for a call.
        code = run(serve_stdio(opening), auto_loop_factory())
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 0
    return code
