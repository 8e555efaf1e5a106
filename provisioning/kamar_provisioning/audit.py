"""The job ``audit``: look at every official room once a night, write down what differs, and have it repaired.

The audit itself changes nothing in Matrix: it marks the nodes of what differs, so that :mod:`reconcile` stays the one
place that writes, in its lanes. What is on its way to Matrix anyhow is no difference.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from kamar.ids import RoomId
from kamar.reconcile import Drift, What, drifts, plan, told
from kamar.reconcile.area import area_of
from kamar_provisioning.jobs import Desk
from kamar_provisioning.reconcile import GONE_MAX, ROOMS, compare
from kamar_store import audit as audits
from kamar_store import reconcile as changed
from kamar_store import reconcile_registry as registry
from kamar_store.outbox import Row
from kamar_store.seating import Room
from kamar_store.store import Db

logger = logging.getLogger(__name__)

NIGHT = range(1, 5)  # hours in Jakarta
JAKARTA = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Look:
    """What one step found in some rooms."""

    rooms: Sequence[Room]
    found: tuple[Drift, ...]

    @property
    def by_id(self) -> Mapping[RoomId, Room]:
        """Return the rooms by their Matrix id."""
        return {room.room_id: room for room in self.rooms if room.room_id}

    @property
    def gone(self) -> int:
        """Return how many rooms Matrix has no more."""
        return sum(each.what is What.GONE for each in self.found)


async def audit(desk: Desk, row: Row) -> None:
    """Look at the next rooms, ``{audit}``, and order the step after."""
    await step(desk, row.payload["audit"])


async def by_night(db: Db, now: datetime) -> None:
    """Order an audit, at night and once."""
    if now.astimezone(JAKARTA).hour in NIGHT and await audits.is_due(db, now):
        await audits.order(db, await audits.begin(db, now), 0, now)


async def step(desk: Desk, number: int, *, on: bool = True) -> bool:
    """Look at the next rooms of an audit; with ``on`` order the next step. False: it is through."""
    async with desk.site.store.read() as db:
        going = await audits.get(db, number)
    if going is None or going.finished_at is not None:
        return False
    seen = await look(desk, going.after)
    async with desk.site.store.write() as db:
        if not seen.rooms:
            await audits.finish(db, number, desk.now())
            return False
        await audits.note(db, number, seen.found, seen.by_id, desk.now())
        await audits.step(db, number, seen.rooms, seen.gone)
        await changed.mark(db, {seen.by_id[each.room].key.node for each in _repairable(seen, going.gone)}, desk.now())
        if on:
            await audits.order(db, number, seen.rooms[-1].id, desk.now())
    if seen.found:
        logger.warning("audit %d: %d differences in %d rooms", number, len(seen.found), len(seen.rooms))
    return True


async def look(desk: Desk, after: int) -> Look:
    """Compare the next rooms with the registry; nothing is changed."""
    async with desk.site.store.read() as db:
        rooms = await registry.rooms_after(db, after, ROOMS)
        moving = await changed.pending(db, [room.key.node for room in rooms])
    if not rooms:
        return Look((), ())
    wanted, have = await compare(desk, rooms)
    by_id = {room.room_id: room for room in rooms if room.room_id}
    waiting = {(room, user) for room, each in wanted.items() for user in each.waiting}
    found = (*drifts(plan(wanted, have)), *told(wanted, have))
    return Look(
        rooms,
        tuple(
            each
            for each in found
            if area_of(by_id[each.room].key.node) not in moving
            and not (each.what is What.MISSING and (each.room, each.about) in waiting)
        ),
    )


def _repairable(seen: Look, gone_before: int) -> list[Drift]:
    """Return what to have repaired; of too many rooms gone at once none is made anew."""
    gone = {each.room for each in seen.found if each.what is What.GONE}
    if gone_before + len(gone) <= GONE_MAX:
        return list(seen.found)
    logger.error("%d official rooms are gone: none more is made anew in this audit", gone_before + len(gone))
    return [each for each in seen.found if each.room not in gone]
