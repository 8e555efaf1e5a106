"""The page of a node for officers: who leads it until when, what is vacant, its rooms, what waits, and its history."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId, localpart
from kamar.mandate import Mandate, MandateId, Status, status
from kamar.node import axis_of
from kamar.officers import arranges, lendable, sees, sees_counts
from kamar.organisation import Office, Organisation, Right
from kamar.policy import held_may
from kamar.when import zone_of
from kamar.words import mark as _
from kamar_bridges import pdf
from kamar_portal.officers import Officer, officer_of, seen_place
from kamar_portal.officers_words import date_words
from kamar_portal.page import language_of, render
from kamar_portal.portal import Portal, portal_of
from kamar_store import delegation, mandate_decree, mandate_dispute, officers, tree, vacancy
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.tree import Place
from kamar_store.vacancy import Offer

HISTORY = 50  # mandates that are over
STATUS = {
    Status.PROPOSED: _("Menunggu persetujuan kedua"),
    Status.PLANNED: _("Belum mulai"),
    Status.IN_FORCE: _("Berlaku"),
    Status.ENDED: _("Masa jabatan habis"),
    Status.REVOKED: _("Diakhiri"),
    Status.FROZEN: _("Dibekukan: ada dua pengangkatan"),
}
RIGHTS = {
    Right.APPOINT: _("mengangkat pengurus"),
    Right.VERIFY: _("memeriksa anggota"),
    Right.ANNOUNCE: _("menulis pengumuman"),
    Right.MODERATE: _("menjaga kedamaian kamar"),
    Right.COUNT: _("melihat jumlah"),
    Right.EXPORT: _("mengunduh data gabungan"),
    Right.RESTRUCTURE: _("mengubah susunan organisasi"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One mandate as a person reads it."""

    mandate: Mandate
    title: str
    name: str
    account: str
    status: Status
    words: str
    since: str
    until: str
    by: str
    may_end: bool
    may_decide: bool = False
    scan: bool = False  # may bring the decree's scan, or open it


@dataclass(frozen=True, slots=True)
class Seats:
    """One office of the node: who holds it, how many seats are vacant, who is ready, whether the asker gives it."""

    office: Office
    lines: Sequence[Line]
    missing: int
    offers: Sequence[tuple[Offer, str]]
    gives: bool


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus/tempat/{path:.+}", show),
        web.get(r"/pengurus/sk/{number:\d{1,9}}", decree),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/tempat/<path>``.

    Raises:
        KamarError: ``not_found`` for a node outside the own area.
    """
    portal = portal_of(request)
    organisation, now = portal.site.organisation, portal.clock()
    async with portal.store.read() as db:
        who = await officer_of(request, db)
        place = await seen_place(db, portal, who, request.match_info["path"])
        (twig,) = await tree.twigs(db, organisation, [place], now)
        there = await mandates.at_node(db, place.path, now)
        names = await _names(db, there)
        able = await given(db, organisation, who, place, now)
        disputed = await mandate_dispute.disputes(db, place.path, now)
        lines = [line_of(request, portal, each, names, who, able) for each in there]
        standing = [line for line in lines if line.status not in (Status.ENDED, Status.REVOKED)]
        offers = [(each, await _name(db, each.member)) for each in await vacancy.offers(db, place.path)]
        missing = {
            each.office.code: each.missing for each in await vacancy.vacancies(db, organisation, place.path, now)
        }
        lent = [
            (each, await _name(db, each.giver), await _name(db, each.member), _day(request, each.ends_at, place))
            for each in await delegation.loans(db, now, place.path)
        ]
        above = [each for each in await tree.trail(db, place.path) if sees(organisation, who.held, each.path)][:-1]
        rooms = await officers.rooms_of(db, place.path)
        holders = [each.mandate.member for each in standing]
        duties = await officers.duties_at(db, place.path, holders)
        undone = await officers.greetings_of(db, holders)
    return render(
        request,
        "officers/node.html",
        place=place,
        twig=twig,
        counted=sees_counts(organisation, who.held, place.path),
        offices=[
            Seats(
                office,
                [line for line in standing if line.mandate.office == office.code],
                missing.get(office.code, 0),
                [pair for pair in offers if pair[0].office == office.code],
                office in able,
            )
            for office in organisation.offices_at(place.path)
        ],
        disputed=len(disputed),
        past=[line for line in lines if line.status in (Status.ENDED, Status.REVOKED)][:HISTORY],
        lent=lent,
        rights=RIGHTS,
        own=who.member.id,
        restructures=who.held.admin or held_may(organisation, who.held, Right.RESTRUCTURE, place.path),
        arranges=axis_of(place.path).value if arranges(organisation, who.held, place.path) else "",
        lends=bool(lendable(organisation, who.held, place.path)),
        saved=request.query.get("tersimpan", ""),
        trail=above,
        rooms=rooms,
        duties=duties,
        undone=undone,
    )


async def decree(request: web.Request) -> web.Response:
    """``GET /pengurus/sk/N``: the draft of a mandate's decree as PDF.

    Raises:
        KamarError: ``not_found`` for a mandate outside the own area.
    """
    portal = portal_of(request)
    number = MandateId(int(request.match_info["number"]))
    async with portal.store.read() as db:
        who = await officer_of(request, db)
        try:
            found = await mandates.get(db, number)
        except KamarError as error:
            raise KamarError("not_found") from error
        await seen_place(db, portal, who, found.node)
        draft = await mandate_decree.decree_of(db, portal.site.organisation, number, portal.clock())
    headers = {"Content-Disposition": f'attachment; filename="rancangan-sk-{number}.pdf"'}
    body = await asyncio.to_thread(pdf.draw, draft)
    return web.Response(body=body, content_type="application/pdf", headers=headers)


async def given(db: Db, organisation: Organisation, who: Officer, place: Place, now: datetime) -> tuple[Office, ...]:
    """Return the offices of a node that the officer may give and take now."""
    found = []
    for office in organisation.offices_at(place.path):
        try:
            await mandates.authority(db, organisation, who.member, office, place.path, now)
        except KamarError:
            continue
        found.append(office)
    return tuple(found)


def line_of(
    request: web.Request,
    portal: Portal,
    each: Mandate,
    names: Mapping[MemberId, Member],
    who: Officer,
    able: Sequence[Office],
) -> Line:
    """Return a mandate as a person reads it."""
    organisation = portal.site.organisation
    holder = names.get(each.member)
    title = organisation.offices[each.office].title if each.office in organisation.offices else each.office
    now = status(each, portal.clock())
    over = now in (Status.ENDED, Status.REVOKED)
    gives = any(office.code == each.office for office in able)
    language = language_of(request)
    zone = zone_of(each.node)
    by = names.get(each.appointed_by) if each.appointed_by is not None else None
    ends = each.over_at
    return Line(
        each,
        title,
        holder.display_name if holder else "",
        localpart(holder.user_id) if holder else "",
        now,
        STATUS[now],
        date_words(each.starts_at, zone, language),
        date_words(ends - timedelta(seconds=1), zone, language) if ends else "",
        by.display_name if by else "",
        not over and (gives or each.member == who.member.id),
        now is Status.FROZEN and gives,
        gives or each.member == who.member.id or held_may(organisation, who.held, Right.APPOINT, each.node),
    )


async def _names(db: Db, there: Sequence[Mandate]) -> dict[MemberId, Member]:
    numbers = {each.member for each in there} | {each.appointed_by for each in there if each.appointed_by is not None}
    found = [await members.by_id(db, number) for number in sorted(numbers)]
    return {each.id: each for each in found if each is not None}


async def _name(db: Db, number: MemberId) -> str:
    found = await members.by_id(db, number)
    return found.display_name if found else ""


def _day(request: web.Request, at: datetime, place: Place) -> str:
    return date_words(at - timedelta(seconds=1), zone_of(place.path), language_of(request))
