"""The job ``seat``: decide where a member sits, want the rooms that are missing, and make Matrix agree."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from kamar.belonging import rooms_of_all
from kamar.errors import KamarError
from kamar.ids import RoomId
from kamar.membership import SeatState
from kamar.node import Axis, axis_of
from kamar.organisation import Organisation, profile
from kamar.policy import Standing
from kamar.settings import Rooms
from kamar.structure import OpenRules, RoomKey, RoomKind, RoomState, counted, placement, space_of
from kamar.wave import MEETS, Brought, Step, is_local, lets_in
from kamar.wilayah import parse
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_store import belonging, fold, peace_measure, seating, wave
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
        await decide(db, who, desk.site.settings.rooms, desk.now(), desk.site.organisation)
        seats = await seating.seats_of(db, who.id)
    wanted = [room for room, state in seats if state in (SeatState.WANTED, SeatState.SEATED)]
    new = [room for room, state in seats if state is SeatState.WANTED]
    complete = all(room.room_id for room in wanted)
    leaving = [room for room, state in seats if state is SeatState.LEAVING] if complete else []
    if not any(room.room_id for room in new) and not leaving:
        return  # the rooms are still being opened: the job that opens them asks for us again
    await _in_matrix(desk, who, wanted, leaving)


async def decide(db: Db, who: Member, settings: Rooms, now: datetime, organisation: Organisation | None = None) -> None:
    """Write the rooms and seats that the rules want for a member, at home and at the other nodes he belongs to."""
    organisation = organisation or profile()
    home = await _at_home(db, who, settings, now) if axis_of(who.home) is Axis.WILAYAH else []
    others = rooms_of_all(organisation, await belonging.nodes_of(db, who.id))
    keys = list(dict.fromkeys((*home, *others)))
    spaces = [space for key in keys if (space := space_of(key, organisation)) is not None]
    await seating.want_rooms(db, sorted({*keys, *spaces}, key=_spaces_first), now)
    rooms = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
    await seating.want_seats(db, who.id, [rooms[key].id for key in keys], now)


async def _at_home(db: Db, who: Member, settings: Rooms, now: datetime) -> list[RoomKey]:
    """Return the rooms of a member's home in the territory; none for a newcomer whom the wave brake holds."""
    place = parse(who.home)
    nodes = {place.path, *(item.path for item in place.ancestors())}
    folded = await fold.folded(db, nodes)
    existing = {room.key for room in await seating.rooms_at(db, nodes) if room.key.node not in folded}
    counts = {
        node: 0 if node in folded else count for node, count in (await members.counts(db, counted(place))).items()
    }
    guest = await _guest(db, who)
    crowded = guest is not None and await _is_crowded(db, who)
    standing = Standing.NEIGHBOUR if who.vouched else Standing.NEWCOMER
    plan = placement(who.home, counts, existing, rules_of(settings), standing, crowded=crowded)
    keys = [await _numbered(db, key, who, settings, guest) for key in plan.rooms]
    if guest is None:
        return keys
    if not await _lets_in(db, who, guest, keys, now):
        return []
    spaces = [space for key in keys if (space := space_of(key)) is not None]
    await seating.want_rooms(db, sorted({*keys, *spaces}, key=_spaces_first), now)
    rooms = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
    for key in keys:
        met = await wave.met_in(db, rooms[key], who.id, guest.tree)
        taken = Step(parse(who.home).village or who.home, rooms[key].id, met)
        await wave.step(db, who.id, guest.tree, taken, now)
    return keys


async def _guest(db: Db, who: Member) -> Brought | None:
    """Return the code of a newcomer whom it does not make local: he meets few people."""
    if who.vouched:
        return None
    brought = await wave.brought(db, who.id)
    return None if brought is None or is_local(brought, who.home) else brought


async def _is_crowded(db: Db, who: Member) -> bool:
    return await seating.others_in(db, RoomKey(who.home, RoomKind.OBROLAN), who.id) > MEETS


async def _lets_in(db: Db, who: Member, guest: Brought, keys: Sequence[RoomKey], now: datetime) -> bool:
    """Ask the wave brake; whom it holds is written down, for administrators and for himself to see."""
    if not await wave.is_free(db, who.id, guest.tree, now):
        existing = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
        trail = await wave.steps(db, guest.tree, now)
        village = parse(who.home).village or who.home
        for key in keys:
            room = existing.get(key)
            if room is not None and await wave.passed(db, who.id, room.id):
                continue
            met = 0 if room is None else await wave.met_in(db, room, who.id, guest.tree)
            if not lets_in(trail, Step(village, 0 if room is None else room.id, met)):
                await wave.put_on_hold(db, who.id, guest.tree, now)
                logger.warning("the wave brake holds member %d", who.id)
                return False
    await wave.let_go(db, who.id)
    return True


def rules_of(settings: Rooms) -> OpenRules:
    """Return from how many members a kamar opens on this server."""
    return OpenRules(settings.open_at_rt, settings.open_at_rw, settings.open_at_kelurahan, settings.open_at_perintis)


async def _numbered(db: Db, key: RoomKey, who: Member, settings: Rooms, guest: Brought | None) -> RoomKey:
    """Return the starter kamar with a free seat; other rooms exist once."""
    if key.kind is not RoomKind.PERINTIS:
        return key
    meets = None if guest is None else MEETS
    number = await seating.roomy_perintis(db, key.node, who.id, settings.perintis_max, meets=meets)
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
