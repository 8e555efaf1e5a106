"""The wave brake at seating: who is a guest, where one may come in, and who makes way when a kamar grows.

A *guest* is a newcomer whose code does not belong where he lives.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from kamar import wave as rules
from kamar.ids import MemberId
from kamar.structure import RoomKey, RoomKind
from kamar.wave import MEETS, Brought, Step, is_local, met_by, stays
from kamar.wilayah import parse
from kamar.words import mark as _
from kamar_store import member as members
from kamar_store import peace, seating, wave, wave_growth
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.wave_growth import Guest

logger = logging.getLogger(__name__)

GROWN = _(
    "Kamar Anda makin ramai, dan belum ada tetangga yang menjamin Anda. Sementara itu Anda menunggu di luar kamar itu. "
    "Minta koordinator atau dua tetangga menulis: !jamin {user}"
)


async def guest(db: Db, who: Member) -> Brought | None:
    """Return the code of a newcomer whom it does not make local: he meets few people."""
    if who.vouched:
        return None
    brought = await wave.brought(db, who.id)
    return None if brought is None or is_local(brought, who.home) else brought


async def is_crowded(db: Db, who: Member, brought: Brought, now: datetime) -> bool:
    """Tell whether the kamar of the RT has too many people for a guest, or has got them while he sat there."""
    key = RoomKey(who.home, RoomKind.OBROLAN)
    room = next((room for room in await seating.rooms_at(db, [who.home]) if room.key == key), None)
    if room is None:
        return False
    if await wave_growth.sits(db, who.id, room.id):
        return not await _stays(db, who.id, brought.tree, room.id, now)
    met = await wave_growth.would_meet(db, room, who.id, brought.tree, now)
    return max(met, await wave_growth.sitting_in(db, room.id)) > MEETS


async def lets_in(db: Db, who: Member, brought: Brought, keys: Sequence[RoomKey], now: datetime) -> bool:
    """Ask the wave brake; whom it holds is written down, for administrators and for himself to see."""
    if not await wave.is_free(db, who.id, brought.tree, now):
        existing = {room.key: room for room in await seating.rooms_at(db, {key.node for key in keys})}
        trail = await wave.steps(db, brought.tree, now)
        for key in keys:
            room, met = existing.get(key), 0
            if room is not None:
                if await wave_growth.sits(db, who.id, room.id) and stays(trail, room.id):
                    continue
                met = await wave_growth.would_meet(db, room, who.id, brought.tree, now)
            if not rules.lets_in(trail, _step(who, 0 if room is None else room.id, met)):
                await wave.put_on_hold(db, who.id, brought.tree, now)
                logger.warning("the wave brake holds member %d", who.id)
                return False
    await wave.let_go(db, who.id)
    return True


async def note(db: Db, who: Member, brought: Brought, new: Collection[int], now: datetime) -> None:
    """Write whom a guest meets in the rooms where he is new."""
    for room in new:
        met = await wave_growth.met_in(db, room, who.id, brought.tree, now)
        await wave.step(db, who.id, brought.tree, _step(who, room, met), now)


async def make_way(db: Db, who: Member, new: Collection[int], now: datetime) -> None:
    """Let guests leave the rooms where ``who`` is new, if they would meet too many with him."""
    for each in await wave_growth.count_in(db, new, who.id, now):
        if await _stays(db, each.member, each.tree, each.room, now) or not await _is_guest(db, each):
            continue
        await wave_growth.see_off(db, each, now)
        await _tell(db, each, now)
        logger.info("member %d makes way in room %d", each.member, each.room)


async def outgrown(db: Db, who: Member, brought: Brought, now: datetime) -> list[int]:
    """Return the rooms (row numbers) where a guest's tree has met too many."""
    if await wave.is_free(db, who.id, brought.tree, now):
        return []
    return [room for room, met in met_by(await wave.steps(db, brought.tree, now)).items() if met > MEETS]


async def _stays(db: Db, number: MemberId, tree: str, room: int, now: datetime) -> bool:
    return await wave.is_free(db, number, tree, now) or stays(await wave.steps(db, tree, now), room)


async def _is_guest(db: Db, sitting: Guest) -> bool:
    who = await members.by_id(db, sitting.member)
    return who is not None and await guest(db, who) is not None


async def _tell(db: Db, sitting: Guest, now: datetime) -> None:
    who = await members.by_id(db, sitting.member)
    if who is not None:
        await peace.tell(db, who.id, GROWN.format(user=who.user_id), f"grown:{sitting.room}:{now.isoformat()}", now)


def _step(who: Member, room: int, met: int) -> Step:
    return Step(parse(who.home).village or who.home, room, met)
