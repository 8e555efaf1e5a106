"""A workplace begins: somebody opens it, and is its first. Its path is drawn by chance and tells nobody which."""

from __future__ import annotations

from datetime import datetime
from random import SystemRandom

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.account import new_localpart
from kamar.belonging import Belonging
from kamar.ids import MemberId, NodePath
from kamar.node import Axis, ancestors_of, child_of, parent_of, root_of
from kamar.organisation import Organisation, profile
from kamar.referral import Dice
from kamar_store import belonging, cover, outbox, vouch
from kamar_store.tables import node

KIND = "Tempat kerja"


def new_path(organisation: Organisation, dice: Dice) -> NodePath:
    """Return a path that no workplace has: as deep as the first level with rooms where people talk."""
    rules = organisation.axes[Axis.KERJA]
    depth = next(number for number, level in enumerate(rules.levels) if "obrolan" in rules.rooms.get(level, ()))
    path = root_of(Axis.KERJA)
    for _step in range(depth):
        path = child_of(path, new_localpart(dice))
    return path


async def found(
    db: AsyncConnection, path: NodePath, first: MemberId, now: datetime, organisation: Organisation | None = None
) -> None:
    """Write a new workplace with everything above it, and seat its first member."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    name = await cover.draw(db, path, SystemRandom())
    for each in (*reversed(ancestors_of(path)), path):
        values = {
            "path": each,
            "parent": parent_of(each) or "",
            "axis": Axis.KERJA.value,
            "level": (organisation or profile()).level_of(each),
            "kind": KIND,
            "name": name,
            "full_name": name,
            "decree": "",
            "valid_from": now.date(),
        }
        await db.execute(dialect.insert(node).values(values).on_conflict_do_nothing(index_elements=["path"]))
    await belonging.put(db, first, path, Belonging.IN, now)
    await vouch.confirm(db, first, now)
    key = f"seat:{first}:{path}:{now.isoformat()}"
    await outbox.put(db, "seat", key, {"member": first}, now, lane=f"member:{first}")
