"""The outbox: effects on the world outside, written with their cause, carried out once, retried, at last parked.

Rows of one *lane* (one member, one village) are carried out one after the other, in the order they were written: only
the oldest ready row of a lane can be claimed. A claim that is not finished in time belongs to nobody again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar_store.tables import outbox

CLAIM = timedelta(minutes=5)  # longer than any one effect takes
BACKOFF = timedelta(seconds=1)
LONGEST = timedelta(minutes=10)
PARKED_AFTER = 12  # attempts, about an hour


@dataclass(frozen=True, slots=True)
class Row:
    """One effect to carry out."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


async def put(
    db: AsyncConnection,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    now: datetime,
    lane: str | None = None,
) -> None:
    """Write one effect, in the transaction of its cause. A key that was ever used is left as it is."""
    values = {
        "kind": kind,
        "key": key,
        "lane": lane,
        "payload": dict(payload),
        "state": "ready",
        "due_at": now,
        "created_at": now,
    }
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    await db.execute(dialect.insert(outbox).values(values).on_conflict_do_nothing(index_elements=["key"]))


async def claim(db: AsyncConnection, now: datetime, most: int, kinds: Collection[str] = ()) -> list[Row]:
    """Take up to ``most`` due rows for oneself, oldest first, at most one of each lane; of some ``kinds`` only."""
    older = outbox.alias("older")
    behind = exists(select(1).where(older.c.lane == outbox.c.lane, older.c.state == "ready", older.c.id < outbox.c.id))
    chosen = (
        select(outbox.c.id)
        .where(
            outbox.c.state == "ready",
            outbox.c.due_at <= now,
            or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until < now),
            or_(outbox.c.lane.is_(None), ~behind),
            *([outbox.c.kind.in_(kinds)] if kinds else []),
        )
        .order_by(outbox.c.id)
        .limit(most)
    )
    if db.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    found = await db.execute(
        update(outbox)
        .where(outbox.c.id.in_(chosen))
        .values(claimed_until=now + CLAIM, attempts=outbox.c.attempts + 1)
        .returning(outbox.c.id, outbox.c.kind, outbox.c.key, outbox.c.payload, outbox.c.attempts)
    )
    return sorted((Row(*row) for row in found), key=lambda row: row.id)


async def done(db: AsyncConnection, row: Row) -> None:
    """Mark an effect as carried out; its payload is no longer needed."""
    await db.execute(update(outbox).where(outbox.c.id == row.id).values(state="done", payload={}, error=""))


async def later(db: AsyncConnection, row: Row, now: datetime, error: str, wait: timedelta | None = None) -> None:
    """Give an effect back: after ``wait`` without counting the try, or with growing patience, at last parked.

    ``error`` is a code or the name of an exception, never message text.
    """
    if wait is not None:
        changes: dict[str, Any] = {"due_at": now + wait, "attempts": max(0, row.attempts - 1)}
    elif row.attempts >= PARKED_AFTER:
        changes = {"state": "parked"}
    else:
        changes = {"due_at": now + min(LONGEST, BACKOFF * 2 ** (row.attempts - 1))}
    await db.execute(update(outbox).where(outbox.c.id == row.id).values(claimed_until=None, error=error, **changes))


async def release(db: AsyncConnection) -> None:
    """Free every claim; only for a start at which no other worker can be alive (SQLite)."""
    await db.execute(update(outbox).where(outbox.c.state == "ready").values(claimed_until=None))


async def forget_done(db: AsyncConnection, before: datetime) -> None:
    """Delete what was carried out and written before ``before``; by then nobody asks for the same again."""
    await db.execute(delete(outbox).where(outbox.c.state == "done", outbox.c.created_at < before))


async def waiting(db: AsyncConnection) -> dict[str, int]:
    """Return how many rows are ``ready`` and ``parked``."""
    found = await db.execute(
        select(outbox.c.state, func.count()).where(outbox.c.state != "done").group_by(outbox.c.state)
    )
    return {"ready": 0, "parked": 0} | dict(found.all())


async def next_due(db: AsyncConnection) -> datetime | None:
    """Return when the next row is due; nothing: the outbox is empty."""
    found = await db.execute(
        select(outbox.c.due_at).where(outbox.c.state == "ready").order_by(outbox.c.due_at).limit(1)
    )
    return found.scalar_one_or_none()


async def any_of(db: AsyncConnection, kinds: Collection[str]) -> bool:
    """Tell whether anything of some kinds is still to be done."""
    found = await db.execute(select(outbox.c.id).where(outbox.c.state == "ready", outbox.c.kind.in_(kinds)).limit(1))
    return found.first() is not None


async def unpark(db: AsyncConnection, row_id: int, now: datetime) -> None:
    """Let an administrator try a parked row once more."""
    await db.execute(update(outbox).where(outbox.c.id == row_id).values(state="ready", attempts=0, due_at=now))
