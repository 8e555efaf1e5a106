"""The job ``power``: give the officers of a node their power in one of its rooms, and take it from everybody else."""

from __future__ import annotations

from datetime import datetime

from kamar.ids import MemberId, NodePath
from kamar.structure import OFFICER, power_levels
from kamar.wilayah import parse
from kamar_provisioning.jobs import Desk
from kamar_provisioning.peace import tell_synapse
from kamar_store import mandate as mandates
from kamar_store import outbox, seating, vouch
from kamar_store import reconcile as changed
from kamar_store.outbox import Row
from kamar_store.store import Db


async def power(desk: Desk, row: Row) -> None:
    """Set ``m.room.power_levels`` of a room from the mandates in force at its node and above, up to the village."""
    async with desk.site.store.read() as db:
        room = await seating.room_by_row(db, row.payload["room"])
        if room is None or room.room_id is None:
            return
        place = parse(room.key.node)
        nodes = [item.path for item in (place, *place.ancestors()) if item.village == place.village]
        officers = await mandates.officers(db, nodes, desk.now())
    settings = desk.site.settings
    content = power_levels(room.key.kind, settings.rooms.version, settings.bot)
    content["users"] |= {holder.user_id: OFFICER for _node, _office, holder in officers}
    await desk.matrix.put_state(room.room_id, "m.room.power_levels", content)
    await tell_synapse(desk, room.id)


async def reconcile(desk: Desk, row: Row) -> None:
    """Order that power is set anew in every open room at and below a node of a village."""
    node = NodePath(row.payload["node"])
    async with desk.site.store.write() as db:
        for room in await seating.rooms_below(db, node):
            await outbox.put(
                db, "power", f"power:{room.id}:{row.id}", {"room": room.id}, desk.now(), lane=f"room:{room.id}"
            )


async def appoint(db: Db, number: MemberId, node: NodePath, office: str, decree: str, now: datetime) -> None:
    """Write a mandate that begins now, with the order that makes it felt in the rooms."""
    await mandates.appoint(db, number, node, office, decree, now)
    await vouch.confirm(db, number, now)
    await changed.mark(db, [node], now)
