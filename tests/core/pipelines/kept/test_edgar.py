"""Filings from EDGAR: whose, which, at what pace, and who we say we are."""

from typing import Any

import pytest

from core.pipelines.errors import InputInvalid
from core.pipelines.tools.edgar import Edgar, plain
from core.pipelines.tools.errors import SettingMissing
from core.pipelines.tools.fetching import FetchData
from tests.core.pipelines.kept.bench import Waits, use, web
from tests.core.pipelines.kept.commission import commission


async def fetched(edgar: Edgar, **given: Any) -> Any:
    return await use(FetchData(web(), edgar), source="sec_edgar", **given)


async def test_a_report_is_found_by_the_end_of_its_period() -> None:
    async with commission() as (edgar, kept):
        found = await fetched(edgar, ticker="AAPL", period_end="2024-09-30", period_type="annual")

    (company,) = found["results"]
    (filing,) = company.pop("filings")
    assert found["status"] == "success"
    assert found["source"] == "sec_edgar"
    assert company == {
        "company_input": "AAPL",
        "company_name": "Apple Inc.",
        "ticker": "AAPL",
        "cik": "0000320193",
    }
    assert filing.pop("url").endswith(
        "/Archives/edgar/data/320193/000032019324000123/aapl-20240928.htm"
    )
    assert filing == {
        "form": "10-K",
        "filing_date": "2024-11-01",
        "accession_no": "0000320193-24-000123",
        "primary_document": "aapl-20240928.htm",
    }
    assert kept.agents == {"Acme data@acme.example"}


@pytest.mark.parametrize("name", ["apple", "Apple Inc", "320193", "CIK0000320193", "aapl"])
async def test_a_company_is_known_by_any_of_its_names(name: str) -> None:
    async with commission() as (edgar, _kept):
        found = await fetched(edgar, companies=[name], count=1)

    assert found["results"][0]["cik"] == "0000320193"


async def test_a_class_of_shares_is_written_with_a_point_or_a_dash() -> None:
    async with commission() as (edgar, _kept):
        company = await edgar.find("brk.b")

    assert company is not None
    assert company.name == "BERKSHIRE HATHAWAY INC"


@pytest.mark.parametrize(
    ("given", "dates"),
    [
        ({"period_type": "quarterly"}, ["2024-08-02"]),
        ({"period_type": "ytd_current", "year": 2024}, ["2024-08-02"]),
        ({"period_type": "annual"}, ["2024-11-01", "2023-11-03", "2010-10-27"]),
        ({"period_type": "annual", "year": "2023"}, ["2023-11-03"]),
        ({"period_type": "annual", "count": 1}, ["2024-11-01"]),
        ({"forms": ["10-Q"]}, ["2024-08-02"]),
        ({"forms": "8-K"}, []),
        ({"period_type": "annual", "year": 2010}, ["2010-10-27"]),
    ],
)
async def test_filings_are_chosen_by_form_and_year(given: Any, dates: list[str]) -> None:
    async with commission() as (edgar, _kept):
        found = await fetched(edgar, companies="AAPL", **given)

    assert [each["filing_date"] for each in found["results"][0]["filings"]] == dates


async def test_old_files_are_read_only_where_they_may_hold_something() -> None:
    async with commission() as (edgar, kept):
        await fetched(edgar, companies="AAPL", period_type="annual", year=2024)

    assert "/submissions/older.json" not in kept.asked


async def test_what_is_known_of_some_companies_is_handed_out() -> None:
    async with commission() as (edgar, _kept):
        found = await fetched(edgar, companies=["MSFT", "No Such Firm"])

    assert found["status"] == "partial"
    assert found["results"][1] == {
        "company_input": "No Such Firm",
        "company_name": None,
        "ticker": None,
        "cik": None,
        "filings": [],
    }


async def test_a_company_that_nobody_knows_is_refused_with_those_near() -> None:
    async with commission() as (edgar, _kept):
        with pytest.raises(InputInvalid, match=r"no company 'Microsotf'.*MICROSOFT CORP"):
            await fetched(edgar, companies="Microsotf")


async def test_questions_come_at_the_pace_that_edgar_bears() -> None:
    waits = Waits()
    async with commission(waits=waits) as (edgar, kept):
        await fetched(edgar, companies=["AAPL", "MSFT"], count=1)
        await fetched(edgar, companies=["AAPL", "MSFT"], count=1)

    # The second time all is remembered.
    assert len(kept.asked) == 3
    assert waits.slept == [0.2, 0.2]


async def test_without_a_name_of_ours_edgar_is_not_asked() -> None:
    async with commission(agent="") as (edgar, kept):
        with pytest.raises(SettingMissing, match="SEC_USER_AGENT"):
            await fetched(edgar, companies="AAPL")

    assert kept.asked == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Which companies"),
        ({"companies": []}, "Which companies"),
        ({"companies": ["a"] * 101}, "At most 100"),
        ({"companies": "AAPL", "period_end": "soon"}, "no day"),
        ({"companies": "AAPL", "period_type": "monthly"}, "There is no period type"),
        ({"companies": "AAPL", "year": "next"}, "is no year"),
    ],
)
async def test_what_makes_no_sense_is_refused(given: Any, said: str) -> None:
    async with commission() as (edgar, _kept):
        with pytest.raises(InputInvalid, match=said):
            await fetched(edgar, **given)


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        ("Apple Inc.", "apple"),
        ("AMAZON COM INC", "amazon com"),
        ("The Coca-Cola Company", "coca cola"),
        ("AT&T Inc.", "at and t"),
        ("Procter & Gamble Co", "procter and gamble"),
    ],
)
def test_names_are_compared_without_what_companies_are(name: str, compared: str) -> None:
    assert plain(name) == compared
