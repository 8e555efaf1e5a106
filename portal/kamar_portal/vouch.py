"""Jamin tetangga: newcomers of the own RT, by name; moves that a coordinator answers; who wants to greet."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.policy import Standing
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import greeter, move, vouch, wilayah


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/jamin", show),
        web.post("/jamin", say),
        web.post("/jamin/sapa", greet),
        web.post("/jamin/pindah", answer_move),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /jamin``."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.read() as db:
        who = await vouch.voucher(db, portal.site.organisation, member, portal.clock())
        newcomers = [
            (each, len(words := await vouch.words_for(db, each.id)), who.id in words)
            for each in await vouch.newcomers_for(db, who)
        ]
        moves = [(each, await wilayah.get(db, each.new)) for each in await move.requests_for(db, who)]
        greets = await greeter.agreed(db, member.id)
    return render(
        request,
        "vouch.html",
        newcomers=newcomers,
        moves=moves,
        greets=greets,
        newcomer=who.standing is Standing.NEWCOMER,
        done=request.query.get("dijamin", ""),
    )


async def say(request: web.Request) -> web.Response:
    """``POST /jamin``: say a word for one newcomer of the list.

    Raises:
        KamarError: ``not_allowed`` for anybody not on the list, and what :func:`kamar_store.vouch.say` refuses.
    """
    portal, member = portal_of(request), member_of(request)
    chosen = (await read_form(request)).text("tetangga")
    async with portal.store.write() as db:
        who = await vouch.voucher(db, portal.site.organisation, member, portal.clock())
        found = [each for each in await vouch.newcomers_for(db, who) if str(each.id) == chosen]
        if not found:
            raise KamarError("not_allowed")
        await vouch.say(db, who, found[0], portal.clock())
    return see_other("/jamin?dijamin=1")


async def greet(request: web.Request) -> web.Response:
    """``POST /jamin/sapa``: be named to newcomers as the one who greets, or not any more."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    async with portal.store.write() as db:
        await greeter.agree(db, member.id, portal.clock(), greets=form.text("sapa") == "ya")
    return see_other("/jamin")


async def answer_move(request: web.Request) -> web.Response:
    """``POST /jamin/pindah``: a coordinator of the new place, or an administrator, agrees to a move or not.

    Raises:
        KamarError: ``not_allowed``.
    """
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    if not (number := form.text("pindah")).isascii() or not number.isdigit():
        raise KamarError("not_allowed")
    async with portal.store.write() as db:
        who = await vouch.voucher(db, portal.site.organisation, member, portal.clock())
        await move.answer(db, int(number), who, portal.clock(), agree=form.text("jawaban") == "setuju")
    return see_other("/jamin")
