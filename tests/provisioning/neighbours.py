"""Members with accounts, rooms that are open, and looks at what Synapse really holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import update

from kamar.account import new_localpart
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.structure import RoomKey
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk
from kamar_store import member as members
from kamar_store import outbox, seating, wilayah
from kamar_store.tables import member


@dataclass(frozen=True)
class Neighbour:
    """A member, as the sign-up leaves him."""

    number: MemberId
    user: UserId
    matrix: Matrix


async def newcomer(desk: Desk, home: str) -> Neighbour:
    """Make a member for whom neighbours vouch; the job that seats him waits in the outbox."""
    now = datetime.now(UTC)
    localpart = new_localpart(SystemRandom())
    async with desk.site.store.write() as db:
        await wilayah.declare(db, home)
        number = await members.create(db, UserId(f"@{localpart}"), "x", NodePath(home), None, None, now, vouched=True)
    session = await desk.module.register(localpart, None, f"Warga {number}", f"key{number}")
    async with desk.site.store.write() as db:
        await db.execute(update(member).where(member.c.id == number).values(user_id=session.user_id))
        await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, now, lane=f"member:{number}")
    return Neighbour(number, session.user_id, Matrix(desk.matrix.homeserver, session.access_token))


async def rooms_at(desk: Desk, node: str) -> dict[RoomKey, RoomId]:
    """Return the open rooms of a node and below it, in a village."""
    async with desk.site.store.read() as db:
        return {room.key: room.room_id for room in await seating.rooms_below(db, NodePath(node)) if room.room_id}


async def power(desk: Desk, room: RoomId) -> dict[str, int]:
    """Return who has power in a room."""
    levels: dict[str, int] = dict((await desk.matrix.get_state(room, "m.room.power_levels")).get("users", {}))
    return levels


async def inside(desk: Desk, room: RoomId) -> set[UserId]:
    """Return who is in a room, without the bot."""
    return set(await desk.matrix.joined_members(room)) - {UserId(desk.site.settings.bot)}


async def state(desk: Desk, room: RoomId, kind: str, key: str = "") -> Mapping[str, Any]:
    """Return a state event's content, empty where there is none."""
    try:
        return await desk.matrix.get_state(room, kind, key)
    except MatrixError as error:
        if error.errcode == "M_NOT_FOUND":
            return {}
        raise
