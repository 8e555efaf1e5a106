"""Whom an event calls back: the named ones in a kamar, and all in a siaran room. Nothing of its text is kept.

Encrypted messages name nobody that we can read, so they call nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from kamar.ids import EventId, RoomId, UserId
from kamar.push import PushKind
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.matrix import Event
from kamar_store import outbox, push
from kamar_store.store import Db

MOST = 20  # people that one message calls; whoever names more wants everybody, and that is what siaran are for
OLD = timedelta(hours=1)  # nobody is called for what was said long ago
NAMED = re.compile(r'href="https://matrix\.to/#/(@[^"?]+|%40[^"?]+)')  # a name, or whom one answers, in older clients


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call for an event; for a siaran nobody is named: all are meant."""

    event_id: EventId
    room_id: RoomId
    sender: UserId
    kind: PushKind
    users: tuple[UserId, ...] = ()


def calls(events: Iterable[Event], bot: UserId, official: Mapping[RoomId, RoomKey], now: datetime) -> list[Call]:
    """Return whom these events call."""
    found = []
    for event in events:
        key = official.get(event.room_id)
        if key is None or event.type != "m.room.message" or event.state_key is not None or _is_old(event, now):
            continue
        if _is_correction(event.content) or event.content.get("msgtype") == "m.notice":
            continue
        if key.kind is RoomKind.SIARAN:
            found.append(Call(event.event_id, event.room_id, event.sender, PushKind.SIARAN))
        elif event.sender != bot and (users := _named(event.content, {event.sender, bot})):
            found.append(Call(event.event_id, event.room_id, event.sender, PushKind.MENTION, users))
    return found


async def write(db: Db, wanted: Iterable[Call], now: datetime) -> None:
    """Write the calls that are wanted, but not to whom the sender is blocked by.

    Those of a siaran are found by a job, however many members there are.
    """
    for item in wanted:
        if item.kind is PushKind.SIARAN:
            payload = {"room_id": item.room_id, "event_id": item.event_id, "sender": item.sender, "after": 0, "done": 0}
            await outbox.put(db, "push_room", f"push_room:{item.event_id}:0", payload, now)
        else:
            users = await push.willing(db, item.users, item.sender)
            await push.call(db, users, item.room_id, item.event_id, item.kind, now)


async def greeted(db: Db, users: Iterable[UserId], room: RoomId, event: EventId, now: datetime) -> None:
    """Write that newcomers are greeted; ``event`` is what the greeting is for."""
    await push.call(db, list(users), room, event, PushKind.GREETING, now)


def _named(content: Mapping[str, Any], but: set[UserId]) -> tuple[UserId, ...]:
    mentions = content.get("m.mentions")
    if isinstance(mentions, Mapping):
        users = mentions.get("user_ids")
        names = [name for name in users if isinstance(name, str)] if isinstance(users, list) else []
    else:
        formatted = content.get("formatted_body")
        names = [unquote(name) for name in NAMED.findall(formatted)] if isinstance(formatted, str) else []
    return tuple(dict.fromkeys(UserId(name) for name in names[:MOST] if name not in but))


def _is_correction(content: Mapping[str, Any]) -> bool:
    related = content.get("m.relates_to")
    return isinstance(related, Mapping) and related.get("rel_type") == "m.replace"


def _is_old(event: Event, now: datetime) -> bool:
    return bool(event.at) and datetime.fromtimestamp(event.at / 1000, UTC) < now - OLD
