"""Data from outside: filings from EDGAR, and whatever is at a URL."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from typing_extensions import override

from core.pipelines.errors import InputInvalid, OutputTooLarge
from core.pipelines.plain import MOST
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.edgar import Edgar, Wanted, day, forms_of
from core.pipelines.tools.web import Answer, Web

COMPANIES = 100
"""Companies that are asked for at once."""
TEXTS = ("text/", "application/xml", "application/xhtml", "application/javascript", "+xml")
"""What is handed out as text."""


class FetchInputs(Inputs):
    """What `fetch_data` takes."""

    source: Literal["sec_edgar", "sec", "edgar", "url"] = Field(
        description="Where from: sec_edgar (also sec, edgar), or url."
    )
    companies: str | list[str] | None = Field(
        None, description="EDGAR: tickers, CIK numbers or names of companies."
    )
    ticker: str | list[str] | None = Field(None, description="EDGAR: the same as companies.")
    company: str | list[str] | None = Field(None, description="EDGAR: the same as companies.")
    period_end: str | None = Field(
        None, description="EDGAR: the day on which the reported period ends, as 2024-09-30."
    )
    period_type: str | None = Field(
        None, description="EDGAR: annual (10-K); quarterly, ytd_current or ytd_prior (10-Q)."
    )
    forms: str | list[str] | None = Field(
        None, description="EDGAR: forms such as 8-K, in place of those of the period type."
    )
    year: int | str | None = Field(
        None, description="EDGAR: the year in which the reported period ends."
    )
    count: int = Field(20, ge=1, le=200, description="EDGAR: filings of each company, at most.")
    url: str | None = Field(None, description="url: the address, http or https.")
    method: Literal["GET", "HEAD", "POST"] = Field("GET", description="url: how it is asked.")
    headers: dict[str, str] | None = Field(None, description="url: headers that are sent along.")
    body: Any = Field(None, description="url: what is posted, text or JSON.")


class FetchData(Tool):
    """Fetches filings of companies, or what is at a URL."""

    name = "fetch_data"
    description = "Fetch filings of companies from SEC EDGAR, or whatever is at a URL."
    inputs: type[Inputs] = FetchInputs
    output = Output("EDGAR: each company's filings; url: the data, JSON parsed.")

    def __init__(self, web: Web, edgar: Edgar) -> None:
        """Fetch by *web*, and from *edgar*."""
        self._web = web
        self._edgar = edgar

    @override
    async def run(self, call: Call, given: FetchInputs) -> Any:
        if given.source == "url":
            return await self._url(call, given)
        return await self._filings(call, given)

    async def _url(self, call: Call, given: FetchInputs) -> dict[str, Any]:
        if not given.url:
            raise InputInvalid("url: Which URL is to be fetched?")
        scope = call.actor.organization_id
        if self._edgar.has(given.url) and given.method == "GET":
            answer = await self._edgar.get(given.url)
        elif given.method == "GET" and not given.headers and given.body is None:
            answer = await self._web.get(scope, given.url)
        else:
            headers = dict(given.headers or {})
            body = None
            if given.method == "POST":
                # Whoever knows the header does it once, however often it is tried.
                headers.setdefault("Idempotency-Key", call.key)
                body, kind = encoded(given.body)
                headers.setdefault("Content-Type", kind)
            answer = await self._web.ask(given.method, given.url, headers=headers, body=body)
        return {
            "status": "success",
            "source": "url",
            "url": answer.url,
            "content_type": answer.content_type,
            "data": data_of(answer),
        }

    async def _filings(self, call: Call, given: FetchInputs) -> dict[str, Any]:
        asked = [*_listed(given.companies), *_listed(given.ticker), *_listed(given.company)]
        if not asked:
            raise InputInvalid("companies: Which companies? Give tickers, CIK numbers or names.")
        if len(asked) > COMPANIES:
            raise InputInvalid(f"companies: At most {COMPANIES} are asked for at once.")
        wanted = Wanted(
            forms=forms_of(given.forms, given.period_type),
            period_end=day(given.period_end) if given.period_end else None,
            year=_year(given.year),
            most=given.count,
        )
        results = []
        for name in asked:
            call.say(f"Asking EDGAR for {name}")
            results.append(await self._company(name, wanted))
        known = sum(each["cik"] is not None for each in results)
        if not known:
            near = await self._edgar.near(asked[0])
            hint = f" Near is: {near}." if near else ""
            raise InputInvalid(f"EDGAR knows no company {asked[0][:80]!r}.{hint}")
        status = "success" if known == len(results) else "partial"
        return {"status": status, "source": given.source, "results": results}

    async def _company(self, name: str, wanted: Wanted) -> dict[str, Any]:
        company = await self._edgar.find(name)
        found: dict[str, Any] = {
            "company_input": name,
            "company_name": None,
            "ticker": None,
            "cik": None,
            "filings": [],
        }
        if company is None:
            return found
        named, filings = await self._edgar.filings(company, wanted)
        return found | {
            "company_name": named.name,
            "ticker": named.ticker,
            "cik": named.cik,
            "filings": filings,
        }


def data_of(answer: Answer) -> Any:
    """Return what was answered: JSON as data, text as text, anything else as bytes."""
    kind = answer.content_type
    if kind == "application/json" or kind.endswith("+json"):
        if len(answer.body) > MOST:  # it would not fit; to read it holds up everybody
            raise OutputTooLarge
        return answer.json()
    if any(kind.startswith(each) or kind.endswith(each) for each in TEXTS):
        return answer.text
    return answer.body


def encoded(body: Any) -> tuple[bytes, str]:
    """Return what is posted as bytes, and what kind it is of."""
    import orjson  # noqa: PLC0415 - with the first body

    if body is None:
        return b"", "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return orjson.dumps(body, default=str), "application/json"


def _listed(said: str | Sequence[str] | None) -> list[str]:
    if said is None:
        return []
    every = [said] if isinstance(said, str) else list(said)
    return [str(each) for each in every if str(each).strip()]


def _year(said: int | str | None) -> int | None:
    if said is None or said == "":
        return None
    if str(said).strip().isdecimal() and 1900 <= int(said) <= 2200:  # noqa: PLR2004
        return int(said)
    raise InputInvalid(f"year: {str(said)[:40]!r} is no year.")
