"""Official rooms and the seats in them, as the registry wants them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.node import Axis, axis_of, base_of, below, village_of
from kamar.structure import RoomKey, RoomKind, RoomState
from kamar_store import outbox
from kamar_store.tables import member, room, seat


@dataclass(frozen=True, slots=True)
class Room:
    """One official room's row; ``room_id`` is known once it is open."""

    id: int
    row_key: str
    key: RoomKey
    room_id: RoomId | None
    state: RoomState


COLUMNS = (room.c.id, room.c.key, room.c.node, room.c.kind, room.c.number, room.c.room_id, room.c.state)


async def rooms_at(db: AsyncConnection, nodes: Collection[NodePath]) -> list[Room]:
    """Return the rooms of the nodes that are wanted or open."""
    found = await db.execute(
        select(*COLUMNS).where(room.c.node.in_(nodes), room.c.state != RoomState.SHUT).order_by(room.c.id)
    )
    return [_room(row) for row in found]


async def room_by_row(db: AsyncConnection, number: int) -> Room | None:
    """Return a room by its row number."""
    row = (await db.execute(select(*COLUMNS).where(room.c.id == number))).one_or_none()
    return None if row is None else _room(row)


async def room_by_id(db: AsyncConnection, room_id: str) -> Room | None:
    """Return the official room with this Matrix id."""
    row = (await db.execute(select(*COLUMNS).where(room.c.room_id == room_id))).one_or_none()
    return None if row is None else _room(row)


async def opened_at(db: AsyncConnection, number: int) -> datetime | None:
    """Return when a room was opened, by its row number."""
    return (await db.execute(select(room.c.opened_at).where(room.c.id == number))).scalar_one_or_none()


async def unopened_below(db: AsyncConnection, place: NodePath) -> list[Room]:
    """Return the rooms at and below a place that are still to be opened, in the state they are found in."""
    unopened = (RoomState.WANTED, RoomState.OPENING)
    found = await db.execute(
        select(*COLUMNS).where(_at_or_below(place), room.c.state.in_(unopened)).order_by(room.c.id)
    )
    return [_room(row) for row in found]


async def begin_opening(db: AsyncConnection, rooms: Collection[Room]) -> None:
    """Write that rooms are being made: after a crash nobody can tell whether Matrix has them."""
    numbers = [each.id for each in rooms]
    await db.execute(update(room).where(room.c.id.in_(numbers)).values(state=RoomState.OPENING))


async def rooms_below(db: AsyncConnection, place: NodePath) -> list[Room]:
    """Return the open rooms at and below a place of a village."""
    found = await db.execute(
        select(*COLUMNS).where(_at_or_below(place), room.c.state == RoomState.OPEN).order_by(room.c.id)
    )
    return [_room(row) for row in found]


async def open_space(db: AsyncConnection, village: NodePath) -> RoomId | None:
    """Return the open space of a village, or of another node that has one."""
    found = await db.execute(
        select(room.c.room_id).where(
            room.c.node == village, room.c.kind == RoomKind.SPACE, room.c.state == RoomState.OPEN
        )
    )
    return found.scalar_one_or_none()


async def open_rooms_below(db: AsyncConnection, village: NodePath) -> int:
    """Return how many rooms of a village are open."""
    found = await db.execute(
        select(func.count()).select_from(room).where(_at_or_below(village), room.c.state == RoomState.OPEN)
    )
    return found.scalar_one()


async def want_rooms(db: AsyncConnection, keys: Iterable[RoomKey], now: datetime) -> None:
    """Write the rooms that do not exist yet, each with the order to open it. Two at once make one row."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    for key in keys:
        values = {
            "key": secrets.token_hex(16),
            "node": key.node,
            "kind": key.kind,
            "number": key.number,
            "state": RoomState.WANTED,
            "created_at": now,
        }
        statement = (
            dialect.insert(room).values(values).on_conflict_do_nothing(index_elements=["node", "kind", "number"])
        )
        made = (await db.execute(statement.returning(room.c.id))).scalar_one_or_none()
        if made is not None:
            lane = f"village:{base_of(key.node)}"
            await outbox.put(db, "open", f"open:{made}", {"room": made}, now, lane=lane)


async def opened(db: AsyncConnection, row: Room, room_id: RoomId, now: datetime) -> None:
    """Write that a room exists in Matrix now."""
    changes = {"room_id": room_id, "state": RoomState.OPEN, "opened_at": now}
    await db.execute(update(room).where(room.c.id == row.id).values(changes))


async def reopen(db: AsyncConnection, row: Room, now: datetime) -> None:
    """Order that a room which is gone from Matrix is made anew, with everybody in it who sat there."""
    changes = {"room_id": None, "state": RoomState.WANTED, "opened_at": None}
    gone = and_(room.c.id == row.id, room.c.room_id == row.room_id)
    if (await db.execute(update(room).where(gone).values(changes).returning(room.c.id))).one_or_none() is None:
        return  # somebody did so before
    seated = and_(seat.c.room == row.id, seat.c.state == SeatState.SEATED)
    await db.execute(update(seat).where(seated).values(state=SeatState.WANTED, at=now))
    await db.execute(update(room).where(room.c.id == row.id).values(key=secrets.token_hex(16)))
    lane = f"village:{base_of(row.key.node)}"
    await outbox.put(db, "open", f"open:{row.id}:instead:{row.room_id}", {"room": row.id}, now, lane=lane)


async def shut(db: AsyncConnection, row: Room) -> None:
    """Write that a room is no more, with its seats. The row stays, so that its name is not made again by itself."""
    await db.execute(delete(seat).where(seat.c.room == row.id))
    await db.execute(delete(room).where(room.c.id == row.id))


async def want_seats(db: AsyncConnection, number: MemberId, rooms: Collection[int], now: datetime) -> list[int]:
    """Make the wanted seats of a member exactly ``rooms`` (row numbers); return those where he had none.

    Seats among officers follow mandates alone.

    Seats of rooms not named are to be left; a room the member left by the own wish stays left.
    """
    mine = select(seat.c.room, seat.c.state).join(room, room.c.id == seat.c.room)
    followed = and_(seat.c.member == number, room.c.kind != RoomKind.PENGURUS, room.c.state != RoomState.SHUT)
    lived = await db.execute(mine.where(followed))  # who sat in an archive reads on
    held = dict(lived.all())
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    for wanted in rooms:
        values = {"member": number, "room": wanted, "state": SeatState.WANTED, "at": now}
        await db.execute(
            dialect.insert(seat)
            .values(values)
            .on_conflict_do_update(
                index_elements=["member", "room"],
                set_={"state": SeatState.WANTED, "at": now},
                where=seat.c.state == SeatState.LEAVING,
            )
        )
    leaving = [old for old, state in held.items() if old not in rooms and state in (SeatState.WANTED, SeatState.SEATED)]
    if leaving:
        await db.execute(
            update(seat)
            .where(seat.c.member == number, seat.c.room.in_(leaving))
            .values(state=SeatState.LEAVING, at=now)
        )
    return [new for new in rooms if held.get(new, SeatState.LEAVING) == SeatState.LEAVING]


async def seats_of(db: AsyncConnection, number: MemberId) -> list[tuple[Room, SeatState]]:
    """Return the member's seats with their rooms, smallest place first."""
    found = await db.execute(
        select(*COLUMNS, seat.c.state)
        .join(seat, seat.c.room == room.c.id)
        .where(seat.c.member == number, room.c.state != RoomState.SHUT)
        .order_by(func.length(room.c.node).desc(), room.c.id)
    )
    return [(_room(row[:-1]), SeatState(row[-1])) for row in found]


async def seated(db: AsyncConnection, number: MemberId, rooms: Collection[int], now: datetime) -> None:
    """Write that Matrix has the member in these rooms."""
    if rooms:
        await db.execute(
            update(seat)
            .where(seat.c.member == number, seat.c.room.in_(rooms), seat.c.state == SeatState.WANTED)
            .values(state=SeatState.SEATED, at=now)
        )


async def unseated(db: AsyncConnection, number: MemberId, rooms: Collection[int]) -> None:
    """Write that Matrix has the member out of these rooms, as it was decided."""
    if rooms:
        await db.execute(
            delete(seat).where(seat.c.member == number, seat.c.room.in_(rooms), seat.c.state == SeatState.LEAVING)
        )


async def left(db: AsyncConnection, user: UserId, room_id: RoomId, at: datetime) -> None:
    """Write that a member left a room by the own wish; nobody brings him back there.

    ``at`` is when that was: old news about somebody who has been seated again since then changes nothing.
    """
    numbers = select(member.c.id).where(member.c.user_id == user).scalar_subquery()
    rows = select(room.c.id).where(room.c.room_id == room_id).scalar_subquery()
    await db.execute(
        update(seat)
        .where(seat.c.member == numbers, seat.c.room == rows, seat.c.state == SeatState.SEATED, seat.c.at <= at)
        .values(state=SeatState.LEFT, at=at)
    )


async def keep_out(db: AsyncConnection, number: MemberId, only: int | None, now: datetime) -> list[RoomId]:
    """Take a member's seats away by a measure: all, or ``only`` one room's. Return the rooms to leave in Matrix."""
    mine = and_(seat.c.member == number, *([] if only is None else [seat.c.room == only]))
    await db.execute(update(seat).where(mine).values(state=SeatState.REMOVED, at=now))
    found = await db.execute(select(room.c.room_id).join(seat, seat.c.room == room.c.id).where(mine))
    return [RoomId(room_id) for (room_id,) in found if room_id]


async def let_in(db: AsyncConnection, number: MemberId, rooms: Collection[int]) -> None:
    """Forget that a measure kept a member out of these rooms; the next seating decides."""
    if rooms:
        await db.execute(
            delete(seat).where(seat.c.member == number, seat.c.room.in_(rooms), seat.c.state == SeatState.REMOVED)
        )


async def sits_in(db: AsyncConnection, number: MemberId, room_id: RoomId) -> bool:
    """Tell whether a member has a seat in a room still."""
    found = await db.execute(
        select(seat.c.room)
        .join(room, room.c.id == seat.c.room)
        .where(
            seat.c.member == number, room.c.room_id == room_id, seat.c.state.in_((SeatState.WANTED, SeatState.SEATED))
        )
    )
    return found.one_or_none() is not None


async def members_to_seat(db: AsyncConnection, row: Room) -> list[MemberId]:
    """Return the members who wait for a seat in a room that has just opened."""
    found = await db.execute(
        select(seat.c.member).where(
            seat.c.room == row.id, or_(seat.c.state == SeatState.WANTED, seat.c.state == SeatState.LEAVING)
        )
    )
    return [MemberId(number) for (number,) in found]


def _at_or_below(place: NodePath) -> ColumnElement[bool]:
    if axis_of(place) is Axis.WILAYAH and village_of(place) is None:  # starter kamar stand at the place itself
        return room.c.node == place
    low, high = below(place)
    return or_(room.c.node == place, and_(room.c.node >= low, room.c.node < high))


def _room(row: Sequence[Any]) -> Room:
    number, row_key, node, kind, order, room_id, state = row
    key = RoomKey(NodePath(node), RoomKind(kind), order)
    return Room(number, row_key, key, None if room_id is None else RoomId(room_id), RoomState(state))
