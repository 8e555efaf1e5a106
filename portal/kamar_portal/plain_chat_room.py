"""Which room a plain page shows, to whom, and what of it is remembered for a minute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import EventId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.organisation import Right
from kamar.plain_chat import may_write
from kamar.plain_chat_text import Reader
from kamar.structure import RoomKind
from kamar.structure_room import alias_of, room_name
from kamar.when import zone_of
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.matrix import Matrix
from kamar_bridges.plain_chat import RoomView
from kamar_portal.portal import PORTAL, Portal, portal_of
from kamar_portal.session import access_token, member_of
from kamar_store import badge, cover, seating
from kamar_store import mandate as mandates
from kamar_store.member import Member
from kamar_store.seating import Room
from kamar_store.store import Db

LOG_IN_AGAIN = "/masuk?obrolan=1"
NO_TOKEN = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
FORGET = timedelta(minutes=1)  # a room that becomes encrypted is noticed after so long
REMEMBERED = 4096  # rooms, and read marks; the oldest are forgotten
STREAMS_MAX = 60  # pages that wait for news at once, on connections of their own

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass
class Memory:
    """What one portal process remembers between two pages; nothing that anybody said."""

    waiting: Homeserver  # for the calls that wait for news
    plain: OrderedDict[RoomId, datetime] = field(default_factory=OrderedDict)  # known not to be encrypted, until
    marks: OrderedDict[tuple[str, RoomId], EventId] = field(default_factory=OrderedDict)  # read up to
    streams: dict[str, int] = field(default_factory=dict)  # by user


MEMORY: web.AppKey[Memory] = web.AppKey("plain_chat", Memory)


@dataclass(frozen=True, slots=True)
class OwnRoom:
    """A room that the visitor sits in, and the means to read it."""

    row: Room
    room_id: RoomId
    name: str
    member: Member
    token: str = field(repr=False)
    may_write: bool
    server: str

    @property
    def address(self) -> str:
        """Return where the page is."""
        return f"/kamar/{self.row.id}"

    @property
    def zone(self) -> timezone:
        """Return the zone that times are told in."""
        return zone_of(self.member.home)

    async def reader(self, portal: Portal, names: Mapping[UserId, str]) -> Reader:
        """Return who reads what people of these names wrote."""
        async with portal.store.read() as db:
            node, now = self.row.key.node, portal.clock()
            titles = await badge.badges(db, portal.site.organisation, names, node, now)
        return Reader(self.member.user_id, self.server, names, titles)

    def view(self, homeserver: Homeserver) -> RoomView:
        """Return the room as the member sees it."""
        return RoomView(homeserver, self.token, self.room_id)

    def matrix(self, homeserver: Homeserver) -> Matrix:
        """Return Matrix as the member."""
        return Matrix(homeserver, self.token)


async def remember(app: web.Application) -> AsyncIterator[None]:
    """Keep the memory while the app runs."""
    async with app[PORTAL].homeserver.another(STREAMS_MAX) as waiting:
        app[MEMORY] = Memory(waiting)
        yield


async def own_room(request: web.Request) -> OwnRoom:
    """Return the room named in the address: the number of its row, or its alias.

    A room of others and one that does not exist are told apart by nobody.

    Raises:
        KamarError: ``login_needed``, ``not_found``.
        HTTPSeeOther: this browser holds no Matrix token.
    """
    portal, member = portal_of(request), member_of(request)
    wanted = request.match_info["kamar"]
    async with portal.store.read() as db:
        row = await _seat(db, member, wanted)
        around = await cover.said(db, row.key.node)
        coordinated: list[NodePath] = []
        if row.key.kind is RoomKind.SIARAN:
            coordinated = await mandates.where_may(db, portal.site.organisation, member, Right.ANNOUNCE, portal.clock())
    token = access_token(request)
    if token is None:
        raise web.HTTPSeeOther(LOG_IN_AGAIN)
    return OwnRoom(
        row=row,
        room_id=RoomId(str(row.room_id)),
        name=room_name(row.key, around.name, around.kind),
        member=member,
        token=token,
        may_write=may_write(row.key.kind, row.key.node, coordinated),
        server=portal.settings.server.name,
    )


async def _seat(db: Db, member: Member, wanted: str) -> Room:
    for row, state in await seating.seats_of(db, member.id):
        named = wanted in (str(row.id), alias_of(row.key))
        if named and row.room_id and row.key.kind is not RoomKind.SPACE and state is SeatState.SEATED:
            return row
    raise KamarError("not_found")


@asynccontextmanager
async def asking(request: web.Request) -> AsyncIterator[None]:
    """Send whoever's token Matrix does not know any more to log in; one who was taken out has no such room.

    Raises:
        HTTPSeeOther, KamarError: instead of the :class:`MatrixError` inside.
    """
    try:
        yield
    except MatrixError as error:
        if error.errcode in NO_TOKEN:
            raise web.HTTPSeeOther(LOG_IN_AGAIN) from error
        if error.refusal:
            raise
        if error.errcode == "M_FORBIDDEN":
            raise KamarError("write_refused" if request.method == "POST" else "not_found") from error
        raise


async def is_encrypted(request: web.Request, room: OwnRoom) -> bool:
    """Tell whether a room is encrypted, asking at most once a minute for each room."""
    memory, now = request.config_dict[MEMORY], portal_of(request).clock()
    until = memory.plain.get(room.room_id)
    if until is not None and now < until:
        return False
    if await room.view(portal_of(request).homeserver).encrypted():
        return True
    _keep(memory.plain, room.room_id, now + FORGET)
    return False


async def mark_read(request: web.Request, room: OwnRoom, event: EventId) -> None:
    """Tell Matrix that the member has read up to ``event``, once."""
    memory, key = request.config_dict[MEMORY], (room.member.user_id, room.room_id)
    if memory.marks.get(key) == event:
        return
    await room.view(portal_of(request).homeserver).read(event)
    _keep(memory.marks, key, event)


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
