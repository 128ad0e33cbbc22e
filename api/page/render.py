"""Templates into pages, and what a browser may do with them."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.responses import HTMLResponse

from api.page.cells import cell
from api.page.text import written
from core.app import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
KILOBYTE, MEGABYTE = 1_000, 1_000_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    # Not `no-referrer`: browsers would send our forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


AT_ONCE = 2
"""Pages that are made in threads of their own at the same time: more would only hinder the loop."""

T = TypeVar("T")
_places: RunVar[CapacityLimiter] = RunVar("places")


class Asset(NamedTuple):
    """A file that pages load."""

    body: bytes
    kind: str
    address: str
    """Its path on this server; another content has another."""


@cache
def assets() -> dict[str, Asset]:
    """Return every file that pages load, by name."""
    found = {}
    for file in sorted((HERE / "static").iterdir()):
        if file.suffix in KINDS:
            body = file.read_bytes()
            mark = hashlib.sha256(body).hexdigest()[:12]
            address = f"/assets/{file.stem}-{mark}{file.suffix}"
            found[file.name] = Asset(body, KINDS[file.suffix], address)
    return found


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - first page

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: assets()[name].address
    environment.globals["version"] = VERSION
    environment.filters["written"] = written
    environment.filters["cell"] = cell
    environment.filters["day"] = _day
    environment.filters["size"] = _size
    environment.filters["moment"] = _moment
    return environment


def html(template: str, **values: Any) -> str:
    """Return a template filled in."""
    return _environment().get_template(template).render(**values)


def page(
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a template filled in as an answer to a browser."""
    # Half of a character, in whatever a database holds, is no reason to show nothing.
    body = html(template, **values).encode("utf-8", "replace")
    return HTMLResponse(body, status, {**HEADERS, **(headers or {})})


async def aside(work: Callable[[], T]) -> T:
    """Return what *work* returns, done in a thread: others are served while it takes its time."""
    try:
        places = _places.get()
    except LookupError:
        places = CapacityLimiter(AT_ONCE)
        _places.set(places)
    return await to_thread.run_sync(work, limiter=places)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _size(bytes: int) -> str:
    if bytes >= MEGABYTE:
        return f"{bytes / MEGABYTE:,.1f} MB"
    return f"{max(bytes // KILOBYTE, 1)} kB"


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"
