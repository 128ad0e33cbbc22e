"""How a command comes in: settings, a core, an actor, and refusals on the way out."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
import typer
from typer.exceptions import TyperException

from cli.fail import fail
from cli.knobs import SettingsWrong, read_settings
from cli.run import run
from config import Settings
from config.logs import configure
from core.app import Core, running
from core.correlation import begin
from core.errors import CoreError, Unauthenticated
from core.identity import Actor, Surface

Verb = Callable[[Core, Actor], Awaitable[None]]
Work = Callable[[Settings], Coroutine[Any, Any, None]]

log = structlog.get_logger()


async def who(core: Core, settings: Settings, surface: Surface) -> Actor:
    """Return the member whose key is set, or else the owner of this home.

    Raises:
        Unauthenticated: the key that is set opens nothing.
    """
    if settings.api_key is None:
        actor, _founded = await core.identity.settle(surface)
        return actor
    try:
        return await core.identity.by_key(settings.api_key.get_secret_value(), surface)
    except Unauthenticated:
        raise Unauthenticated(
            "TRELLIS_API_KEY opens nothing here: it is wrong, revoked or expired. Set another, "
            "or unset it to act as the owner of TRELLIS_HOME."
        ) from None


def enter(verb: Verb) -> None:
    """Run *verb* on behalf of whoever sits here; a refusal is one line and exit code 1."""

    async def inside(settings: Settings) -> None:
        begin()
        async with running(settings, here=_here()) as core:
            await verb(core, await who(core, settings, Surface.CLI))

    go(inside)


def _here() -> Path | None:
    """Return the folder that whoever types is in; None where it was deleted meanwhile."""
    with suppress(OSError):
        return Path.cwd()
    return None


def go(work: Work, *, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> None:
    """Run *work* with the settings; whatever goes wrong is a line in red.

    Args:
        loop_factory: of a server, which logs what it does and ends well when it is told to; a
            command has none, and logs nothing below a warning unless the log level was chosen.
    """
    try:
        settings = read_settings()
        serves = loop_factory is not None
        loud = serves or "log_level" in settings.model_fields_set
        configure(settings if loud else settings.model_copy(update={"log_level": "WARNING"}))
        code = run(work(settings), loop_factory, minds_signals=serves)
    except CoreError as refusal:
        fail(refusal.message)
    except SettingsWrong as wrong:
        fail(*wrong.lines)
    except (BrokenPipeError, TyperException, typer.Exit, typer.Abort):
        raise  # nobody reads our answer any more; or all is said
    except OSError as error:
        fail(_spoken(error))
    except Exception as error:  # the edge: a person is told, a developer can look
        log.debug("command failed", exc_info=error)
        name = type(error).__name__
        fail(f"Something broke on our side ({name}); TRELLIS_LOG_LEVEL=DEBUG shows where.")
    if code:
        raise typer.Exit(code)


def _spoken(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    if error.filename is None:
        return f"{reason[:1].upper()}{reason[1:]}."
    return f"{error.filename}: {reason}. Set TRELLIS_HOME to a folder that can be written."
