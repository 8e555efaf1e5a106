"""Finding a place: the search behind the sign-up, the choice step by step, and the JSON of both.

Nothing here asks Synapse, and nothing tells how many people live anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.wilayah import ROOT, Level, RtRw, parse, take_rt_rw
from kamar.wilayah_search import plain
from kamar_portal.page import render, render_text
from kamar_portal.portal import Portal, portal_of
from kamar_store import wilayah
from kamar_store.wilayah import Node
from kamar_store.wilayah_search import search

SUGGESTIONS = 8
LONGEST_QUERY = 200  # characters; more is read no further
CACHE = "public, max-age=3600"
LIVABLE = (Level.KELURAHAN, Level.UNIT)


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of the choice by levels: where we stand, and what lies below."""

    around: Sequence[Node]  # largest first, the country left out
    below: Sequence[Node]


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/api/v1/wilayah", find),
        web.get("/api/v1/wilayah/{path:.+}/children", children),
        web.get("/wilayah/cari", suggest),
        web.get("/wilayah/{path:.+}", directory),
    ]


async def find(request: web.Request) -> web.Response:
    """``GET /api/v1/wilayah?q=``: the places that people may mean, best first."""
    portal = portal_of(request)
    async with portal.store.read() as db:
        found = await search(db, request.query.get("q", "")[:LONGEST_QUERY])
    return _answer(found.places)


async def children(request: web.Request) -> web.Response:
    """``GET /api/v1/wilayah/<path>/children``: the official places below one, by name.

    RT and RW are left out: which of them exist would say where members live.
    """
    portal = portal_of(request)
    node = await existing(portal, request.match_info["path"])
    return _answer(await official_below(portal, node.path))


async def suggest(request: web.Request) -> web.Response:
    """``GET /wilayah/cari?q=``: the villages to choose from, as a piece of the sign-up's page."""
    places, rt_rw = await villages(portal_of(request), request.query.get("q", ""))
    here = request.query.get("kembali", "")
    text = render_text(
        request,
        "part/villages.html",
        query=request.query.get("q", ""),
        villages=places,
        rt_rw=rt_rw,
        here=here if here.startswith("/g/") else "",
    )
    return web.Response(text=text, content_type="text/html")


async def directory(request: web.Request) -> web.Response:
    """``GET /wilayah/<path>``: a place, what lies around it and below it. Costs no question to Synapse."""
    portal = portal_of(request)
    node = await existing(portal, request.match_info["path"])
    if node.level in (Level.UNIT, Level.RW, Level.RT):
        raise KamarError("wilayah_unknown")  # which RT are known would say where members live
    choice = await choose(portal, node.path)
    response = render(request, "wilayah.html", node=node, choice=choice)
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


async def villages(portal: Portal, typed: str) -> tuple[list[Node], RtRw | None]:
    """Return the villages that ``typed`` may mean, best first, and the RT and RW that stood in it."""
    typed = typed[:LONGEST_QUERY]
    if not typed.strip():
        return [], None
    async with portal.store.read() as db:
        found = await search(db, typed, 3 * SUGGESTIONS)
    return [place for place in found.places if place.level in LIVABLE][:SUGGESTIONS], found.rt_rw


def rt_rw_of(typed: str) -> RtRw | None:
    """Return the RT and RW that stand in what was searched for."""
    return take_rt_rw(plain(typed[:LONGEST_QUERY]))[0]


async def village(portal: Portal, code: str) -> Node | None:
    """Return the village (or unit) of a code; None when there is none that people live in."""
    try:
        node = await existing(portal, code)
    except KamarError:
        return None
    return node if node.level in LIVABLE else None


async def choose(portal: Portal, inside: str) -> Choice:
    """Return the step of the choice by levels at ``inside``; the country when there is no such place."""
    try:
        node = await existing(portal, inside or ROOT)
    except KamarError:
        node = await existing(portal, ROOT)
    around: list[Node] = []
    async with portal.store.read() as db:
        for item in reversed((parse(node.path), *parse(node.path).ancestors())):
            if item.path != ROOT and (found := await wilayah.get(db, item.path)) is not None:
                around.append(found)
    return Choice(around, await official_below(portal, node.path))


async def official_below(portal: Portal, path: NodePath) -> list[Node]:
    """Return the places with an official code directly below one, by name."""
    async with portal.store.read() as db:
        found = await wilayah.children(db, path)
    return [node for node in found if node.level not in (Level.RW, Level.RT)]


async def existing(portal: Portal, path: str) -> Node:
    """Return the node of a path.

    Raises:
        KamarError: ``wilayah_unknown``.
    """
    try:
        place = parse(path)
    except KamarError as error:
        raise KamarError("wilayah_unknown") from error
    async with portal.store.read() as db:
        node = await wilayah.get(db, place.path)
    if node is None:
        raise KamarError("wilayah_unknown")
    return node


def _answer(places: Sequence[Node]) -> web.Response:
    results = [
        {
            "path": node.path,
            "code": node.code,
            "name": node.name,
            "full_name": node.full_name,
            "level": node.level.value,
        }
        for node in places
    ]
    return web.json_response({"results": results}, headers={"Cache-Control": CACHE})
