"""Handle what came through the door: one event at a time, its effects written in the transaction that marks it done.

Killed anywhere, an event is either untouched or answered, never both.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Protocol

from kamar.errors import KamarError
from kamar.ids import EventId, RoomId, UserId
from kamar.sentences import sentence
from kamar.structure import RoomKey
from kamar.words import mark as _
from kamar_bots import commands, encrypted, peace
from kamar_bots.answer import Effect, effects, notice
from kamar_bots.courtesy import ASKED_WITHIN
from kamar_bots.door import Concern, sent_at
from kamar_bots.talk import Ask, Registry, Reply, Target
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Event
from kamar_store import account, appservice, cursor, outbox, peace_rule, seating, session
from kamar_store.appservice import ANYBODY, Arrival
from kamar_store.site import Site
from kamar_store.store import Db

logger = logging.getLogger(__name__)

TOO_LATE = timedelta(days=1)  # an answer to yesterday's word would only confuse
WINDOW = timedelta(minutes=1)
MOST = 10  # answers to one person within the window
GONE = (Concern.LEFT, Concern.REMOVED)  # never too late to hear of
LANGUAGE = "id"

HELLO = _("Halo! Saya Kamar. Ketik !bantuan untuk melihat apa yang bisa saya bantu.")
SLOW_DOWN = _("Terlalu banyak pesan sekaligus. Tunggu satu menit, lalu tulis lagi.")
PICK = _("Pilih angka dari 1 sampai {most}.")
SORRY = _("Maaf, ada yang salah di pihak kami. Coba lagi nanti; pengelola server melihat catatannya.")


class Rooms(Protocol):
    """What the handler asks Matrix."""

    async def joined_members(self, room: RoomId) -> Mapping[UserId, str]:
        """Return who is in a room."""
        ...

    async def get_event(self, room: RoomId, event: EventId) -> Event:
        """Return one event."""
        ...


@dataclass(frozen=True, slots=True)
class Handler:
    """Handles events of one server; ``rooms`` is Matrix as the account that speaks, ``encrypted`` if it can be."""

    site: Site
    rooms: Rooms
    encrypted: bool = False

    async def drain(self) -> None:
        """Handle every event that waits, oldest first.

        Raises:
            MatrixError: the homeserver does not answer; what waits stays.
        """
        while (arrival := await self._oldest()) is not None:
            try:
                await self._handle(arrival)
            except MatrixError:
                raise
            except Exception:  # one event that trips us must not silence the bot for ever
                logger.exception("event %s failed", arrival.event_id)
                await self._apologize(arrival)

    async def _oldest(self) -> Arrival | None:
        async with self.site.store.read() as db:
            return await appservice.oldest(db)

    async def _handle(self, arrival: Arrival) -> None:
        now = datetime.now(UTC)
        direct = await self._direct(arrival)
        target = await self._target(arrival)
        async with self.site.store.write() as db:
            if not await appservice.take(db, arrival.event_id):
                return
            if sent_at(arrival, now) < now - TOO_LATE and arrival.content["concern"] not in GONE:
                return
            if direct:
                await peace_rule.note_direct(db, arrival.sender, arrival.room_id, now)
            rows = await self.decide(db, arrival, target, direct=direct, now=now)
            await self._write(db, arrival, rows, now)

    async def _apologize(self, arrival: Arrival) -> None:
        now = datetime.now(UTC)
        content = notice(SORRY, mention=arrival.sender, to=arrival.event_id)
        effect = Effect("send", {"room_id": arrival.room_id, "type": "m.room.message", "content": content})
        async with self.site.store.write() as db:
            if await appservice.take(db, arrival.event_id):
                await self._write(db, arrival, [effect], now)

    async def _write(self, db: Db, arrival: Arrival, rows: Sequence[Effect], now: datetime) -> None:
        for number, effect in enumerate(rows):
            key = f"bot:{arrival.event_id}:{number}"
            await outbox.put(db, effect.kind, key, effect.payload, now, lane=f"room:{arrival.room_id}")

    async def _direct(self, arrival: Arrival) -> bool:
        """Tell whether only the sender and the bot read the room; a room that can't be looked at is not direct."""
        if arrival.content["concern"] not in (Concern.SAID, Concern.CHOSE, Concern.SEALED):
            return False
        async with self.site.store.read() as db:
            if await appservice.official(db, [arrival.room_id]):
                return False
        try:
            members = await self.rooms.joined_members(arrival.room_id)
        except MatrixError as error:
            if error.status == 0:
                raise
            return False
        return set(members) == {UserId(self.site.settings.bot), arrival.sender}

    async def _target(self, arrival: Arrival) -> Target | None:
        """Return the message that this one is about; none that the bot cannot see, or that says nothing."""
        name = arrival.content.get("target")
        if not isinstance(name, str):
            return None
        try:
            event = await self.rooms.get_event(arrival.room_id, EventId(name))
        except MatrixError as error:
            if error.status == 0:
                raise
            return None
        return Target(event.event_id, event.sender, str(event.content.get("body", "")))

    async def decide(
        self, db: Db, arrival: Arrival, target: Target | None = None, *, direct: bool, now: datetime
    ) -> list[Effect]:
        """Return what is to be done about an event."""
        concern = Concern(arrival.content["concern"])
        if concern is Concern.LEFT:
            await seating.left(db, arrival.sender, arrival.room_id, sent_at(arrival, now))
            await account.order(db, arrival.sender, arrival.event_id, now)  # whose account is closed leaves as well
            await appservice.unsign(db, event_id=arrival.event_id)  # of an erased account this leave is the last word
            return [_unname(arrival, arrival.sender)]
        if concern is Concern.REMOVED:
            return [_unname(arrival, arrival.content["who"])]
        if concern is Concern.SEALED:
            return await self._sealed(db, arrival, direct=direct, now=now)
        told = await _restrained(db, arrival.sender, now)
        if concern is Concern.INVITED:  # come in whoever asks: an invitation let lie is never sent again
            join = Effect("join", {"room_id": arrival.room_id})
            return [join] if told is not None else [join, *await self._hello(db, arrival, now)]
        if told is not None:
            return _send(arrival, told) if told else []
        if concern is Concern.REPORTED:
            registry = self._registry(db)
            return [Effect("take_back", row) for row in await peace.reported(arrival, target, registry, now)]
        ask = await self._ask(db, arrival, target, direct=direct, now=now)
        if isinstance(ask, str):
            return _send(arrival, ask) if ask else []
        reply = await self._reply(ask, self._registry(db))
        return [] if reply is None else effects(reply, ask, arrival.event_id)

    def _registry(self, db: Db) -> Registry:
        return Registry(db, self.site.settings, SystemRandom(), self.site.organisation)

    async def _reply(self, ask: Ask, registry: Registry) -> Reply | None:
        try:
            return await commands.answer(ask, registry)
        except KamarError as error:
            return Reply(sentence(error, ask.language))

    async def _ask(self, db: Db, arrival: Arrival, target: Target | None, *, direct: bool, now: datetime) -> Ask | str:
        """Return what was asked, or the sentence that says why nothing was ("": silence)."""
        content = arrival.content
        text = str(content.get("text", ""))
        if content["concern"] == Concern.CHOSE:
            found = await appservice.questions(db, [content["question"]], (), now - ASKED_WITHIN)
            if not found:
                return ""  # chosen before: once is enough
            number, choices = int(content["number"]), found[0].choices
            if number > len(choices):
                return PICK.format(most=len(choices))
            if found[0].asker != ANYBODY:
                await appservice.close_question(db, found[0].event_id)
            text = f"!{choices[number - 1]}"
        room: RoomKey | None = (await appservice.official(db, [arrival.room_id])).get(arrival.room_id)
        called = bool(content.get("called"))
        picture = content.get("picture")
        return Ask(
            arrival.sender, arrival.room_id, text, room, direct, LANGUAGE, now, called, self.encrypted, target, picture
        )

    async def _hello(self, db: Db, arrival: Arrival, now: datetime) -> list[Effect]:
        if self.encrypted:
            return _send(arrival, encrypted.HELLO)
        if arrival.content.get("encrypted"):
            return await self._sealed(db, arrival, direct=True, now=now)
        return _send(arrival, HELLO)

    async def _sealed(self, db: Db, arrival: Arrival, *, direct: bool, now: datetime) -> list[Effect]:
        """Say once a day and room that the bot can't read along, and what to do instead."""
        mark = f"sealed:{arrival.room_id}"
        last = await cursor.marked(db, mark)
        if not direct or (last is not None and last > now - TOO_LATE):
            return []
        await cursor.mark(db, mark, now)
        ask = Ask(arrival.sender, arrival.room_id, "", None, True, LANGUAGE, now)
        return effects(encrypted.unreadable(ask, self.site.settings), ask)


async def _restrained(db: Db, user: UserId, now: datetime) -> str | None:
    """Count one message of ``user``: none while few, then once a sentence, then "" for silence."""
    who = hashlib.sha256(user.encode()).hexdigest()[:32]
    try:
        await session.count_attempt(db, f"bot:{who}", now, WINDOW, MOST)
    except KamarError:
        try:
            await session.count_attempt(db, f"bot-told:{who}", now, WINDOW, 1)
        except KamarError:
            return ""
        return SLOW_DOWN
    return None


def _unname(arrival: Arrival, user: str) -> Effect:
    """Return the order to make the names of somebody unreadable in a room that he is not in any more."""
    return Effect("unname", {"room_id": arrival.room_id, "user_id": user})


def _send(arrival: Arrival, text: str) -> list[Effect]:
    content = notice(text, mention=arrival.sender)
    return [Effect("send", {"room_id": arrival.room_id, "type": "m.room.message", "content": content})]
