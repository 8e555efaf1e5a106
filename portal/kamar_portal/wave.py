"""Kelola: whom the wave brake holds, letting them in, and opening a code for a campaign."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.referral import read_code
from kamar_portal.form import read_form
from kamar_portal.page import see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import wave

CAMPAIGN_MOST = 30  # days


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.post("/kelola/tahan/lepas", release), web.post("/kelola/tahan/kampanye", open_campaign)]


async def release(request: web.Request) -> web.Response:
    """``POST /kelola/tahan/lepas``: let one newcomer in.

    Raises:
        KamarError: ``not_allowed``.
    """
    portal = portal_of(request)
    _administrator(request)
    chosen = (await read_form(request)).text("anggota")
    async with portal.store.write() as db:
        if chosen not in {str(each.who.id) for each in await wave.held(db)}:
            raise KamarError("not_allowed")
        await wave.release(db, MemberId(int(chosen)), portal.clock())
    return see_other("/kelola#tahan")


async def open_campaign(request: web.Request) -> web.Response:
    """``POST /kelola/tahan/kampanye``: let everybody in who comes by a code, for some days.

    Raises:
        KamarError: ``not_allowed``, ``code_malformed``.
    """
    portal = portal_of(request)
    _administrator(request)
    form = await read_form(request)
    code, days = read_code(form.text("kode")), form.text("hari")
    if days not in {str(number) for number in range(1, CAMPAIGN_MOST + 1)}:
        raise KamarError("body_malformed")
    async with portal.store.write() as db:
        await wave.open_campaign(db, code, timedelta(days=int(days)), portal.clock())
    return see_other("/kelola#tahan")


def _administrator(request: web.Request) -> None:
    if not member_of(request).admin:
        raise KamarError("not_allowed")
