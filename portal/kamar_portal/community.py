"""Komunitas Saya: one's rooms as a list of chats, what is still missing, and the ways into the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from aiohttp import web

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import NodePath, RoomId, UserId, localpart
from kamar.membership import SeatState
from kamar.node import Axis, axis_of, level_of
from kamar.policy import Standing
from kamar.structure import OpenRules, RoomKey, RoomKind, counted, kamar_nodes, placement
from kamar.structure_room import room_name
from kamar.wilayah import Level, parse
from kamar_bridges.homeserver import MatrixError
from kamar_portal import cookies, officers_vacancy, once, recovery_own, vacancy_vote
from kamar_portal.cookies import Cookie
from kamar_portal.form import read_form
from kamar_portal.page import render, render_text, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.referral import own_link
from kamar_portal.session import access_token, member_of
from kamar_store import belonging, cover, seating, vouch, wave
from kamar_store import member as members
from kamar_store.cover import Said
from kamar_store.member import Member
from kamar_store.seating import Room
from kamar_store.store import Db

ELEMENT = "https://mobile.element.io/element/"  # opens Element X where it is installed
LOOK_SECONDS = 2  # how often a page that waits for a seat asks again


@dataclass(frozen=True, slots=True)
class Row:
    """One room in the list."""

    number: int
    name: str
    sign: str  # what the round picture shows, in the colours of the room's picture in the chat
    ready: bool

    @property
    def digits(self) -> str:
        """Return the number in "Kamar RT 003/RW 005 Sukaresmi" that this room goes by; empty for others."""
        return self.name.split("/")[0].split()[2] if self.sign in ("rt", "rw") else ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A kamar of one's own that is not open yet, and how many neighbours it takes."""

    name: str
    missing: int


@dataclass(frozen=True, slots=True)
class RoomList:
    """What the list shows; ``preparing`` while a seat is still being made."""

    rows: Sequence[Row]
    waiting: Sequence[Waiting]
    home: str
    preparing: bool
    look_seconds: int = LOOK_SECONDS


@dataclass(frozen=True, slots=True)
class Trust:
    """What the neighbours think of the member: vouched for, new, or held at the door; and who waits for his word."""

    user: UserId
    vouched: bool
    held: bool
    newcomers: int
    asked: bool = False  # waits for two colleagues


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/komunitas", show),
        web.get("/komunitas/kamar", rooms),
        web.post("/komunitas/tercatat", noted),
        web.get("/obrolan", open_chat),
        web.post("/obrolan", open_chat),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /komunitas``."""
    portal, member = portal_of(request), member_of(request)
    link = await own_link(portal, member)
    return render(
        request,
        "community.html",
        list=await room_list(portal, member),
        trust=await _trust(portal, member),
        vacant=await officers_vacancy.count_for(portal, member),
        votes=await _votes(portal, member),
        link=link,
        once=once.shown_to(request, member.user_id),
        returning=await recovery_own.returning(portal, member),
        account=member.user_id,
        element=_element_link(portal, member),
        portal_url=portal.settings.portal_url,
    )


async def rooms(request: web.Request) -> web.Response:
    """``GET /komunitas/kamar``: the list alone, while it is being prepared."""
    portal, member = portal_of(request), member_of(request)
    text = render_text(request, "part/rooms.html", list=await room_list(portal, member))
    return web.Response(text=text, content_type="text/html")


async def noted(request: web.Request) -> web.Response:
    """``POST /komunitas/tercatat``: the recovery words are written down and are not shown again."""
    member_of(request)
    response = see_other("/komunitas")
    cookies.drop(request, response, Cookie.ONCE)
    return response


async def open_chat(request: web.Request) -> web.Response:
    """``/obrolan``: hand the browser over to the chat, logged in.

    ``kamar`` (a row of the list) or ``room`` (a Matrix id, asked for by the chat itself) opens that room.

    Raises:
        KamarError: ``login_needed``, ``csrf`` when another site sent the browser here, or Matrix not answering.
    """
    portal, member = portal_of(request), member_of(request)
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise KamarError("csrf")
    token = access_token(request)
    if token is None:
        return see_other("/masuk?obrolan=1")
    try:
        login = await portal.module.login_token(token)
    except MatrixError as error:
        if error.errcode in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
            return see_other("/masuk?obrolan=1")
        raise
    wish = {"loginToken": login.token, "user": member.user_id}
    if room := await _wanted_room(request, portal, member):
        wish["room"] = room
    if member.data_saving is not None:
        wish["hemat"] = "1" if member.data_saving else "0"
    return see_other(f"/chat/?{urlencode(wish)}")  # no other origin: the form policy follows redirects


async def _wanted_room(request: web.Request, portal: Portal, member: Member) -> RoomId | None:
    form = await read_form(request) if request.method == "POST" else None
    row = form.text("kamar") if form else ""
    wanted = request.query.get("room", "")
    async with portal.store.read() as db:
        seats = await seating.seats_of(db, member.id)
    for room, _ in seats:
        if room.room_id and (str(room.id) == row or room.room_id == wanted):
            return room.room_id
    return None


async def _trust(portal: Portal, member: Member) -> Trust:
    async with portal.store.read() as db:
        waiting = await vouch.newcomers_for(
            db, await vouch.voucher(db, portal.site.organisation, member, portal.clock())
        )
        held = not member.vouched and await wave.is_held(db, member.id)
        asked = (await belonging.states_of(db, member.id)).get(member.home) is Belonging.ASKED
    return Trust(member.user_id, member.vouched, held, len(waiting), asked)


async def room_list(portal: Portal, member: Member) -> RoomList:
    """Return the member's rooms as they are listed, and the kamar that are still to open."""
    async with portal.store.read() as db:
        seats = await seating.seats_of(db, member.id)
        shown = [(room, state) for room, state in seats if room.key.kind is not RoomKind.SPACE]
        held = [(room, state) for room, state in shown if state in (SeatState.WANTED, SeatState.SEATED)]
        waiting = await _waiting(db, portal, member)
        paths = {room.key.node for room, _ in held} | {node for node, _ in waiting}
        nodes = {path: await cover.said(db, path) for path in sorted(paths)}
        home = await cover.said(db, member.home)
    rows = [_row(room, state, nodes) for room, state in sorted(held, key=_order)]
    return RoomList(
        rows=rows,
        waiting=[Waiting(_kamar_name(node, nodes), missing) for node, missing in waiting],
        home=home.whole,
        preparing=not rows or any(not row.ready for row in rows),
    )


async def _waiting(db: Db, portal: Portal, member: Member) -> Sequence[tuple[NodePath, int]]:
    if axis_of(member.home) is not Axis.WILAYAH:
        return ()
    place = parse(member.home)
    opened = {room.key for room in await seating.rooms_at(db, kamar_nodes(place))}
    counts = await members.counts(db, counted(place))
    limits = portal.settings.rooms
    rules = OpenRules(limits.open_at_rt, limits.open_at_rw, limits.open_at_kelurahan, limits.open_at_perintis)
    standing = Standing.NEIGHBOUR if member.vouched else Standing.NEWCOMER
    return placement(member.home, counts, opened, rules, standing).waiting


def _order(held: tuple[Room, SeatState]) -> tuple[int, str, int]:
    room, _ = held
    level = level_of(room.key.node)
    rank = {Level.RT: 0, Level.RW: 1}.get(level, 2) if level else 4
    return rank + (room.key.kind is RoomKind.SIARAN), room.key.node, room.id


def _row(room: Room, state: SeatState, nodes: Mapping[NodePath, Said]) -> Row:
    around = nodes[room.key.node]
    return Row(
        number=room.id,
        name=room_name(room.key, around.name, around.kind),
        sign=_sign(room),
        ready=state is SeatState.SEATED,
    )


def _sign(room: Room) -> str:
    if room.key.kind is not RoomKind.OBROLAN:
        return room.key.kind.value
    level = level_of(room.key.node)
    if level is None:
        return "lain"
    return level.value if level in (Level.RT, Level.RW) else "desa"


def _kamar_name(path: NodePath, nodes: Mapping[NodePath, Said]) -> str:
    return room_name(RoomKey(path, RoomKind.OBROLAN), nodes[path].name, nodes[path].kind)


def _element_link(portal: Portal, member: Member) -> str:
    """Return the address that opens Element X with server and account filled in."""
    server = portal.settings.server.name
    hint = quote(f"mxid:@{localpart(member.user_id)}:{server}", safe=":@")
    return f"{ELEMENT}?account_provider={quote(server)}&login_hint={hint}"


async def _votes(portal: Portal, member: Member) -> int:
    async with portal.store.read() as db:
        return await vacancy_vote.count_for(db, portal, member)
