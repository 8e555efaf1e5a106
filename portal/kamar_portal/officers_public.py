"""For everybody: who leads a place officially, and whether an account belongs to an officer."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.when import zone_of
from kamar_portal import security
from kamar_portal.officers_words import date_words
from kamar_portal.page import language_of, render
from kamar_portal.portal import portal_of
from kamar_portal.security import Limit
from kamar_store import officers_public, tree

TYPED_MAX = 100  # characters
MISSES = Limit("cek", 60)  # accounts that are no officer's, asked for from one address; who is one never counts


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/p/{path:.+}", show),
        web.get("/cek", look_up),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /p/<path>``: the offices held at a place; never a member, never a workplace.

    Raises:
        KamarError: ``not_found``.
    """
    portal = portal_of(request)
    async with portal.store.read() as db:
        try:
            place, held = await officers_public.leaders(
                db, portal.site.organisation, request.match_info["path"], portal.clock()
            )
        except KamarError as error:
            raise KamarError("not_found") from error
        trail = await tree.trail(db, place.path)
    return render(
        request,
        "officers/public.html",
        place=place,
        trail=trail[1:-1],
        held=[(each, _since(request, each.node, each.since)) for each in held],
    )


async def look_up(request: web.Request) -> web.Response:
    """``GET /cek?akun=``: whether an account belongs to an officer, and of what.

    Raises:
        KamarError: ``too_many_tries``.
    """
    portal = portal_of(request)
    typed = request.query.get("akun", "")[:TYPED_MAX].strip()
    held = []
    if typed:
        await security.refuse_beyond(request, MISSES)
        async with portal.store.read() as db:
            held = await officers_public.of_account(
                db, portal.site.organisation, typed, portal.settings.server.name, portal.clock()
            )
        if not held:
            await security.note(request, MISSES)
    return render(
        request,
        "officers/check.html",
        typed=typed,
        held=[(each, place, _since(request, each.node, each.since)) for each, place in held],
    )


def _since(request: web.Request, node: NodePath, at: datetime) -> str:
    return date_words(at, zone_of(node), language_of(request))
