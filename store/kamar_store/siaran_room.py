"""What each room has of an announcement, for the job that carries it there.

A room is written down as *tried* before Matrix is asked, so that after a crash its events are looked for first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import EventId, RoomId, UserId
from kamar_store import outbox
from kamar_store.siaran import Siaran
from kamar_store.tables import siaran, siaran_room


@dataclass(frozen=True, slots=True)
class Place:
    """One room that is behind; ``doubtful``: this very version may stand there already."""

    room: int
    room_id: RoomId
    event_id: EventId | None
    picture_event: EventId | None
    edits: tuple[EventId, ...]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """What a room has now."""

    room: int
    event_id: EventId | None
    picture_event: EventId | None
    edits: tuple[EventId, ...] = ()
    gone: bool = False
    said: bool = False  # for the first time: members are called back


async def take(db: AsyncConnection, item: Siaran, zones: Collection[int], most: int) -> Sequence[Place]:
    """Return the next rooms that are behind and may hear something now, and write that they are tried."""
    columns = (
        siaran_room.c.room,
        siaran_room.c.room_id,
        siaran_room.c.event_id,
        siaran_room.c.picture_event,
        siaran_room.c.edits,
        siaran_room.c.tried,
    )
    hears = or_(siaran_room.c.event_id.is_not(None), siaran_room.c.zone.in_(zones), siaran_room.c.tried > 0)
    found = (
        await db.execute(select(*columns).where(_behind(item), hears).order_by(siaran_room.c.room).limit(most))
    ).all()
    numbers = [row.room for row in found]
    mine = and_(siaran_room.c.siaran == item.id, siaran_room.c.room.in_(numbers))
    await db.execute(update(siaran_room).where(mine).values(tried=item.revision))
    return [
        Place(
            row.room,
            RoomId(row.room_id),
            None if row.event_id is None else EventId(row.event_id),
            None if row.picture_event is None else EventId(row.picture_event),
            tuple(EventId(event) for event in row.edits),
            row.tried > 0 and (row.tried >= item.revision or row.event_id is None),
        )
        for row in found
    ]


async def brought(db: AsyncConnection, item: Siaran, places: Collection[Brought], bot: UserId, now: datetime) -> None:
    """Write what rooms have now, and that their members are to be called back."""
    for place in places:
        mine = and_(siaran_room.c.siaran == item.id, siaran_room.c.room == place.room)
        changes = {"revision": item.revision, "gone": place.gone}
        events = {"event_id": place.event_id, "picture_event": place.picture_event, "edits": list(place.edits)}
        row = update(siaran_room).where(mine).values(**changes, **events).returning(siaran_room.c.room_id)
        room_id = (await db.execute(row)).scalar_one()
        if place.said and place.event_id is not None:
            payload = {"room_id": room_id, "event_id": place.event_id, "sender": bot, "after": 0, "done": 0}
            await outbox.put(db, "push_room", f"push_room:{place.event_id}:0", payload, now)


async def asleep(db: AsyncConnection, item: Siaran) -> list[int]:
    """Return the zones of the rooms that are behind."""
    found = await db.execute(select(siaran_room.c.zone).where(_behind(item)).distinct())
    return [int(zone) for zone in found.scalars()]


async def tell_in(db: AsyncConnection, number: int, event: str | None, step: int) -> None:
    """Write which progress was told, and where."""
    await db.execute(update(siaran).where(siaran.c.id == number).values(progress_event=event, told=step))


def _behind(item: Siaran) -> ColumnElement[bool]:
    return and_(siaran_room.c.siaran == item.id, siaran_room.c.revision < item.revision, ~siaran_room.c.gone)
