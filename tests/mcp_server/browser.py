"""A browser, as far as signing in needs one, and a program that asks to be let in."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

BACK = "http://127.0.0.1:5173/callback"


@dataclass
class Program:
    """A client of OAuth 2.1 that does as the standards say, or as a test says otherwise."""

    http: httpx2.AsyncClient
    url: str
    id: str = ""
    secret: str | None = None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    async def register(self, **metadata: Any) -> httpx2.Response:
        """Register, and remember the id."""
        said = {"client_name": "Test program", "redirect_uris": [BACK]} | metadata
        response = await self.http.post(f"{self.url}/register", json=said)
        if response.status_code == 201:
            self.id = response.json()["client_id"]
            self.secret = response.json().get("client_secret")
        return response

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def asks(self, **others: str | None) -> dict[str, str]:
        """Return the parameters of a request to be let in; None leaves one out."""
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": "xyz",
            "resource": f"{self.url}/mcp",
        }
        return {name: value for name, value in (usual | others).items() if value is not None}

    async def authorize(self, **others: str | None) -> httpx2.Response:
        """Send the member's browser to us."""
        return await self.http.get(f"{self.url}/authorize", params=self.asks(**others))

    async def exchange(self, given: str, **others: str | None) -> httpx2.Response:
        """Exchange a code for tokens."""
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "client_id": self.id,
            "client_secret": self.secret,
            "code_verifier": self.verifier,
        }
        return await self._token(usual | others)

    async def refresh(self, token: str, **others: str | None) -> httpx2.Response:
        """Exchange a refresh token for the next pair."""
        usual: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": self.id,
            "client_secret": self.secret,
        }
        return await self._token(usual | others)

    async def _token(self, form: dict[str, str | None]) -> httpx2.Response:
        data = {name: value for name, value in form.items() if value is not None}
        return await self.http.post(f"{self.url}/token", data=data)


@dataclass
class Browser:
    """Follows redirects, keeps cookies, fills in the form."""

    http: httpx2.AsyncClient
    url: str

    async def open(self, response: httpx2.Response) -> httpx2.Response:
        """Follow the redirect to our page."""
        assert response.status_code == 302, response.text
        address = response.headers["location"]
        assert address.startswith("/authorize/sign-in?")
        return await self.http.get(f"{self.url}{address}")

    async def sign_in(
        self, page: httpx2.Response, key: str, *, decision: str = "allow", **others: str
    ) -> httpx2.Response:
        """Fill in the form and send it."""
        form = fields(page.text) | {"key": key, "decision": decision} | others
        headers = {"origin": self.url}
        return await self.http.post(f"{self.url}/authorize/sign-in", data=form, headers=headers)


def fields(html: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in found}


def query_of(response: httpx2.Response) -> dict[str, str]:
    """Return what a redirect carries."""
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: value for name, (value,) in query.items()}
