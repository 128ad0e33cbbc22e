"""A stand-in for EDGAR: a few companies, their filings, and a note of who asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.pipelines.tools.edgar import Edgar
from tests.core.pipelines.kept.bench import Waits, site, web

TICKERS = {
    "0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."},
    "1": {"cik_str": 789019, "ticker": "MSFT", "title": "MICROSOFT CORP"},
    "2": {"cik_str": 1067983, "ticker": "BRK-B", "title": "BERKSHIRE HATHAWAY INC"},
    "3": {"cik_str": 1652044, "ticker": "GOOGL", "title": "Alphabet Inc."},
}
RECENT = {
    "accessionNumber": ["0000320193-24-000123", "0000320193-24-000081", "0000320193-23-000106"],
    "filingDate": ["2024-11-01", "2024-08-02", "2023-11-03"],
    "reportDate": ["2024-09-28", "2024-06-29", "2023-09-30"],
    "form": ["10-K", "10-Q", "10-K"],
    "primaryDocument": ["aapl-20240928.htm", "aapl-20240629.htm", "aapl-20230930.htm"],
}
OLDER = {
    "accessionNumber": ["0000320193-10-000238"],
    "filingDate": ["2010-10-27"],
    "reportDate": ["2010-09-25"],
    "form": ["10-K"],
    "primaryDocument": ["d10k.htm"],
}
FILES = [{"name": "older.json", "filingFrom": "1994-01-26", "filingTo": "2014-07-23"}]
FILING = """<!doctype html><html><body><h1>Form 10-K</h1><table>
<tr><td>Item</td><td>2024</td></tr><tr><td>Net sales</td><td>391,035</td></tr></table>
</body></html>"""


class Commission:
    """What it was asked, by whom."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: set[str] = set()

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        self.agents.add(request.headers.get("user-agent", ""))
        if "@" not in request.headers.get("user-agent", ""):
            return Response(status_code=403)
        known: dict[str, Any] = {
            "/files/company_tickers.json": TICKERS,
            "/submissions/older.json": OLDER,
            "/submissions/CIK0000320193.json": {
                "name": "Apple Inc.",
                "tickers": ["AAPL"],
                "fiscalYearEnd": "0928",
                "filings": {"recent": RECENT, "files": FILES},
            },
            "/submissions/CIK0000789019.json": {
                "name": "MICROSOFT CORP",
                "tickers": ["MSFT"],
                "fiscalYearEnd": "0630",
                "filings": {"recent": {}, "files": []},
            },
            "/submissions/CIK0001067983.json": {"name": "BRK", "fiscalYearEnd": "1231"},
        }
        if path in known:
            return JSONResponse(known[path])
        if path.startswith("/Archives/"):
            return HTMLResponse(FILING)
        return Response(status_code=404)


@asynccontextmanager
async def commission(
    agent: str = "Acme data@acme.example", waits: Waits | None = None
) -> AsyncIterator[tuple[Edgar, Commission]]:
    """Lend an EDGAR of this machine."""
    kept = Commission()
    async with site(kept.answer) as url:
        throttle = (waits or Waits()).throttle()
        yield Edgar(web(), throttle, agent=agent, site=url, data=url), kept
