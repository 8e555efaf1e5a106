"""Silent kamar in the registry."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.fold import ANSWER, SILENT, is_folded
from kamar.ids import MemberId, NodePath
from kamar.structure import RoomKind, RoomState
from kamar_store import outbox
from kamar_store.seating import Room
from kamar_store.tables import fold, room, seat

MOST = 20  # rooms looked at in one hour: a province is through in two months


async def look(db: AsyncConnection, now: datetime) -> None:
    """Order a look at kamar of RT and RW that may be silent, and the folding of those that nobody wanted to keep."""
    lately = exists().where(fold.c.room == room.c.id, fold.c.looked_at > now - ANSWER)
    asked = exists().where(fold.c.room == room.c.id, fold.c.asked_at > now - SILENT)
    old = select(room.c.id).where(
        room.c.kind == RoomKind.OBROLAN,
        room.c.state == RoomState.OPEN,
        room.c.opened_at <= now - SILENT,
        room.c.node.like("%/R%"),
        room.c.node < "A",  # a wilayah: SQLite's LIKE takes kerja/x/r... for an RT
        ~lately,
        ~asked,
    )
    for number in (await db.execute(old.order_by(room.c.id).limit(MOST))).scalars().all():
        await outbox.put(db, "silence", f"silence:{number}:{now.isoformat()}", {"room": number}, now)
    waiting = select(fold.c.room, fold.c.asked_at, fold.c.kept).where(fold.c.folded_at.is_(None))
    for number, asked_at, kept in (await db.execute(waiting.where(fold.c.asked_at <= now - ANSWER))).all():
        if is_folded(asked_at, now, kept=kept):
            await outbox.put(db, "fold", f"fold:{number}:{asked_at.isoformat()}", {"room": number}, now)


async def looked(db: AsyncConnection, at: Room, now: datetime, *, silent: bool) -> None:
    """Write what a look found; a silent kamar is asked now, and what it said before is forgotten."""
    values = {"node": at.key.node, "looked_at": now, "asked_at": now if silent else None, "kept": False}
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(fold).values(room=at.id, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["room"], set_=values))


async def keep(db: AsyncConnection, node: NodePath) -> bool:
    """Write that somebody wants to keep the kamar of a node; False when nobody asked."""
    asked = (fold.c.node == node, fold.c.asked_at.is_not(None), fold.c.folded_at.is_(None))
    changed = await db.execute(update(fold).where(*asked).values(kept=True).returning(fold.c.room))
    return bool(changed.all())


async def fold_back(db: AsyncConnection, at: Room, now: datetime) -> None:
    """Close a kamar that nobody kept: it is shut once its people sit elsewhere."""
    changed = await db.execute(
        update(fold)
        .where(fold.c.room == at.id, fold.c.kept.is_(False), fold.c.folded_at.is_(None))
        .values(folded_at=now)
        .returning(fold.c.room)
    )
    if changed.one_or_none() is None:
        return
    for number in (await db.execute(select(seat.c.member).where(seat.c.room == at.id))).scalars().all():
        who = MemberId(number)
        await outbox.put(db, "seat", f"seat:{who}:fold:{at.id}", {"member": who}, now, lane=f"member:{who}")
    await outbox.put(db, "shut", f"shut:{at.id}:fold", {"room": at.id}, now, lane=f"room:{at.id}")


async def folded(db: AsyncConnection, nodes: Collection[NodePath]) -> set[NodePath]:
    """Return which nodes have no kamar because it was folded back."""
    found = await db.execute(select(fold.c.node).where(fold.c.node.in_(nodes), fold.c.folded_at.is_not(None)))
    return {NodePath(node) for node in found.scalars()}


async def unfold(db: AsyncConnection, node: NodePath) -> None:
    """Forget that a kamar was folded back, because a coordinator opens it again."""
    await db.execute(delete(fold).where(fold.c.node == node, fold.c.folded_at.is_not(None)))
