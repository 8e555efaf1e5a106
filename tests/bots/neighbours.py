"""Members of one RT with real accounts, seated as the jobs seat them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom
from uuid import uuid4

from kamar.account import new_localpart
from kamar.ids import EventId, MemberId, NodePath, RoomId, UserId
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Event, Matrix
from kamar_provisioning.jobs import Desk, drain
from kamar_store import member as members
from kamar_store import outbox, seating, wilayah
from kamar_store.site import Site

PATIENCE = 60.0  # seconds; a starved machine needs them


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
            number = await members.create(db, session.user_id, name, home, None, None, now, vouched=True)
            await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, now, lane=f"member:{number}")
        found.append(Neighbour(number, session.user_id, Matrix(at.matrix.homeserver, session.access_token)))
    await drain(at)
    async with at.site.store.read() as db:
        seats = await seating.seats_of(db, found[0].number)
    room_id = seats[0][0].room_id
    assert room_id is not None
    return room_id, found


@dataclass(frozen=True)
class Talk:
    """A room as one of its people sees it."""

    who: Matrix
    room: RoomId
    bot: str

    async def say(self, text: str) -> EventId:
        """Write a message."""
        return await self.who.send(self.room, "m.room.message", {"msgtype": "m.text", "body": text}, uuid4().hex)

    async def tap(self, event: EventId, key: str) -> None:
        """React to a message."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        await self.who.send(self.room, "m.reaction", {"m.relates_to": relation}, uuid4().hex)

    async def heard(self, word: str) -> list[Event]:
        """Return what the bot said that holds ``word``, newest first."""
        events = (await self.who.messages(self.room)).events
        return [event for event in events if event.sender == self.bot and word in str(event.content.get("body"))]

    async def hears(self, word: str) -> Event:
        """Wait until the bot says ``word``."""
        async with asyncio.timeout(PATIENCE):
            while not (found := await self.heard(word)):
                await asyncio.sleep(0.1)
        return found[0]

    async def buttons(self, count: int) -> list[str]:
        """Wait until the bot offers ``count`` reactions to tap, and return them."""
        async with asyncio.timeout(PATIENCE):
            while len(found := [event for event in await self.heard("") if event.type == "m.reaction"]) < count:
                await asyncio.sleep(0.1)
        return sorted(event.content["m.relates_to"]["key"] for event in found)

    async def hears_all(self, word: str) -> list[Event]:
        """Return all that the bot says of ``word``: its answers keep their order, so one to a last word ends them."""
        await self.hears(word)
        last = await self.say("!batal")
        async with asyncio.timeout(PATIENCE):
            while last not in [answered(event) for event in await self.heard("")]:
                await asyncio.sleep(0.1)
        return await self.heard(word)


def answered(event: Event) -> str | None:
    """Return the event that a message answers."""
    related = event.content.get("m.relates_to", {}).get("m.in_reply_to", {})
    found: str | None = related.get("event_id")
    return found
