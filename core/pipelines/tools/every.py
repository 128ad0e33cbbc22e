"""Every tool of the product, put together from the parts that they use."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from core.charts import Drawing
from core.chats import Chats
from core.connections import Connections
from core.models import Models
from core.pipelines.courier import Couriers
from core.pipelines.tool import Tool
from core.pipelines.tools.addresses import Lookup, lookup, permitted
from core.pipelines.tools.asking import Ask
from core.pipelines.tools.charting import MakeChart
from core.pipelines.tools.classifying import ClassifyPage
from core.pipelines.tools.computing import Compute, functions
from core.pipelines.tools.edgar import DATA, SITE, Edgar
from core.pipelines.tools.exporting import Export
from core.pipelines.tools.extracting import ExtractChart, ExtractFromTexts
from core.pipelines.tools.fetching import FetchData
from core.pipelines.tools.fields import ExtractFields
from core.pipelines.tools.ingesting import IngestDocument
from core.pipelines.tools.jobs import LlmJob
from core.pipelines.tools.mail import Mail
from core.pipelines.tools.mocking import Mock
from core.pipelines.tools.notifying import Notify
from core.pipelines.tools.outputs import Outputs
from core.pipelines.tools.places import Places, roots
from core.pipelines.tools.prompting import Chosen, Prompts
from core.pipelines.tools.querying import RunQuery, RunSql
from core.pipelines.tools.schemas import LoadSchema
from core.pipelines.tools.searching import SearchWeb
from core.pipelines.tools.selecting import Select
from core.pipelines.tools.storing import Store
from core.pipelines.tools.tabular import ExtractFromTables
from core.pipelines.tools.throttle import Throttle
from core.pipelines.tools.web import Web, origin
from core.queries import Queries
from core.uploads import Uploads

SETTINGS = {
    "llm": "TRELLIS_LLM_MODEL",
    "extract_text": "EXTRACT_TEXT_MODEL",
    "extract": "EXTRACT_MODEL",
    "extract_fields": "EXTRACT_FIELDS_MODEL",
    "select": "SELECT_MODEL",
    "ingest_ocr": "INGEST_OCR_MODEL",
}
"""What chooses the model for each kind of work."""
NAMED = (
    *(
        "fetch_networks",
        "fetch_headers",
        "sec_user_agent",
        "sec_throttle_seconds",
        "sec_url",
        "sec_data_url",
    ),
    *("search_provider", "search_key", "search_url", "smtp_url", "smtp_from", "smtp_domains"),
)
"""What `Means` has as the settings have it."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The services that tools use, on behalf of whoever runs a pipeline."""

    connections: Connections
    queries: Queries
    chats: Chats
    models: Models
    uploads: Uploads
    drawing: Drawing
    couriers: Couriers


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the operator has set up for tools, and what tests put in its place."""

    folder: Path
    """What pipelines may read, and where they export to."""
    outputs: Path | None = None
    """Where they export to, if elsewhere."""
    here: Path | None = None
    """The folder of whoever works at the terminal of this very machine."""
    forbidden: Sequence[Path] = ()
    """What the server keeps for itself, wherever that lies."""
    models: Mapping[str, str] = field(default_factory=dict)
    """The model for each kind of work, by the keys of `SETTINGS`."""
    fetch_networks: Sequence[str] = ()
    """Networks that may be reached though they are not public."""
    fetch_headers: Mapping[str, Mapping[str, SecretStr]] = field(default_factory=dict)
    """Headers that are sent to a server, by its URL, and to no other."""
    sec_user_agent: str = ""
    sec_throttle_seconds: float = 0.2
    sec_url: str = SITE
    sec_data_url: str = DATA
    search_provider: str = "duckduckgo"
    search_key: SecretStr | None = None
    search_url: str | None = None
    smtp_url: SecretStr | None = None
    smtp_from: str = ""
    smtp_domains: Sequence[str] = ()
    lookup: Lookup = lookup
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic


def every(parts: Parts, means: Means) -> list[Tool]:
    """Return all tools of the product."""
    set_up = [means.sec_url, means.sec_data_url, *([means.search_url] if means.search_url else [])]
    web = Web(
        permit=permitted(means.fetch_networks),
        # Where the operator has put these is the operator's business.
        trusted=frozenset(map(origin, set_up)),
        own={
            origin(url): {name: value.get_secret_value() for name, value in headers.items()}
            for url, headers in means.fetch_headers.items()
        },
        lookup=means.lookup,
        clock=means.clock,
    )
    edgar = Edgar(
        web,
        Throttle(means.sec_throttle_seconds, sleep=means.sleep, clock=means.clock),
        agent=means.sec_user_agent,
        site=means.sec_url,
        data=means.sec_data_url,
    )
    chosen = {
        kind: Chosen(setting, means.models.get(kind, "")) for kind, setting in SETTINGS.items()
    }
    prompts = Prompts(parts.models, chosen)
    allowed = roots(means.folder, outputs=means.outputs, here=means.here)
    places = Places(allowed, forbidden=means.forbidden)
    outputs = Outputs(means.outputs or means.folder)
    ingest = IngestDocument(places, web, edgar, parts.uploads, prompts)
    if parts.couriers.find("email") is None:
        mail = Mail(means.smtp_url, means.smtp_from, domains=means.smtp_domains)
        parts.couriers.carries("email", mail)
    return [
        ingest,
        LoadSchema(ingest, prompts),
        Select(prompts),
        ExtractFromTexts(prompts),
        ExtractFromTables(prompts),
        ExtractFields(prompts),
        ExtractChart(),
        ClassifyPage(prompts),
        LlmJob(prompts),
        FetchData(web, edgar),
        SearchWeb(web, provider=means.search_provider, key=means.search_key, url=means.search_url),
        Compute(functions(edgar)),
        Store(),
        Export(outputs),
        Mock(),
        RunSql(parts.connections),
        RunQuery(parts.queries),
        Ask(parts.chats),
        MakeChart(parts.drawing, outputs),
        Notify(parts.couriers, web),
    ]
