"""Fiscal periods: where a year ends, what a day is the end of, and how that is called."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from core.pipelines.tools.edgar import Edgar, plain
from core.pipelines.tools.errors import FunctionRefused

NEAR = timedelta(days=7)
"""How far a year of 52 or 53 weeks may end from the end of its month."""
CALENDAR = "12-31"
ENDS = {
    **dict.fromkeys(("apple", "visa", "starbucks", "disney", "walt disney", "qualcomm"), "09-30"),
    **dict.fromkeys(("microsoft", "procter and gamble", "procter gamble"), "06-30"),
    **dict.fromkeys(("walmart", "target", "home depot", "lowes", "nvidia", "salesforce"), "01-31"),
    **dict.fromkeys(("costco", "costco wholesale"), "08-31"),
    **dict.fromkeys(("oracle", "nike", "fedex"), "05-31"),
    **dict.fromkeys(("cisco", "cisco systems"), "07-31"),
    **dict.fromkeys(("agilent", "agilent technologies", "hp", "deere", "broadcom"), "10-31"),
    **dict.fromkeys(("adobe",), "11-30"),
}
"""Of companies whose year is not the calendar's; the last day of the month that it ends in."""
DAY = re.compile(r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})")
QUARTERS = {"quarterly", "quarter", "ytd", "ytd_current", "ytd_prior"}
YEARS = {"annual", "fy", "fiscal_year", "year"}
HALVES = {"half_year", "semi_annual", "half"}


class Periods:
    """What is known of fiscal years, here and at EDGAR."""

    def __init__(self, edgar: Edgar) -> None:
        """Ask *edgar* for what is not known here."""
        self._edgar = edgar

    async def fiscal_year_end(self, company: str) -> str:
        """Return the day on which a company's fiscal year ends, as `MM-DD`.

        Known companies come first, then EDGAR if SEC_USER_AGENT is set; of any other the calendar
        year is taken: `12-31`. Years of 52 or 53 weeks are said to end with their month.
        """
        name = plain(str(company))
        known = ENDS.get(name) or next(
            (end for each, end in ENDS.items() if name.startswith(f"{each} ")), None
        )
        if known is not None:
            return known
        if self._edgar.ready and name and (found := await self._edgar.find(str(company))):
            said = str((await self._edgar.about(found)).get("fiscalYearEnd") or "")
            if len(said) == 4 and said.isdecimal():  # noqa: PLR2004
                return _month_end(f"{said[:2]}-{said[2:]}")
        return CALENDAR

    async def fiscal_period_logic(
        self, as_of_date: str, company: str = "", fiscal_year_end: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the periods that a statement as of a day is about.

        At the end of a fiscal year it is that year alone. On any other day there are three: the
        last year that ended before, the year to date, and the same part of the year before.

        Args:
            as_of_date: the day, as `2024-09-30`.
            company: whose year it is.
            fiscal_year_end: `MM-DD`, where that is known better.

        Returns:
            label, period_end, period_type (annual, ytd_current, ytd_prior) and is_annual of each.
        """
        day = _day(as_of_date)
        end = fiscal_year_end or await self.fiscal_year_end(company)
        closed = _year_end(day, end)
        if abs(day - closed) <= NEAR:
            return [_period(day, "annual", end)]
        last = _year_end_in(closed.year - 1, end)
        prior = _years_before(day, 1)
        return [
            _period(last, "annual", end),
            _period(day, "ytd_current", end),
            _period(prior, "ytd_prior", end),
        ]


def period_label(date: str, period_type: str, fiscal_year_end: str = CALENDAR) -> str:
    """Return how a period is called that ends on a day: `Q1 2025`, `FY 2024`, `H1 2024`.

    Args:
        date: the day, as `2025-03-31`.
        period_type: annual (also fy), quarterly (also ytd_current, ytd_prior) or half_year.
        fiscal_year_end: `MM-DD`; quarters and years are counted by the calendar unless it is given.
    """
    day = _day(date)
    kind = str(period_type).strip().lower()
    end = _year_end(day, fiscal_year_end)
    # A quarter of weeks may end some days after its month: what is near, belongs to that.
    shifted = day - timedelta(days=3) if day.day <= NEAR.days else day
    months = 12 - ((end.year - shifted.year) * 12 + end.month - shifted.month)
    months = min(max(months, 1), 12)
    if kind in YEARS:
        return f"FY {end.year}"
    if kind in QUARTERS:
        return f"Q{-(-months // 3)} {end.year}"
    if kind in HALVES:
        return f"H{-(-months // 6)} {end.year}"
    raise FunctionRefused(
        f"Unknown period_type {period_type!r}: there is annual, quarterly, ytd_current, ytd_prior "
        "and half_year."
    )


def _period(day: date, kind: str, end: str) -> dict[str, Any]:
    return {
        "label": period_label(day.isoformat(), kind, end),
        "period_end": day.isoformat(),
        "period_type": kind,
        "is_annual": kind == "annual",
    }


def _day(said: str) -> date:
    try:
        return date.fromisoformat(str(said).strip()[:10])
    except ValueError:
        raise FunctionRefused(f"{said!r} is no day; write it as 2024-12-31.") from None


def _month_end(end: str) -> str:
    """Return the last day of the month that a year of weeks ends with."""
    found = _year_end_in(2024, end)
    if found.day <= NEAR.days:
        found -= timedelta(days=NEAR.days + 1)
    return f"{found.month:02}-{monthrange(2023, found.month)[1]:02}"


def _year_end(day: date, end: str) -> date:
    """Return the end of the fiscal year that a day is in; the nearest where it is near one."""
    for year in (day.year - 1, day.year, day.year + 1):
        found = _year_end_in(year, end)
        if day <= found or abs(day - found) <= NEAR:
            return found
    return _year_end_in(day.year + 1, end)


def _year_end_in(year: int, end: str) -> date:
    match = DAY.fullmatch(str(end).strip())
    month, day = (int(match["month"]), int(match["day"])) if match else (0, 0)
    if not (match and 1 <= month <= 12 and 1 <= day <= 31 and 1 <= year <= 9999):  # noqa: PLR2004
        raise FunctionRefused(f"{end!r} is no end of a fiscal year; write it as 12-31.")
    return date(year, month, min(day, monthrange(year, month)[1]))


def _years_before(day: date, years: int) -> date:
    year = day.year - years
    last = monthrange(day.year, day.month)[1] == day.day
    there = monthrange(year, day.month)[1]
    return date(year, day.month, there if last else min(day.day, there))
