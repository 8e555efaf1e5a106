"""Logging in and out: by Matrix password, or by a one-time link that a button, not a link preview, uses up."""

from __future__ import annotations

from aiohttp import web

from kamar.account import is_localpart
from kamar.errors import KamarError
from kamar.ids import UserId
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Session
from kamar_portal import admin_link, security
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import begin, end, visitor_of
from kamar_store import demo, referral, session
from kamar_store import member as members

DEVICE = "Portal Sosial Kamar"
REFUSED = ("M_FORBIDDEN", "M_USER_DEACTIVATED", "M_INVALID_USERNAME", "M_UNKNOWN", "M_INVALID_PARAM")


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/masuk", ask),
        web.post("/masuk", take),
        web.get("/masuk/{token}", show_link),
        web.post("/masuk/{token}", use_link),
        web.post("/keluar", leave),
    ]


async def ask(request: web.Request) -> web.Response:
    """``GET /masuk``: account name and password."""
    return render(request, "login.html", account="", expired="obrolan" in request.query)


async def take(request: web.Request) -> web.Response:
    """``POST /masuk``."""
    portal = portal_of(request)
    form = await read_form(request)
    account, password = form.text("akun"), form.raw("sandi")
    try:
        opened = await _log_in(request, account, password)
    except KamarError as error:
        errors = beside_field(request, error)
        status = status_of(known(error))
        return render(request, "login.html", status=status, account=account[:100], errors=errors, expired=False)
    async with portal.store.read() as db:
        member = await members.by_user(db, opened.user_id)
    response = see_other("/komunitas" if member else await _continue_signup(portal, opened.user_id))
    await begin(request, response, opened.user_id, opened)
    if member is not None:
        await admin_link.claim(request, response, member.id)
    return response


async def show_link(request: web.Request) -> web.Response:
    """``GET /masuk/<token>``: say what the link does. Looking does not use it up: chat clients look at links too."""
    purpose, _ = await _open_link(request)
    member = visitor_of(request).member
    return render(request, "link.html", admin=purpose == admin_link.PURPOSE, member=member)


async def use_link(request: web.Request) -> web.Response:
    """``POST /masuk/<token>``: log in, or keep the administrator's link until its owner is a member."""
    portal = portal_of(request)
    token = request.match_info["token"]
    purpose, _ = await _open_link(request)
    if purpose == admin_link.PURPOSE:
        return await _begin_admin(request, token)
    async with portal.store.write() as db:
        purpose, user = await session.use_link(db, token, portal.clock())
    if user is None:
        raise KamarError("link_used")
    response = see_other("/komunitas")
    await begin(request, response, user, None)
    return response


async def leave(request: web.Request) -> web.Response:
    """``POST /keluar``: log out of the portal and of its Matrix device."""
    response = see_other("/")
    await end(request, response)
    return response


async def _begin_admin(request: web.Request, token: str) -> web.Response:
    portal = portal_of(request)
    form = await read_form(request)
    member = visitor_of(request).member
    if member is not None:
        async with portal.store.write() as db:
            await session.use_link(db, token, portal.clock())
            await members.make_admin(db, member.id)
            await demo.let_lead(db, portal.site.organisation, member.id, portal.clock())
        return see_other("/kelola")
    async with portal.store.read() as db:
        code = await referral.server_code(db)
    new = form.text("baru") == "ya" and code is not None
    response = see_other(f"/g/{code}" if new else "/masuk")
    admin_link.keep(request, response, token)
    return response


async def _open_link(request: web.Request) -> tuple[str, UserId | None]:
    """Return what a link is for; wrong ones are counted.

    Raises:
        KamarError: ``link_used``, ``too_many_tries``.
    """
    portal = portal_of(request)
    await security.refuse_beyond(request, security.LINK)
    try:
        async with portal.store.read() as db:
            return await session.open_link(db, request.match_info["token"], portal.clock())
    except KamarError:
        await security.note(request, security.LINK)
        raise


async def _log_in(request: web.Request, account: str, password: str) -> Session:
    """Return a new Matrix device of somebody who knows the password.

    Raises:
        KamarError: ``login_failed``, ``too_many_tries``, or Matrix not answering.
    """
    portal = portal_of(request)
    user = read_account(account, portal.settings.server.name)
    await security.refuse_beyond(request, security.LOGIN_ADDRESS)
    await security.count(request, security.LOGIN_ACCOUNT, user)
    if not password or len(password) > 512:
        raise KamarError("login_failed")
    try:
        opened = await portal.matrix().login_password(user, password, DEVICE, security.client_address(request))
    except MatrixError as error:
        if error.errcode not in REFUSED:
            raise
        await security.note(request, security.LOGIN_ADDRESS)
        raise KamarError("login_failed") from error
    await security.forget(request, security.LOGIN_ACCOUNT, user)
    return opened


def read_account(account: str, server: str) -> UserId:
    """Return the user id of what people type: ``kf3qd7mz``, ``@kf3qd7mz`` or the whole of it.

    Raises:
        KamarError: ``login_failed`` for accounts of other servers and for what is no account name.
    """
    name, _, domain = account.removeprefix("@").partition(":")
    name = name.strip().lower()
    if domain not in ("", server) or not (is_localpart(name) or name.replace("_", "").replace("-", "").isalnum()):
        raise KamarError("login_failed")
    return UserId(f"@{name}:{server}")


async def _continue_signup(portal: Portal, user: UserId) -> str:
    """Return where somebody goes who has an account and is no member yet: to the code he registered with."""
    account = await portal.module.account(user)
    return f"/g/{account.code}" if account.code else "/"
