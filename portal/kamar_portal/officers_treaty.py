"""The treaty of an alliance: with whom, and until when its guests sit in the kamar."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.node import Axis, axis_of
from kamar.officers import arranges
from kamar.when import zone_of
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import Officer, officer_of, seen_place
from kamar_portal.officers_words import date_words, read_day
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import portal_of
from kamar_store import treaty
from kamar_store.store import Db
from kamar_store.treaty import Treaty
from kamar_store.tree import Place

HERE = "/pengurus/perjanjian"
DAY = timedelta(days=1)  # the last day counts whole


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(HERE + "/{path:.+}", show),
        web.post(HERE + "/{path:.+}", conclude),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/perjanjian/<path>``: the treaty, and the form for a new one or a later day."""
    return await _page(request)


async def conclude(request: web.Request) -> web.Response:
    """``POST /pengurus/perjanjian/<path>``: conclude a treaty, or say until when it goes on."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            who, place = await _place(request, db)
            last = read_day(form.text("selesai"), zone_of(place.path))
            if last is None:
                raise KamarError("treaty_past")
            wanted = Treaty(place.path, form.text("organisasi"), last + DAY)
            await treaty.conclude_by(db, portal.site.organisation, who.held, wanted, portal.clock())
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(f"{HERE}/{place.path}?tersimpan=1")


async def _place(request: web.Request, db: Db) -> tuple[Officer, Place]:
    who = await officer_of(request, db)
    place = await seen_place(db, portal_of(request), who, request.match_info["path"])
    if axis_of(place.path) is not Axis.ALIANSI:
        raise KamarError("not_found")
    if not arranges(portal_of(request).site.organisation, who.held, place.path):
        raise KamarError("not_allowed")
    return who, place


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    async with portal_of(request).store.read() as db:
        _who, place = await _place(request, db)
        found = await treaty.get(db, place.path)
    zone = zone_of(place.path)
    last = None if found is None else found.until - timedelta(seconds=1)
    return render(
        request,
        "officers/treaty.html",
        status=status_of(error) if error else 200,
        place=place,
        treaty=found,
        last=date_words(last, zone, language_of(request)) if last else "",
        over=found is not None and found.until <= portal_of(request).clock(),
        saved=bool(request.query.get("tersimpan")),
        guests=form.text("organisasi")[:80] if form else (found.organisation if found else ""),
        until=form.text("selesai")[:10] if form else (f"{last.astimezone(zone):%Y-%m-%d}" if last else ""),
        errors=beside_field(request, error) if error else {},
    )
