"""The page on which a member lets a program in: plain HTML, no script, nothing from elsewhere."""

import hmac
import secrets
from html import escape
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.errors import CoreError
from core.grants import Asked, Client
from core.identity import Identity, Surface
from mcp_server.oauth.provider import SIGN_IN, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

COOKIE = "trellis-sign-in"
"""Holds what the form must hold too: another site can send our form, but not read our cookie."""
MINUTES = 10

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:10vh auto;padding:0 1rem}
input,button{font:inherit;padding:.5rem .7rem;margin:.3rem 0;box-sizing:border-box}
input{width:100%}.said{color:#a00}code{word-break:break-all}
"""
PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Let a program in - Trellis</title>
<meta name="viewport" content="width=device-width"><style nonce="$nonce">$style</style></head>
<body><h1>Let a program in?</h1>$body</body></html>
""")
FORM = Template("""
<p>A program that calls itself <strong>$name</strong> wants to ask your organization's databases
through Trellis, as you and with all that you may do.</p>
<p>You will be sent back to <code>$host</code>. If you do not know that place, or did not start
this yourself, close this page.</p>
$said
<form method="post" action="$action">
<input type="hidden" name="request" value="$request">
<input type="hidden" name="mark" value="$mark">
<label>Your API key
<input type="password" name="key" autocomplete="off" spellcheck="false" placeholder="tr_…"
 autofocus></label>
<p><button name="decision" value="allow">Let it in</button>
<button name="decision" value="deny">Do not</button></p>
</form>
<p><small>It may come back for 30 days after it last did, until you take that back.</small></p>
""")


class Page:
    """Shows the question, and hears the answer."""

    def __init__(self, provider: Provider, identity: Identity, *, url: str) -> None:
        """Ask on behalf of *provider*; *url* is where we are reached."""
        self._provider = provider
        self._identity = identity
        self._secure = url.startswith("https://")
        # The prefix keeps a neighbouring subdomain from planting the cookie.
        self._cookie = f"__Host-{COOKIE}" if self._secure else COOKIE

    async def show(self, request: Request) -> Response:
        """Show who asks for what, and the form."""
        sealed = request.query_params.get("request", "")
        try:
            asked, client = await self._provider.pending(sealed)
        except CoreError as refusal:
            return _plain(refusal.message)
        return self._form(sealed, asked, client)

    async def hear(self, request: Request) -> Response:
        """Send the member back to the program with a code, or with a no."""
        form = await request.form()
        sealed, mark = _field(form, "request"), _field(form, "mark")
        try:
            asked, client = await self._provider.pending(sealed)
        except CoreError as refusal:
            return _plain(refusal.message)
        kept = request.cookies.get(self._cookie, "")
        if not kept or not hmac.compare_digest(kept.encode(), mark.encode()):
            return self._form(sealed, asked, client, "This page had expired; please try again.")
        if _field(form, "decision") != "allow":
            return self._sent(self._provider.declined(asked))
        try:
            # A key, nothing less: a token must not turn itself into one that lives longer.
            actor = await self._identity.by_key(_field(form, "key").strip(), Surface.MCP)
            return self._sent(await self._provider.agreed(actor, asked))
        except CoreError as refusal:
            return self._form(sealed, asked, client, refusal.message)

    def _form(self, sealed: str, asked: Asked, client: Client, said: str = "") -> Response:
        mark, back = secrets.token_urlsafe(24), urlsplit(asked.redirect_uri)
        body = FORM.substitute(
            name=escape(client.shown),
            host=escape(back.netloc),
            said=f'<p class="said">{escape(said)}</p>' if said else "",
            action=SIGN_IN,
            request=escape(sealed),
            mark=mark,
        )
        response = _page(body, 403 if said else 200, back_to=f"{back.scheme}://{back.netloc}")
        response.set_cookie(
            self._cookie,
            mark,
            max_age=MINUTES * 60,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def _sent(self, address: str) -> Response:
        response = RedirectResponse(address, 303, headers={"cache-control": "no-store"})
        response.delete_cookie(self._cookie, secure=self._secure, httponly=True, samesite="strict")
        return response


def _plain(said: str) -> Response:
    return _page(f'<p class="said">{escape(said)}</p>', 400)


def _page(body: str, status: int, *, back_to: str = "") -> Response:
    nonce = secrets.token_urlsafe(16)
    # Browsers hold the redirect after the form against form-action, so the place it goes to is
    # named; nobody may frame the page, and nothing is loaded or run.
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {back_to}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers: Mapping[str, str] = {
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        # Not `no-referrer`: browsers would send the form with `Origin: null`.
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
    }
    html = PAGE.substitute(nonce=nonce, style=STYLE, body=body)
    return HTMLResponse(html, status, headers=headers)


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
