"""Saya: display name, password, data-saving, language, logging out."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.signup import PASSWORD_SHORTEST, read_password
from kamar.words import LANGUAGES
from kamar_bridges.homeserver import MatrixError
from kamar_portal import cookies, persona, push, recovery_own, security
from kamar_portal.cookies import Cookie
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import read_form
from kamar_portal.login import DEVICE, REFUSED
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import begin, member_of
from kamar_store import cover, session
from kamar_store import member as members
from kamar_store.display_name import read_name

LANGUAGE_LASTS = timedelta(days=365)


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/saya", show),
        web.post("/saya/nama", rename),
        web.post("/saya/sandi", change_password),
        web.post("/saya/hemat", save_data),
        web.post("/bahasa", choose_language),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /saya``."""
    return await _page(request)


async def rename(request: web.Request) -> web.Response:
    """``POST /saya/nama``: the only way to change a name, so that the guard against look-alikes stands."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        async with portal.store.read() as db:
            now, organisation = portal.clock(), portal.site.organisation
            name = await read_name(db, organisation, form.raw("nama"), member.home, now, member.id)
        await persona.refuse_alike(portal, member, name)
        await portal.module.set_display_name(member.user_id, name)
    except KamarError as error:
        return await _page(request, error, name=form.raw("nama")[:200])
    async with portal.store.write() as db:
        await members.rename(db, member.id, name)
    return see_other("/saya?tersimpan=nama")


async def change_password(request: web.Request) -> web.Response:
    """``POST /saya/sandi``: the old password proves who asks; every other device is logged out."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    address = security.client_address(request)
    try:
        new = read_password(form.raw("sandi"), member.display_name)
        await security.count(request, security.LOGIN_ACCOUNT, member.user_id)
        try:
            await portal.matrix().login_password(member.user_id, form.raw("sandi_lama")[:512], DEVICE, address)
        except MatrixError as error:
            if error.errcode not in REFUSED:
                raise
            raise KamarError("password_wrong") from error
        await security.forget(request, security.LOGIN_ACCOUNT, member.user_id)
        await portal.module.set_password(member.user_id, new, logout=True)
        async with portal.store.write() as db:
            await session.end_all(db, member.user_id)
        opened = await portal.matrix().login_password(member.user_id, new, DEVICE, address)
    except KamarError as error:
        return await _page(request, error)
    response = see_other("/saya?tersimpan=sandi")
    await begin(request, response, member.user_id, opened)
    return response


async def save_data(request: web.Request) -> web.Response:
    """``POST /saya/hemat``: pictures on tap, or at once."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    async with portal.store.write() as db:
        await members.save_data(db, member.id, saving=form.text("hemat") == "ya")
    return see_other("/saya?tersimpan=hemat")


async def choose_language(request: web.Request) -> web.Response:
    """``POST /bahasa``: remember the language in this browser."""
    form = await read_form(request)
    back = form.text("kembali")
    response = see_other(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
    if (language := form.text("bahasa")) in LANGUAGES:
        cookies.put(request, response, Cookie.LANGUAGE, language, LANGUAGE_LASTS)
    return response


async def _page(request: web.Request, error: KamarError | None = None, name: str | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        home = await cover.said(db, member.home)
    return render(
        request,
        "member.html",
        status=status_of(error) if error else 200,
        member=member,
        name=member.display_name if name is None else name,
        home=home.whole,
        returning=await recovery_own.returning(portal, member),
        least=PASSWORD_SHORTEST,
        push=await push.shown(request),
        saved=request.query.get("tersimpan", ""),
        errors=beside_field(request, error) if error else {},
    )
