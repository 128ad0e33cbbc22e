"""Running a coroutine as a program: whatever ends it, its databases come to rest first."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

TERMINATED = 143


def run(
    work: Coroutine[Any, Any, None],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    *,
    minds_signals: bool = False,
) -> int:
    """Run *work* to its end; return 0, or 143 when SIGTERM cut it short.

    Args:
        loop_factory: makes the event loop; asyncio's own by default.
        minds_signals: whether *work* itself ends well when it is told to.

    Raises:
        KeyboardInterrupt: Ctrl-C cut it short.
        And whatever *work* raises.
    """
    told = False

    async def stoppable() -> None:
        task = asyncio.current_task()

        def stop() -> None:
            nonlocal told
            told = True
            if task is not None:
                task.cancel()

        if sys.platform != "win32" and not minds_signals:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        await work

    threading.excepthook = _excepthook
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        try:
            runner.run(stoppable())
        except asyncio.CancelledError:
            if not told:
                raise
    return TERMINATED if told else 0


def _excepthook(args: threading.ExceptHookArgs) -> None:
    """Let the thread of a store that could not be opened end without a trace."""
    if str(args.exc_value) != "Event loop is closed":
        threading.__excepthook__(args)
