"""Greet newcomers in their kamar: several in one notice, and at most one notice in ten minutes and room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from kamar.ids import RoomId
from kamar.words import mark as _
from kamar_bots import push
from kamar_bots.answer import notice
from kamar_bots.door import sent_at
from kamar_bots.vouch import question
from kamar_store import appservice, cursor, greeter, outbox, seating, vouch
from kamar_store import member as members
from kamar_store.appservice import Arrival
from kamar_store.member import Member
from kamar_store.store import Db

TOGETHER = timedelta(seconds=20)  # neighbours who come together are greeted together
EVERY = timedelta(minutes=10)
MOST = 5  # names in one greeting
TOO_LATE = timedelta(hours=1)  # nobody is new after that

ONE_OR_MORE = _("Selamat datang, {names}! Sapa dulu, lalu ketik !kamar untuk tahu di mana Anda.")
HOST = _("{name} menyapa tetangga baru di sini. Tanyakan apa saja kepadanya.")
MANY = _("Selamat datang, {names} dan {others} kawan lain! Ketik !kamar untuk tahu di mana Anda.")


def greeting(names: Sequence[str]) -> str:
    """Return the greeting of some newcomers, at most five by name."""
    if len(names) > MOST:
        return MANY.format(names=", ".join(names[:MOST]), others=len(names) - MOST)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} dan {names[-1]}"
    return ONE_OR_MORE.format(names=listed)


async def is_due(db: Db, now: datetime) -> bool:
    """Tell whether somebody waits for a greeting."""
    return bool(await appservice.waiting(db, now - TOGETHER))


async def greet(db: Db, now: datetime) -> None:
    """Write the greetings that are due. Who comes while the last one is fresh waits for the next, or is not greeted."""
    arrived = sorted(await appservice.waiting(db, now - TOGETHER), key=lambda item: item.room_id)
    for room_id, group in groupby(arrived, key=lambda item: item.room_id):
        newcomers = list(group)
        mark = f"greeted:{room_id}"
        last = await cursor.marked(db, mark)
        if last is not None and last > now - EVERY:
            newcomers = [item for item in newcomers if sent_at(item, now) < now - TOO_LATE]
        people: list[tuple[Arrival, Member]] = []
        for item in newcomers:
            who = await members.by_user(db, item.sender)
            if not await appservice.take(db, item.event_id) or who is None or sent_at(item, now) < now - TOO_LATE:
                continue
            if await seating.sits_in(db, who.id, room_id):  # the name of one who left is nobody's business
                people.append((item, who))
        if people:
            await _greet(db, room_id, people, now)
            await cursor.mark(db, mark, now)


async def _greet(db: Db, room_id: RoomId, people: Sequence[tuple[Arrival, Member]], now: datetime) -> None:
    """Write one greeting, in the name of who greets here, and the question who knows the newcomers."""
    text, lane, key = greeting([who.display_name for _, who in people]), f"room:{room_id}", people[0][0].event_id
    host = await greeter.of_room(db, room_id, now)
    if host is not None and host.id not in {who.id for _, who in people}:
        text += "\n" + HOST.format(name=host.display_name)
        for item, who in people:
            await greeter.greeted(db, item.event_id, room_id, who.id, host.id, now)
    payload = {"room_id": room_id, "type": "m.room.message", "content": notice(text)}
    await outbox.put(db, "send", f"greet:{key}", payload, now, lane=lane)
    await push.greeted(db, [item.sender for item, _ in people], room_id, key, now)
    unknown = [who for _, who in people if not who.vouched]
    if unknown and await vouch.neighbour_sits_in(db, room_id):
        await outbox.put(db, "ask", f"knows:{key}", question(room_id, unknown), now, lane=lane)
