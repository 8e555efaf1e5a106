"""Giving and taking an office: a form, a preview that is the real thing undone, and the deed. Also: two claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, localpart
from kamar.mandate import Appointment, Mandate, MandateId, Status, status
from kamar.organisation import Office
from kamar.when import zone_of
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import Officer, officer_of, seen_place
from kamar_portal.officers_node import given, line_of
from kamar_portal.officers_words import date_words, read_day
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import portal_of
from kamar_store import mandate as mandates
from kamar_store import mandate_dispute, officers, tree
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.tree import Place

FIELDS = ("jabatan", "orang", "sk", "mulai", "selesai", "sementara", "akun")
NUMBER = r"{number:\d{1,9}}"


class _UndoneError(Exception):
    """Thrown to take back what a preview wrote."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form says."""

    office: Office
    person: Member
    wanted: Appointment


class _ManyError(Exception):
    """Several people bear the name that was typed."""

    def __init__(self, people: list[Member]) -> None:
        super().__init__()
        self.people = people


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus/tunjuk/{path:.+}", ask),
        web.post("/pengurus/tunjuk/{path:.+}", appoint),
        web.get(f"/pengurus/akhiri/{NUMBER}", ask_end),
        web.post(f"/pengurus/akhiri/{NUMBER}", end),
        web.get(f"/pengurus/klaim/{NUMBER}", ask_claim),
        web.post(f"/pengurus/klaim/{NUMBER}", decide),
    ]


async def ask(request: web.Request) -> web.Response:
    """``GET /pengurus/tunjuk/<path>``: the form."""
    return await _form_page(request)


async def appoint(request: web.Request) -> web.Response:
    """``POST /pengurus/tunjuk/<path>``: the preview; with ``langkah=angkat`` the deed."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            who, place = await _place(request, db)
            wish = await _wish(request, db, who, place, form)
            deed = mandate_dispute.claim if form.text("langkah") == "klaim" else mandates.appoint_by
            number = await deed(db, portal.site.organisation, who.member, wish.wanted, portal.clock())
            made = await mandates.get(db, number)
            if form.text("langkah") not in ("angkat", "klaim"):
                raise _UndoneError
    except _UndoneError:
        return await _preview(request, form, wish, made)
    except _ManyError as found:
        return await _form_page(request, form, people=found.people)
    except KamarError as error:
        return await _form_page(request, form, error)
    saved = {Status.PROPOSED: "usul", Status.FROZEN: "beku"}.get(status(made, portal.clock()), "angkat")
    return see_other(f"/pengurus/tempat/{place.path}?tersimpan={saved}")


async def ask_end(request: web.Request) -> web.Response:
    """``GET /pengurus/akhiri/N``: what ends with the office, and why it ends."""
    return await _end_page(request)


async def end(request: web.Request) -> web.Response:
    """``POST /pengurus/akhiri/N``: end a mandate now."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            who, found, place = await _mandate(request, db)
            over = await mandates.dismiss_by(
                db, portal.site.organisation, who.member, found.id, form.raw("alasan"), portal.clock()
            )
    except KamarError as error:
        return await _end_page(request, form, error)
    return see_other(f"/pengurus/tempat/{place.path}?tersimpan={'akhiri' if over else 'akhir-usul'}")


async def ask_claim(request: web.Request) -> web.Response:
    """``GET /pengurus/klaim/N``: whether this claim to a seat shall count, and what becomes of the others."""
    return await _claim_page(request)


async def decide(request: web.Request) -> web.Response:
    """``POST /pengurus/klaim/N``: give a disputed seat to one claim."""
    portal = portal_of(request)
    try:
        async with portal.store.write() as db:
            who, found, place = await _mandate(request, db)
            await mandate_dispute.decide(db, portal.site.organisation, who.member, found.id, portal.clock())
    except KamarError as error:
        return await _claim_page(request, error)
    return see_other(f"/pengurus/tempat/{place.path}?tersimpan=klaim")


async def _place(request: web.Request, db: Db) -> tuple[Officer, Place]:
    who = await officer_of(request, db)
    return who, await seen_place(db, portal_of(request), who, request.match_info["path"])


async def _mandate(request: web.Request, db: Db) -> tuple[Officer, Mandate, Place]:
    """Return a mandate of the officer's area.

    Raises:
        KamarError: ``not_found``.
    """
    who = await officer_of(request, db)
    try:
        found = await mandates.get(db, MandateId(int(request.match_info["number"])))
    except KamarError as error:
        raise KamarError("not_found") from error
    return who, found, await seen_place(db, portal_of(request), who, found.node)


async def _wish(request: web.Request, db: Db, who: Officer, place: Place, form: Form) -> Wish:
    """Return what the form says.

    Raises:
        KamarError: ``office_unknown``, ``person_unknown``, ``day_malformed``.
        _ManyError: a display name that several bear.
    """
    portal = portal_of(request)
    zone = zone_of(place.path)
    now = portal.clock()
    office = portal.site.organisation.office(form.text("jabatan"))
    person = await _person(db, who, form, portal.settings.server.name, now)
    starts = read_day(form.text("mulai"), zone) or now
    if starts.date() == now.astimezone(zone).date():
        starts = max(starts, now)  # today means from now on
    last = read_day(form.text("selesai"), zone)
    wanted = Appointment(
        MemberId(person.id),
        office.code,
        place.path,
        form.text("sk"),
        starts,
        last + timedelta(days=1) if last else None,
        form.text("sementara") == "ya",
    )
    return Wish(office, person, wanted)


async def _person(db: Db, who: Officer, form: Form, server: str, now: datetime) -> Member:
    typed = form.text("orang")
    found = await officers.people(db, who.member, who.areas, typed, server, now)
    chosen = [each for each in found if localpart(each.user_id) == form.text("akun")]
    if len(chosen or found) == 1:
        return (chosen or found)[0]
    if found:
        raise _ManyError(found)
    raise KamarError("person_unknown")


async def _form_page(
    request: web.Request,
    form: Form | None = None,
    error: KamarError | None = None,
    people: list[Member] | None = None,
) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who, place = await _place(request, db)
        offices = await given(db, portal.site.organisation, who, place, portal.clock())
        if not offices:
            raise KamarError("not_allowed")
        homes = await tree.places(db, {_village(each) for each in people or []})
        named = [
            (
                localpart(each.user_id),
                each.display_name,
                await officers.held_words(db, portal.site.organisation, each, portal.clock()),
                homes[_village(each)].full_name if _village(each) in homes else "",
            )
            for each in people or []
        ]
    filled = {name: form.text(name) for name in FIELDS} if form else dict.fromkeys(FIELDS, "")
    filled["jabatan"] = filled["jabatan"] or request.query.get("jabatan", "")
    return render(
        request,
        "officers/appoint.html",
        status=status_of(error) if error else 200,
        place=place,
        offices=offices,
        form=filled,
        people=named,
        taken=error is not None and error.code == "seat_taken",
        errors=beside_field(request, error) if error else {},
    )


async def _preview(request: web.Request, form: Form, wish: Wish, made: Mandate) -> web.Response:
    portal = portal_of(request)
    language, zone = language_of(request), zone_of(wish.wanted.node)
    async with portal.store.read() as db:
        who, place = await _place(request, db)
        rooms = await officers.opened_by(db, portal.site.organisation, wish.office, place.path)
        holds = await officers.held_words(db, portal.site.organisation, wish.person, portal.clock())
        beside = [
            line_of(request, portal, each, {}, who, ())
            for each in await mandates.standing(db, wish.office.code, place.path, portal.clock())
            if each.acting and not wish.wanted.acting
        ]
        leaving = [await members.by_id(db, line.mandate.member) for line in beside]
    return render(
        request,
        "officers/preview.html",
        place=place,
        wish=wish,
        account=localpart(wish.person.user_id),
        proposed=made.proposed,
        rooms=rooms,
        holds=holds,
        leaving=[each.display_name for each in leaving if each],
        since=date_words(made.starts_at, zone, language),
        until=date_words(made.ends_at - timedelta(seconds=1), zone, language) if made.ends_at else "",
        form={name: form.text(name) for name in FIELDS} | {"akun": localpart(wish.person.user_id)},
    )


async def _end_page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who, found, place = await _mandate(request, db)
        able = await given(db, portal.site.organisation, who, place, portal.clock())
        holder = await members.by_id(db, found.member)
        names = {holder.id: holder} if holder else {}
        line = line_of(request, portal, found, names, who, able)
        if not line.may_end and error is None:
            raise KamarError("not_allowed")
        office = portal.site.organisation.office(found.office)
        rooms = await officers.opened_by(db, portal.site.organisation, office, place.path)
    return render(
        request,
        "officers/end.html",
        status=status_of(error) if error else 200,
        place=place,
        line=line,
        rooms=[room for room in rooms if room.open],
        form={"alasan": form.text("alasan") if form else ""},
        errors=beside_field(request, error) if error else {},
    )


async def _claim_page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who, found, place = await _mandate(request, db)
        claims = await mandate_dispute.disputes(db, place.path, portal.clock())
        if found.id not in {each.id for each in claims}:
            raise KamarError("not_found")
        known = [await members.by_id(db, each.member) for each in claims]
        names = {each.id: each for each in known if each is not None}
        lines = [line_of(request, portal, each, names, who, ()) for each in claims if each.office == found.office]
    return render(
        request,
        "officers/claim.html",
        status=status_of(error) if error else 200,
        place=place,
        line=next(line for line in lines if line.mandate.id == found.id),
        others=[line for line in lines if line.mandate.id != found.id],
        errors=beside_field(request, error) if error else {},
    )


def _village(who: Member) -> NodePath:
    """Return where somebody lives, so that two of one name are told apart; never the RT."""
    return NodePath(who.home.partition("/")[0])
