"""Peace, for officers: the reports and appeals that one may judge, and the measures one may take."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.organisation import Right
from kamar.peace import LONGEST, Appeal, MeasureKind, Rank, rank_over
from kamar.peace_time import spoken_time
from kamar.wilayah import zone_of
from kamar.words import mark as _
from kamar.words import translate
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import language_of, render, see_other
from kamar_portal.peace import ends, log_lines, name_of
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import peace, peace_appeal, peace_measure, seating
from kamar_store.member import Member
from kamar_store.peace import Report
from kamar_store.peace_measure import Measure, Wish
from kamar_store.store import Db

LASTS = (
    (timedelta(hours=1), _("1 jam")),
    (timedelta(days=1), _("1 hari")),
    (timedelta(days=3), _("3 hari")),
    (timedelta(days=7), _("7 hari")),
    (timedelta(days=30), _("30 hari")),
    (timedelta(days=90), _("90 hari")),
    (timedelta(days=365), _("1 tahun")),
)
DO = {
    MeasureKind.MUTE: _("Bisukan di kamar ini"),
    MeasureKind.HIDE: _("Hapus pesannya"),
    MeasureKind.SLOW: _("Lambatkan kamar, satu pesan tiap menit"),
    MeasureKind.REMOVE: _("Keluarkan dari kamar ini"),
    MeasureKind.BAN: _("Keluarkan dari semua kamar server ini"),
}
SLOW_SECONDS = 60
SOMEBODY = _("seseorang")


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/kasus", show),
        web.get(r"/kasus/{number:\d{1,9}}", show_case),
        web.post(r"/kasus/{number:\d{1,9}}/tindakan", take),
        web.post(r"/kasus/{number:\d{1,9}}/selesai", close),
        web.post(r"/kasus/{number:\d{1,9}}/teruskan", pass_up),
        web.get(r"/kasus/keberatan/{number:\d{1,9}}", show_appeal),
        web.post(r"/kasus/keberatan/{number:\d{1,9}}", decide),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /kasus``: what waits for this officer; for everybody else, nothing."""
    portal, member = portal_of(request), member_of(request)
    now, organisation = portal.clock(), portal.site.organisation
    async with portal.store.read() as db:
        nodes = await mandates.where_may(db, organisation, member, Right.MODERATE, now)
        cases = [
            {
                "id": case.id,
                "who": await _name(request, db, case.subject),
                "room": await peace.room_words(db, case.room, case.node),
                "at": spoken_time(case.opened_at, zone_of(case.node)),
            }
            for case in await peace.open_for(db, organisation, member.id, nodes, now)
        ]
        appeals = [
            {
                "id": item.id,
                "who": await _name(request, db, item.subject),
                "name": name_of(request, item.kind),
                "room": await peace.room_words(db, item.room, item.node),
            }
            for item in await peace_appeal.appeals_for(db, organisation, member.id, nodes, now)
        ]
        rooms = [
            (room.id, await peace.room_words(db, room.id, room.key.node))
            for node in nodes
            for room in await seating.rooms_at(db, [node])
            if room.room_id and room.key.kind.value in ("obrolan", "perintis")
        ]
    return render(request, "peace/cases.html", cases=cases, appeals=appeals, rooms=rooms)


async def show_case(request: web.Request) -> web.Response:
    """``GET /kasus/N``."""
    return await _case_page(request)


async def take(request: web.Request) -> web.Response:
    """``POST /kasus/N/tindakan``: take a measure, with its reason and its end."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            member, case = await _judged(request, db)
            wish = await _wish(db, case, form)
            await peace_measure.take(
                db, portal.site.organisation, member, wish, portal.clock(), portal.settings.portal_url
            )
    except KamarError as error:
        return await _case_page(request, form, error)
    return see_other(f"/kasus/{case.id}")


async def close(request: web.Request) -> web.Response:
    """``POST /kasus/N/selesai``: close a case; its quote is forgotten."""
    portal = portal_of(request)
    async with portal.store.write() as db:
        member, case = await _judged(request, db)
        await peace.close(db, case, member.id, portal.clock())
    return see_other("/kasus")


async def pass_up(request: web.Request) -> web.Response:
    """``POST /kasus/N/teruskan``: hand a case to the next level."""
    portal = portal_of(request)
    async with portal.store.write() as db:
        _member, case = await _judged(request, db)
        await peace.pass_up(db, portal.site.organisation, case, portal.clock(), portal.settings.portal_url)
    return see_other("/kasus")


async def show_appeal(request: web.Request) -> web.Response:
    """``GET /kasus/keberatan/N``."""
    return await _appeal_page(request)


async def decide(request: web.Request) -> web.Response:
    """``POST /kasus/keberatan/N``: lift a measure, or keep it; the answer goes back."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    number, lifted = int(request.match_info["number"]), form.text("putusan") == "cabut"
    try:
        async with portal.store.write() as db:
            await peace_appeal.decide(
                db, portal.site.organisation, number, member, form.raw("alasan"), portal.clock(), lifted=lifted
            )
    except KamarError as error:
        return await _appeal_page(request, form, error)
    return see_other("/kasus")


async def _judged(request: web.Request, db: Db) -> tuple[Member, Report]:
    """Return who asks and the case, when he may judge it.

    Raises:
        KamarError: ``login_needed``; ``report_unknown`` for everybody else, whether there is such a case or not.
    """
    member = member_of(request)
    case = await peace.get(db, int(request.match_info["number"]))
    portal = portal_of(request)
    if case is None or not await peace.visible(db, portal.site.organisation, case, member.id, portal.clock()):
        raise KamarError("report_unknown")
    return member, case


async def _wish(db: Db, case: Report, form: Form) -> Wish:
    room = await seating.room_by_row(db, case.room) if case.room is not None else None
    kinds = {kind.value: kind for kind in MeasureKind}
    kind = kinds.get(form.text("apa"))
    lasts = timedelta(hours=int(form.text("lama"))) if form.text("lama").isdecimal() else timedelta(0)
    if kind is None or room is None or case.state != peace.OPEN:
        raise KamarError("report_closed")
    whole_room = kind is MeasureKind.SLOW
    if (case.subject is None and not whole_room) or (kind is MeasureKind.HIDE and case.event_id is None):
        raise KamarError("measure_target")
    return Wish(
        kind,
        room,
        None if whole_room else case.subject,
        timedelta(0) if kind is MeasureKind.HIDE else lasts,
        form.raw("alasan"),
        case.id,
        case.event_id,
        SLOW_SECONDS if whole_room else 0,
    )


async def _case_page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    language = language_of(request)
    async with portal.store.read() as db:
        member, case = await _judged(request, db)
        held = await mandates.where_may(db, portal.site.organisation, member, Right.MODERATE, portal.clock())
        rank = rank_over(case.node, held, admin=member.admin)
        taken = [
            {"name": name_of(request, item.kind), "until": ends(request, item), "reason": item.reason}
            for item in await peace_measure.of_report(db, case.id)
        ]
        before = [item for item in await _history(db, case) if item.report != case.id]
        reports = [words for _who, _name_, words in await peace.reporters(db, case.id)]
        values = {
            "who": await _name(request, db, case.subject),
            "room": await peace.room_words(db, case.room, case.node),
        }
    return render(
        request,
        "peace/case.html",
        status=status_of(error) if error else 200,
        case=case,
        at=spoken_time(case.opened_at, zone_of(case.node)),
        open=case.state == peace.OPEN,
        reports=reports,
        before=len(before),
        taken=taken,
        kinds=[(kind.value, translate(DO[kind], language)) for kind in _kinds(case, rank)],
        lasts=[(_hours(lasts), translate(name, language)) for lasts, name in LASTS if lasts <= _longest(rank)],
        form={name: form.text(name) if form else "" for name in ("apa", "lama", "alasan")},
        errors=beside_field(request, error) if error else {},
        **values,
    )


async def _appeal_page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        item = await peace_measure.get(db, int(request.match_info["number"]))
        if item is None or item.appeal is not Appeal.OPEN:
            raise KamarError("report_unknown")
        if member.id not in await peace_appeal.appeal_judges(db, portal.site.organisation, item, portal.clock()):
            raise KamarError("report_unknown")
        values = {
            "who": await _name(request, db, item.subject),
            "room": await peace.room_words(db, item.room, item.node),
            "log": await log_lines(request, db, item),
        }
    return render(
        request,
        "peace/appeal.html",
        status=status_of(error) if error else 200,
        item=item,
        name=name_of(request, item.kind),
        until=ends(request, item),
        form={"alasan": form.text("alasan") if form else ""},
        errors=beside_field(request, error) if error else {},
        **values,
    )


async def _history(db: Db, case: Report) -> list[Measure]:
    return await peace_measure.about(db, case.subject) if case.subject is not None else []


async def _name(request: web.Request, db: Db, number: int | None) -> str:
    found = await members.by_id(db, number) if number is not None else None
    return found.display_name if found else translate(SOMEBODY, language_of(request))


def _kinds(case: Report, rank: Rank | None) -> list[MeasureKind]:
    """Return the measures that may be taken in a case."""
    found = [kind for kind in DO if rank is not None and (kind is MeasureKind.HIDE or (rank, kind) in LONGEST)]
    if case.event_id is None:
        found = [kind for kind in found if kind is not MeasureKind.HIDE]
    return found if case.subject is not None else [kind for kind in found if kind is MeasureKind.SLOW]


def _longest(rank: Rank | None) -> timedelta:
    return max((lasts for (own, _kind), lasts in LONGEST.items() if own is rank), default=timedelta(0))


def _hours(lasts: timedelta) -> str:
    return str(int(lasts.total_seconds() // 3600))
