"""The job ``reconcile``: make the rooms of marked nodes equal to the registry.

What Matrix has is read first and the registry after it, so that a change in between is at worst carried out twice.
All marks of one area (a village, else a node) lie in one lane and are worked on together, by one process at a time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

from kamar.ids import NodePath, RoomId, UserId
from kamar.reconcile import (
    Action,
    Found,
    Here,
    Reopen,
    Seat,
    SetPower,
    SetState,
    Unban,
    Unseat,
    Wanted,
    plan,
    power_content,
    together,
    want,
)
from kamar.reconcile.content import POWER_EVENT
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.peace import tell_synapse
from kamar_store import audit as audits
from kamar_store import officers_room, seating
from kamar_store import reconcile as changed
from kamar_store import reconcile_registry as registry
from kamar_store.outbox import Row
from kamar_store.seating import Room

logger = logging.getLogger(__name__)

ROOMS = 100  # looked at in one request
GONE_MAX = 20  # rooms missing at once: more is no accident in a room, but a homeserver with another database


async def reconcile(desk: Desk, row: Row) -> None:
    """Carry the marks of one area out: ``{node, alone}``; an order for a moment, ``{node}``, becomes a mark."""
    if not changed.is_marked(row):
        async with desk.site.store.write() as db:
            await changed.mark(db, [NodePath(row.payload["node"])], desk.now())
        return
    async with desk.site.store.write() as db:
        numbers, marks = await changed.marks_with(db, row)
        for each in sorted(marks, key=lambda item: item.node):
            await officers_room.follow(db, desk.site.organisation, each.node, desk.now())
        rooms = await registry.marked_rooms(db, marks)
    equal: list[RoomId] = []
    for start in range(0, len(rooms), ROOMS):
        equal += await _make_equal(desk, rooms[start : start + ROOMS])
    async with desk.site.store.write() as db:
        await changed.done_too(db, numbers)
        await audits.repaired(db, equal, desk.now())


async def compare(desk: Desk, rooms: Sequence[Room]) -> tuple[Mapping[RoomId, Wanted], Mapping[RoomId, Found]]:
    """Return some rooms as they should be and as they are."""
    ids = [room.room_id for room in rooms if room.room_id]
    async with desk.site.store.read() as db:
        officers = await registry.officers_of(db, desk.site.organisation, rooms, desk.now())
    have = await desk.module.have(ids, sorted({each.user for each in officers}))
    async with desk.site.store.read() as db:
        found = await registry.read(db, desk.site.organisation, rooms, desk.now())
    settings = desk.site.settings
    here = Here(UserId(settings.bot), settings.server.name, settings.rooms.children_max, desk.site.organisation)
    wanted = want(found.rooms, found.holders, found.places, found.open_rooms, here, have.closed)
    asked = {action.user for action in plan(wanted, have.rooms) if isinstance(action, Seat)}
    closed = (await desk.module.have((), sorted(asked))).closed if asked else frozenset()
    if closed:
        wanted = want(found.rooms, found.holders, found.places, found.open_rooms, here, have.closed | closed)
    return wanted, have.rooms


async def _make_equal(desk: Desk, rooms: Sequence[Room]) -> list[RoomId]:
    """Carry the plan for some rooms out; return those that are equal to the registry now, or being made anew.

    Raises:
        MatrixError: the first that went wrong; what does not depend on it was done.
    """
    wanted, found = await compare(desk, rooms)
    actions = plan(wanted, found)
    gone = {action.room for action in actions if isinstance(action, Reopen)}
    if len(gone) > GONE_MAX:
        logger.error("%d official rooms are gone at once: none is made anew; see kamar audit", len(gone))
        actions = tuple(action for action in actions if action.room not in gone)
    by_id = {room.room_id: room for room in rooms if room.room_id}
    failed: MatrixError | None = None
    for work in together(actions):
        try:
            await _act(desk, work, by_id)
        except MatrixError as error:  # the others don't suffer from it; the row is tried again
            logger.warning("%s of %s: %s", type(work[0]).__name__, work[0].room, error.errcode)
            failed = failed or error
            if error.status == 0:
                break
    if actions:
        logger.info("reconciled %d rooms with %d actions", len(rooms), len(actions))
    if failed is not None:
        raise failed
    return [room for room in by_id if room not in gone or len(gone) <= GONE_MAX]


async def _act(desk: Desk, work: Sequence[Action], by_id: Mapping[RoomId, Room]) -> None:
    match work[0]:
        case Reopen(room):
            await desk.module.shut(room)  # its aliases are needed for the new one
            async with desk.site.store.write() as db:
                await seating.reopen(db, by_id[room], desk.now())
        case SetPower(room, power):
            await desk.matrix.put_state(room, POWER_EVENT, power_content(power))
            await tell_synapse(desk, by_id[room].id)
        case SetState(room, kind, key, content):
            await desk.matrix.put_state(room, kind, json.loads(content), key)
        case Unban(user, room):
            await desk.matrix.unban(room, user)
        case Unseat(user, _):
            await _seat(desk, user, [], [action.room for action in work])
        case Seat(user, _):
            await _seat(desk, user, [action.room for action in work], [])


async def _seat(desk: Desk, user: UserId, rooms: Sequence[RoomId], leave: Sequence[RoomId]) -> None:
    done = await desk.module.seat(user, None, rooms, leave)
    if done.joined:
        async with desk.site.store.write() as db:
            for room in done.joined:
                await officers_room.seated(db, [user], room, desk.now())
    if done.failed:
        raise MatrixError(403, sorted(done.failed.values())[0])
