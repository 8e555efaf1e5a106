"""The people and rooms of the demonstration, to be taken away again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, UserId
from kamar.mandate import Mandate
from kamar.node import parent_of
from kamar.organisation import Organisation
from kamar.structure import RoomState
from kamar.wilayah import parse
from kamar_store import direct, peace_rule
from kamar_store import mandate as mandates
from kamar_store import reconcile as changed
from kamar_store.mandate_find import MANDATE
from kamar_store.tables import mandate, member, room, seat

DECREE = "contoh, bukan SK"


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


async def let_lead(db: AsyncConnection, organisation: Organisation, number: MemberId, now: datetime) -> None:
    """In the demonstration let the first administrator lead the kecamatan, so that everything can be tried."""
    home = await db.scalar(select(member.c.home).where(member.c.demo.is_(True)).limit(1))
    village = parse(home).village if home else None
    above = parent_of(village) if village else None
    if above is None or await mandates.officers(db, [above], now):
        return
    office = next(iter(organisation.offices_at(above)), None)
    if office is not None:
        await mandates.appoint(db, number, above, office.code, DECREE, now)
        await changed.mark(db, [above], now)


async def end_mandates(db: AsyncConnection, now: datetime) -> None:
    """End the mandates that real people hold by the demonstration's decree."""
    found = await db.execute(select(*MANDATE).where(mandate.c.decree == DECREE, mandate.c.revoked_at.is_(None)))
    for row in found.all():
        await mandates.end(db, Mandate(*row), None, "", now)
