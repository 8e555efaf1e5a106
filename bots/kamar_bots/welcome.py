"""Greet newcomers in their kamar: several in one notice, and at most one notice in ten minutes and room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from kamar.words import mark as _
from kamar_bots import push
from kamar_bots.answer import notice
from kamar_bots.door import sent_at
from kamar_store import appservice, cursor, outbox
from kamar_store import member as members
from kamar_store.store import Db

TOGETHER = timedelta(seconds=20)  # neighbours who come together are greeted together
EVERY = timedelta(minutes=10)
MOST = 5  # names in one greeting
TOO_LATE = timedelta(hours=1)  # nobody is new after that

ONE_OR_MORE = _("Selamat datang, {names}! Sapa dulu, lalu ketik !kamar untuk tahu di mana Anda.")
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
        names, greeted = [], []
        for item in newcomers:
            who = await members.by_user(db, item.sender)
            if await appservice.take(db, item.event_id) and who and sent_at(item, now) >= now - TOO_LATE:
                names.append(who.display_name)
                greeted.append(item.sender)
        if names:
            payload = {"room_id": room_id, "type": "m.room.message", "content": notice(greeting(names))}
            await outbox.put(db, "send", f"greet:{newcomers[0].event_id}", payload, now, lane=f"room:{room_id}")
            await push.greeted(db, greeted, room_id, newcomers[0].event_id, now)
            await cursor.mark(db, mark, now)
