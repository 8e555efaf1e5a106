"""Restructuring, for officers: a plan is written or built, its diff looked at, proposed, approved, watched, undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from kamar.errors import KamarError
from kamar.node import is_hidden
from kamar.organisation import Right
from kamar.restructure import Diff, PlanError, PlanState
from kamar.restructure_file import read
from kamar.restructure_words import NODES, ROOMS, STATES
from kamar.sentences import sentence
from kamar.structure import OpenRules
from kamar.words import translate
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import read_form
from kamar_portal.page import language_of, render, render_text, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.restructure_form import text_of
from kamar_portal.session import member_of
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import restructure as plans
from kamar_store import tree
from kamar_store.member import Member
from kamar_store.restructure import Kept
from kamar_store.store import Db

NUMBER = r"{number:\d{1,9}}"
WORKING = (PlanState.APPLYING, PlanState.UNDOING)
REFRESH = 3  # seconds until a page without scripts asks again
SHOWN = 100  # rows of one kind on a page

Deed = Callable[[Db, Portal, Member, Kept, str], Awaitable[None]]


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus/rencana", show),
        web.post("/pengurus/rencana/lihat", look),
        web.post("/pengurus/rencana", propose),
        web.get(f"/pengurus/rencana/{NUMBER}", show_plan),
        web.get(f"/pengurus/rencana/{NUMBER}/maju", progress),
        web.post(f"/pengurus/rencana/{NUMBER}/{{deed:setujui|jalankan|batalkan|tarik|hitung}}", act),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/rencana``: plans that concern oneself, and forms for a new one; ``?simpul=`` fills it in."""
    return await _list(request, {"simpul": request.query.get("simpul", "")[:64]})


async def look(request: web.Request) -> web.Response:
    """``POST /pengurus/rencana/lihat``: what a plan would do; nothing is written."""
    portal = portal_of(request)
    form = await read_form(request)
    fields = {name: form.raw(name)[:60_000] for name in form.fields}
    try:
        async with portal.store.read() as db:
            who = await _officer(db, portal, member_of(request))
            text = text_of(form, await _place(db, form.text("simpul")))
            asked = read(text, title=form.text("judul"))
            diff = await plans.preview(db, portal.site.organisation, rules_of(portal), asked, portal.clock())
            await plans.check_right(db, portal.site.organisation, who, diff.touched, portal.clock())
            shown = await _shown(request, db, diff)
    except KamarError as error:
        return await _list(request, fields, error)
    return render(request, "restructure/preview.html", text=text, title=form.text("judul"), **shown)


async def propose(request: web.Request) -> web.Response:
    """``POST /pengurus/rencana``: keep the plan whose diff was looked at, for another officer to approve."""
    portal = portal_of(request)
    form = await read_form(request)
    text = form.raw("teks")
    try:
        async with portal.store.write() as db:
            who = await _officer(db, portal, member_of(request))
            rules, now = rules_of(portal), portal.clock()
            number = await plans.propose(db, portal.site.organisation, rules, who, text, now, title=form.text("judul"))
            if (await plans.get(db, number)).hash != form.text("sidik"):
                raise KamarError("plan_changed")
    except KamarError as error:
        return await _list(request, {"teks": text, "judul": form.text("judul")}, error)
    return see_other(f"/pengurus/rencana/{number}?tersimpan=usul")


async def show_plan(request: web.Request) -> web.Response:
    """``GET /pengurus/rencana/N``: the diff, how far it is, and what one may do with it."""
    return await _plan(request)


async def progress(request: web.Request) -> web.Response:
    """``GET /pengurus/rencana/N/maju``: the bar alone, for browsers that ask again; at the end the whole page."""
    portal = portal_of(request)
    async with portal.store.read() as db:
        kept = await _mine(db, portal, member_of(request), int(request.match_info["number"]))
        done = await plans.progress(db, kept.id)
    text = render_text(request, "restructure/progress.html", plan=kept, progress=done, going=_going(kept, done))
    headers = {} if _going(kept, done) else {"HX-Refresh": "true"}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def act(request: web.Request) -> web.Response:
    """``POST /pengurus/rencana/N/setujui`` (``jalankan``, ``batalkan``, ``tarik``, ``hitung``): one deed."""
    portal = portal_of(request)
    form = await read_form(request)
    number = int(request.match_info["number"])
    try:
        async with portal.store.write() as db:
            who = await _officer(db, portal, member_of(request))
            kept = await _mine(db, portal, who, number)
            await DEEDS[request.match_info["deed"]](db, portal, who, kept, form.text("sidik"))
    except KamarError as error:
        return await _plan(request, error)
    return see_other(f"/pengurus/rencana/{number}?tersimpan={request.match_info['deed']}")


async def _approve(db: Db, portal: Portal, who: Member, kept: Kept, digest: str) -> None:
    rules = rules_of(portal)
    await plans.approve(db, portal.site.organisation, rules, who, kept.id, digest, portal.clock())


async def _begin(db: Db, portal: Portal, who: Member, kept: Kept, _digest: str) -> None:
    await plans.begin(db, portal.site.organisation, rules_of(portal), who, kept.id, portal.clock())


async def _undo(db: Db, portal: Portal, who: Member, kept: Kept, _digest: str) -> None:
    await plans.undo(db, portal.site.organisation, who, kept.id, portal.clock())


async def _drop(db: Db, _portal: Portal, who: Member, kept: Kept, _digest: str) -> None:
    await plans.drop(db, who, kept.id)


async def _refresh(db: Db, portal: Portal, _who: Member, kept: Kept, _digest: str) -> None:
    await plans.refresh(db, portal.site.organisation, rules_of(portal), kept.id, portal.clock())


DEEDS: dict[str, Deed] = {
    "setujui": _approve,
    "jalankan": _begin,
    "batalkan": _undo,
    "tarik": _drop,
    "hitung": _refresh,
}


def rules_of(portal: Portal) -> OpenRules:
    """Return from how many members a kamar opens on this server."""
    rooms = portal.settings.rooms
    return OpenRules(rooms.open_at_rt, rooms.open_at_rw, rooms.open_at_kelurahan, rooms.open_at_perintis)


async def _officer(db: Db, portal: Portal, who: Member) -> Member:
    """Let officers with the right somewhere, and administrators, in.

    Raises:
        KamarError: ``not_allowed``.
    """
    organisation, now = portal.site.organisation, portal.clock()
    if not who.admin and not await mandates.where_may(db, organisation, who, Right.RESTRUCTURE, now):
        raise KamarError("not_allowed")
    return who


async def _mine(db: Db, portal: Portal, who: Member, number: int) -> Kept:
    """Return a plan that one may see: of the own area, or proposed by oneself. Any other is unknown.

    Raises:
        KamarError: ``not_allowed``, ``plan_unknown``.
    """
    await _officer(db, portal, who)
    kept = await plans.get(db, number)
    if not await _concerns(db, portal, who, kept):
        raise KamarError("plan_unknown")
    return kept


async def _concerns(db: Db, portal: Portal, who: Member, kept: Kept) -> bool:
    try:
        await plans.check_right(db, portal.site.organisation, who, kept.diff.touched, portal.clock())
    except KamarError:
        return kept.proposed_by == who.id
    return True


async def _list(request: web.Request, fields: dict[str, str], error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who = await _officer(db, portal, member_of(request))
        found = [each for each in await plans.latest(db) if await _concerns(db, portal, who, each)]
    language = language_of(request)
    problems: Sequence[tuple[int, str]] = ()
    if isinstance(error, PlanError):
        problems = [(line, sentence(each, language)) for line, each in error.problems[:SHOWN]]
    return render(
        request,
        "restructure/list.html",
        status=status_of(error) if error else 200,
        plans=[(each, translate(STATES[each.state], language)) for each in found],
        fields=fields,
        problems=problems,
        errors=beside_field(request, error) if error else {},
    )


async def _plan(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        who = member_of(request)
        kept = await _mine(db, portal, who, int(request.match_info["number"]))
        done = await plans.progress(db, kept.id)
        shown = await _shown(request, db, kept.diff)
        names = {number: await _name(db, number) for number in (kept.proposed_by, kept.approved_by)}
    going = _going(kept, done)
    return render(
        request,
        "restructure/plan.html",
        status=status_of(error) if error else 200,
        plan=kept,
        state=translate(STATES[kept.state], language_of(request)),
        own=kept.proposed_by == who.id,
        proposer=names[kept.proposed_by],
        approver=names[kept.approved_by],
        progress=done,
        going=going,
        saved=request.query.get("tersimpan", ""),
        outdated=error is not None and error.code in ("plan_outdated", "plan_changed"),
        errors=beside_field(request, error) if error else {},
        retry=REFRESH if going and request.method == "GET" else 0,
        retry_address=request.path,
        **shown,
    )


def _going(kept: Kept, done: plans.Progress) -> bool:
    """Tell whether there is still something to watch."""
    over = kept.state in (PlanState.APPLIED, PlanState.UNDONE)
    return kept.state in WORKING or (over and done.effects_done + done.parked < done.effects)


async def _shown(request: web.Request, db: Db, diff: Diff) -> dict[str, Any]:
    """Return a diff in words, for the templates."""
    language, organisation = language_of(request), portal_of(request).site.organisation
    server = portal_of(request).settings.server.name
    people = {}
    for power in diff.powers:
        found = await members.by_user(db, f"@{power.user}:{server}")
        people[power.user] = found.display_name if found else power.user
    return {
        "diff": diff,
        "nodes": [(translate(NODES[each.what], language), each) for each in diff.nodes[:SHOWN]],
        "rooms": [(translate(ROOMS[each.fate], language), each) for each in diff.rooms[:SHOWN]],
        "powers": [(each, organisation.office(each.office).title, people[each.user]) for each in diff.powers[:SHOWN]],
        "moved": [each for each in diff.moved if each[2]][:SHOWN],
        "names": {each.path: each.before for each in diff.nodes} | {each.to: each.after for each in diff.nodes},
        "left_out": max(0, len(diff.nodes) - SHOWN) + max(0, len(diff.rooms) - SHOWN),
    }


async def _place(db: Db, path: str) -> str:
    """Return a place in words; nothing for what is none, or for a workplace: its name stands in no title."""
    try:
        place = await tree.place(db, path)
    except KamarError:
        return ""
    if is_hidden(place.path):
        return ""
    return ", ".join(place.full_name.split(", ")[:2])


async def _name(db: Db, number: int | None) -> str:
    found = None if number is None else await members.by_id(db, number)
    return "" if found is None else found.display_name
