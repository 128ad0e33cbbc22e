"""Signing in with an API key, and out."""

import hmac
import re
import secrets
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.actor import the_core
from api.analyst.authenticate import PUBLIC, SHAPE
from api.errors import STATUS, TooOften
from api.limits import AUTHENTICATE, FAILED, PER_KEY, Limits
from api.page.door import FormStrange, Paged, cookie_name, enter, field, from_here, heard
from api.page.render import HEADERS, page
from core.app import Core
from core.errors import CoreError, Unauthenticated, kind
from core.identity import KeyInvalid, Surface, Token
from core.ids import now

router = APIRouter(route_class=Paged, include_in_schema=False)

MARK = "trellis-form"
"""Holds what the form must hold too: another site can send our form, but not read our cookie."""
MINUTES = 60
NEXT = re.compile(r"/(?![/\\])[\x21-\x7e]{0,500}")
"""A page of ours; two strokes would be another server."""


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Show the form; whoever is signed in has no use for it."""
    try:
        await enter(request)
    except Unauthenticated:
        return _form(request, _next(request.query_params.get("next", "/")))
    return RedirectResponse("/", 303, headers=HEADERS)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Exchange an API key for a cookie that lives for six hours, and no longer than the key."""
    onward = "/"
    try:
        from_here(request)
        form = await request.form(max_files=0, max_fields=10)
        onward = _next(field(form, "next"))
        _marked(request, field(form, "mark"))
        token = await _exchange(request, the_core(request), field(form, "key").strip())
    except FormStrange:
        return _form(request, onward, "This page had expired; please try again.", 403)
    except CoreError as refusal:
        return _form(request, onward, _said(refusal), STATUS[kind(refusal)], refusal)
    response = RedirectResponse(onward, 303, headers=HEADERS)
    response.set_cookie(
        cookie_name(request),
        token.token.get_secret_value(),
        max_age=int((token.expires_at - now()).total_seconds()),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    response.delete_cookie(_mark_name(request), httponly=True, samesite="strict")
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the cookie."""
    await heard(request)
    response = RedirectResponse("/sign-in", 303, headers=HEADERS)
    response.delete_cookie(
        cookie_name(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def _marked(request: Request, mark: str) -> None:
    kept = request.cookies.get(_mark_name(request), "")
    if not kept or not hmac.compare_digest(kept.encode(), mark.encode()):
        raise FormStrange


async def _exchange(request: Request, core: Core, key: str) -> Token:
    """Return a token of the key's own member, counted as /v1/authenticate counts."""
    limits: Limits = request.app.state.limits
    address = request.client.host if request.client else "unknown"
    limits.hit(AUTHENTICATE, address)
    limits.check(FAILED, address)
    if not SHAPE.fullmatch(key):
        limits.hit(FAILED, address)
        raise KeyInvalid
    limits.hit(PER_KEY, key[:PUBLIC])
    try:
        actor = await core.identity.by_key(key, Surface.API)
        member = await core.identity.me(actor)
        return await core.identity.authenticate(key, member.email)
    except Unauthenticated:
        limits.hit(FAILED, address)
        raise


def _form(
    request: Request,
    onward: str,
    said: str = "",
    status: int = 200,
    refusal: CoreError | None = None,
) -> Response:
    mark = secrets.token_urlsafe(24)
    headers = {"retry-after": str(refusal.seconds)} if isinstance(refusal, TooOften) else {}
    response = page(
        "sign_in.html", status=status, headers=headers, mark=mark, next=onward, said=said
    )
    response.set_cookie(
        _mark_name(request),
        mark,
        max_age=MINUTES * 60,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


def _said(refusal: CoreError) -> str:
    if isinstance(refusal, KeyInvalid):
        return "That key opens nothing: it is mistyped, revoked or expired."
    return refusal.message


def _next(path: str) -> str:
    """Return where to go on: a page of ours, or else the first."""
    return path if NEXT.fullmatch(path) and not unquote(path).startswith(("//", "/\\")) else "/"


def _mark_name(request: Request) -> str:
    return f"__Host-{MARK}" if request.url.scheme == "https" else MARK
