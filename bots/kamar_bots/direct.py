"""Encrypted direct talk: the second adapter of the commands, an ordinary account with a device of its own.

``@kamar`` itself can't read what is encrypted, because an application service can't sync. What arrives is answered in
one transaction that writes the event's id and the answers; only then is the position in the stream written. Killed
anywhere, the same events come again, and those that were answered are known by their id.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from kamar.errors import KamarError
from kamar.ids import RoomId
from kamar_bots import encrypted
from kamar_bots.answer import Effect, notice
from kamar_bots.courtesy import ASKED_WITHIN
from kamar_bots.direct_device import RENEWED, Device, is_lost, opened
from kamar_bots.direct_sending import Sender
from kamar_bots.door import Concern, Known, arrivals, named, sent_at
from kamar_bots.handler import SORRY, TOO_LATE, Handler
from kamar_bridges.encrypted import ENCRYPTED, Batch, Invite
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.matrix import Event
from kamar_store import appservice, cursor, direct, outbox
from kamar_store.appservice import Arrival
from kamar_store.site import Site
from kamar_store.store import Db

logger = logging.getLogger(__name__)

POSITION = "direct:next"  # cursor: up to where the stream of events was read
WAIT = 30.0  # seconds that Synapse holds a question for news
LOOK = 1.0  # seconds between two looks for answers that another part wrote
AGAIN = 2.0  # seconds until a homeserver that does not answer is asked again
BROKEN_OFF = 30.0  # seconds of rest after a bug
KEY_MAY_COME = timedelta(seconds=20)  # a key may arrive after its message
TELL_EVERY = timedelta(minutes=10)  # that a message could not be opened, in one room
GONE_WITH = frozenset({"leave", "ban"})


class Direct:
    """One running device: what it hears, and what it makes of it."""

    def __init__(self, site: Site, device: Device) -> None:
        self.site = site
        self.device = device
        self.me = site.settings.encrypted_bot
        self.wrote = asyncio.Event()  # an answer waits
        self.handler = Handler(site, device.matrix, encrypted=True)
        self.sender = Sender(site, device)

    async def listen(self) -> None:
        """Take what arrives next, and write how far we are.

        Raises:
            MatrixError: the homeserver does not answer, or knows the device no more.
        """
        async with self.site.store.read() as db:
            since = await cursor.get(db, POSITION) or ""
            waiting = bool(await direct.sealed(db))
        batch = await self.device.encrypted.sync(since, LOOK if waiting or not since else WAIT)
        await self.take(batch)
        async with self.site.store.write() as db:
            await cursor.put(db, POSITION, batch.next)

    async def take(self, batch: Batch) -> None:
        """Answer what arrived, each event once, however often it comes."""
        for invite in batch.invites:
            await self._invited(invite)
        for event in batch.events:
            if event.type == "m.room.member":
                await self._moved(event)
            elif event.type == ENCRYPTED and event.sender != self.me:
                await self._keep(event)
        await self._hear(batch.events)
        await self._retry()

    async def run(self) -> None:
        """Serve until cancelled or until the device is lost.

        Raises:
            BaseExceptionGroup: with the error of :func:`kamar_bots.direct_device.is_lost`.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(_repeat(self.listen))
            group.create_task(_repeat(self._speak))

    async def _speak(self) -> None:
        await self.sender.drain()
        self.wrote.clear()
        try:
            async with asyncio.timeout(LOOK):
                await self.wrote.wait()
        except TimeoutError:
            return

    async def _invited(self, invite: Invite) -> None:
        """Accept a direct talk with somebody of this server."""
        if not invite.direct or invite.sender.partition(":")[2] != self.site.settings.server.name:
            return
        content = {"concern": Concern.INVITED}
        await self._answer(Arrival(invite.event_id, invite.room_id, invite.sender, "m.room.member", content))

    async def _moved(self, event: Event) -> None:
        """Greet who accepts our invitation; leave with the last person."""
        self.device.encrypted.forget(event.room_id)
        membership = event.content.get("membership")
        if event.state_key != self.me and membership == "join" and event.before != "join":
            await self._greet(event)
        if event.state_key == self.me or membership not in GONE_WITH:
            return
        try:
            if set(await self.device.matrix.joined_members(event.room_id)) == {self.me}:
                await self.device.matrix.leave(event.room_id)
        except MatrixError as error:
            if error.status == 0 or is_lost(error):
                raise

    async def _greet(self, event: Event) -> None:
        now = datetime.now(UTC)
        async with self.site.store.write() as db:
            ours = await direct.talk(db, event.sender, encrypted=True) == event.room_id
            arrival = Arrival(event.event_id, event.room_id, event.sender, event.type, {})
            if ours and await direct.note(db, arrival, now):
                payload = {"type": "m.room.message", "content": notice(encrypted.HELLO, mention=event.sender)}
                await self._write(db, arrival, [Effect("send", {"room_id": event.room_id, **payload})], now)

    async def _hear(self, events: Sequence[Event]) -> None:
        plain = [event for event in events if event.type not in (ENCRYPTED, "m.room.member")]
        rooms, questions = named(plain)
        async with self.site.store.read() as db:
            asked = await appservice.questions(db, questions, rooms, datetime.now(UTC) - ASKED_WITHIN)
            known = Known(await appservice.official(db, rooms), {item.event_id: item for item in asked})
        for arrival in arrivals(plain, self.me, known):
            await self._answer(arrival)

    async def _answer(self, arrival: Arrival) -> None:
        """Write the answers to one event, unless it was answered before."""
        now = datetime.now(UTC)
        alone = await self._alone(arrival)
        try:
            async with self.site.store.write() as db:
                if not await direct.note(db, arrival, now) or sent_at(arrival, now) < now - TOO_LATE:
                    return
                await self._write(db, arrival, await self.handler.decide(db, arrival, direct=alone, now=now), now)
        except Exception:  # one event that trips us must not silence the account for ever
            logger.exception("event %s failed", arrival.event_id)
            async with self.site.store.write() as db:
                if await direct.note(db, arrival, now):
                    content = notice(SORRY, mention=arrival.sender)
                    payload = {"room_id": arrival.room_id, "type": "m.room.message", "content": content}
                    await self._write(db, arrival, [Effect("send", payload)], now)

    async def _alone(self, arrival: Arrival) -> bool:
        """Tell whether only the sender and the bot read the room."""
        if arrival.content["concern"] == Concern.INVITED:
            return True
        try:
            return set(await self.device.matrix.joined_members(arrival.room_id)) == {self.me, arrival.sender}
        except MatrixError as error:
            if error.status == 0 or is_lost(error):
                raise
            return False

    async def _write(self, db: Db, arrival: Arrival, effects: list[Effect], now: datetime) -> None:
        for number, effect in enumerate(effects):
            key = f"{arrival.event_id}:{number}"
            if effect.kind == "talk":
                await outbox.put(db, "talk", f"direct:{key}", effect.payload, now, lane=f"talk:{arrival.sender}")
            else:
                await direct.put(db, effect.kind, key, effect.payload, now, direct.lane_of(arrival.room_id))
        self.wrote.set()

    async def _keep(self, event: Event) -> None:
        """Keep a message whose key is missing, as Synapse has it: the key may still come."""
        raw = {
            "event_id": event.event_id,
            "room_id": event.room_id,
            "type": event.type,
            "sender": event.sender,
            "content": dict(event.content),
            "origin_server_ts": event.at,
            "sent": event.at,
        }
        async with self.site.store.write() as db:
            await direct.note_sealed(
                db, Arrival(event.event_id, event.room_id, event.sender, event.type, raw), datetime.now(UTC)
            )

    async def _retry(self) -> None:
        """Try again what could not be opened; after a while say so."""
        now = datetime.now(UTC)
        async with self.site.store.read() as db:
            waiting = await direct.sealed(db)
        for arrival, since in waiting:
            event = self.device.encrypted.opened(arrival.content)
            if event is None and since > now - KEY_MAY_COME:
                continue
            if event is not None:
                await self._hear([event])
            async with self.site.store.write() as db:
                if await direct.note(db, arrival, now) and event is None:
                    await self._tell_unopened(db, arrival, now)

    async def _tell_unopened(self, db: Db, arrival: Arrival, now: datetime) -> None:
        mark = _mark(arrival.room_id)
        last = await cursor.marked(db, mark)
        if (last is not None and last > now - TELL_EVERY) or sent_at(arrival, now) < now - TOO_LATE:
            return
        await cursor.mark(db, mark, now)
        renewed = await cursor.marked(db, RENEWED)
        old = renewed is not None and sent_at(arrival, now) < renewed
        text = encrypted.NEW_DEVICE if old else encrypted.KEY_MISSING
        content = notice(text.format(portal=self.site.settings.portal_url), mention=arrival.sender)
        payload = {"room_id": arrival.room_id, "type": "m.room.message", "content": content}
        await self._write(db, arrival, [Effect("send", payload)], now)


async def run(site: Site) -> None:
    """Talk encrypted until cancelled; with another device when this one is lost. Nothing here may end other parts."""
    async with Homeserver(site.settings.synapse_url) as homeserver:
        while True:
            wait = AGAIN
            try:
                async with opened(site, homeserver) as device:
                    await Direct(site, device).run()
            except* KamarError as group:
                logger.info("encrypted talk begins anew: %s", group.exceptions[0])
            except* Exception:
                logger.exception("encrypted talk broke off")
                wait = BROKEN_OFF
            await asyncio.sleep(wait)


async def _repeat(work: Callable[[], Awaitable[None]]) -> None:
    """Do ``work`` again and again; while Synapse is away, try again soon. A lost device ends it."""
    while True:
        try:
            await work()
        except KamarError as error:
            if is_lost(error):
                raise
            logger.info("waiting: %s", error.code)
            await asyncio.sleep(AGAIN)


def _mark(room: RoomId) -> str:
    """Return the cursor's name, which is short, for a room's id, which may not be."""
    return f"unopened:{hashlib.sha256(room.encode()).hexdigest()[:32]}"
