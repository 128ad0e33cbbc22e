"""Companies by their names, and the names of their segments."""

import re
from collections.abc import Mapping
from typing import Any

from core.pipelines.plain import MOST
from core.pipelines.tools.edgar import Edgar, plain
from core.pipelines.tools.errors import FunctionRefused

TICKERS = {
    "apple": "AAPL",
    "microsoft": "MSFT",
    "amazon": "AMZN",
    "amazoncom": "AMZN",
    "alphabet": "GOOGL",
    "google": "GOOGL",
    "meta": "META",
    "meta platforms": "META",
    "facebook": "META",
    "nvidia": "NVDA",
    "tesla": "TSLA",
    "walmart": "WMT",
    "jpmorgan": "JPM",
    "jpmorgan chase": "JPM",
    "johnson and johnson": "JNJ",
    "exxon mobil": "XOM",
    "chevron": "CVX",
    "coca cola": "KO",
    "pepsico": "PEP",
    "intel": "INTC",
    "ibm": "IBM",
    "international business machines": "IBM",
    "oracle": "ORCL",
    "netflix": "NFLX",
    "boeing": "BA",
    "ford": "F",
    "ford motor": "F",
    "general motors": "GM",
    "agilent": "A",
    "agilent technologies": "A",
}
"""Names by which people know large companies; EDGAR knows them by others, or all of them."""
SEGMENT = re.compile(r"segment[_ ]?(\d{1,3})", re.IGNORECASE)


class Companies:
    """What is known of companies, here and at EDGAR."""

    def __init__(self, edgar: Edgar) -> None:
        """Ask *edgar* for what is not known here."""
        self._edgar = edgar

    async def ticker_lookup(self, company: str) -> str:
        """Return the ticker of a company by its name.

        A few large ones are known here, every other that files in the United States at EDGAR, if
        SEC_USER_AGENT is set.
        """
        name = plain(str(company))
        if found := TICKERS.get(name):
            return found
        if self._edgar.ready and name:
            there = await self._edgar.find(str(company))
            if there is not None and there.ticker:
                return there.ticker
        hint = "" if self._edgar.ready else " With SEC_USER_AGENT set, EDGAR is asked."
        raise FunctionRefused(f"No ticker mapping for {str(company)[:80]!r}.{hint}")


def apply_segment_names(data: Any, names: Any) -> Any:
    """Return *data* with `segment_1`, `segment_2` … called by their names, in keys and in values.

    Args:
        data: an object, a list of them, or a text.
        names: a list, the first for `segment_1`; or an object `{"segment_1": "Americas"}`.
    """
    if isinstance(names, Mapping):
        known = {}
        for each, name in names.items():
            match = SEGMENT.fullmatch(str(each).strip()) or re.fullmatch(r"(\d{1,3})", str(each))
            if match is None:
                raise FunctionRefused(f"names: {str(each)[:60]!r} is no segment, as segment_1 is.")
            known[int(match[1])] = str(name)
    elif isinstance(names, list | tuple):
        known = {at: str(name) for at, name in enumerate(names, 1)}
    else:
        raise FunctionRefused("names: Give a list of names, or an object of segments and names.")
    return _Renaming(known).of(data)


class _Renaming:
    """Some data on its way to other names, and how much longer it may become."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = names
        self._room = MOST

    def of(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {self._said(str(key)): self.of(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.of(each) for each in data]
        return self._said(data) if isinstance(data, str) else data

    def _said(self, text: str) -> str:
        return SEGMENT.sub(self._name, text)

    def _name(self, found: re.Match[str]) -> str:
        name = self._names.get(int(found[1]), found[0])
        self._room -= len(name)
        if self._room < 0:
            raise FunctionRefused("With these names the data takes more than 16 MB.")
        return name
