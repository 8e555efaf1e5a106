"""Kamar lain: networks, professions and schools to join, who waits to be let in, officers' rooms side by side."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, check, is_hidden
from kamar_portal import join, wilayah
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import belonging, cover, gathering
from kamar_store import mandate_find as mandates

LONGEST = 60  # characters of a search
HERE = "/komunitas/lain"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(HERE, show),
        web.post(HERE, ask),
        web.post(f"{HERE}/kode", enter),
        web.post(f"{HERE}/keluar", leave),
        web.post(f"{HERE}/izin", let_in),
        web.post(f"{HERE}/samping", beside),
        web.post(f"{HERE}/samping/setuju", agree),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /komunitas/lain?q=``."""
    return await _page(request)


async def ask(request: web.Request) -> web.Response:
    """``POST /komunitas/lain``: ask to join, or say yes to a node that asks."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    async with portal.store.write() as db:
        await belonging.ask(db, member, NodePath(form.text("simpul")[:200]), portal.clock())
    return see_other(HERE)


async def enter(request: web.Request) -> web.Response:
    """``POST /komunitas/lain/kode``: come in by a code that carries a node; a workplace's goes to its own page."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        invitation = await join.open_code(request, form.text("kode"))
        node = invitation.node
        if node is None or member.persona or axis_of(node) in (Axis.WILAYAH, Axis.ALIANSI):
            raise KamarError("code_without_node")
        if is_hidden(node):
            return see_other(f"/tempat-kerja?kode={invitation.code}")
        async with portal.store.write() as db:
            await belonging.enter(db, member.id, invitation, node, portal.clock())
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(HERE)


async def leave(request: web.Request) -> web.Response:
    """``POST /komunitas/lain/keluar``: leave a node at one touch."""
    portal, member = portal_of(request), member_of(request)
    node = NodePath((await read_form(request)).text("simpul")[:200])
    async with portal.store.write() as db:
        if node in await belonging.states_of(db, member.id):
            await belonging.leave(db, member.id, node, portal.clock())
    return see_other(HERE)


async def let_in(request: web.Request) -> web.Response:
    """``POST /komunitas/lain/izin``: a word for somebody who waits, or against."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    number = form.text("siapa")
    if not number.isascii() or not number.isdigit():
        raise KamarError("not_allowed")
    async with portal.store.write() as db:
        agreed = form.text("jawaban") == "ya"
        await belonging.answer(db, portal.site.organisation, member, int(number), portal.clock(), agree=agreed)
    return see_other(HERE)


async def beside(request: web.Request) -> web.Response:
    """``POST /komunitas/lain/samping``: offer the officers of another region a common room."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        own = check(form.text("sendiri")[:200])
        other = await wilayah.existing(portal, form.text("lain").strip()[:200])
        async with portal.store.write() as db:
            organisation = portal.site.organisation
            await gathering.propose(db, organisation, member, own, other.path, portal.clock())
    except KamarError as error:
        return await _page(request, form, error)
    return see_other(HERE)


async def agree(request: web.Request) -> web.Response:
    """``POST /komunitas/lain/samping/setuju``: say yes to a common room."""
    portal, member = portal_of(request), member_of(request)
    node = NodePath((await read_form(request)).text("simpul")[:200])
    async with portal.store.write() as db:
        await gathering.agree(db, member, node, portal.clock())
    return see_other(HERE)


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    query = request.query.get("q", "")[:LONGEST]
    async with portal.store.read() as db:
        found = [] if member.persona else await belonging.to_find(db, member, query)
        states = await belonging.states_of(db, member.id)
        mine = [(path, await cover.said(db, path), state) for path, state in states.items() if path != member.home]
        waiting = await belonging.asked_of(db, portal.site.organisation, member, portal.clock())
        asked = [(each, await cover.said(db, each.node)) for each in waiting]
        own = [
            (path, await cover.said(db, path))
            for path, _office in await mandates.held_by(db, member.id, portal.clock())
            if axis_of(path) is Axis.WILAYAH
        ]
        offers = [
            (each, await cover.said(db, each.node)) for each in await gathering.offers_for(db, member, portal.clock())
        ]
    return render(
        request,
        "belonging.html",
        status=status_of(error) if error else 200,
        query=query,
        found=[each for each in found if each.state not in ("in", "asked", "wanted")],
        mine=mine,
        asked=asked,
        own=list(dict(own).items()),
        offers=offers,
        persona=member.persona,
        personas=not member.persona and portal.site.organisation.has_personas(Axis.KERJA),
        school=Axis.SEKOLAH.value,
        form={name: form.text(name)[:100] if form else "" for name in ("kode", "lain")},
        errors=beside_field(request, error) if error else {},
    )
