"""Lending one right for a while, and taking it back."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.officers import lendable
from kamar.organisation import Right
from kamar.when import zone_of
from kamar.words import translate
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import Officer, officer_of, seen_place
from kamar_portal.officers_node import RIGHTS
from kamar_portal.officers_words import read_day
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import delegation, officers
from kamar_store.store import Db
from kamar_store.tree import Place

FIELDS = ("hak", "orang", "selesai")


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus/pinjamkan/{path:.+}", ask),
        web.post("/pengurus/pinjamkan/{path:.+}", lend),
        web.post(r"/pengurus/pinjam/{number:\d{1,9}}/akhiri", take_back),
    ]


async def ask(request: web.Request) -> web.Response:
    """``GET /pengurus/pinjamkan/<path>``: the form."""
    return await _page(request)


async def lend(request: web.Request) -> web.Response:
    """``POST /pengurus/pinjamkan/<path>``: lend one right of the own office to one person, for a while."""
    portal = portal_of(request)
    organisation, now = portal.site.organisation, portal.clock()
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            who, place = await _place(request, db)
            rights = {right.value: right for right in Right}
            if (right := rights.get(form.text("hak"))) is None:
                raise KamarError("lend_not_allowed")
            found = await officers.people(
                db, who.member, who.areas, form.text("orang"), portal.settings.server.name, now
            )
            if len(found) != 1:
                raise KamarError("person_unknown")
            last = read_day(form.text("selesai"), zone_of(place.path))
            if last is None:
                raise KamarError("lend_past")
            ends = last + timedelta(days=1)
            await delegation.lend(db, organisation, who.member, found[0].id, place.path, right, ends, now)
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(f"/pengurus/tempat/{place.path}?tersimpan=pinjam")


async def take_back(request: web.Request) -> web.Response:
    """``POST /pengurus/pinjam/N/akhiri``: the giver ends a loan, or the taker gives it back."""
    portal, member = portal_of(request), member_of(request)
    number = int(request.match_info["number"])
    async with portal.store.write() as db:
        loan = next((each for each in await delegation.loans(db, portal.clock()) if each.id == number), None)
        await delegation.take_back(db, member, number, portal.clock())
    taken = loan is not None and loan.giver == member.id
    return see_other(f"/pengurus/tempat/{loan.node}?tersimpan=kembali" if taken and loan else "/komunitas")


async def _place(request: web.Request, db: Db) -> tuple[Officer, Place]:
    who = await officer_of(request, db)
    place = await seen_place(db, portal_of(request), who, request.match_info["path"])
    if not lendable(portal_of(request).site.organisation, who.held, place.path):
        raise KamarError("not_allowed")
    return who, place


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who, place = await _place(request, db)
    language = language_of(request)
    rights = lendable(portal.site.organisation, who.held, place.path)
    return render(
        request,
        "officers/lend.html",
        status=status_of(error) if error else 200,
        place=place,
        rights=[(right, translate(RIGHTS[right], language)) for right in rights],
        form={name: form.text(name) if form else "" for name in FIELDS},
        errors=beside_field(request, error) if error else {},
    )
