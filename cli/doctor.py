"""`trellis doctor`: what is set, what is wrong, and how to mend it."""

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import structlog
import typer
from pydantic import SecretStr

from cli import show
from cli.door import who
from cli.knobs import SettingsWrong, is_secret, read_settings, unknown, variable
from cli.run import run
from config import Settings
from config.logs import configure
from config.settings import TOML
from core.app import Core, running
from core.connections import Connection
from core.db import StoreNewer
from core.errors import CoreError
from core.identity import Actor, Surface
from core.page import PageAsked
from core.secrets import key_file

PATIENCE = 10.0
"""Seconds that one connection may take to answer."""
ROOM = 200 * 2**20
"""Bytes that ought to be free for what is written next."""
NEEDED = (3, 42)
"""SQLite that durable jobs need on Python 3.12 and newer."""

log = structlog.get_logger()


class State(StrEnum):
    """How it is."""

    OK = "ok"
    OFF = "off"
    ODD = "odd"
    BROKEN = "broken"


SIGNS = {State.OK: "ok  ", State.OFF: "off ", State.ODD: "odd ", State.BROKEN: "FAIL"}
COLOURS = {State.OK: "green", State.OFF: "bright_black", State.ODD: "yellow", State.BROKEN: "red"}


class Found(NamedTuple):
    """One thing that was looked at."""

    what: str
    state: State
    said: str
    fix: str = ""


def doctor(json: show.Json = False) -> None:
    """Check settings, home, store, connections and tokens: a line each, with the fix."""
    try:
        settings = read_settings()
    except SettingsWrong as wrong:
        findings = [Found("settings", State.BROKEN, line) for line in wrong.lines]
        _print(findings, [], json=json)
        raise typer.Exit(1) from None
    configure(settings.model_copy(update={"log_level": "ERROR"}))
    findings = [*_settings(), *_home(settings), *disk(settings.home), _sqlite(settings)]

    talk: list[Found] = []

    async def work() -> None:
        try:
            async with running(settings) as core:
                findings.extend(await _inside(core, settings))
        except (CoreError, OSError) as error:
            findings.append(_unopened(settings, error))
        talk.extend(await _slack(settings))
        talk.extend(await _discord(settings))

    run(work())
    findings += _key(settings) + talk + _tokens(settings)
    _print(findings, _effective(settings), json=json)
    if any(found.state is State.BROKEN for found in findings):
        raise typer.Exit(1)


def _settings() -> list[Found]:
    """Return what looks like a setting and is none: what is misspelt is not obeyed."""
    names = [*os.environ, *_dotenv()]
    strange = [f"{line}; nothing reads it" for line in unknown(names)]
    fields = set(Settings.model_fields)
    strange += [
        f"{name} in {TOML} is no setting; nothing reads it"
        for name in _toml()
        if name not in fields
    ]
    found = [Found("settings", State.ODD, line, "Correct or remove it.") for line in strange]
    return found or [Found("settings", State.OK, "every one of them is known and valid")]


def _home(settings: Settings) -> list[Found]:
    home = settings.home
    if not home.exists():
        return []
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        fix = "Set TRELLIS_HOME to a folder that can be written."
        return [Found("home", State.BROKEN, f"{home} cannot be written", fix)]
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & 0o077:
        said = f"{home} can be read by others (mode {mode:o})"
        return [Found("home", State.ODD, said, f"chmod 700 {home}")]
    return [Found("home", State.OK, str(home))]


def disk(folder: Path, least: int = ROOM) -> list[Found]:
    """Return how little room is left beside *folder*, in bytes; nothing where there is enough."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return []  # there is no such folder yet
    if free >= least:
        return []
    said = f"{free / 2**20:,.0f} MB are free beside {folder}"
    fix = "Make room: what is written is refused when nothing is left."
    return [Found("disk", State.ODD, said, fix)]


def _key(settings: Settings) -> list[Found]:
    if settings.secret_key.get_secret_value():
        return [Found("secret key", State.OK, "from TRELLIS_SECRET_KEY")]
    file = key_file(settings.home)
    if not file.exists():
        return []
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        said = f"{file} can be read by others (mode {mode:o})"
        fix = f"chmod 600 {file}; then `trellis secret rotate`"
        return [Found("secret key", State.BROKEN, said, fix)]
    return [Found("secret key", State.OK, str(file))]


def _sqlite(settings: Settings) -> Found:
    version = sqlite3.sqlite_version
    old = sqlite3.sqlite_version_info[:2] < NEEDED
    if old and sys.version_info >= (3, 12) and settings.store.startswith("sqlite"):
        said = f"{version} is too old for durable jobs on Python 3.12 and newer"
        fix = "Use Python 3.11, SQLite 3.42 or newer, or TRELLIS_STORE_URL=postgresql://…"
        return Found("sqlite", State.ODD, said, fix)
    return Found("sqlite", State.OK, version)


def _unopened(settings: Settings, error: CoreError | OSError) -> Found:
    said = error.message if isinstance(error, CoreError) else str(error)
    if isinstance(error, StoreNewer):
        return Found("store", State.BROKEN, said)  # it says itself what to do
    fix = (
        "See TRELLIS_STORE_URL." if not settings.store.startswith("sqlite") else "See TRELLIS_HOME."
    )
    return Found("store", State.BROKEN, " ".join(said.split()), fix)


async def _inside(core: Core, settings: Settings) -> list[Found]:
    missing = await core.unready()
    found = [
        Found("store", State.OK, _shown_store(settings)),
        Found("migrations", State.BROKEN, missing, "Start Trellis again.")
        if missing
        else Found("migrations", State.OK, "all of them"),
    ]
    try:
        actor = await who(core, settings, Surface.CLI)
    except CoreError as refusal:
        return [*found, Found("member", State.BROKEN, refusal.message, "Unset TRELLIS_API_KEY.")]
    found.append(Found("member", State.OK, f"{actor.name}, {actor.role}"))
    found.append(await _model(core, actor, settings))
    found += await _linked(core, actor, settings)
    page = await core.connections.list(actor, PageAsked(size=None))
    return found + list(
        await asyncio.gather(*(_connection(core, actor, each) for each in page.items))
    )


async def _linked(core: Core, actor: Actor, settings: Settings) -> list[Found]:
    """Return on which platforms nobody can be known to be the actor's member."""
    member = await core.identity.me(actor)
    linked = {
        each.surface
        for each in (await core.links.list(actor)).items
        if each.member_id == actor.member_id
    }
    # Slack vouches for addresses; the one that a first start makes up nobody has.
    made_up = member.email.endswith("@localhost")
    on = {
        Surface.SLACK: made_up and bool(settings.slack_bot_token or settings.slack_client_id),
        Surface.DISCORD: settings.discord_token is not None,
    }
    unknown = [each for each in on if on[each] and each not in linked]
    if not unknown:
        return []
    where = " or ".join(each.capitalize() for each in unknown)
    typed = " or ".join("/link" if each is Surface.DISCORD else "/trellis link" for each in unknown)
    said = f"nobody on {where} is known to be you ({member.email})"
    return [Found("link", State.OFF, said, f"Type {typed} there, with a code from `trellis link`.")]


async def _model(core: Core, actor: Actor, settings: Settings) -> Found:
    """Return which model answers; none is asked whether it does."""
    try:
        model = await core.models.get(actor)
    except CoreError as refusal:
        said, _, fix = refusal.message.partition("; ")
        state = State.BROKEN if settings.model else State.OFF
        return Found("model", state, said, fix[:1].upper() + fix[1:])
    others = len(await core.models.list(actor)) - 1
    more = f"; {others} more can be named" if others else ""
    return Found("model", State.OK, f"{model.description} ({model.id}){more}; not called just now")


async def _connection(core: Core, actor: Actor, each: Connection) -> Found:
    what = f"connection {show.shown(each.name)}"
    fix = f"Mend {each.address}, or `trellis connection remove {each.name}`."
    try:
        async with asyncio.timeout(PATIENCE):
            health = await core.connections.test(actor, each.id)
    except TimeoutError:
        return Found(what, State.BROKEN, f"no answer within {PATIENCE:.0f} s", fix)
    except CoreError as refusal:
        return Found(what, State.BROKEN, " ".join(refusal.message.split()), fix)
    if health.warnings:
        fix = "Give it a login that can only read."
        return Found(what, State.ODD, "; ".join(health.warnings), fix)
    return Found(what, State.OK, f"{show.shown(health.version)}, {health.latency_ms:.1f} ms")


async def _slack(settings: Settings) -> list[Found]:
    """Return whether Slack would let us in, as it says itself; off where nothing is set."""
    if not any((settings.slack_bot_token, settings.slack_app_token, settings.slack_client_id)):
        return [Found("slack", State.OFF, "no token", "Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN.")]
    from bot.slack.check import look  # noqa: PLC0415 - where Slack is on alone
    from cli.talking import slack_keys  # noqa: PLC0415

    return [
        Found(
            each.what,
            State.OK if each.fine else State.BROKEN if each.grave else State.ODD,
            each.said,
            each.fix,
        )
        for each in await look(slack_keys(settings), settings.public_url)
    ]


async def _discord(settings: Settings) -> list[Found]:
    """Return whether Discord would let us in, as it says itself; off where nothing is set."""
    if settings.discord_token is None:
        return [Found("discord", State.OFF, "no token", "Set DISCORD_TOKEN and DISCORD_GUILD_ID.")]
    from bot.discord.check import look  # noqa: PLC0415 - where Discord is on alone
    from cli.talking import discord_guilds  # noqa: PLC0415

    looked = await look(settings.discord_token, settings.discord_api_url, discord_guilds(settings))
    return [
        Found(
            each.what,
            State.OK if each.fine else State.BROKEN if each.grave else State.ODD,
            each.said,
            each.fix,
        )
        for each in looked
    ]


def _tokens(settings: Settings) -> list[Found]:
    found: list[Found] = []
    keys = settings.livekit_url, settings.livekit_api_key, settings.livekit_api_secret
    if not all(keys):
        fix = "Set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET."
        said = "not all of its settings are there" if any(keys) else "no LiveKit server"
        found.append(Found("voice", State.OFF, said, fix))
    return found


def _effective(settings: Settings) -> list[tuple[str, str, str]]:
    """Return the name, the value and the source of every setting, secrets masked."""
    dotenv, toml = {name.upper() for name in _dotenv()}, _toml()
    environment = {name.upper() for name in os.environ}
    rows = []
    for field in Settings.model_fields:
        name = variable(field)
        value = getattr(settings, field)
        if isinstance(value, SecretStr):
            value = "********" if value.get_secret_value() else None
        elif value and is_secret(field):
            value = "********"
        source = (
            "environment"
            if name in environment
            else ".env"
            if name in dotenv
            else str(TOML)
            if field in toml
            else "default"
        )
        rows.append((name, "" if value is None else str(value), source))
    return rows


def _shown_store(settings: Settings) -> str:
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - the core has brought it

    return make_url(settings.store).render_as_string(hide_password=True)


def _dotenv() -> Iterable[str]:
    from dotenv import dotenv_values  # noqa: PLC0415 - no other command asks

    return dotenv_values(".env")


def _toml() -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - as above

    return tomllib.loads(TOML.read_text("utf-8")) if TOML.exists() else {}


def _print(findings: list[Found], effective: list[tuple[str, str, str]], *, json: bool) -> None:
    if json:
        show.document(
            {
                "ok": all(found.state is not State.BROKEN for found in findings),
                "checks": [found._asdict() for found in findings],
                "settings": {
                    name: {"value": value, "source": source} for name, value, source in effective
                },
            }
        )
        return
    for found in findings:
        fix = f"  -> {found.fix}" if found.fix and found.state is not State.OK else ""
        typer.secho(SIGNS[found.state], fg=COLOURS[found.state], nl=False)
        typer.echo(f" {found.what}: {found.said}{fix}")
    if effective:
        typer.echo()
        show.table([("setting", "text"), ("value", "text"), ("from", "text")], effective)
