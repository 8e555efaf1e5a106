"""Members of one RT with real accounts, seated as the jobs seat them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

from kamar.account import new_localpart
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Event, Matrix
from kamar_provisioning.jobs import Desk, drain
from kamar_store import member as members
from kamar_store import outbox, seating, wilayah
from kamar_store.site import Site


@dataclass(frozen=True)
class Neighbour:
    """A member and what speaks Matrix for him."""

    number: MemberId
    user: UserId
    matrix: Matrix


def desk(site: Site, homeserver: Homeserver, as_token: str) -> Desk:
    """Return what the jobs work with."""
    return Desk(site, Matrix(homeserver, as_token), KamarModule(homeserver, as_token))


async def neighbours(at: Desk, home: NodePath, names: list[str]) -> tuple[RoomId, list[Neighbour]]:
    """Seat members who live at ``home``, and return the room they all sit in with them: the smallest one."""
    now, found = datetime.now(UTC), []
    for name in names:
        session = await at.module.register(new_localpart(SystemRandom()), None, name, f"key-{name}-{home}")
        async with at.site.store.write() as db:
            await wilayah.declare(db, home)
            number = await members.create(db, session.user_id, name, home, None, None, now)
            await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, now, lane=f"member:{number}")
        found.append(Neighbour(number, session.user_id, Matrix(at.matrix.homeserver, session.access_token)))
    await drain(at)
    async with at.site.store.read() as db:
        seats = await seating.seats_of(db, found[0].number)
    room_id = seats[0][0].room_id
    assert room_id is not None
    return room_id, found


async def said(who: Matrix, room: RoomId, bot: str) -> list[Event]:
    """Return what the bot said in a room, newest first."""
    events = (await who.messages(room)).events
    return [event for event in events if event.sender == bot and event.type == "m.room.message"]
