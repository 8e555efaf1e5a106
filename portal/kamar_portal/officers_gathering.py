"""Whom a team gathers: wilayah whose officers are seated, or whose members are asked."""

from __future__ import annotations

from aiohttp import web

from kamar.belonging import Gathered
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of
from kamar.officers import arranges
from kamar_portal import wilayah
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import Officer, officer_of, seen_place
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_store import cover, gathering
from kamar_store.store import Db
from kamar_store.tree import Place

HERE = "/pengurus/kumpul"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(HERE + "/{path:.+}", show),
        web.post(HERE + "/{path:.+}", change),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/kumpul/<path>``: what a team gathers, and the form for one more."""
    return await _page(request)


async def change(request: web.Request) -> web.Response:
    """``POST /pengurus/kumpul/<path>``: gather the people of one wilayah more (``wilayah``), or less (``lepas``)."""
    portal = portal_of(request)
    organisation, now = portal.site.organisation, portal.clock()
    form = await read_form(request)
    gone = NodePath(form.text("lepas")[:200])
    try:
        source = gone or (await wilayah.existing(portal, form.text("wilayah").strip()[:200])).path
        async with portal.store.write() as db:
            who, place = await _place(request, db)
            if gone:
                await gathering.drop(db, organisation, who.held, place.path, gone, now)
                said = "lepas"
            else:
                kind = Gathered.MEMBERS if form.text("siapa") == Gathered.MEMBERS else Gathered.OFFICERS
                own = (who.member, who.held)
                agreed = await gathering.add(db, organisation, own, place.path, source, kind, now)
                said = "kumpul" if agreed else "tawar"
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(f"{HERE}/{place.path}?tersimpan={said}")


async def _place(request: web.Request, db: Db) -> tuple[Officer, Place]:
    who = await officer_of(request, db)
    place = await seen_place(db, portal_of(request), who, request.match_info["path"])
    if axis_of(place.path) is not Axis.TIM:
        raise KamarError("not_found")
    if not arranges(portal_of(request).site.organisation, who.held, place.path):
        raise KamarError("not_allowed")
    return who, place


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    async with portal_of(request).store.read() as db:
        _who, place = await _place(request, db)
        shown = [(each, await cover.said(db, each.source)) for each in await gathering.sources(db, place.path)]
    return render(
        request,
        "officers/gathering.html",
        status=status_of(error) if error else 200,
        place=place,
        sources=shown,
        saved=request.query.get("tersimpan", ""),
        typed=form.text("wilayah")[:40] if form else "",
        errors=beside_field(request, error) if error else {},
    )
