"""The people and rooms of the demonstration, to be taken away again."""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, UserId
from kamar.structure import RoomState
from kamar_store import direct, peace_rule
from kamar_store.tables import member, room, seat


async def people(db: AsyncConnection) -> list[tuple[MemberId, UserId]]:
    """Return number and account of everybody invented."""
    found = await db.execute(select(member.c.id, member.c.user_id).where(member.c.demo.is_(True)))
    return [(MemberId(number), UserId(user)) for number, user in found]


async def forget(db: AsyncConnection, number: MemberId) -> None:
    """Delete one invented person, with seats and mandates, and where the bot talked with him."""
    user = await db.scalar(select(member.c.user_id).where(member.c.id == number, member.c.demo.is_(True)))
    if user is None:
        return
    await direct.forget(db, UserId(user))
    await peace_rule.forget_direct(db, UserId(user))
    await db.execute(delete(member).where(member.c.id == number, member.c.demo.is_(True)))


async def rooms_without_members(db: AsyncConnection) -> list[int]:
    """Return the official rooms in which nobody sits."""
    sitting = exists(select(1).where(seat.c.room == room.c.id))
    found = await db.execute(select(room.c.id).where(room.c.state != RoomState.SHUT, ~sitting))
    return list(found.scalars())
