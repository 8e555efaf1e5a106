"""The jobs of a restructuring: its steps, and what becomes of rooms that move, are archived, or come back.

Names, spaces, power and members of rooms that live on follow by the job ``reconcile``; here is what that does not do:
addresses, and the end of a room. Every job may be repeated at any point.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

from kamar.ids import RoomId
from kamar.structure import RoomState
from kamar.structure_room import NODE_EVENT, STRUCTURAL, alias_of, node_content, power_levels
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Event
from kamar_provisioning.jobs import Desk, Later
from kamar_provisioning.sending import GONE, txn_id
from kamar_store import restructure as plans
from kamar_store import seating
from kamar_store.outbox import Row
from kamar_store.seating import Room

logger = logging.getLogger(__name__)

AT_A_TIME = 60.0  # seconds of steps in one go; a claim lasts longer
SOON = timedelta(seconds=2)
PARENT = "m.space.parent"
CHILD = "m.space.child"
TOMBSTONE = "m.room.tombstone"
CANONICAL = "m.room.canonical_alias"


async def restructure(desk: Desk, row: Row) -> None:
    """Carry out, or undo, what is left of a plan, ``{plan}``: each step in a transaction of its own."""
    number = row.payload["plan"]
    until = monotonic() + AT_A_TIME
    while True:
        async with desk.site.store.write() as db:
            more = await plans.advance(db, desk.site.organisation, number, desk.now())
        if not more:
            logger.info("plan %d is carried out", number)
            return
        if monotonic() > until:
            raise Later(timedelta(0))


async def alias(desk: Desk, row: Row) -> None:
    """Let address and node of a room follow its row: ``{room}``. Old addresses go on leading to it."""
    room = await _room(desk, row.payload["room"])
    if room is None or room.room_id is None or room.state is not RoomState.OPEN:
        return
    await desk.matrix.put_state(room.room_id, NODE_EVENT, node_content(room.key))
    await desk.module.map_again(room.room_id)
    name = f"#{alias_of(room.key)}:{desk.site.settings.server.name}"
    await desk.matrix.put_alias(name, room.room_id)
    await desk.matrix.put_state(room.room_id, CANONICAL, {"alias": name})


async def archive(desk: Desk, row: Row) -> None:
    """End a room: ``{room, into, said, name, welcome}``. Its people read on; nobody writes; its addresses lead on."""
    room = await _room(desk, row.payload["room"])
    if room is None or room.room_id is None or room.state is not RoomState.SHUT:
        return  # never opened, or brought back meanwhile
    into = await _room(desk, row.payload["into"])
    if into is not None and into.room_id is None:
        raise Later(SOON)
    place = None if into is None else into.room_id
    try:
        await _end(desk, row, room, room.room_id, place)
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
    if place is not None and row.payload.get("welcome"):
        await _say(desk, row, place, row.payload["welcome"], "welcome")


async def unarchive(desk: Desk, row: Row) -> None:
    """Bring an archived room back: ``{room}``. Power, name and space follow by ``reconcile``."""
    room = await _room(desk, row.payload["room"])
    if room is None or room.room_id is None or room.state is not RoomState.OPEN:
        return
    for event in await desk.matrix.state(room.room_id):
        if event.type == TOMBSTONE and event.content:  # Synapse takes no empty one; a redacted one is empty
            await desk.matrix.redact(room.room_id, event.event_id, "", txn_id(row, event.event_id))
    await alias(desk, row)


async def _end(desk: Desk, row: Row, room: Room, room_id: RoomId, into: RoomId | None) -> None:
    await _say(desk, row, room_id, row.payload["said"])
    state = await desk.matrix.state(room_id)
    server = desk.site.settings.server.name
    for space in _parents(state):
        await desk.matrix.put_state(space, CHILD, {}, room_id)
        await desk.matrix.put_state(room_id, PARENT, {}, space)
    for each in await desk.matrix.aliases(room_id):
        await (desk.matrix.remove_alias(each) if into is None else desk.matrix.put_alias(each, into))
    contents: dict[str, dict[str, Any]] = {
        CANONICAL: {},
        "m.room.name": {"name": row.payload["name"]},
        "m.room.join_rules": {"join_rule": "invite"},
        NODE_EVENT: {**node_content(room.key), "number": 0, "archived": True},
    }
    if into is not None:
        contents[TOMBSTONE] = {"body": row.payload["said"], "replacement_room": into, "via": [server]}
    for kind, content in contents.items():
        await desk.matrix.put_state(room_id, kind, content)
    await desk.module.map_again(room_id)
    await desk.matrix.put_state(room_id, "m.room.power_levels", silent(desk, room))
    logger.info("archived %s of %s", room.key.kind.value, room.key.node)


def silent(desk: Desk, room: Room) -> dict[str, Any]:
    """Return the power levels of an archive: nobody has any, nobody writes."""
    settings = desk.site.settings
    levels = power_levels(room.key.kind, settings.rooms.version, settings.bot)
    shut = dict.fromkeys((*levels["events"], "m.reaction", "m.room.redaction"), STRUCTURAL)
    ways = dict.fromkeys(("events_default", "kick", "ban", "redact"), STRUCTURAL)
    return {**levels, **ways, "events": shut, "notifications": {"room": STRUCTURAL}}


def _parents(state: Sequence[Event]) -> list[RoomId]:
    return [RoomId(each.state_key) for each in state if each.type == PARENT and each.content and each.state_key]


async def _room(desk: Desk, number: int | None) -> Room | None:
    if number is None:
        return None
    async with desk.site.store.read() as db:
        return await seating.room_by_row(db, number)


async def _say(desk: Desk, row: Row, room: RoomId, text: str, part: str = "") -> None:
    content = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
    try:
        await desk.matrix.send(room, "m.room.message", content, txn_id(row, part))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
