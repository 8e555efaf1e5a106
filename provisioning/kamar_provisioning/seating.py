"""The job ``seat``: decide where a member sits, want the rooms that are missing, and make Matrix agree."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from kamar.errors import KamarError
from kamar.ids import RoomId
from kamar.membership import SeatState
from kamar.policy import Standing
from kamar.settings import Rooms
from kamar.structure import OpenRules, RoomKey, RoomKind, RoomState, counted, placement, space_of
from kamar.wave import MEETS, Brought
from kamar.wilayah import parse
from kamar_provisioning import wave
from kamar_provisioning.jobs import Desk
from kamar_store import fold, peace_measure, seating, wave_growth
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.outbox import Row
from kamar_store.seating import Room
from kamar_store.store import Db

logger = logging.getLogger(__name__)


async def seat(desk: Desk, row: Row) -> None:
    """Seat one member where the rules say; repeatable.

    Nobody sits between two chairs: old rooms are left only once every new one is joined.
    """
    async with desk.site.store.write() as db:
        who = await members.by_id(db, row.payload["member"])
        if who is None or await peace_measure.is_banned(db, who.id, desk.now()):
            return
        await decide(db, who, desk.site.settings.rooms, desk.now())
        seats = await seating.seats_of(db, who.id)
        first_out = await wave_growth.leaving(db, [room.id for room, state in seats if state is SeatState.WANTED])
    wanted = [room for room, state in seats if state in (SeatState.WANTED, SeatState.SEATED)]
    new = [room for room, state in seats if state is SeatState.WANTED]
    complete = all(room.room_id for room in wanted)
    leaving = [room for room, state in seats if state is SeatState.LEAVING] if complete else []
    if not any(room.room_id for room in new) and not leaving:
        return  # the rooms are still being opened: the job that opens them asks for us again
    for user, room_id in first_out:  # they must not meet who comes now
        await desk.module.seat(user, None, [], [room_id])
    await _in_matrix(desk, who, wanted, leaving)


async def decide(db: Db, who: Member, settings: Rooms, now: datetime) -> None:
    """Write the rooms and seats that the rules want for a member; none for a newcomer whom the wave brake holds."""
    place = parse(who.home)
    nodes = {place.path, *(item.path for item in place.ancestors())}
    folded = await fold.folded(db, nodes)
    existing = {room.key for room in await seating.rooms_at(db, nodes) if room.key.node not in folded}
    counts = {
        node: 0 if node in folded else count for node, count in (await members.counts(db, counted(place))).items()
    }
    guest = await wave.guest(db, who)
    crowded = guest is not None and await wave.is_crowded(db, who, guest, now)
    standing = Standing.NEIGHBOUR if who.vouched else Standing.NEWCOMER
    plan = placement(who.home, counts, existing, rules_of(settings), standing, crowded=crowded)
    keys = [await _numbered(db, key, who, settings, guest, now) for key in plan.rooms]
    spaces = [space for key in keys if (space := space_of(key)) is not None]
    if guest is not None and not await wave.lets_in(db, who, guest, keys, now):
        await seating.want_seats(db, who.id, [], now)
        return
    await seating.want_rooms(db, sorted({*keys, *spaces}, key=_spaces_first), now)
    rooms = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
    new = await seating.want_seats(db, who.id, [rooms[key].id for key in keys], now)
    if guest is not None:
        await wave.note(db, who, guest, new, now)
    await wave.make_way(db, who, new, now)


def rules_of(settings: Rooms) -> OpenRules:
    """Return from how many members a kamar opens on this server."""
    return OpenRules(settings.open_at_rt, settings.open_at_rw, settings.open_at_kelurahan, settings.open_at_perintis)


async def _numbered(
    db: Db, key: RoomKey, who: Member, settings: Rooms, guest: Brought | None, now: datetime
) -> RoomKey:
    """Return the starter kamar with a free seat; other rooms exist once."""
    if key.kind is not RoomKind.PERINTIS:
        return key
    if guest is None:
        number = await seating.roomy_perintis(db, key.node, who.id, settings.perintis_max)
    else:
        without = await wave.outgrown(db, who, guest, now)
        number = await seating.roomy_perintis(db, key.node, who.id, settings.perintis_max, meets=MEETS, without=without)
    return dataclasses.replace(key, number=number)


async def _in_matrix(desk: Desk, who: Member, wanted: list[Room], leaving: list[Room]) -> None:
    by_id = {room.room_id: room.id for room in (*wanted, *leaving) if room.room_id}
    space = next((room.room_id for room in wanted if room.key.kind is RoomKind.SPACE), None)
    rooms = [room.room_id for room in wanted if room.room_id and room.room_id != space]
    leave = [room.room_id for room in leaving if room.room_id]
    done = await desk.module.seat(who.user_id, space, rooms, leave)
    async with desk.site.store.write() as db:
        await seating.seated(db, who.id, _rows(by_id, done.joined), desk.now())
        await seating.unseated(db, who.id, [*_rows(by_id, done.left), *_never_made(leaving)])
    logger.info("seated member %d in %d rooms, out of %d", who.id, len(done.joined), len(done.left))
    if done.failed:
        raise KamarError("seat_refused", errcode=sorted(set(done.failed.values()))[0])


def _rows(by_id: Mapping[RoomId, int], rooms: Sequence[RoomId]) -> list[int]:
    return [by_id[room] for room in rooms if room in by_id]


def _never_made(rooms: list[Room]) -> list[int]:
    return [room.id for room in rooms if room.room_id is None and room.state is not RoomState.OPEN]


def _spaces_first(key: RoomKey) -> bool:
    return key.kind is not RoomKind.SPACE
