"""Wilayah saya: the tree of an officer's area, opened step by step, searched, with its gaps marked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from aiohttp import web

from kamar.consent import OFFICER_PUBLIC, Answer
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import is_within
from kamar.officers import areas, sees, sees_counts
from kamar.organisation import Right
from kamar.policy import Held, nodes_with
from kamar_portal.form import read_form
from kamar_portal.page import render, render_text, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of
from kamar_store import consent, officers, tree
from kamar_store import mandate as mandates
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.tree import Place, Twig

TYPED_MAX = 80  # characters


@dataclass(frozen=True, slots=True)
class Officer:
    """Whoever asks, with what he holds and the nodes from which on he sees the organisation."""

    member: Member
    held: Held
    areas: tuple[NodePath, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One node of the drawn tree; ``open`` with its branches, ``counted`` when its members may be told."""

    twig: Twig
    counted: bool
    open: bool = False
    branches: list[Shown] = field(default_factory=list)


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus", show),
        web.get("/pengurus/cabang/{path:.+}", branch),
        web.post("/pengurus/nama", be_named),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus``: the tree, opened down to ``?buka=<path>``; with ``?cari=`` what bears that name."""
    portal = portal_of(request)
    typed = request.query.get("cari", "")[:TYPED_MAX].strip()
    wanted = request.query.get("buka", "")[:TYPED_MAX]
    async with portal.store.read() as db:
        who = await officer_of(request, db)
        roots = [await _drawn(db, portal, who, top, wanted) for top in await _known(db, who.areas)]
        found = await _found(db, portal, who, typed)
        named = who.member.id in await consent.agreed(db, [who.member.id], OFFICER_PUBLIC.key)
        titles = await officers.held_places(db, portal.site.organisation, who.member, portal.clock())
    return render(
        request,
        "officers/tree.html",
        roots=roots,
        typed=typed,
        found=found,
        named=named,
        purpose=OFFICER_PUBLIC,
        titles=titles,
        restructures=who.held.admin or bool(nodes_with(portal.site.organisation, who.held, Right.RESTRUCTURE)),
        saved=request.query.get("tersimpan", ""),
    )


async def branch(request: web.Request) -> web.Response:
    """``GET /pengurus/cabang/<path>``: one node, opened or (``?tutup=1``) closed, as a piece of the tree.

    Raises:
        KamarError: ``not_found`` for a node outside the own area.
    """
    portal = portal_of(request)
    async with portal.store.read() as db:
        who = await officer_of(request, db)
        place = await seen_place(db, portal, who, request.match_info["path"])
        wanted = "" if request.query.get("tutup") else place.path
        drawn = await _drawn(db, portal, who, place, wanted)
    text = render_text(request, "officers/branch.html", node=drawn)
    return web.Response(text=text, content_type="text/html")


async def be_named(request: web.Request) -> web.Response:
    """``POST /pengurus/nama``: agree that the own name stands on the public page, or take that back."""
    portal = portal_of(request)
    form = await read_form(request)
    async with portal.store.write() as db:
        who = await officer_of(request, db)
        answer = Answer(OFFICER_PUBLIC, form.text("setuju") == "ya")
        await consent.say(db, who.member.id, answer, "portal", portal.clock())
    return see_other("/pengurus?tersimpan=nama")


async def officer_of(request: web.Request, db: Db) -> Officer:
    """Return the officer who asks.

    Raises:
        KamarError: ``login_needed``; ``not_allowed`` of somebody who holds nothing.
    """
    member = member_of(request)
    portal = portal_of(request)
    held = await mandates.held(db, member, portal.clock())
    own = areas(portal.site.organisation, held)
    if not own:
        raise KamarError("not_allowed")
    return Officer(member, held, own)


async def seen_place(db: Db, portal: Portal, who: Officer, path: str) -> Place:
    """Return a node of the officer's area.

    Raises:
        KamarError: ``not_found``, of a node that somebody else leads exactly as of one that never was.
    """
    try:
        place = await tree.place(db, path)
    except KamarError as error:
        raise KamarError("not_found") from error
    if not sees(portal.site.organisation, who.held, place.path):
        raise KamarError("not_found")
    return place


async def _known(db: Db, paths: Collection[NodePath]) -> list[Place]:
    known = await tree.places(db, paths, in_force=True)
    return [known[path] for path in paths if path in known]


async def _drawn(db: Db, portal: Portal, who: Officer, place: Place, wanted: str) -> Shown:
    """Return a node, opened as far as ``wanted`` lies below it."""
    (twig,) = await tree.twigs(db, portal.site.organisation, [place], portal.clock())
    return await _opened(db, portal, who, twig, wanted)


async def _opened(db: Db, portal: Portal, who: Officer, twig: Twig, wanted: str) -> Shown:
    counted = sees_counts(portal.site.organisation, who.held, twig.place.path)
    if not wanted or not _leads_to(wanted, twig.place.path):
        return Shown(twig, counted)
    below = await tree.branches(db, portal.site.organisation, twig.place.path, portal.clock())
    return Shown(twig, counted, True, [await _opened(db, portal, who, each, wanted) for each in below])


def _leads_to(wanted: str, path: NodePath) -> bool:
    try:
        return is_within(NodePath(wanted), path)
    except KamarError:
        return False


async def _found(db: Db, portal: Portal, who: Officer, typed: str) -> list[Shown]:
    if not typed:
        return []
    places = await tree.search(db, typed, who.areas)
    found = await tree.twigs(db, portal.site.organisation, places, portal.clock())
    return [Shown(each, sees_counts(portal.site.organisation, who.held, each.place.path)) for each in found]
