"""What Synapse pushed to the bot, and the bot's own questions: each event counts once.

The truth is the event's id. A transaction's id is kept only to notice that Synapse counts from the beginning again (it
does so after a restart on SQLite), which is the moment when events may have been lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import EventId, NodePath, RoomId, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_store.tables import event, question, room, transaction

NEW = "new"  # to be handled
WAIT = "wait"  # a newcomer to be greeted with others
DONE = "done"
ANYBODY = UserId("")  # asker of a question that everybody in the room may answer, each once
TICK = timedelta(microseconds=1)  # keeps the order of events that came together


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event that concerns the bot. ``content`` is what the handler needs of it, and no more."""

    event_id: EventId
    room_id: RoomId
    sender: UserId
    type: str
    content: Mapping[str, Any]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the bot that waits for its asker's choice; ``choices`` are commands."""

    event_id: EventId
    room_id: RoomId
    asker: UserId
    choices: tuple[str, ...]


COLUMNS = (event.c.event_id, event.c.room_id, event.c.sender, event.c.type, event.c.content, event.c.state)


async def note_transaction(db: AsyncConnection, txn: str, now: datetime) -> bool:
    """Write a transaction's id; False when it was there already: repeated, or counted from the beginning again."""
    statement = _insert(db, transaction).values(id=txn, at=now).on_conflict_do_nothing(index_elements=["id"])
    return (await db.execute(statement.returning(transaction.c.id))).one_or_none() is not None


async def keep(db: AsyncConnection, arrivals: Iterable[Arrival], now: datetime) -> int:
    """Write the events that were never seen before, in their order, and return how many those are."""
    kept = 0
    for order, item in enumerate(arrivals):
        values = {
            "event_id": item.event_id,
            "room_id": item.room_id,
            "sender": item.sender,
            "type": item.type,
            "content": dict(item.content),
            "state": WAIT if item.waits else NEW,
            "at": now + order * TICK,
        }
        statement = _insert(db, event).values(values).on_conflict_do_nothing(index_elements=["event_id"])
        kept += (await db.execute(statement.returning(event.c.event_id))).one_or_none() is not None
    return kept


async def known(db: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Return which of these events were seen before."""
    found = await db.execute(select(event.c.event_id).where(event.c.event_id.in_(ids)))
    return set(found.scalars())


async def oldest(db: AsyncConnection) -> Arrival | None:
    """Return the event to handle next."""
    found = await db.execute(select(*COLUMNS).where(event.c.state == NEW).order_by(event.c.at).limit(1))
    row = found.one_or_none()
    return None if row is None else _arrival(row)


async def take(db: AsyncConnection, event_id: EventId) -> bool:
    """Mark an event as handled and empty it; False when somebody else did so before."""
    statement = (
        update(event).where(event.c.event_id == event_id, event.c.state != DONE).values(state=DONE, content=None)
    )
    return (await db.execute(statement.returning(event.c.event_id))).one_or_none() is not None


async def unsign(db: AsyncConnection, *, event_id: str = "", user: str = "") -> None:
    """Forget who sent one handled event, or all that ``user`` sent; that they were handled stays known."""
    which = event.c.sender == user if user else event.c.event_id == event_id
    await db.execute(update(event).where(which, event.c.state == DONE).values(sender=""))


async def waiting(db: AsyncConnection, before: datetime) -> list[Arrival]:
    """Return the newcomers who wait for a greeting since ``before`` or longer, and those behind them, oldest first."""
    rooms = select(event.c.room_id).where(event.c.state == WAIT, event.c.at <= before)
    found = await db.execute(
        select(*COLUMNS).where(event.c.state == WAIT, event.c.room_id.in_(rooms)).order_by(event.c.at)
    )
    return [_arrival(row) for row in found]


async def official(db: AsyncConnection, rooms: Collection[str]) -> dict[RoomId, RoomKey]:
    """Return which of these rooms are official, and what they are."""
    found = await db.execute(
        select(room.c.room_id, room.c.node, room.c.kind, room.c.number).where(room.c.room_id.in_(rooms))
    )
    return {RoomId(room_id): RoomKey(NodePath(node), RoomKind(kind), number) for room_id, node, kind, number in found}


async def remember_question(
    db: AsyncConnection, event_id: str, room_id: str, asker: str, choices: list[str], now: datetime
) -> None:
    """Write that the bot's message ``event_id`` waits for a choice of ``asker``; repeating it changes nothing."""
    values = {"event_id": event_id, "room_id": room_id, "asker": asker, "choices": choices, "at": now}
    statement = _insert(db, question).values(values)
    await db.execute(statement.on_conflict_do_nothing(index_elements=["event_id"]))


async def questions(
    db: AsyncConnection, ids: Collection[str], rooms: Collection[str], since: datetime
) -> list[Question]:
    """Return the open questions with these ids or in these rooms, newest first; those to everybody stay open."""
    found = await db.execute(
        select(question.c.event_id, question.c.room_id, question.c.asker, question.c.choices)
        .where(
            question.c.event_id.in_(ids) | question.c.room_id.in_(rooms),
            (question.c.at > since) | (question.c.asker == ANYBODY),
        )
        .order_by(question.c.at.desc())
    )
    return [Question(EventId(row[0]), RoomId(row[1]), UserId(row[2]), tuple(row[3])) for row in found]


async def close_question(db: AsyncConnection, event_id: EventId) -> bool:
    """Take a question away, answered or not wanted any more; False when it was gone already."""
    statement = delete(question).where(question.c.event_id == event_id).returning(question.c.event_id)
    return (await db.execute(statement)).one_or_none() is not None


async def forget_before(db: AsyncConnection, moment: datetime) -> None:
    """Delete what is too old to come again: handled events, transactions, questions nobody answered."""
    await db.execute(delete(event).where(event.c.state == DONE, event.c.at < moment))
    await db.execute(delete(transaction).where(transaction.c.at < moment))
    await db.execute(delete(question).where(question.c.at < moment))


def _insert(db: AsyncConnection, table: Any) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)


def _arrival(row: Any) -> Arrival:
    return Arrival(
        EventId(row.event_id),
        RoomId(row.room_id),
        UserId(row.sender),
        row.type,
        row.content or {},
        row.state == WAIT,
    )
