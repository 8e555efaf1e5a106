"""Jabatan kosong: what is vacant where a member lives, "Saya bersedia", and the answer of the level above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of
from kamar.vacancy import Vacancy
from kamar.wilayah import Level, parse
from kamar_portal import vacancy_vote
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import officer_of, seen_place
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of
from kamar_store import belonging, cover, mandate_scan, tree, vacancy
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.tree import Place
from kamar_store.vacancy import Offer

NEAR = (Level.RT, Level.RW, Level.UNIT, Level.KELURAHAN)  # what is higher, nobody offers himself for by a button
NUMBER = r"{number:\d{1,9}}"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/jabatan", show),
        web.post("/jabatan", offer),
        web.post("/jabatan/tarik", withdraw),
        web.get(f"/pengurus/bersedia/{NUMBER}", ask),
        web.post(f"/pengurus/bersedia/{NUMBER}", answer),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /jabatan``: the vacant offices of one's RT, RW and village."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        vacant = await vacant_for(db, portal, member)
        own = await mandates.of_member(db, member.id)
        scans = await mandate_scan.of(db, [each.id for each in own])
        votes = await vacancy_vote.count_for(db, portal, member)
    titles = portal.site.organisation.offices
    return render(
        request,
        "officers/vacancies.html",
        vacant=vacant,
        votes=votes,
        own=[(each, titles[each.office].title) for each in own if each.id in scans and each.office in titles],
        done=request.query.get("tersimpan", ""),
    )


async def vacant_for(db: Db, portal: Portal, who: Member) -> list[tuple[Place, list[tuple[Vacancy, Offer | None]]]]:
    """Return the places of a member's home with their vacant offices, and what he offered for each."""
    if not who.vouched:
        return []
    nodes = await _nodes(db, who)
    known = await tree.places(db, nodes, in_force=True)
    found = []
    for node in nodes:
        if node not in known:
            continue
        gaps = await vacancy.vacancies(db, portal.site.organisation, node, portal.clock())
        own = {each.office: each for each in await vacancy.offers(db, node) if each.member == who.id}
        if gaps:
            found.append((await _covered(db, known[node]), [(each, own.get(each.office.code)) for each in gaps]))
    return found


async def _covered(db: Db, place: Place) -> Place:
    words = await cover.instead(db, place.path)
    return replace(place, name=words, full_name=words) if words else place


async def _nodes(db: Db, who: Member) -> list[NodePath]:
    """Return the nodes for whose offices a member may offer himself: around the home, and where he was let in."""
    able = await vacancy.places_of(db, who)
    wanted = [*near(who.home), *await belonging.nodes_of(db, who.id)]
    return [node for node in dict.fromkeys(wanted) if node in able]


async def count_for(portal: Portal, who: Member) -> int:
    """Return how many offices of a member's home nobody holds at all."""
    async with portal.store.read() as db:
        found = await vacant_for(db, portal, who)
    return sum(each.missing == each.office.seats for _place, gaps in found for each, _mine in gaps)


def near(home: NodePath) -> Sequence[NodePath]:
    """Return the nodes of a home for whose offices one may offer himself, smallest first."""
    if axis_of(home) is not Axis.WILAYAH:
        return chain_of(home)[:-1]
    return [node for node in chain_of(home) if parse(node).level in NEAR]


async def offer(request: web.Request) -> web.Response:
    """``POST /jabatan``: "Saya bersedia"."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    organisation = portal.site.organisation
    node = NodePath(form.text("tempat"))
    async with portal.store.write() as db:
        if node not in await _nodes(db, member):
            raise KamarError("offer_stranger")
        code = organisation.office(form.text("jabatan")).code
        await vacancy.offer(db, organisation, member, node, code, form.text("kata"), portal.clock())
    return see_other("/jabatan?tersimpan=1")


async def withdraw(request: web.Request) -> web.Response:
    """``POST /jabatan/tarik``: take the own offer back.

    Raises:
        KamarError: ``offer_unknown``, also of somebody else's.
    """
    portal, member = portal_of(request), member_of(request)
    number = (await read_form(request)).text("kesediaan")
    async with portal.store.write() as db:
        found = await vacancy.get(db, int(number) if number.isascii() and number.isdigit() else 0)
        if found.member != member.id:
            raise KamarError("offer_unknown")
        await vacancy.decline(db, portal.site.organisation, member, found.id, "", portal.clock())
    return see_other("/jabatan")


async def ask(request: web.Request) -> web.Response:
    """``GET /pengurus/bersedia/N``: an offer, for whoever decides."""
    return await _page(request)


async def answer(request: web.Request) -> web.Response:
    """``POST /pengurus/bersedia/N``: appoint whoever offered himself, or decline with thanks."""
    portal = portal_of(request)
    form = await read_form(request)
    number = int(request.match_info["number"])
    try:
        async with portal.store.write() as db:
            member, found, place = await _judged(request, db)
            organisation, now = portal.site.organisation, portal.clock()
            if form.text("jawaban") == "terima":
                await vacancy.take(db, organisation, member, number, form.text("sk"), now)
            else:
                await vacancy.decline(db, organisation, member, found.id, "", now)
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(f"/pengurus/tempat/{place.path}?tersimpan=jawab")


async def _judged(request: web.Request, db: Db) -> tuple[Member, Offer, Place]:
    """Return an offer that the asker may answer.

    Raises:
        KamarError: ``not_found`` for everybody else.
    """
    portal = portal_of(request)
    who = await officer_of(request, db)
    try:
        found = await vacancy.get(db, int(request.match_info["number"]))
        place = await seen_place(db, portal, who, found.node)
        office = portal.site.organisation.office(found.office)
        await mandates.authority(db, portal.site.organisation, who.member, office, found.node, portal.clock())
    except KamarError as error:
        raise KamarError("not_found") from error
    return who.member, found, place


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        _member, found, place = await _judged(request, db)
        who = await members.by_id(db, found.member)
    return render(
        request,
        "officers/offer.html",
        status=status_of(error) if error else 200,
        place=place,
        offer=found,
        office=portal.site.organisation.office(found.office),
        name=who.display_name if who else "",
        form={"sk": form.text("sk") if form else ""},
        errors=beside_field(request, error) if error else {},
    )
