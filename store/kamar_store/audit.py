"""The nightly look at every official room: how far it came, what it found, what was repaired."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath, RoomId
from kamar.reconcile import TOLD_ONLY, Drift, What
from kamar.structure import RoomState
from kamar_store import outbox
from kamar_store.seating import Room
from kamar_store.tables import audit, drift, room

KIND = "audit"
EVERY = timedelta(hours=20)  # a night may begin a little earlier than the last one
BROKEN_OFF = timedelta(hours=12)  # an audit that is still not through then is begun anew
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Audit:
    """One look at everything; ``finished_at`` is none while it goes on."""

    id: int
    started_at: datetime
    finished_at: datetime | None
    total: int
    looked: int
    after: int
    gone: int


@dataclass(frozen=True, slots=True)
class Found:
    """One difference, and when it was repaired."""

    node: NodePath
    kind: str
    room_id: RoomId
    what: What
    about: str
    found_at: datetime
    repaired_at: datetime | None


async def begin(db: AsyncConnection, now: datetime) -> int:
    """Begin an audit, or go on with one that is not through; return its number."""
    going = await last(db)
    if going is not None and going.finished_at is None and now - going.started_at < BROKEN_OFF:
        return going.id
    open_rooms = select(func.count()).select_from(room).where(room.c.state == RoomState.OPEN).scalar_subquery()
    made = await db.execute(insert(audit).values(started_at=now, total=open_rooms).returning(audit.c.id))
    return int(made.scalar_one())


async def is_due(db: AsyncConnection, now: datetime) -> bool:
    """Tell whether the last audit began long enough ago."""
    found = await last(db)
    return found is None or now - found.started_at >= EVERY


async def order(db: AsyncConnection, number: int, after: int, now: datetime) -> None:
    """Order the next step of an audit, in the transaction of the last one."""
    await outbox.put(db, KIND, f"audit:{number}:{after}", {"audit": number}, now, lane="audit")


async def get(db: AsyncConnection, number: int) -> Audit | None:
    """Return an audit."""
    row = (await db.execute(select(audit).where(audit.c.id == number))).one_or_none()
    return None if row is None else Audit(*row)


async def last(db: AsyncConnection) -> Audit | None:
    """Return the newest audit."""
    row = (await db.execute(select(audit).order_by(audit.c.id.desc()).limit(1))).one_or_none()
    return None if row is None else Audit(*row)


async def note(
    db: AsyncConnection, number: int, found: Iterable[Drift], rooms: Mapping[RoomId, Room], now: datetime
) -> None:
    """Write differences down; one found before and still not repaired is not written twice."""
    wanted = list(found)
    about = select(drift.c.room_id, drift.c.what, drift.c.about)
    ids = {each.room for each in wanted}
    before = await db.execute(about.where(drift.c.audit == number, drift.c.room_id.in_(ids)))
    known = {(room_id, what, whom) for room_id, what, whom in before}
    values = [
        {
            "audit": number,
            "node": rooms[each.room].key.node,
            "kind": rooms[each.room].key.kind,
            "room_id": each.room,
            "what": each.what,
            "about": each.about,
            "found_at": now,
        }
        for each in wanted
        if (each.room, each.what.value, each.about) not in known
    ]
    if values:
        await db.execute(insert(drift), values)


async def step(db: AsyncConnection, number: int, looked: Sequence[Room], gone: int) -> None:
    """Write how far an audit came."""
    changes = {"looked": audit.c.looked + len(looked), "after": looked[-1].id, "gone": audit.c.gone + gone}
    await db.execute(update(audit).where(audit.c.id == number).values(changes))


async def finish(db: AsyncConnection, number: int, now: datetime) -> None:
    """Write that an audit is through, and forget those of a quarter ago."""
    await db.execute(update(audit).where(audit.c.id == number).values(finished_at=now))
    old = select(audit.c.id).where(audit.c.started_at < now - KEPT)
    await db.execute(delete(drift).where(drift.c.audit.in_(old)))
    await db.execute(delete(audit).where(audit.c.started_at < now - KEPT))


async def repaired(db: AsyncConnection, rooms: Collection[RoomId], now: datetime) -> None:
    """Write that rooms are equal to the registry now."""
    open_ones = (drift.c.repaired_at.is_(None), drift.c.what.not_in([each.value for each in TOLD_ONLY]))
    await db.execute(update(drift).where(drift.c.room_id.in_(rooms), *open_ones).values(repaired_at=now))


async def found_by(db: AsyncConnection, number: int) -> list[Found]:
    """Return what an audit found, in the order of the rooms' nodes."""
    columns = (drift.c.node, drift.c.kind, drift.c.room_id, drift.c.what, drift.c.about)
    rows = await db.execute(
        select(*columns, drift.c.found_at, drift.c.repaired_at)
        .where(drift.c.audit == number)
        .order_by(drift.c.node, drift.c.kind, drift.c.what, drift.c.about)
    )
    return [
        Found(NodePath(node), kind, RoomId(room_id), What(what), about, found_at, repaired_at)
        for node, kind, room_id, what, about, found_at, repaired_at in rows
    ]
