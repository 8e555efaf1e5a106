"""Announcements in the portal: write, look, send; follow, correct, recall, agree; and what is shared elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from kamar.errors import KamarError
from kamar.node import check
from kamar.siaran import LONGEST, ZONES, awake, body_of, needs_second, people_words, rounded
from kamar.siaran_words import KIT_TEXT
from kamar.when import clock_words, day_words, zone_of
from kamar.words import translate
from kamar_bridges import siaran_card
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.referral import link_of
from kamar_portal.session import member_of
from kamar_store import referral
from kamar_store import siaran as store
from kamar_store.member import Member
from kamar_store.siaran import Progress, Siaran
from kamar_store.store import Db

HOME = "/pengurus/siaran"
NUMBER = r"{number:\d{1,9}}"


@dataclass(frozen=True, slots=True)
class Item:
    """One announcement as it is shown."""

    siaran: Siaran
    text: str
    place: str
    at: str
    progress: Progress
    waits: bool


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(HOME, show),
        web.post(HOME, write),
        web.get(f"{HOME}/pratinjau", preview),
        web.post(f"{HOME}/kirim", send),
        web.post(f"{HOME}/batal", drop),
        web.get(f"{HOME}/{NUMBER}", show_one),
        web.get(f"{HOME}/{NUMBER}/kemajuan", show_progress),
        web.get(f"{HOME}/{NUMBER}/kartu.png", card),
        web.post(f"{HOME}/{NUMBER}/ralat", correct),
        web.post(f"{HOME}/{NUMBER}/tarik", recall),
        web.post(f"{HOME}/{NUMBER}/setuju", decide),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/siaran``: what was announced, and a new one."""
    return await _page(request)


async def write(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran``: a new text; nothing is sent before it was looked at."""
    portal, member = portal_of(request), member_of(request)
    form, now, organisation = await read_form(request), portal.clock(), portal.site.organisation
    try:
        async with portal.store.write() as db:
            node = check(form.text("wilayah"))
            by = await store.signature(db, organisation, member, node, now)
            await store.begin(db, organisation, member, node, by, now)
            await _put(db, member, form)
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(f"{HOME}/pratinjau")


async def preview(request: web.Request) -> web.Response:
    """``GET /pengurus/siaran/pratinjau``: what will stand in the rooms, and how far it goes.

    Raises:
        KamarError: ``login_needed``, ``siaran_unknown`` without a draft.
    """
    return await _preview(request)


async def send(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran/kirim``: on its way, or to a second officer."""
    portal, member = portal_of(request), member_of(request)
    form, organisation = await read_form(request), portal.site.organisation
    try:
        async with portal.store.write() as db:
            draft = await store.draft_of(db, member.id)
            if draft is None:
                raise KamarError("siaran_unknown")
            limit, urgent = portal.settings.siaran.approve_rooms, form.text("mendesak") == "ya"
            await store.submit(db, organisation, draft, member, portal.clock(), limit, urgent=urgent)
    except KamarError as error:
        return await _preview(request, error)
    return see_other(f"{HOME}/{draft.siaran}")


async def drop(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran/batal``: forget the draft."""
    portal, member = portal_of(request), member_of(request)
    await read_form(request)
    async with portal.store.write() as db:
        await store.drop_drafts(db, member.id)
    return see_other(HOME)


async def show_one(request: web.Request) -> web.Response:
    """``GET /pengurus/siaran/N``."""
    return await _one(request)


async def show_progress(request: web.Request) -> web.Response:
    """``GET /pengurus/siaran/N/kemajuan``: the bar alone; a browser asks for it while rooms are left."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        item = await _item(request, db, await _visible(request, db, member))
    return render(request, "siaran/progress.html", item=item)


async def card(request: web.Request) -> web.Response:
    """``GET /pengurus/siaran/N/kartu.png``: the picture for WhatsApp groups."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        item = await _item(request, db, await _visible(request, db, member))
        link = await _link(db, portal, member)
    if not item.text or item.siaran.recalled_at is not None:
        raise KamarError("siaran_unknown")
    png = siaran_card.draw(item.text, item.siaran.by, link, portal.settings.server.organisation)
    return web.Response(body=png, content_type="image/png", headers={"Cache-Control": "private, no-store"})


async def correct(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran/N/ralat``: a better text, looked at before it is sent."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            await store.correct(db, portal.site.organisation, _number(request), member, portal.clock())
            await _put(db, member, form)
    except KamarError as error:
        return await _one(request, form, error)
    return see_other(f"{HOME}/pratinjau")


async def recall(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran/N/tarik``: take it back everywhere; the box in the form is the asking once."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    if form.text("yakin") == "ya":
        async with portal.store.write() as db:
            await store.recall(db, portal.site.organisation, _number(request), member, portal.clock())
    return see_other(f"{HOME}/{_number(request)}")


async def decide(request: web.Request) -> web.Response:
    """``POST /pengurus/siaran/N/setuju``: as the second officer, agree or not."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    async with portal.store.write() as db:
        agreed = form.text("putusan") == "kirim"
        await store.decide(db, portal.site.organisation, _number(request), member, portal.clock(), agreed=agreed)
    return see_other(HOME)


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    now = portal.clock()
    async with portal.store.read() as db:
        nodes = await store.nodes_of(db, portal.site.organisation, member, now)
        found = await store.visible(db, portal.site.organisation, member, now)
        if not nodes and not found:
            raise KamarError("not_allowed")
        items = [await _item(request, db, each) for each in found]
        places = [(node, await store.place_words(db, node)) for node in nodes]
        draft = await store.draft_of(db, member.id)
    return render(
        request,
        "siaran/list.html",
        status=status_of(error) if error else 200,
        items=items,
        places=places,
        drafted=draft is not None and bool(draft.text),
        longest=LONGEST,
        form={"wilayah": form.text("wilayah") if form else "", "teks": form.raw("teks")[:LONGEST] if form else ""},
        errors=beside_field(request, error) if error else {},
    )


async def _preview(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        draft = await store.draft_of(db, member.id)
        item = await store.get(db, draft.siaran) if draft else None
        if draft is None or item is None:
            raise KamarError("siaran_unknown")
        reach, place = await store.reach(db, item.node), await store.place_words(db, item.node)
    limit = portal.settings.siaran.approve_rooms
    people = translate(people_words(reach.people), language_of(request)).format(people=rounded(reach.people))
    return render(
        request,
        "siaran/preview.html",
        status=status_of(error) if error else 200,
        body=body_of(draft.text, item.by),
        place=place,
        rooms=reach.rooms,
        people=people,
        second=limit if needs_second(reach.rooms, limit) else 0,
        night=item.revision == 0 and len(awake(portal.clock())) < len(ZONES),
        errors=beside_field(request, error) if error else {},
    )


async def _one(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    now, organisation = portal.clock(), portal.site.organisation
    async with portal.store.read() as db:
        found = await _visible(request, db, member)
        item = await _item(request, db, found)
        waits = await store.waiting(db, found.id)
        own = member.id in (found.author, waits.writer if waits else None)
        may_decide = waits is not None and await store.may_decide(db, organisation, found, member, now, own=own)
        changes = await store.may_change_now(db, organisation, found, member, now)
        kit = KIT_TEXT.format(text=item.text, by=found.by, link=await _link(db, portal, member))
    return render(
        request,
        "siaran/one.html",
        status=status_of(error) if error else 200,
        item=item,
        waiting=waits,
        may_decide=may_decide,
        changes=changes,
        kit=kit if item.text and found.recalled_at is None else "",
        longest=LONGEST,
        form={"teks": form.raw("teks")[:LONGEST] if form else item.text},
        errors=beside_field(request, error) if error else {},
    )


async def _put(db: Db, member: Member, form: Form) -> None:
    draft = await store.draft_of(db, member.id)
    assert draft is not None
    await store.write(db, draft, form.raw("teks"))


async def _visible(request: web.Request, db: Db, member: Member) -> Siaran:
    """Return the announcement in the address, if it is one for this officer.

    Raises:
        KamarError: ``siaran_unknown``, of somebody else's exactly as of one that never was.
    """
    portal = portal_of(request)
    for each in await store.visible(db, portal.site.organisation, member, portal.clock()):
        if each.id == _number(request):
            return each
    raise KamarError("siaran_unknown")


async def _item(request: web.Request, db: Db, found: Siaran) -> Item:
    language, zone = language_of(request), zone_of(found.node)
    at, today = found.created_at.astimezone(zone), portal_of(request).clock().astimezone(zone).date()
    return Item(
        siaran=found,
        text=await store.current_text(db, found.id),
        place=await store.place_words(db, found.node),
        at=f"{day_words(at.date(), today, language)} {clock_words(at)}",
        progress=await store.progress(db, found),
        waits=await store.waiting(db, found.id) is not None,
    )


async def _link(db: Db, portal: Portal, member: Member) -> str:
    """Return the officer's own invitation; without one, the portal."""
    code = await referral.own_code(db, member.id)
    return link_of(portal, code) if code else portal.settings.portal_url


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])
