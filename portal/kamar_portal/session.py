"""Who is asking: the session of a request, its beginning and its end.

The server keeps a hash of the session's token and nothing of Matrix. The Matrix access token lies sealed in a second
cookie, bound to the session: stolen alone, neither the cookie nor the database opens a chat.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from aiohttp.typedefs import Handler

from kamar.errors import KamarError
from kamar.ids import UserId
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Session
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.portal import portal_of
from kamar_store import member as members
from kamar_store import officers, session
from kamar_store.member import Member

FORM_LASTS = timedelta(days=7)
ACCOUNT = "X-Kamar-Account"  # whose page a browser keeps for times without a connection
MARK = 16  # characters
KEY = "matrix"  # purpose of the sealed access token
BYTES = 24


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks. Not logged in: no user. Logged in without having signed up: no member."""

    user: UserId | None = None
    member: Member | None = None
    form: str = ""  # the token that this visitor's forms carry
    officer: bool = False  # holds an office, or a right that somebody lent


VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
FRESH_FORM: web.RequestKey[str] = web.RequestKey("fresh_form", str)


@web.middleware
async def know_visitor(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks, before anything else happens."""
    request[VISITOR] = await _visitor(request)
    return await handler(request)


@web.middleware
async def keep_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a browser that is new here the cookie its forms are bound to, whatever the answer is."""
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        put_form(request, redirect)
        raise
    put_form(request, response)
    return response


def put_form(request: web.Request, response: web.StreamResponse) -> None:
    """Set the cookie of a form token that was made for this answer."""
    if (fresh := request.get(FRESH_FORM)) and not response.prepared:
        cookies.put(request, response, Cookie.FORM, fresh, FORM_LASTS)


def visitor_of(request: web.Request) -> Visitor:
    """Return who asks."""
    return request[VISITOR] if VISITOR in request else Visitor()


def member_of(request: web.Request) -> Member:
    """Return the member who asks.

    Raises:
        KamarError: ``login_needed``, or ``signup_needed`` of somebody with an account who is no member yet.
    """
    visitor = visitor_of(request)
    if visitor.member is None:
        raise KamarError("signup_needed" if visitor.user else "login_needed")
    return visitor.member


def account_mark(request: web.Request) -> str:
    """Return what tells one account from another without naming it; empty for somebody not logged in."""
    user = visitor_of(request).user
    return portal_of(request).seal.mac("account", user)[:MARK] if user else ""


async def begin(request: web.Request, response: web.StreamResponse, user: UserId, matrix: Session | None) -> None:
    """Log ``user`` in on this browser; ``matrix`` is the device to open the chat with, where there is one."""
    from kamar_portal import peace_ban  # which needs our visitors

    portal = portal_of(request)
    lasts = timedelta(hours=portal.settings.portal.session_hours)
    now = portal.clock()
    async with portal.store.write() as db:
        if old := cookies.read(request, Cookie.SESSION):
            await session.end(db, old)
        token = await session.begin(db, user, now, lasts)
        await peace_ban.remember(request, response, db, user, now)
    cookies.put(request, response, Cookie.SESSION, token, lasts)
    if matrix is None:
        cookies.drop(request, response, Cookie.KEY)
    else:
        sealed = portal.seal.close(KEY, matrix.access_token, token, now + lasts)
        cookies.put(request, response, Cookie.KEY, sealed, lasts)


async def end(request: web.Request, response: web.StreamResponse) -> None:
    """Log out here and at Matrix."""
    portal = portal_of(request)
    if token := access_token(request):
        with contextlib.suppress(MatrixError):  # the device may be gone already
            await portal.matrix(token).logout()
    async with portal.store.write() as db:
        await session.end(db, cookies.read(request, Cookie.SESSION))
    cookies.drop(request, response, Cookie.SESSION, Cookie.KEY, Cookie.ONCE, Cookie.AGAIN)


def access_token(request: web.Request) -> str | None:
    """Return the visitor's Matrix access token; None when this browser has none that is good."""
    portal = portal_of(request)
    bound = cookies.read(request, Cookie.SESSION)
    sealed = cookies.read(request, Cookie.KEY)
    return portal.seal.open(KEY, sealed, bound, portal.clock()) if bound and sealed else None


async def _visitor(request: web.Request) -> Visitor:
    portal = portal_of(request)
    if token := cookies.read(request, Cookie.SESSION):
        async with portal.store.read() as db:
            found = await session.find(db, token, portal.clock())
            if found is not None:
                member = await members.by_user(db, found.user_id)
                officer = member is not None and await officers.is_officer(db, member.id, portal.clock())
                return Visitor(found.user_id, member, found.csrf, officer)
    return Visitor(form=anonymous_form(request))


def anonymous_form(request: web.Request) -> str:
    """Return the form token of somebody not logged in: bound to a cookie that is set where it is missing."""
    bound = cookies.read(request, Cookie.FORM)
    if not bound:
        bound = request[FRESH_FORM] = secrets.token_urlsafe(BYTES)
    return portal_of(request).seal.mac("form", bound)
