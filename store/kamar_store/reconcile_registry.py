"""What the registry wants of some rooms: the arguments of :func:`kamar.reconcile.want`, read in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.node import axis_of, below, is_hidden, village_of
from kamar.organisation import Organisation
from kamar.peace import MeasureKind
from kamar.reconcile import Holder, Place, Registered
from kamar.reconcile.area import counting, reaches_down
from kamar.structure import RoomKey, RoomKind, RoomState, space_of
from kamar_store import cover
from kamar_store.mandate_find import in_force
from kamar_store.reconcile import Mark
from kamar_store.seating import Room, rooms_at, rooms_below
from kamar_store.tables import mandate, measure, member, node, room, seat


@dataclass(frozen=True, slots=True)
class Registry:
    """What the registry says about some rooms: the arguments of :func:`kamar.reconcile.want`."""

    rooms: Sequence[Registered]
    holders: Sequence[Holder]
    places: dict[NodePath, Place]
    open_rooms: dict[RoomKey, RoomId]


async def marked_rooms(db: AsyncConnection, marks: Iterable[Mark]) -> list[Room]:
    """Return the open rooms that the marks concern, in their order."""
    found: dict[int, Room] = {}
    for each in marks:
        deep = reaches_down(each.node) and not each.alone
        rooms = await rooms_below(db, each.node) if deep else await rooms_at(db, [each.node])
        found |= {item.id: item for item in rooms if item.room_id is not None and item.state is RoomState.OPEN}
    return [found[number] for number in sorted(found)]


async def rooms_after(db: AsyncConnection, after: int, most: int) -> list[Room]:
    """Return the next open rooms of the whole server, by the number of their row."""
    numbers = select(room.c.id).where(room.c.id > after, room.c.state == RoomState.OPEN, room.c.room_id.is_not(None))
    ids = (await db.execute(numbers.order_by(room.c.id).limit(most))).scalars().all()
    return await rooms_of(db, ids)


async def rooms_of(db: AsyncConnection, numbers: Collection[int]) -> list[Room]:
    """Return rooms by the numbers of their rows."""
    columns = (room.c.id, room.c.key, room.c.node, room.c.kind, room.c.number, room.c.room_id, room.c.state)
    found = await db.execute(select(*columns).where(room.c.id.in_(numbers)).order_by(room.c.id))
    return [
        Room(number, key, RoomKey(NodePath(path), RoomKind(kind), order), room_id, RoomState(state))
        for number, key, path, kind, order, room_id, state in found
    ]


async def read(db: AsyncConnection, organisation: Organisation, rooms: Sequence[Room], now: datetime) -> Registry:
    """Return what the registry says about open rooms. Its cost follows their number."""
    nodes = {each.key.node for each in rooms}
    seats = await _seats(db, [each.id for each in rooms])
    registered = [Registered(each.id, each.key, each.room_id, seats.get(each.id, {})) for each in rooms if each.room_id]
    return Registry(
        registered,
        await officers_of(db, organisation, rooms, now),
        await _places(db, nodes),
        await _open_rooms(db, organisation, [each.key for each in rooms]),
    )


async def officers_of(
    db: AsyncConnection, organisation: Organisation, rooms: Iterable[Room], now: datetime
) -> list[Holder]:
    """Return the mandates that count in some rooms."""
    nodes = {above for each in {room.key.node for room in rooms} for above in counting(each)}
    return await holders(db, organisation, nodes, now)


async def holders(
    db: AsyncConnection, organisation: Organisation, nodes: Collection[NodePath], now: datetime
) -> list[Holder]:
    """Return the mandates in force at the nodes, eldest first; of whom a measure bans everywhere they give nothing.

    Where people go by a second account the first one never shows, and nowhere else the second.
    """
    banned = (measure.c.kind == MeasureKind.BAN, measure.c.subject == member.c.id, measure.c.lifted_at.is_(None))
    out = exists().where(*banned, measure.c.starts_at <= now, measure.c.ends_at > now)
    columns = (mandate.c.member, member.c.user_id, mandate.c.node, mandate.c.office, mandate.c.acting)
    found = await db.execute(
        select(*columns, member.c.persona, out)
        .join(member, member.c.id == mandate.c.member)
        .where(mandate.c.node.in_(nodes), in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id)
    )
    return [
        Holder(MemberId(number), UserId(user), NodePath(path), organisation.offices[office], acting, bool(gone))
        for number, user, path, office, acting, persona, gone in found
        if office in organisation.offices and bool(persona) is organisation.has_personas(axis_of(path))
    ]


async def _seats(db: AsyncConnection, numbers: Collection[int]) -> dict[int, dict[UserId, SeatState]]:
    found = await db.execute(
        select(seat.c.room, member.c.user_id, seat.c.state)
        .join(member, member.c.id == seat.c.member)
        .where(seat.c.room.in_(numbers), member.c.left_at.is_(None))
    )
    seats: dict[int, dict[UserId, SeatState]] = {}
    for number, user, state in found:
        seats.setdefault(number, {})[UserId(user)] = SeatState(state)
    return seats


async def _places(db: AsyncConnection, nodes: Collection[NodePath]) -> dict[NodePath, Place]:
    """Return what nodes are called in the names of rooms: as :func:`kamar_store.cover.said`, many at once."""
    asked = {*nodes, *(village for each in nodes if (village := village_of(each)) is not None)}
    found = await db.execute(
        select(node.c.path, node.c.name, node.c.kind, node.c.full_name).where(node.c.path.in_(asked))
    )
    rows_ = {path: cover.Said(name, kind, whole) for path, name, kind, whole in found}
    places: dict[NodePath, Place] = {}
    for path in nodes:
        own, base = rows_.get(path), rows_.get(village_of(path) or path)
        if is_hidden(path):
            said = await cover.said(db, path)
            places[path] = Place(said.name, said.kind, said.whole)
        elif base is not None:
            places[path] = Place(base.name, base.kind, own.whole if own else f"{path}, {base.whole}")
    return places


async def _open_rooms(
    db: AsyncConnection, organisation: Organisation, keys: Iterable[RoomKey]
) -> dict[RoomKey, RoomId]:
    """Return the spaces of rooms and, for spaces, the open rooms at and below their node, first made first."""
    wanted = list(keys)
    spaces = {above.node for key in wanted if (above := space_of(key, organisation)) is not None}
    below_of = {key.node for key in wanted if key.kind is RoomKind.SPACE}
    parts = [and_(room.c.node.in_(spaces), room.c.kind == RoomKind.SPACE)]
    for path in below_of:
        low, high = below(path)
        parts.append(or_(room.c.node == path, and_(room.c.node >= low, room.c.node < high)))
    found = await db.execute(
        select(room.c.node, room.c.kind, room.c.number, room.c.room_id)
        .where(or_(*parts), room.c.state == RoomState.OPEN, room.c.room_id.is_not(None))
        .order_by(room.c.id)
    )
    return {RoomKey(NodePath(path), RoomKind(kind), order): RoomId(found_id) for path, kind, order, found_id in found}
