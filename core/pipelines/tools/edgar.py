"""EDGAR, where companies of the United States file their reports: who there is, and what is filed.

The public interface of the Securities and Exchange Commission: `company_tickers.json` names every
company, `submissions/CIK….json` its filings. It asks callers to say who they are, and to come no
oftener than ten times a second.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from core.pipelines.errors import InputInvalid
from core.pipelines.tools.errors import FetchFailed, SettingMissing
from core.pipelines.tools.throttle import Throttle
from core.pipelines.tools.web import Answer, Web, origin

SITE = "https://www.sec.gov"
DATA = "https://data.sec.gov"
FORMS = {
    "annual": ("10-K",),
    "quarterly": ("10-Q",),
    "ytd_current": ("10-Q",),
    "ytd_prior": ("10-Q",),
}
"""What a kind of period is filed as."""
NEAR = timedelta(days=10)
"""How far a fiscal period may end from the day that was asked for: years of 52 weeks do."""
NAMES = re.compile(r"[^a-z0-9 ]+")
ENDINGS = re.compile(
    r"\b(?:inc|corp|corporation|co|company|ltd|limited|plc|llc|lp|sa|nv|ag|the|holdings?|group)\b"
)
FILES = 20
"""Further files of old filings that are read."""
MOST = 200
"""Filings of one company that are handed out."""


class Company(NamedTuple):
    """A company that files."""

    cik: str
    """Ten digits."""
    ticker: str | None
    name: str


class Wanted(NamedTuple):
    """Which filings are wanted."""

    forms: tuple[str, ...] = ()
    """Any if there is none."""
    period_end: date | None = None
    year: int | None = None
    most: int = 20


class Edgar:
    """Asks EDGAR, at its pace."""

    def __init__(
        self,
        web: Web,
        throttle: Throttle,
        *,
        agent: str = "",
        site: str = SITE,
        data: str = DATA,
    ) -> None:
        """Ask as *agent*, a name and an address of mail; *site* and *data* may be mirrors."""
        self._web = web
        self._throttle = throttle
        self._agent = agent
        self._site = site.rstrip("/")
        self._data = data.rstrip("/")
        self._origins = {origin(self._site), origin(self._data)}
        self._index: tuple[bytes, dict[str, Company], dict[str, Company]] | None = None

    @property
    def ready(self) -> bool:
        """Whether we can say who asks."""
        return bool(self._agent)

    def has(self, url: str) -> bool:
        """Return whether a URL is one of EDGAR's."""
        return origin(url) in self._origins

    async def get(self, url: str) -> Answer:
        """Return what is at a URL of EDGAR's.

        Raises:
            SettingMissing: nobody has said who we are.
            FetchFailed, PageMissing: it does not answer, or has no such file.
        """
        if not self._agent:
            raise SettingMissing(
                "EDGAR asks who calls: whoever runs Trellis sets SEC_USER_AGENT to a name and an "
                "address of mail, such as `Acme Analytics data@acme.example`."
            )
        # What is public may be remembered for everybody.
        if (known := self._web.known("edgar", url)) is not None:
            return known
        await self._throttle.turn()
        return await self._web.get("edgar", url, agent=self._agent)

    async def find(self, wanted: str) -> Company | None:
        """Return the company of a ticker, a CIK or a name; None if there is none.

        Raises:
            FetchFailed: EDGAR does not answer.
        """
        tickers, names = await self._companies()
        asked = wanted.strip()
        digits = asked.upper().removeprefix("CIK").strip()
        if digits.isdecimal() and len(digits) <= 10:  # noqa: PLR2004
            cik = digits.zfill(10)
            known = next((each for each in tickers.values() if each.cik == cik), None)
            return known or Company(cik, None, "")
        if found := tickers.get(asked.upper().replace(".", "-")):
            return found
        name = plain(asked)
        if not name:
            return None
        if found := names.get(name):
            return found
        words = f"{name} "
        starting = [key for key in names if key.startswith(words)]
        return names[min(starting, key=len)] if starting else None

    async def near(self, wanted: str) -> str:
        """Return the names of companies that are nearest to one that there is not."""
        _tickers, names = await self._companies()
        found = get_close_matches(plain(wanted), list(names), n=3, cutoff=0.6)
        return ", ".join(f"{names[key].name} ({names[key].ticker})" for key in found)

    async def about(self, company: Company) -> dict[str, Any]:
        """Return what EDGAR tells of a company."""
        url = f"{self._data}/submissions/CIK{company.cik}.json"
        told = (await self.get(url)).json()
        if not isinstance(told, dict):
            raise FetchFailed("EDGAR answered something else than a company.")
        return told

    async def filings(
        self, company: Company, wanted: Wanted
    ) -> tuple[Company, list[dict[str, Any]]]:
        """Return the company by its full name, and its filings, the newest first."""
        told = await self.about(company)
        named = company._replace(
            name=str(told.get("name") or company.name),
            ticker=company.ticker or next(iter(told.get("tickers") or []), None),
        )
        listed = told.get("filings") or {}
        found = self._chosen(company, listed.get("recent") or {}, wanted)
        for file in (listed.get("files") or [])[:FILES]:
            if len(found) >= wanted.most or not _may_hold(file, wanted):
                continue
            older = (await self.get(f"{self._data}/submissions/{file['name']}")).json()
            found += self._chosen(company, older, wanted)
        return named, found[: min(wanted.most, MOST)]

    def _chosen(
        self, company: Company, recent: dict[str, Any], wanted: Wanted
    ) -> list[dict[str, Any]]:
        columns = ("form", "filingDate", "accessionNumber", "primaryDocument", "reportDate")
        lists = [recent.get(name) or [] for name in columns]
        if not lists[4]:
            lists[4] = [""] * len(lists[0])
        found = []
        for form, filed, number, document, reported in zip(*lists, strict=False):
            if wanted.forms and form not in wanted.forms:
                continue
            if not _fits(reported or filed, wanted):
                continue
            folder = f"{self._site}/Archives/edgar/data/{int(company.cik)}"
            found.append(
                {
                    "form": form,
                    "filing_date": filed,
                    "accession_no": number,
                    "url": f"{folder}/{str(number).replace('-', '')}/{document}",
                    "primary_document": document,
                }
            )
        return found

    async def _companies(self) -> tuple[dict[str, Company], dict[str, Company]]:
        answer = await self.get(f"{self._site}/files/company_tickers.json")
        if self._index is not None and self._index[0] is answer.body:
            return self._index[1], self._index[2]
        told = answer.json()
        tickers: dict[str, Company] = {}
        names: dict[str, Company] = {}
        for each in told.values() if isinstance(told, dict) else told:
            company = Company(str(each["cik_str"]).zfill(10), each["ticker"], each["title"])
            tickers.setdefault(company.ticker or "", company)
            names.setdefault(plain(company.name), company)  # the largest comes first
        self._index = (answer.body, tickers, names)
        return tickers, names


def plain(name: str) -> str:
    """Return the name of a company as it is compared: `Apple Inc.` is `apple`."""
    words = NAMES.sub(" ", name.lower().replace("&", " and ").replace("'", "").replace(".", ""))
    return " ".join(ENDINGS.sub(" ", words).split()) or " ".join(words.split())


def day(said: str) -> date:
    """Return a day that is written `2024-12-31`.

    Raises:
        InputInvalid: it is not.
    """
    try:
        return date.fromisoformat(str(said).strip()[:10])
    except ValueError:
        raise InputInvalid(f"{str(said)[:40]!r} is no day; write it as 2024-12-31.") from None


def forms_of(forms: str | Sequence[str] | None, period_type: str | None) -> tuple[str, ...]:
    """Return the forms that are wanted: those named, or those of a kind of period."""
    if forms:
        return (forms,) if isinstance(forms, str) else tuple(map(str, forms))
    if not period_type:
        return ()
    if period_type not in FORMS:
        raise InputInvalid(
            f"There is no period type {period_type[:40]!r}; there is {', '.join(FORMS)}."
        )
    return FORMS[period_type]


def _fits(ended: str, wanted: Wanted) -> bool:
    try:
        at = date.fromisoformat(ended)
    except ValueError:
        return wanted.period_end is None and wanted.year is None
    if wanted.period_end is not None and abs(at - wanted.period_end) > NEAR:
        return False
    return wanted.year is None or at.year == wanted.year


def _may_hold(file: dict[str, Any], wanted: Wanted) -> bool:
    """Return whether a file of older filings may hold one that is wanted."""
    first = wanted.period_end or (wanted.year and date(wanted.year, 1, 1))
    if not first:
        return True
    # A report is filed within half a year, or so, of the end of its period.
    last = (wanted.period_end or date(int(wanted.year or 0), 12, 31)) + timedelta(days=400)
    return (
        str(file.get("filingFrom", "")) <= last.isoformat()
        and str(file.get("filingTo", "9999")) >= (first - NEAR).isoformat()
    )
