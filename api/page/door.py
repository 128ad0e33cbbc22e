"""Who is at the page: the cookie, the form's mark, and what a browser is told when it is a no."""

import hashlib
import hmac
import re
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from typing_extensions import override

from api.actor import the_core
from api.errors import STATUS, TooOften
from api.page.render import HEADERS, page
from core.app import Core
from core.errors import CoreError, Denied, Invalid, Unauthenticated, kind
from core.identity import Actor, Surface

COOKIE = "trellis-page"
PART = "x-part"
"""The header by which our script asks for the part of a page that has changed."""
MOST_FIELDS = 300


class SignedOut(Unauthenticated):
    """You are signed out; sign in again."""


class FormStrange(Denied):
    """The form did not come from this page, or was open for too long; go back, and reload it."""


class Visitor(NamedTuple):
    """A member at the page."""

    core: Core
    actor: Actor
    mark: str
    """What every form of theirs must hold: another site can send a form, but not read ours."""


class Paged(APIRoute):
    """A route whose refusals are pages."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except SignedOut as refusal:
                return _signed_out(request, refusal)
            except CoreError as refusal:
                return no(request, refusal)
            except HTTPException as refusal:
                # Starlette's own, about a form that cannot be read.
                return no(request, Invalid(str(refusal.detail)))

        return handle


def cookie_name(request: Request) -> str:
    """Return the cookie's name; its prefix keeps a neighbouring subdomain from planting one."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


async def enter(request: Request) -> Visitor:
    """Return who holds the cookie.

    Raises:
        SignedOut: nobody does, or it has expired, or its key was revoked.
    """
    token = request.cookies.get(cookie_name(request), "")
    if not token:
        raise SignedOut("Sign in to go on.")
    core = the_core(request)
    try:
        actor = await core.identity.by_token(token, Surface.API)
    except Unauthenticated:
        raise SignedOut from None
    request.state.actor = actor
    return Visitor(core, actor, mark_of(token))


async def expelled(request: Request) -> bytes:
    """Return the last words to a reader who is signed out meanwhile: the browser asks anew."""
    try:
        await enter(request)
    except SignedOut:
        return b": signed out\n\n"
    except CoreError:
        return b""  # the store is away, which expels nobody
    return b""


async def heard(request: Request) -> tuple[Visitor, FormData]:
    """Return who sent a form, and the form, once it is sure that it is one of ours.

    Raises:
        SignedOut: nobody we know.
        FormStrange: another site had the browser send it.
    """
    from_here(request)
    visitor = await enter(request)
    form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=2 * 1024 * 1024)
    if not hmac.compare_digest(visitor.mark.encode(), field(form, "mark").encode()):
        raise FormStrange
    return visitor, form


def from_here(request: Request) -> None:
    """Return quietly if a page of ours sent the request.

    Raises:
        FormStrange: another site did, or nobody says who.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise FormStrange
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormStrange
    if site is None and origin is None:
        raise FormStrange


def mark_of(token: str) -> str:
    """Return the mark of whoever holds *token*; nothing leads back from it."""
    return hashlib.sha256(b"a form of the page " + token.encode()).hexdigest()[:43]


def field(form: FormData, name: str) -> str:
    """Return the text of a field; none is empty."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def page_number(request: Request) -> int:
    """Return which page of a list is asked for."""
    number = request.query_params.get("page", "")
    return max(1, int(number)) if re.fullmatch("[0-9]{1,6}", number) else 1


def wants_part(request: Request) -> bool:
    """Return whether our script asks."""
    return PART in request.headers


def no(request: Request, refusal: CoreError) -> Response:
    """Return a no in plain words, as a page or as a line for the script to show."""
    headers = {"retry-after": str(refusal.seconds)} if isinstance(refusal, TooOften) else {}
    status = STATUS[kind(refusal)]
    template = "part/no.html" if wants_part(request) else "no.html"
    return page(template, status=status, headers=headers, said=refusal.message, number=status)


def _signed_out(request: Request, refusal: SignedOut) -> Response:
    if wants_part(request) or "text/event-stream" in request.headers.get("accept", ""):
        return no(request, refusal)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET":
        here = "/"
    elif request.headers.get("sec-fetch-site") == "cross-site" and not request.cookies:
        # A strict cookie stays away when a link elsewhere leads here, but not from our own page.
        again = f'<meta http-equiv="refresh" content="0;url={quote(here, safe="/?=")}">'
        return HTMLResponse(f"<!doctype html>{again}", headers=HEADERS)
    where = "/sign-in" if here == "/" else f"/sign-in?next={quote(here, safe='/')}"
    response = RedirectResponse(where, 303, headers=HEADERS)
    if request.cookies:
        response.delete_cookie(cookie_name(request), httponly=True, samesite="strict")
    return response
