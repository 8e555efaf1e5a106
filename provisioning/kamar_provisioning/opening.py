"""The jobs ``open`` and ``shut``: make an official room exactly once, or take it away.

``createRoom`` is not idempotent. The row's key stands in the room's creation content, and the module finds the room
by it: one that a crash left half made is removed and made anew. Rooms of one village share a lane, so no two jobs ever
work on them at once; the first makes every room that is wanted there, the space first, the others side by side.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from random import SystemRandom

from kamar.errors import KamarError
from kamar.ids import MemberId, RoomId
from kamar.node import Axis, axis_of, base_of, is_hidden
from kamar.structure import RoomKey, RoomKind, RoomState, space_of
from kamar.structure_room import alias_of, child_order, create_content, room_name, room_topic
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.avatar import avatar
from kamar_provisioning.jobs import Desk, Later
from kamar_store import cover, outbox, seating
from kamar_store import member as members
from kamar_store import reconcile as changed
from kamar_store.outbox import Row
from kamar_store.seating import Room

logger = logging.getLogger(__name__)

SPACE_WAIT = timedelta(seconds=2)


async def open_room(desk: Desk, row: Row) -> None:
    """Open the room of this row, and with it every other wanted room of the same village."""
    async with desk.site.store.write() as db:
        asked = await seating.room_by_row(db, row.payload["room"])
        if asked is None or asked.state is RoomState.OPEN:
            return
        wanted = await seating.unopened_below(db, base_of(asked.key.node))
        await seating.begin_opening(db, wanted)
    for room in wanted:
        if room.key.kind is RoomKind.SPACE:
            await _open(desk, room, None)
    rooms = [room for room in wanted if room.key.kind is not RoomKind.SPACE]
    keys = {room.id: space_of(room.key, desk.site.organisation) for room in rooms}
    async with desk.site.store.read() as db:
        nodes = {key.node for key in keys.values() if key is not None}
        spaces = {node: await seating.open_space(db, node) for node in nodes}
    if None in spaces.values():
        raise Later(SPACE_WAIT)
    under = {number: None if key is None else spaces[key.node] for number, key in keys.items()}
    await asyncio.gather(*(_open(desk, room, under[room.id]) for room in rooms))


async def shut_room(desk: Desk, row: Row) -> None:
    """Remove an official room and everybody in it, and forget its row."""
    async with desk.site.store.read() as db:
        room = await seating.room_by_row(db, row.payload["room"])
    if room is None:
        return
    if room.room_id is not None:
        await desk.module.shut(room.room_id)
    async with desk.site.store.write() as db:
        await seating.shut(db, room)
        if (space := space_of(room.key)) is not None:
            await changed.mark(db, [space.node], desk.now())
    logger.info("shut %s of %s", room.key.kind.value, room.key.node)


async def _open(desk: Desk, room: Room, space: RoomId | None) -> RoomId:
    room_id = await _found(desk, room) or await _made(desk, room, space)
    if space is not None:
        await _link(desk, space, room_id, room.key)
    async with desk.site.store.write() as db:
        await seating.opened(db, room, room_id, desk.now())
        for number in await _to_seat(desk, room):
            lane = f"member:{number}"
            await outbox.put(db, "seat", f"seat:{number}:open:{room.id}", {"member": number}, desk.now(), lane)
        await changed.mark(db, [room.key.node], desk.now())  # who leads here gets his power
    logger.info("opened %s of %s", room.key.kind.value, room.key.node)
    return room_id


async def _found(desk: Desk, room: Room) -> RoomId | None:
    """Return the room that an earlier attempt made, if there was one and it made the room whole."""
    if room.state is RoomState.WANTED:
        return None
    found = await desk.module.room(room.row_key)
    if found is None:
        return None
    if found.complete:
        return found.room_id
    await desk.module.shut(found.room_id)
    return None


async def _made(desk: Desk, room: Room, space: RoomId | None) -> RoomId:
    settings = desk.site.settings
    name, topic = await _words(desk, room.key)
    content = create_content(room.key, room.row_key, settings.rooms.version, settings.bot, space, settings.server.name)
    picture = await avatar(desk, room.key)
    content["initial_state"].append({"type": "m.room.avatar", "state_key": "", "content": {"url": picture}})
    try:
        return await desk.matrix.create_room({**content, "name": name, "topic": topic})
    except MatrixError as error:
        if error.errcode != "M_ROOM_IN_USE":
            raise
    # The address led on to a room that moved away from here, or was archived.
    await desk.matrix.remove_alias(f"#{alias_of(room.key)}:{settings.server.name}")
    return await desk.matrix.create_room({**content, "name": name, "topic": topic})


async def _words(desk: Desk, key: RoomKey) -> tuple[str, str]:
    async with desk.site.store.write() as db:
        if is_hidden(key.node):
            await cover.draw(db, key.node, SystemRandom())
        place = await cover.said(db, key.node)
    if place.whole == key.node:
        raise KamarError("wilayah_unknown", path=key.node)
    return room_name(key, place.name, place.kind), room_topic(key, place.whole)


async def _link(desk: Desk, space: RoomId, room_id: RoomId, key: RoomKey) -> None:
    """List the room in its space, while the space lists no more than clients can show."""
    async with desk.site.store.read() as db:
        listed = await seating.open_rooms_below(db, base_of(key.node))
    if listed < desk.site.settings.rooms.children_max:
        content = {"via": [desk.site.settings.server.name], "suggested": True, "order": child_order(key)}
        await desk.matrix.put_state(space, "m.space.child", content, room_id)


async def _to_seat(desk: Desk, room: Room) -> set[MemberId]:
    """Return who may sit in the new room: those who wait for a seat, and those who live there."""
    async with desk.site.store.read() as db:
        waiting = set(await seating.members_to_seat(db, room))
        if room.key.kind is not RoomKind.OBROLAN or axis_of(room.key.node) is not Axis.WILAYAH:
            return waiting
        return waiting | set(await members.living_at(db, room.key.node))
