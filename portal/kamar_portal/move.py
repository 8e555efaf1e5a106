"""Pindah: another home, once in thirty days by oneself."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.move import MoveState
from kamar.node import Axis, axis_of
from kamar_portal import join, wilayah
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import move
from kamar_store.wilayah import declare, get


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/pindah", show), web.post("/pindah", relocate)]


async def show(request: web.Request) -> web.Response:
    """``GET /pindah``."""
    return await _page(request)


async def relocate(request: web.Request) -> web.Response:
    """``POST /pindah``: move, or ask to; the village by name or code."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        typed = form.text("desa")
        found, _ = await wilayah.villages(portal, typed)
        village = await wilayah.village(portal, typed) or (found[0] if len(found) == 1 else None)
        home = await join.read_place(portal, village.path if village else "", form.text("rw"), form.text("rt"))
        async with portal.store.write() as db:
            await declare(db, home)
            state = await move.ask(db, member, home, portal.clock())
    except KamarError as error:
        return await _page(request, form, error)
    return see_other("/komunitas" if state is MoveState.DONE else "/pindah")


async def _page(request: web.Request, form: Form | None = None, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    if axis_of(member.home) is not Axis.WILAYAH:
        raise KamarError("not_found")
    async with portal.store.read() as db:
        home = await get(db, member.home)
        asked = await move.asked_by(db, member.id)
        waiting = await get(db, asked) if asked else None
    return render(
        request,
        "move.html",
        status=status_of(error) if error else 200,
        home=home.full_name if home else member.home,
        asked=waiting.full_name if waiting else asked,
        form={name: form.text(name)[:100] if form else "" for name in ("desa", "rw", "rt")},
        errors=beside_field(request, error) if error else {},
    )
