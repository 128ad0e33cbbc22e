"""The whole product on one page: what exists, and what it is built from."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import gettempdir

from pydantic import SecretStr

from config import Settings
from core.audit import Audit
from core.channels import Channels
from core.charts import Drawing
from core.chats import Bounds, Chats
from core.compiler import Compiler
from core.connections import (
    Address,
    Ceilings,
    ConnectionDraft,
    ConnectionExists,
    Connections,
    Dialect,
    Driver,
    Open,
)
from core.db import Database, migrate, missing
from core.grants import Grants
from core.identity import Actor, Identity, Surface
from core.ids import ChatId, QueryId, derived_id, new_id, now
from core.jobs import Runner
from core.jobs.runners.durable import Durable
from core.jobs.runners.nowhere import Nowhere
from core.links import Links
from core.models import Models, Provider
from core.models.providers.configured import Configured
from core.models.providers.nobody import Nobody
from core.models.providers.vendors import anthropic, google, ollama, openai
from core.notices import Attempts, Notices
from core.pipelines import Couriers, Files, Pipelines, Tool
from core.pipelines.tools.every import NAMED, SETTINGS, Means, Parts, every
from core.pipelines.tools.outputs import Outputs
from core.plans import Plans
from core.projects import Projects
from core.pulse import Pulse
from core.queries import Queries, QueryDraft, QueryExists
from core.schedules import Schedules
from core.secrets import Vault, keys_of
from core.tally import Tally
from core.uploads import Uploads
from core.voice import LiveKit, Voice

VERSION = "0.1.0"


@dataclass(frozen=True, kw_only=True)
class Core:
    """Every verb that a surface may call."""

    audit: Audit
    channels: Channels
    chats: Chats
    compiler: Compiler
    connections: Connections
    couriers: Couriers
    drawing: Drawing
    files: Files
    grants: Grants
    identity: Identity
    jobs: Runner
    links: Links
    models: Models
    notices: Notices
    pipelines: Pipelines
    plans: Plans
    projects: Projects
    queries: Queries
    schedules: Schedules
    tally: Tally
    uploads: Uploads
    unready: Callable[[], Awaitable[str | None]]
    """Awaited, it tells what keeps the store from being used, in words; None when nothing does."""
    voice: Voice


def build(
    db: Database,
    vault: Vault,
    *,
    open: Open | None = None,
    ceilings: Ceilings | None = None,
    forbidden: Callable[[Address], bool] = lambda _address: False,
    provider: Provider | None = None,
    folder: Path | None = None,
    uploads_bytes: int = 1024**3,
    livekit: LiveKit | None = None,
    turn_seconds: float = 300.0,
    bounds: Bounds | None = None,
    jobs: Callable[[Database, Pulse], Runner] | None = None,
    attempts: Attempts | None = None,
    clock: Callable[[], datetime] = now,
    tools: Sequence[Tool] = (),
    means: Means | None = None,
    runs_kept: timedelta = timedelta(days=30),
) -> Core:
    """Put the parts together, lowest rank first.

    Args:
        db: our own store.
        vault: seals and signs.
        open: makes the keeper for a customer's database.
        ceilings: what no statement may exceed.
        forbidden: whether an address must not be read through a connection.
        provider: lends the models.
        folder: where the tables of uploads stand while they are asked; a fresh one by default.
        uploads_bytes: how many bytes of uploads an organization may keep.
        livekit: whose rooms voice uses.
        turn_seconds: how long one answer in a chat may take.
        bounds: how much a model may take for one.
        jobs: makes who keeps our background work; by default there is nobody.
        attempts: how long one tries to post a notice that may yet succeed.
        clock: what notices and pipelines take for the time.
        tools: what tasks of pipelines may do besides the product's own.
        means: what those are set up with; by default a folder that is not there.
        runs_kept: how long a run of a pipeline is remembered once it has ended, and its files.
    """
    tally = Tally()
    pulse = Pulse(db)
    audit = Audit(db)
    connections = Connections(
        db,
        vault,
        audit,
        tally,
        open=open or keeper(8),
        ceilings=ceilings or Ceilings(),
        forbidden=forbidden,
    )
    identity = Identity(db, vault)
    models = Models(provider or Nobody())
    projects = Projects(db, audit)
    queries = Queries(db, audit, connections)

    async def chat(actor: Actor, chat_id: ChatId) -> object:
        """Hand a chat down to uploads, which rank lower than chats."""
        return await chats.head(actor, chat_id)

    uploads = Uploads(
        db,
        vault,
        audit,
        connections,
        chat=chat,
        folder=folder,
        most=uploads_bytes,
    )
    chats = Chats(
        db,
        audit,
        tally,
        pulse,
        connections=connections,
        queries=queries,
        projects=projects,
        models=models,
        uploads=uploads,
        seconds=turn_seconds,
        bounds=bounds,
    )
    channels = Channels(db, vault, audit, pulse, connections)
    runner = Nowhere() if jobs is None else jobs(db, pulse)
    notices = Notices(
        db,
        audit,
        identity=identity,
        queries=queries,
        connections=connections,
        channels=channels,
        jobs=runner,
        clock=clock,
        attempts=attempts,
    )
    drawing = Drawing()
    couriers = Couriers()
    parts = Parts(
        connections=connections,
        queries=queries,
        chats=chats,
        models=models,
        uploads=uploads,
        drawing=drawing,
        couriers=couriers,
    )
    means = means or Means(folder=Path(gettempdir()) / f"trellis-{new_id()}")
    outputs = Outputs(means.outputs or means.folder)
    tools = [*tools, *every(parts, means)]
    pipelines = Pipelines(
        db, audit, identity, runner, tools, kept=runs_kept, forget=outputs.forget, clock=clock
    )
    return Core(
        audit=audit,
        channels=channels,
        chats=chats,
        compiler=Compiler(models, pipelines),
        connections=connections,
        couriers=couriers,
        drawing=drawing,
        files=Files(pipelines, outputs),
        grants=Grants(db, vault, identity, audit),
        identity=identity,
        jobs=runner,
        links=Links(db, vault, identity, audit),
        models=models,
        notices=notices,
        pipelines=pipelines,
        plans=Plans(pipelines),
        projects=projects,
        queries=queries,
        schedules=Schedules(
            db, audit, identity=identity, pipelines=pipelines, jobs=runner, clock=clock
        ),
        tally=tally,
        uploads=uploads,
        unready=lambda: missing(db),
        voice=Voice(connections, chats, livekit),
    )


def keeper(sessions: int) -> Open:
    """Return what makes the keeper for an address; each kind is imported when it is first met."""

    def open(address: Address, role: str | None) -> Driver:
        match address.dialect:
            case Dialect.SQLITE:
                from core.connections.drivers.sqlite import SQLite  # noqa: PLC0415

                return SQLite(address, sessions=sessions)
            case Dialect.DUCKDB:
                from core.connections.drivers.duckdb import DuckDB  # noqa: PLC0415

                return DuckDB(address, sessions=sessions)
            case Dialect.POSTGRESQL:
                from core.connections.drivers.postgres import Postgres  # noqa: PLC0415

                return Postgres(address, sessions=sessions, role=role)
            case Dialect.MYSQL | Dialect.MARIADB:
                from core.connections.drivers.mysql import MySQL  # noqa: PLC0415

                return MySQL(address, sessions=sessions)

    return open


@asynccontextmanager
async def running(settings: Settings, *, here: Path | None = None) -> AsyncIterator[Core]:
    """Open everything, lend the core, close everything; an empty home is made a home first.

    Whoever types at the terminal lets the pipelines they run read the folder that they are in:
    *here*.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _private(settings.store)
    vault = Vault(keys_of(settings.secret_key.get_secret_value(), settings.home))
    db = Database(settings.store)
    core = build(
        db,
        vault,
        open=keeper(settings.sessions),
        ceilings=Ceilings(
            rows=settings.max_rows,
            bytes=settings.max_result_bytes,
            seconds=settings.query_timeout,
        ),
        forbidden=_own(settings),
        provider=_provider(settings),
        livekit=LiveKit(
            url=settings.livekit_url or "",
            key=settings.livekit_api_key or "",
            secret=settings.livekit_api_secret or SecretStr(""),
        ),
        folder=settings.home / "uploads",
        uploads_bytes=settings.uploads_bytes,
        bounds=Bounds(steps=settings.turn_steps, tokens=settings.turn_tokens),
        jobs=partial(Durable, _jobs(settings)),
        means=_means(settings, here),
        runs_kept=timedelta(days=settings.runs_kept_days),
    )
    try:
        await migrate(db)
        owner, _founded = await core.identity.settle(Surface.CLI)
        if not await core.identity.is_prepared(owner):
            await prepare(core, owner, settings.sample)
        yield core
    finally:
        await core.jobs.close()
        await core.channels.close()
        await core.chats.close()
        await core.models.close()
        await core.connections.close()
        await core.audit.close()
        await db.close()


async def prepare(core: Core, owner: Actor, sample: Path) -> None:
    """Give a new organization its sample store and saved queries.

    Every step may have been done before, by a start that was killed or by another process.
    """
    # Imported on the first start of a home alone.
    from anyio import to_thread  # noqa: PLC0415

    from core.sample import FIRST, LAST, QUERIES, write  # noqa: PLC0415

    if not await to_thread.run_sync(sample.exists):
        await to_thread.run_sync(write, sample)
    draft = ConnectionDraft(
        name="sample",
        url=SecretStr(f"sqlite:///{sample}"),
        description=f"A shop of our own making: orders from {FIRST} to {LAST}, to try things on.",
    )
    with suppress(ConnectionExists):
        await core.connections.add(owner, draft)
    for query in QUERIES:
        id = QueryId(derived_id(owner.organization_id, query.title))
        with suppress(QueryExists):
            await core.queries.create(
                owner,
                QueryDraft(
                    title=query.title,
                    prompt=query.prompt,
                    description=query.description,
                    keywords=query.keywords,
                    sql=query.sql,
                    connection="sample",
                ),
                id=id,
            )
    await core.connections.discover(owner, "sample")
    await core.identity.set_prepared(owner)


def _own(settings: Settings) -> Callable[[Address], bool]:
    """Return whether an address is this product's own store or another file of its home."""
    home, sample = settings.home.resolve(), settings.sample.resolve()

    def file(path: Path) -> bool:
        real = path.resolve()
        if real == sample:
            return False
        inside = home in real.parents or real == home
        # A hard link is the same file by another name.
        return inside or (
            real.exists()
            and home.exists()
            and any(
                each.samefile(real)
                for each in (*home.iterdir(), *home.glob("uploads/*/*/*"))
                if each != sample
            )
        )

    def server(address: Address) -> bool:
        if settings.store.startswith("sqlite"):
            return False
        from core.connections.address import parse, places  # noqa: PLC0415

        scheme, _, rest = settings.store.partition("://")
        ours = parse(f"{scheme.partition('+')[0]}://{rest.partition('?')[0]}")
        here, there = (ours.port or 5432, ours.database), (address.port or 5432, address.database)
        return here == there and not places(ours.host).isdisjoint(places(address.host))

    return lambda address: file(address.path) if address.host is None else server(address)


def _jobs(settings: Settings) -> str:
    """Return where background work is kept: beside our own store, which it would keep waiting."""
    at_home = settings.store.startswith("sqlite")
    return f"sqlite:///{settings.home / 'jobs.db'}" if at_home else settings.store


def _means(settings: Settings, here: Path | None) -> Means:
    """Return what the tools of pipelines are set up with."""
    return Means(
        folder=settings.pipelines,
        outputs=settings.output_dir and settings.output_dir.expanduser().absolute(),
        here=here,
        forbidden=(settings.home,),
        models={kind: getattr(settings, f"{kind}_model") for kind in SETTINGS},
        **{name: getattr(settings, name) for name in NAMED},
    )


def _private(store: str) -> None:
    """Let nobody else read a store of ours that is a file, even in a home that others may enter."""
    if store.startswith("sqlite:///"):
        # SQLite gives its log the rights of the file that it belongs to.
        with suppress(OSError):  # what cannot be made, the store itself will say better
            os.close(os.open(store.removeprefix("sqlite:///"), os.O_CREAT | os.O_WRONLY, 0o600))


def _provider(settings: Settings) -> Provider:
    """Return what lends the models that the settings turn on; the first vendor is the default."""
    vendors = []
    if settings.openai_api_key or settings.openai_base_url:
        vendors.append(openai(settings.openai_api_key, settings.openai_base_url))
    if settings.anthropic_api_key:
        vendors.append(anthropic(settings.anthropic_api_key, settings.anthropic_base_url))
    if settings.google_api_key:
        vendors.append(google(settings.google_api_key, settings.google_gemini_base_url))
    if settings.ollama_host:
        vendors.append(ollama(settings.ollama_host))
    return Configured(vendors, settings.model, silence=settings.model_timeout)
