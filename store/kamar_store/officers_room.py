"""Officers' rooms: opened when a node has its first officer, seats follow the mandates at the node and below it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.organisation import Organisation
from kamar.reconcile import sits_among_officers
from kamar.structure import RoomKey, RoomKind
from kamar_store import reconcile_registry, seating
from kamar_store.tables import mandate, member, node, seat


async def follow(db: AsyncConnection, organisation: Organisation, path: NodePath, now: datetime) -> None:
    """Want the officers' room of a node that has officers, and write who sits in it.

    Nothing for nodes whose level has none. Who left by the own wish stays out, as does whom a measure keeps out.
    """
    if RoomKind.PENGURUS.value not in organisation.rooms_at(path):
        return
    nodes = {path, *await _children_with_officers(db, path)}
    holders = await reconcile_registry.holders(db, organisation, nodes, now)
    sitting = {each.member for each in holders if sits_among_officers(path, each)}
    key = RoomKey(path, RoomKind.PENGURUS)
    if any(each.node == path for each in holders):
        await seating.want_rooms(db, [key], now)
    for row in await seating.rooms_at(db, [path]):
        if row.key == key:
            await _write(db, row.id, sitting, now)


async def seated(db: AsyncConnection, users: Collection[UserId], room_id: RoomId, now: datetime) -> None:
    """Write that Matrix has people in a room."""
    numbers = (await db.execute(select(member.c.id).where(member.c.user_id.in_(users)))).scalars().all()
    row = await seating.room_by_id(db, room_id)
    if row is not None:
        for number in numbers:
            await seating.seated(db, MemberId(number), [row.id], now)


async def _children_with_officers(db: AsyncConnection, path: NodePath) -> list[NodePath]:
    """Return the direct children of a node at which anybody ever held an office."""
    held = exists().where(mandate.c.node == node.c.path)
    found = await db.execute(select(node.c.path).where(node.c.parent == path, held))
    return [NodePath(child) for (child,) in found]


async def _write(db: AsyncConnection, number: int, sitting: Collection[MemberId], now: datetime) -> None:
    kept = (SeatState.REMOVED.value,)  # by a measure, whatever becomes of the office
    gone = and_(seat.c.room == number, seat.c.member.not_in(sitting), seat.c.state.not_in(kept))
    await db.execute(delete(seat).where(gone))
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    for each in sorted(sitting):
        values = {"member": each, "room": number, "state": SeatState.WANTED, "at": now}
        await db.execute(
            dialect.insert(seat)
            .values(values)
            .on_conflict_do_update(
                index_elements=["member", "room"],
                set_={"state": SeatState.WANTED, "at": now},
                where=seat.c.state == SeatState.LEAVING,
            )
        )
