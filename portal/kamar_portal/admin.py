"""Kelola: the honest small page of an administrator: how the server does, and codes for places."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, is_hidden
from kamar.referral import new_code, read_code, spoken
from kamar.signup import read_home
from kamar_portal import audit, wilayah
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.referral import OwnInvitation, link_of
from kamar_portal.session import member_of
from kamar_store import admin, cover, outbox, referral, wave
from kamar_store.member import Member
from kamar_store.wilayah import get


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/kelola", show),
        web.post("/kelola/kode", make_code),
        web.post("/kelola/kode/cabut", revoke_code),
        web.get("/kelola/poster/{code}", poster),
        web.post("/kelola/ulang", retry),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /kelola``."""
    return await _page(request)


async def make_code(request: web.Request) -> web.Response:
    """``POST /kelola/kode``: a code of the server's own for a place, for posters."""
    portal = portal_of(request)
    _administrator(request)
    form = await read_form(request)
    try:
        node = await _node(request, form)
    except KamarError as error:
        return await _page(request, form, error)
    async with portal.store.write() as db:
        code = new_code(portal.settings.server.code, portal.dice)
        await referral.create(db, code, None, node, portal.clock())
    return see_other("/kelola#kode")


async def revoke_code(request: web.Request) -> web.Response:
    """``POST /kelola/kode/cabut``: take one of the server's codes back."""
    portal = portal_of(request)
    _administrator(request)
    code = read_code((await read_form(request)).text("kode"))
    async with portal.store.write() as db:
        if (await referral.find(db, code)).owner is not None:
            raise KamarError("not_allowed")
        await referral.revoke(db, code, portal.clock())
    return see_other("/kelola#kode")


async def poster(request: web.Request) -> web.Response:
    """``GET /kelola/poster/<kode>``: one sheet to print for one of the server's codes."""
    portal = portal_of(request)
    _administrator(request)
    async with portal.store.read() as db:
        invitation = await referral.find(db, read_code(request.match_info["code"]))
        if invitation.node and is_hidden(invitation.node):
            raise KamarError("code_unknown")  # as every code that is not the server's business
        place = await cover.said(db, invitation.node) if invitation.node else None
    own = OwnInvitation(invitation.code, link_of(portal, invitation.code), place.whole if place else "")
    return render(request, "poster.html", own=own, back="/kelola")


async def retry(request: web.Request) -> web.Response:
    """``POST /kelola/ulang``: try every parked effect once more."""
    portal = portal_of(request)
    _administrator(request)
    async with portal.store.write() as db:
        for row in await admin.parked(db):
            await outbox.unpark(db, row.id, portal.clock())
    return see_other("/kelola")


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    _administrator(request)
    async with portal.store.read() as db:
        numbers = await admin.numbers(db, workplaces=portal.site.organisation.home_axis is Axis.KERJA)
        effects = await outbox.waiting(db)
        parked = await admin.parked(db)
        held = await wave.held(db)
        audited = await audit.last(db)
        places = {each.who.home: at.full_name for each in held if (at := await get(db, each.who.home)) is not None}
        codes = [
            (
                item.code,
                spoken(item.code),
                link_of(portal, item.code),
                await cover.said(db, item.node) if item.node else None,
            )
            for item in await admin.codes(db)
        ]
    return render(
        request,
        "admin.html",
        status=status_of(error) if error else 200,
        numbers=numbers,
        effects=effects,
        parked=parked,
        held=held,
        audited=audited,
        places=places,
        codes=codes,
        form={name: form.text(name)[:100] if form else "" for name in ("desa", "rw", "rt")},
        errors=beside_field(request, error) if error else {},
    )


async def _node(request: web.Request, form: Form) -> NodePath:
    """Return the place of a code: an official code in full, or a village by name when only one bears it."""
    portal = portal_of(request)
    typed = form.text("desa")
    found, _ = await wilayah.villages(portal, typed)
    village = await wilayah.village(portal, typed) or (found[0] if found else None)
    return read_home(village.path if village else "", form.text("rw"), form.text("rt"))


def _administrator(request: web.Request) -> Member:
    """Return the administrator who asks.

    Raises:
        KamarError: ``login_needed``, ``not_allowed``.
    """
    member = member_of(request)
    if not member.admin:
        raise KamarError("not_allowed")
    return member
