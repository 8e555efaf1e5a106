"""Encrypted direct talk: which events were answered, which could not be opened yet, and the answers to send.

Nothing that was said is written down: an event leaves its id, an unopened one what Synapse itself holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import RoomId, UserId
from kamar_store.appservice import DONE, Arrival
from kamar_store.tables import direct_reply, direct_talk, event

SEALED = "sealed"  # an event whose key has not come yet; content: the event as Synapse has it
BACKOFF = timedelta(seconds=1)
LONGEST = timedelta(minutes=10)
GIVEN_UP_AFTER = 12  # attempts, about an hour


@dataclass(frozen=True, slots=True)
class Row:
    """One answer to send."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


async def note(db: AsyncConnection, arrival: Arrival, now: datetime) -> bool:
    """Write that an event is being answered, also one kept unopened; false when it was before.

    What was said is not written.
    """
    return await _note(db, arrival, None, DONE, now)


async def note_sealed(db: AsyncConnection, arrival: Arrival, now: datetime) -> bool:
    """Keep an event that can't be opened yet; false when it was seen before."""
    return await _note(db, arrival, dict(arrival.content), SEALED, now)


async def sealed(db: AsyncConnection) -> list[tuple[Arrival, datetime]]:
    """Return the events that could not be opened yet, oldest first, and since when."""
    found = await db.execute(
        select(event.c.event_id, event.c.room_id, event.c.sender, event.c.type, event.c.content, event.c.at)
        .where(event.c.state == SEALED)
        .order_by(event.c.at)
    )
    return [(Arrival(*row[:5]), row.at) for row in found]


async def put(db: AsyncConnection, kind: str, key: str, payload: Mapping[str, Any], now: datetime, lane: str) -> None:
    """Write one answer, in the transaction of its cause; a key that waits already is left as it is."""
    values = {"kind": kind, "key": key, "lane": lane, "payload": dict(payload), "due_at": now}
    statement = _insert(db, direct_reply).values(values)
    await db.execute(statement.on_conflict_do_nothing(index_elements=["key"]))


def lane_of(room: RoomId) -> str:
    """Return the lane of the answers to one room."""
    return f"room:{room}"


async def due(db: AsyncConnection, now: datetime) -> Row | None:
    """Return the next answer to send: the oldest of those that are the first of their lane."""
    older = direct_reply.alias("older")
    behind = exists(select(1).where(older.c.lane == direct_reply.c.lane, older.c.id < direct_reply.c.id))
    found = await db.execute(
        select(
            direct_reply.c.id,
            direct_reply.c.kind,
            direct_reply.c.key,
            direct_reply.c.payload,
            direct_reply.c.attempts,
        )
        .where(direct_reply.c.due_at <= now, ~behind)
        .order_by(direct_reply.c.id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else Row(*row)


async def attempt(db: AsyncConnection, row: Row) -> None:
    """Count a try before it is made, so that whoever comes after a crash knows of it."""
    await db.execute(
        update(direct_reply).where(direct_reply.c.id == row.id).values(attempts=direct_reply.c.attempts + 1)
    )


async def sent(db: AsyncConnection, row: Row) -> None:
    """Forget an answer: it was sent, or nobody is there to read it."""
    await db.execute(delete(direct_reply).where(direct_reply.c.id == row.id))


async def later(db: AsyncConnection, row: Row, now: datetime) -> bool:
    """Give an answer back, with growing patience; false when it was given up after about an hour."""
    if row.attempts + 1 >= GIVEN_UP_AFTER:
        await sent(db, row)
        return False
    wait = min(LONGEST, BACKOFF * 2**row.attempts)
    await db.execute(update(direct_reply).where(direct_reply.c.id == row.id).values(due_at=now + wait))
    return True


async def talk(db: AsyncConnection, user: UserId, *, encrypted: bool) -> RoomId | None:
    """Return the direct room that the bot made for somebody."""
    found = await db.execute(
        select(direct_talk.c.room_id).where(direct_talk.c.user_id == user, direct_talk.c.encrypted == encrypted)
    )
    room: str | None = found.scalar_one_or_none()
    return None if room is None else RoomId(room)


async def made(db: AsyncConnection, user: UserId, room: RoomId, *, encrypted: bool) -> None:
    """Write down the direct room that the bot made for somebody, instead of an older one."""
    values = {"user_id": user, "encrypted": encrypted, "room_id": room}
    statement = _insert(db, direct_talk).values(values)
    await db.execute(statement.on_conflict_do_update(index_elements=["user_id", "encrypted"], set_={"room_id": room}))


async def forget(db: AsyncConnection, user: UserId) -> None:
    """Forget every talk with somebody who is erased, and what was still to be said there."""
    begun = select(direct_talk.c.room_id).where(direct_talk.c.user_id == user)
    heard = select(event.c.room_id).where(event.c.sender == user)
    rooms = (await db.execute(begun.union(heard))).scalars()
    await db.execute(delete(direct_reply).where(direct_reply.c.lane.in_([lane_of(RoomId(room)) for room in rooms])))
    await db.execute(delete(event).where(event.c.sender == user, event.c.state == SEALED))
    await db.execute(delete(direct_talk).where(direct_talk.c.user_id == user))


async def _note(
    db: AsyncConnection, arrival: Arrival, content: Mapping[str, Any] | None, state: str, now: datetime
) -> bool:
    values = {
        "event_id": arrival.event_id,
        "room_id": arrival.room_id,
        "sender": arrival.sender,
        "type": arrival.type,
        "content": content,
        "state": state,
        "at": now,
    }
    statement = _insert(db, event).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["event_id"],
        set_={"state": state, "content": content},
        where=(event.c.state == SEALED) & (state == DONE),
    )
    return (await db.execute(statement.returning(event.c.event_id))).one_or_none() is not None


def _insert(db: AsyncConnection, table: Any) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
