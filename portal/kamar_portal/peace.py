"""Peace, for every member: report, read what was decided about oneself and appeal, block somebody."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.membership import SeatState
from kamar.peace import Appeal, MeasureKind, read_reason
from kamar.peace_time import spoken_time
from kamar.peace_words import LOG, NAMES, UNTIL
from kamar.structure import RoomKind
from kamar.wilayah import zone_of
from kamar.words import translate
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import peace, peace_appeal, peace_measure, peace_rule, seating, session
from kamar_store.member import Member
from kamar_store.peace import Said
from kamar_store.peace_measure import Measure
from kamar_store.seating import Room
from kamar_store.store import Db

REPORTS_MOST = 20  # of one member within a day
DAY = timedelta(days=1)


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/lapor", show_report),
        web.post("/lapor", report),
        web.get("/tentang-saya/tindakan", about),
        web.post(r"/tentang-saya/tindakan/{number:\d{1,9}}/keberatan", appeal),
        web.get("/tentang-saya/blokir", show_blocked),
        web.post("/tentang-saya/blokir", block),
        web.post("/tentang-saya/blokir/buka", unblock),
    ]


async def show_report(request: web.Request) -> web.Response:
    """``GET /lapor``."""
    return await _report_page(request)


async def report(request: web.Request) -> web.Response:
    """``POST /lapor``: to the officers of the kamar, without a trace in any room."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    now = portal.clock()
    try:
        words = read_reason(form.raw("alasan"))
        async with portal.store.write() as db:
            room = await _own_room(db, member, form.text("kamar"))
            name = form.text("nama")
            subject = await peace.person_in(db, room.id, name) if name else None
            await session.count_attempt(db, f"report:{member.id}", now, DAY, REPORTS_MOST)
            await peace.write(
                db, portal.site.organisation, Said(room, subject), member.id, words, now, portal.settings.portal_url
            )
    except KamarError as error:
        return await _report_page(request, form, error)
    return see_other("/lapor?terkirim=ya")


async def about(request: web.Request) -> web.Response:
    """``GET /tentang-saya/tindakan``."""
    return await _about_page(request)


async def appeal(request: web.Request) -> web.Response:
    """``POST /tentang-saya/tindakan/N/keberatan``: one level up decides."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    number = int(request.match_info["number"])
    try:
        async with portal.store.write() as db:
            url = portal.settings.portal_url
            await peace_appeal.appeal(
                db, portal.site.organisation, number, member, form.raw("alasan"), portal.clock(), url
            )
    except KamarError as error:
        return await _about_page(request, error)
    return see_other(f"/tentang-saya/tindakan#tindakan-{number}")


async def show_blocked(request: web.Request) -> web.Response:
    """``GET /tentang-saya/blokir``."""
    return await _blocked_page(request)


async def block(request: web.Request) -> web.Response:
    """``POST /tentang-saya/blokir``."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            room = await _own_room(db, member, form.text("kamar"))
            other = await peace.person_in(db, room.id, form.text("nama"))
            if other == member.id:
                raise KamarError("measure_self")
            await peace_rule.set_block(db, member.id, other, portal.clock(), blocked=True)
    except KamarError as error:
        return await _blocked_page(request, error)
    return see_other("/tentang-saya/blokir")


async def unblock(request: web.Request) -> web.Response:
    """``POST /tentang-saya/blokir/buka``."""
    portal, member = portal_of(request), member_of(request)
    other = (await read_form(request)).text("orang")
    if other.isdecimal():
        async with portal.store.write() as db:
            await peace_rule.set_block(db, member.id, MemberId(int(other)), portal.clock(), blocked=False)
    return see_other("/tentang-saya/blokir")


async def log_lines(request: web.Request, db: Db, found: Measure) -> list[str]:
    """Return the log of a measure in words."""
    language, zone = language_of(request), zone_of(found.node)
    return [
        f"{spoken_time(line.at, zone)}: {translate(LOG[line.what], language)}"
        for line in await peace_measure.logged(db, found.id)
    ]


def name_of(request: web.Request, kind: MeasureKind) -> str:
    """Return the name of a measure."""
    return translate(NAMES[kind], language_of(request))


def ends(request: web.Request, found: Measure) -> str:
    """Return until when a measure holds; empty for a message that was removed."""
    if found.kind is MeasureKind.HIDE:
        return ""
    return translate(UNTIL, language_of(request)).format(until=peace_measure.until(found))


async def _about_page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    now, items = portal.clock(), []
    async with portal.store.read() as db:
        for found in await peace_measure.about(db, member.id):
            waiting = found.appeal is Appeal.OPEN
            items.append(
                {
                    "id": found.id,
                    "name": name_of(request, found.kind),
                    "room": await peace.room_words(db, found.room, found.node),
                    "until": ends(request, found),
                    "reason": found.reason,
                    "answer": found.answer,
                    "lifted": found.lifted_at is not None,
                    "over": not found.holds(now),
                    "may_appeal": found.appeal is Appeal.NONE,
                    "waiting": waiting,
                    "judged": waiting
                    and bool(await peace_appeal.appeal_judges(db, portal.site.organisation, found, now)),
                    "log": await log_lines(request, db, found),
                }
            )
    shown = beside_field(request, error) if error else {}
    status = status_of(error) if error else 200
    return render(request, "peace/about.html", status=status, items=items, errors=shown)


async def _report_page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        rooms = await own_rooms(db, member)
    return render(
        request,
        "peace/report.html",
        status=status_of(error) if error else 200,
        rooms=rooms,
        sent=request.query.get("terkirim", ""),
        form={name: form.text(name) if form else "" for name in ("kamar", "nama", "alasan")},
        errors=beside_field(request, error) if error else {},
    )


async def _blocked_page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        rooms = await own_rooms(db, member)
        blocked = await peace_rule.blocked_by(db, member.id)
    shown = beside_field(request, error) if error else {}
    status = status_of(error) if error else 200
    return render(request, "peace/blocked.html", status=status, rooms=rooms, blocked=blocked, errors=shown)


async def own_rooms(db: Db, member: Member) -> list[tuple[int, str]]:
    """Return row and name of the rooms where a member sits and people talk."""
    return [
        (room.id, await peace.room_words(db, room.id, room.key.node))
        for room, state in await seating.seats_of(db, member.id)
        if room.key.kind is not RoomKind.SPACE and state in (SeatState.SEATED, SeatState.REMOVED)
    ]


async def _own_room(db: Db, member: Member, number: str) -> Room:
    for room, _state in await seating.seats_of(db, member.id):
        if str(room.id) == number:
            return room
    raise KamarError("report_unknown")
