"""Who greets newcomers, who was greeted by whom, and which greetings nobody has looked after yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import EventId, MemberId, RoomId
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import outbox, seating
from kamar_store.member import COLUMNS, Member
from kamar_store.tables import greeter, greeting, member, room, seat

PATIENCE = timedelta(days=1)  # until the greeter is reminded


@dataclass(frozen=True, slots=True)
class Greeting:
    """A newcomer who was greeted in a room."""

    room_id: RoomId
    newcomer: Member
    greeter: Member
    at: datetime
    done: bool


async def agree(db: AsyncConnection, number: MemberId, now: datetime, *, greets: bool) -> None:
    """Remember whether a member wants to greet newcomers."""
    if not greets:
        await db.execute(delete(greeter).where(greeter.c.member == number))
        return
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(greeter).values(member=number, at=now)
    await db.execute(statement.on_conflict_do_nothing(index_elements=["member"]))


async def agreed(db: AsyncConnection, number: MemberId) -> bool:
    """Tell whether a member wants to greet newcomers."""
    return (await db.execute(select(greeter.c.at).where(greeter.c.member == number))).one_or_none() is not None


async def of_room(db: AsyncConnection, room_id: RoomId, now: datetime) -> Member | None:
    """Return who greets in a room: its coordinator, else the longest vouched neighbour there who agreed."""
    official = await seating.room_by_id(db, room_id)
    if official is None:
        return None
    for _node, _office, holder in await mandates.officers(db, [official.key.node], now):
        return holder
    found = await db.execute(
        select(*COLUMNS)
        .join(greeter, greeter.c.member == member.c.id)
        .join(seat, seat.c.member == member.c.id)
        .join(room, room.c.id == seat.c.room)
        .where(
            room.c.room_id == room_id,
            seat.c.state == "seated",
            member.c.vouched_at.is_not(None),
            member.c.left_at.is_(None),
        )
        .order_by(member.c.vouched_at, member.c.id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else members.read(row)


async def greeted(
    db: AsyncConnection, event_id: EventId, room_id: RoomId, newcomer: MemberId, by: MemberId, now: datetime
) -> None:
    """Remember that a newcomer was greeted in the name of ``by``."""
    values = {"event_id": event_id, "room_id": room_id, "newcomer": newcomer, "greeter": by, "at": now, "done": False}
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    await db.execute(dialect.insert(greeting).values(values).on_conflict_do_nothing(index_elements=["event_id"]))


async def look_after(db: AsyncConnection, now: datetime) -> None:
    """Order a look at every greeting that is a day old."""
    late = select(greeting.c.event_id).where(greeting.c.at <= now - PATIENCE, greeting.c.done.is_(False))
    for (event_id,) in (await db.execute(late)).all():
        await outbox.put(db, "remind", f"remind:{event_id}", {"greeting": event_id}, now)


async def find(db: AsyncConnection, event_id: str) -> Greeting | None:
    """Return a greeting whose people are still here."""
    row = (await db.execute(select(greeting).where(greeting.c.event_id == event_id))).one_or_none()
    if row is None or row.greeter is None:
        return None
    newcomer, by = await members.by_id(db, row.newcomer), await members.by_id(db, row.greeter)
    if newcomer is None or by is None:
        return None
    return Greeting(RoomId(row.room_id), newcomer, by, row.at, row.done)


async def done(db: AsyncConnection, event_id: str) -> None:
    """Write that a greeting was looked after."""
    await db.execute(update(greeting).where(greeting.c.event_id == event_id).values(done=True))
