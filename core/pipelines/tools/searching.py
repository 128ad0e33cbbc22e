"""The web, searched by words: through DuckDuckGo, or through SerpApi with a key."""

from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import Field, SecretStr
from typing_extensions import override

from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.errors import FetchFailed, PageMissing, SearchFailed, SettingMissing
from core.pipelines.tools.web import Web

DUCKDUCKGO = "https://html.duckduckgo.com/html/"
SERPAPI = "https://serpapi.com/search.json"
BROWSER = "Mozilla/5.0 (compatible; Trellis/1)"
QUERIES = 20
"""Questions that are asked at once."""
SHOWN = 2_000
"""Characters of a title, a snippet or a URL."""


class SearchInputs(Inputs):
    """What `search_web` takes."""

    query: str | list[str] = Field(description="What is searched for; a list is several searches.")
    top_n: int = Field(5, ge=1, le=50, description="Results of each search, at most.")
    provider: Literal["duckduckgo", "serpapi"] = Field(
        "duckduckgo",
        description="Who searches: duckduckgo or serpapi; unless it is named here, "
        "TRELLIS_SEARCH_PROVIDER counts.",
    )
    timeout: float = Field(15.0, gt=0, le=60, description="Seconds for one search.")


class SearchWeb(Tool):
    """Searches the web."""

    name = "search_web"
    description = "Search the web, and return titles, snippets and URLs."
    inputs: type[Inputs] = SearchInputs
    output = Output("The results of every query, in their order.")

    def __init__(
        self,
        web: Web,
        *,
        provider: str = "duckduckgo",
        key: SecretStr | None = None,
        url: str | None = None,
    ) -> None:
        """Search by *web*.

        Args:
            web: asks the provider.
            provider: who searches unless a task names another; `none` where nobody may.
            key: SerpApi's.
            url: another place for the provider, such as a proxy.
        """
        self._web = web
        self._provider = provider
        self._key = key
        self._url = url

    @override
    async def run(self, call: Call, given: SearchInputs) -> Any:
        queries = [given.query] if isinstance(given.query, str) else given.query
        queries = [query.strip() for query in queries if query.strip()]
        if not queries or len(queries) > QUERIES:
            raise InputInvalid(f"query: Search for something, for {QUERIES} things at most.")
        if self._provider == "none":
            raise SettingMissing(
                "The web is not searched from here: whoever runs Trellis has set "
                "TRELLIS_SEARCH_PROVIDER to none."
            )
        results = []
        for query in queries:
            call.say(f"Searching for {query[:100]}")
            results += await self._search(given, query[:500])
        return {"status": "success", "results": results}

    async def _search(self, given: SearchInputs, query: str) -> list[dict[str, str]]:
        provider = given.provider if "provider" in given.model_fields_set else self._provider
        look = self._serpapi if provider == "serpapi" else self._duckduckgo
        try:
            found = await look(query, given)
        except (FetchFailed, PageMissing) as failure:
            raise SearchFailed(f"{provider} did not search: {failure.message}") from None
        return [
            {
                "title": title[:SHOWN],
                "snippet": snippet[:SHOWN],
                "url": url[:SHOWN],
                "source_query": query,
            }
            for title, snippet, url in found[: given.top_n]
        ]

    async def _serpapi(self, query: str, given: SearchInputs) -> list[tuple[str, str, str]]:
        if self._key is None:
            raise SettingMissing("SerpApi asks for a key: TRELLIS_SEARCH_KEY is not set.")
        asked = {
            "engine": "google",
            "q": query,
            "num": given.top_n,
            "api_key": self._key.get_secret_value(),
        }
        url = f"{self._url or SERPAPI}?{urlencode(asked)}"
        told = (await self._web.ask("GET", url, seconds=given.timeout)).json()
        if not isinstance(told, dict) or ("error" in told and "organic_results" not in told):
            # It says so, too, when nothing is found.
            if isinstance(told, dict) and "any results" in str(told["error"]):
                return []
            raise FetchFailed("It answered with an error.")
        return [
            (str(each.get("title", "")), str(each.get("snippet", "")), str(each.get("link", "")))
            for each in told.get("organic_results") or []
            if isinstance(each, dict)
        ]

    async def _duckduckgo(self, query: str, given: SearchInputs) -> list[tuple[str, str, str]]:
        url = f"{self._url or DUCKDUCKGO}?{urlencode({'q': query})}"
        headers = {"User-Agent": BROWSER}
        answer = await self._web.ask("GET", url, headers=headers, seconds=given.timeout)
        page = _Results()
        page.feed(answer.text)
        page.close()
        if not page.found and (answer.status != 200 or not page.empty):  # noqa: PLR2004
            raise FetchFailed(
                "it takes us for a robot. Try later, or use serpapi with TRELLIS_SEARCH_KEY."
            )
        return page.found


class _Results(HTMLParser):
    """Reads DuckDuckGo's page without scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.empty = False
        self._words: list[str] = []
        self._reading: str | None = None
        self._url = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        classes = (told.get("class") or "").split()
        if "no-results" in classes:
            self.empty = True
        if self._reading is None and tag == "a" and "result__a" in classes:
            self._reading, self._url = "title", _target(told.get("href") or "")
        elif self._reading is None and "result__snippet" in classes:
            self._reading = f"snippet {tag}"

    @override
    def handle_endtag(self, tag: str) -> None:
        said = " ".join("".join(self._words).split())
        if self._reading == "title" and tag == "a":
            if self._url:
                self.found.append((said, "", self._url))
        elif self._reading == f"snippet {tag}":
            if self.found:
                title, _none, url = self.found[-1]
                self.found[-1] = (title, said, url)
        else:
            return
        self._reading = None
        self._words.clear()

    @override
    def handle_data(self, data: str) -> None:
        if self._reading is not None:
            self._words.append(data)


def _target(href: str) -> str:
    """Return where a result leads; nothing where it leads to an advertisement."""
    url = f"https:{href}" if href.startswith("//") else href
    try:
        parts = urlsplit(url)
        if parts.path.rstrip("/") == "/l":
            url = next(iter(parse_qs(parts.query).get("uddg", [])), "")
            parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and not parts.path.endswith("/y.js") else ""
