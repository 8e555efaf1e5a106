"""What guards every page: headers, forms that only our own pages can send, the caller's address, and limits.

Limits count what a guesser does, not what a village does: two hundred neighbours may sign up behind one address.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from kamar.errors import KamarError
from kamar_portal.portal import portal_of
from kamar_portal.seal import same
from kamar_portal.session import visitor_of
from kamar_store import session
from kamar_store.store import Db

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses hold invitation codes
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}
HTTPS_ONLY = "max-age=31536000"
FORM_FIELD = "formulir"
BARE = ("/_matrix/", "/_synapse/", "/.well-known/", "/chat/", "/static/", "/api/", "/healthz")  # no cookie is read here


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` tries of one ``kind`` from one place within ``window``."""

    kind: str
    most: int
    window: timedelta = timedelta(minutes=15)


CODE = Limit("code", 20)  # wrong codes from one address
CODE_ALARM = Limit("code-all", 600)  # wrong codes from everywhere: then each address gets few
CODE_ALARMED = 4
CODE_GOOD = Limit("code-good", 1, timedelta(days=1))  # no limit: remembers that a code was good for an address
SIGNUP = Limit("signup", 600)  # sign-ups begun from one address
LOGIN_ACCOUNT = Limit("login", 10)  # wrong passwords for one account
LOGIN_ADDRESS = Limit("login-from", 60)  # wrong passwords from one address
LINK = Limit("link", 30)  # wrong one-time links from one address


def is_page(request: web.Request) -> bool:
    """Tell whether a browser's cookies mean anything for this address."""
    return not request.path.startswith(BARE)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the guards on a response (a signal of every response); what a handler set itself stays."""
    if request.path.startswith(("/_matrix/", "/_synapse/")):
        return
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if is_page(request):
        response.headers.setdefault("Cache-Control", "no-store")
    if portal_of(request).secure:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)


@web.middleware
async def guard_forms(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a form that did not come from a page of ours.

    Raises:
        KamarError: ``csrf``.
    """
    if request.method == "POST":
        sent = (await request.post()).get(FORM_FIELD, "")
        expected = visitor_of(request).form
        foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
        if foreign or not isinstance(sent, str) or not expected or not same(sent, expected):
            raise KamarError("csrf")
    return await handler(request)


def client_address(request: web.Request) -> str:
    """Return who calls: the peer, or what a proxy named in ``portal.proxies`` says about it."""
    proxies = portal_of(request).settings.portal.proxies
    return caller(request.remote or "", request.headers.get("X-Forwarded-For", ""), proxies)


def caller(peer: str, forwarded: str, proxies: Collection[str]) -> str:
    """Return the last address that somebody we trust has seen; what stands before it, anybody may have written."""
    said = [part.strip() for part in forwarded.split(",") if part.strip()]
    while peer in proxies and said:
        peer = said.pop()
    return peer


async def count(request: web.Request, limit: Limit, who: str = "") -> None:
    """Count one try by ``who`` (by default: the address).

    Raises:
        KamarError: ``too_many_tries``.
    """
    async with portal_of(request).store.write() as db:
        await count_in(db, request, limit, who)


async def count_in(db: Db, request: web.Request, limit: Limit, who: str = "") -> None:
    """Count one try within a transaction that does more.

    Raises:
        KamarError: ``too_many_tries``; the transaction is not carried out.
    """
    now = portal_of(request).clock()
    await session.count_attempt(db, _key(request, limit, who), now, limit.window, limit.most)


async def note(request: web.Request, limit: Limit, who: str = "") -> None:
    """Count one try without refusing."""
    with contextlib.suppress(KamarError):
        await count(request, limit, who)


async def refuse_beyond(request: web.Request, limit: Limit, who: str = "", most: int | None = None) -> None:
    """Refuse when ``who`` has used the limit up, without counting.

    Raises:
        KamarError: ``too_many_tries``.
    """
    portal = portal_of(request)
    most = limit.most if most is None else most
    async with portal.store.read() as db:
        await session.refuse_beyond(db, _key(request, limit, who), portal.clock(), limit.window, most)


async def is_beyond(request: web.Request, limit: Limit, who: str = "") -> bool:
    """Tell whether ``who`` has used the limit up."""
    try:
        await refuse_beyond(request, limit, who)
    except KamarError:
        return True
    return False


async def forget(request: web.Request, limit: Limit, who: str = "") -> None:
    """Forget the tries of ``who`` after a success."""
    async with portal_of(request).store.write() as db:
        await session.forget_attempts(db, _key(request, limit, who))


def _key(request: web.Request, limit: Limit, who: str) -> str:
    return f"{limit.kind}:{portal_of(request).seal.mac('limit', who or client_address(request))[:32]}"
