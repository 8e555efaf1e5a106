"""In which starter kamar of a place there is a seat: they are filled one after the other, guests among few people."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.membership import SeatState
from kamar.structure import RoomKind, RoomState
from kamar_store.tables import room, seat, trail


async def roomy(
    db: AsyncConnection,
    node: NodePath,
    number: MemberId,
    most: int,
    *,
    meets: int | None = None,
    without: Collection[int] = (),
) -> int:
    """Return the number of the starter kamar of ``node`` that the member sits in, else the first with a free seat.

    With ``meets`` a guest is seated, who may meet so many people at most, but not in the rooms ``without`` (rows);
    others don't go where guests sit.
    """
    guests = select(trail.c.member).where(trail.c.room == seat.c.room, trail.c.member == seat.c.member).exists()
    found = await db.execute(
        select(
            room.c.number,
            func.count(seat.c.member),
            func.sum(_is(number)),
            func.sum(case((guests, 1), else_=0)),
            room.c.id,
        )
        .select_from(room.outerjoin(seat, and_(seat.c.room == room.c.id, seat.c.state != SeatState.LEFT)))
        .where(room.c.node == node, room.c.kind == RoomKind.PERINTIS, room.c.state != RoomState.SHUT)
        .group_by(room.c.number, room.c.id)
        .order_by(room.c.number)
    )
    rows = found.all()
    for order, _taken, mine, _guests, row in rows:
        if mine and row not in without:
            return int(order)
    limit = most if meets is None else min(most, meets + 1)
    free = [
        int(order)
        for order, taken, _, guests, row in rows
        if taken < limit and row not in without and (meets is not None or not guests)
    ]
    return free[0] if free else len(rows) + 1


def _is(number: MemberId) -> ColumnElement[int]:
    return case((seat.c.member == number, 1), else_=0)
