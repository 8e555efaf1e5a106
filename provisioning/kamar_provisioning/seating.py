"""The job ``seat``: decide where a member sits, want the rooms that are missing, and make Matrix agree."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kamar.belonging import rooms_of_all
from kamar.errors import KamarError
from kamar.ids import RoomId
from kamar.membership import SeatState
from kamar.node import Axis, axis_of
from kamar.organisation import Organisation, profile
from kamar.policy import Standing
from kamar.settings import Rooms
from kamar.structure import OpenRules, RoomKey, RoomKind, RoomState, counted, placement, space_of
from kamar.wave import MEETS, Brought
from kamar.wilayah import parse
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning import wave
from kamar_provisioning.jobs import Desk, Later
from kamar_store import belonging, fold, peace_measure, perintis, restructure, seating, wave_growth
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.outbox import Row
from kamar_store.restructure_rooms import plan_of
from kamar_store.seating import Room
from kamar_store.store import Db

logger = logging.getLogger(__name__)

PLAN_WAIT = timedelta(seconds=1)


async def seat(desk: Desk, row: Row) -> None:
    """Seat one member where the rules say; repeatable.

    Nobody sits between two chairs: old rooms are left only once every new one is joined. What a plan orders waits for
    its last step: a room that only its end archives would be left before, and not read on.
    """
    plan = plan_of(row.key)
    async with desk.site.store.write() as db:
        if plan is not None and await restructure.is_going(db, plan):
            raise Later(PLAN_WAIT)
        who = await members.by_id(db, row.payload["member"])
        if who is None or await peace_measure.is_banned(db, who.id, desk.now()):
            return
        await decide(db, who, desk.site.settings.rooms, desk.now(), desk.site.organisation)
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


async def decide(db: Db, who: Member, settings: Rooms, now: datetime, organisation: Organisation | None = None) -> None:
    """Write the rooms and seats that the rules want for a member, at home and at the other nodes he belongs to."""
    organisation = organisation or profile()
    lives = axis_of(who.home) is Axis.WILAYAH
    guest = await wave.guest(db, who) if lives else None
    home = await _at_home(db, who, guest, settings, now) if lives else []
    others = rooms_of_all(organisation, await belonging.nodes_of(db, who.id))
    keys = list(dict.fromkeys((*home, *others)))
    spaces = [space for key in keys if (space := space_of(key, organisation)) is not None]
    await seating.want_rooms(db, sorted({*keys, *spaces}, key=_spaces_first), now)
    rooms = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
    new = await seating.want_seats(db, who.id, [rooms[key].id for key in keys], now)
    neighbours = {rooms[key].id for key in home}
    new = [number for number in new if number in neighbours]
    if guest is not None:
        await wave.note(db, who, guest, new, now)
    await wave.make_way(db, who, new, now)


async def _at_home(db: Db, who: Member, guest: Brought | None, settings: Rooms, now: datetime) -> list[RoomKey]:
    """Return the rooms of a member's home in the territory; none for a newcomer whom the wave brake holds."""
    place = parse(who.home)
    nodes = {place.path, *(item.path for item in place.ancestors())}
    folded = await fold.folded(db, nodes)
    existing = {room.key for room in await seating.rooms_at(db, nodes) if room.key.node not in folded}
    counts = {
        node: 0 if node in folded else count for node, count in (await members.counts(db, counted(place))).items()
    }
    crowded = guest is not None and await wave.is_crowded(db, who, guest, now)
    standing = Standing.NEIGHBOUR if who.vouched else Standing.NEWCOMER
    plan = placement(who.home, counts, existing, rules_of(settings), standing, crowded=crowded)
    keys = [await _numbered(db, key, who, settings, guest, now) for key in plan.rooms]
    if guest is not None and not await wave.lets_in(db, who, guest, keys, now):
        return []
    return keys


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
        number = await perintis.roomy(db, key.node, who.id, settings.perintis_max)
    else:
        without = await wave.outgrown(db, who, guest, now)
        number = await perintis.roomy(db, key.node, who.id, settings.perintis_max, meets=MEETS, without=without)
    return dataclasses.replace(key, number=number)


async def _in_matrix(desk: Desk, who: Member, wanted: list[Room], leaving: list[Room]) -> None:
    """Call the module once for each space with its rooms; old rooms are left with the last call."""
    by_id = {room.room_id: room.id for room in (*wanted, *leaving) if room.room_id}
    leave = [room.room_id for room in leaving if room.room_id]
    joined: list[RoomId] = []
    calls = _calls(wanted, desk.site.organisation) or [(None, [])]
    for number, (space, rooms) in enumerate(calls, 1):
        try:
            done = await desk.module.seat(who.user_id, space, rooms, leave if number == len(calls) else [])
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            logger.warning("the account of member %d is closed: nobody to seat", who.id)
            return
        joined += done.joined
        async with desk.site.store.write() as db:
            await seating.seated(db, who.id, _rows(by_id, done.joined), desk.now())
            if number == len(calls):
                await seating.unseated(db, who.id, [*_rows(by_id, done.left), *_never_made(leaving)])
        if done.failed:
            raise KamarError("seat_refused", errcode=sorted(set(done.failed.values()))[0])
    logger.info("seated member %d in %d rooms, out of %d", who.id, len(joined), len(leave))


def _calls(wanted: Sequence[Room], organisation: Organisation) -> list[tuple[RoomId | None, list[RoomId]]]:
    """Return each space to join with the rooms it lists, and last the rooms that are entered by invitation."""
    spaces = {room.key.node: room.room_id for room in wanted if room.key.kind is RoomKind.SPACE}
    found: dict[RoomId | None, list[RoomId]] = {space: [] for space in spaces.values() if space}
    for room in wanted:
        if room.room_id is None or room.key.kind is RoomKind.SPACE:
            continue
        key = space_of(room.key, organisation)
        found.setdefault(None if key is None else spaces.get(key.node), []).append(room.room_id)
    return sorted(found.items(), key=lambda call: call[0] is None)


def _rows(by_id: Mapping[RoomId, int], rooms: Sequence[RoomId]) -> list[int]:
    return [by_id[room] for room in rooms if room in by_id]


def _never_made(rooms: list[Room]) -> list[int]:
    return [room.id for room in rooms if room.room_id is None and room.state is not RoomState.OPEN]


def _spaces_first(key: RoomKey) -> bool:
    return key.kind is not RoomKind.SPACE
