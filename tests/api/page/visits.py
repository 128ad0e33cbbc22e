"""Somebody at the page whose browser is a program: cookies are kept, forms carry their mark."""

import re
from typing import Any

import httpx2
from fastapi import FastAPI

HERE = "http://trellis.test"
OURS = {"origin": HERE, "sec-fetch-site": "same-origin"}
MARK = re.compile(r'name="mark" value="([^"]+)"')


class Visit:
    """One browser, before or after signing in."""

    def __init__(self, app: FastAPI, address: str = HERE) -> None:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url=address)
        self.mark = ""

    async def sign_in(self, key: str, *, onward: str = "/", **headers: str) -> httpx2.Response:
        """Fill in the form as a person does."""
        form = await self.http.get("/sign-in", params={"next": onward})
        found = MARK.search(form.text)
        assert found
        sent = {"key": key, "mark": found[1], "next": onward}
        answer = await self.http.post("/sign-in", data=sent, headers=OURS | headers)
        if answer.status_code == 303:
            home = MARK.search((await self.http.get("/")).text)
            self.mark = home[1] if home else ""
        return answer

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.http.get(path, **more)

    async def post(
        self, path: str, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx2.Response:
        """Send a form of the page."""
        sent = {"mark": self.mark} | fields
        return await self.http.post(path, data=sent, headers=OURS | (headers or {}))
