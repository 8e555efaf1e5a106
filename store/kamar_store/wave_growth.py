"""The wave brake and rooms that grow: whom newcomers of a tree meet, when they come and while they sit there.

A row of the trail counts who sat in its room when the newcomer came, and everybody who got a seat there since
then: exactly once each, because both are written in the transaction of the seat.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.structure import RoomKind, RoomState
from kamar.wave import WINDOW
from kamar_store import outbox
from kamar_store.seating import Room
from kamar_store.tables import member, room, seat, trail

SITTING = (SeatState.WANTED, SeatState.SEATED)


@dataclass(frozen=True, slots=True)
class Guest:
    """A newcomer with a trail, and the room where he sits."""

    member: MemberId
    tree: str
    room: int


async def would_meet(db: AsyncConnection, there: Room, number: MemberId, tree: str, now: datetime) -> int:
    """Return how many people not of the tree it will have met in a room, or at its node while it is not open."""
    met = await met_in(db, there.id, number, tree, now)
    if there.state is RoomState.OPEN or there.key.kind is RoomKind.PERINTIS:
        return met
    return max(met, await met_at(db, there.key.node, number, tree))


async def met_in(db: AsyncConnection, there: int, number: MemberId, tree: str, now: datetime) -> int:
    """Return how many people not of the tree it will have met by their seats in a room.

    Whoever was met there before counts still; nobody twice, unless he was just being seated.
    """
    before = await db.execute(
        select(func.max(trail.c.met), func.max(trail.c.at)).where(
            trail.c.room == there, trail.c.tree == tree, trail.c.at > now - WINDOW
        )
    )
    met, last = before.one()
    new = and_(seat.c.room == there, seat.c.state.in_(SITTING), *([] if last is None else [seat.c.at > last]))
    sitting = select(func.count()).select_from(member.join(seat, seat.c.member == member.c.id))
    found = await db.execute(sitting.where(new, _not_of(tree), member.c.id != number, member.c.left_at.is_(None)))
    return int(met or 0) + int(found.scalar_one())


async def met_at(db: AsyncConnection, node: NodePath, number: MemberId, tree: str) -> int:
    """Return how many people not of the tree live at a node, and will sit in its kamar."""
    living = select(func.count()).select_from(member).where(member.c.home == node, _not_of(tree))
    found = await db.execute(living.where(member.c.id != number, member.c.left_at.is_(None)))
    return int(found.scalar_one())


async def count_in(db: AsyncConnection, rooms: Collection[int], joiner: MemberId, now: datetime) -> list[Guest]:
    """Count who gets a seat in these rooms for every tree that sits there but his own; return its newcomers there."""
    if not rooms:
        return []
    theirs = select(member.c.tree).where(member.c.id == joiner, member.c.vouched_at.is_(None)).scalar_subquery()
    found = await db.execute(
        select(trail.c.member, trail.c.tree, trail.c.room)
        .join(seat, and_(seat.c.member == trail.c.member, seat.c.room == trail.c.room))
        .join(member, member.c.id == trail.c.member)
        .where(
            trail.c.room.in_(rooms),
            seat.c.state.in_(SITTING),
            member.c.vouched_at.is_(None),
            member.c.id != joiner,
            or_(theirs.is_(None), trail.c.tree != theirs),
        )
        .order_by(trail.c.member)
    )
    guests = [Guest(*row) for row in found]
    for there, tree in {(guest.room, guest.tree) for guest in guests}:
        rows = and_(trail.c.room == there, trail.c.tree == tree)
        await db.execute(update(trail).where(rows).values(met=trail.c.met + 1, at=now))
    return guests


async def see_off(db: AsyncConnection, guest: Guest, now: datetime) -> None:
    """Take the seat of a newcomer whose room has grown too large for him, and let the job find him another."""
    mine = and_(seat.c.member == guest.member, seat.c.room == guest.room, seat.c.state.in_(SITTING))
    await db.execute(update(seat).where(mine).values(state=SeatState.LEAVING, at=now))
    key = f"seat:{guest.member}:grown:{guest.room}:{now.isoformat()}"
    await outbox.put(db, "seat", key, {"member": guest.member}, now, lane=f"member:{guest.member}")


async def leaving(db: AsyncConnection, rooms: Collection[int]) -> list[tuple[UserId, RoomId]]:
    """Return the newcomers who must be out of these rooms before anybody else comes in."""
    found = await db.execute(
        select(member.c.user_id, room.c.room_id)
        .join(seat, seat.c.member == member.c.id)
        .join(room, room.c.id == seat.c.room)
        .join(trail, and_(trail.c.member == member.c.id, trail.c.room == room.c.id))
        .where(room.c.id.in_(rooms), seat.c.state == SeatState.LEAVING, room.c.room_id.is_not(None))
    )
    return [(UserId(user), RoomId(room_id)) for user, room_id in found]


async def sitting_in(db: AsyncConnection, there: int) -> int:
    """Return how many have a seat in a room."""
    found = select(func.count()).select_from(seat).where(seat.c.room == there, seat.c.state.in_(SITTING))
    return int((await db.execute(found)).scalar_one())


async def sits(db: AsyncConnection, number: MemberId, there: int) -> bool:
    """Tell whether a member has a seat in a room."""
    mine = select(seat.c.room).where(seat.c.member == number, seat.c.room == there, seat.c.state.in_(SITTING))
    return (await db.execute(mine)).one_or_none() is not None


def _not_of(tree: str) -> ColumnElement[bool]:
    return or_(member.c.tree.is_(None), member.c.tree != tree, member.c.vouched_at.is_not(None))
