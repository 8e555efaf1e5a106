"""``GET missed``: what Synapse may have failed to push to the application service.

Synapse keeps unsent events of an application service in memory and forgets them at a restart, so ``@kamar`` asks for
what was said to it since the position it knows. The answer comes from Synapse's own tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi

from kamar.peace_message import is_report
from kamar_modules.database import Database, Transaction
from kamar_modules.resource import Ask

EVENTS_MAX = 500
SCAN = 2000  # rows of one transaction
MESSAGE = "m.room.message"
REACTION = "m.reaction"
MEMBER = "m.room.member"
Found = list[tuple[int, str, str]]  # stream position, event, room


class Missed:
    """Finds what concerns the bot after a position."""

    def __init__(self, api: ModuleApi, database: Database, bot: str) -> None:
        self._database = database
        self._bot = bot
        # The position up to which every writer has finished: a table's maximum would skip events still being written.
        self._position = api._hs.get_datastores().main.get_room_max_stream_ordering

    async def answer(self, ask: Ask) -> Mapping[str, Any]:
        """Return up to 500 events after ``after``, oldest first, and the position to ask from next."""
        end = int(self._position())
        after = ask.query.get("after", "")
        if after == "now":
            return {"events": [], "next": end}
        if not after.isdecimal():
            raise SynapseError(400, "after: must be a stream position or now", Codes.INVALID_PARAM)
        position, found = int(after), Found()
        while position < end and len(found) < EVENTS_MAX:
            room_left = EVENTS_MAX - len(found)
            more, position = await self._database.run("missed", scan, self._bot, position, end, room_left)
            found += more
        events = [{"event_id": event, "room_id": room, "stream": stream} for stream, event, room in found]
        return {"events": events, "next": max(position, int(after))}


def scan(txn: Transaction, bot: str, after: int, end: int, limit: int) -> tuple[Found, int]:
    """Return at most ``limit`` events for the bot after one position up to another, and how far it looked."""
    txn.execute(
        "SELECT e.stream_ordering, e.event_id, e.room_id, e.type, k.room_id, t.sender, j.json FROM events e"
        " JOIN local_current_membership m ON m.room_id = e.room_id AND m.user_id = ? AND m.membership = 'join'"
        " JOIN event_json j ON j.event_id = e.event_id"
        " LEFT JOIN kamar_room k ON k.room_id = e.room_id"
        " LEFT JOIN event_relations r ON r.event_id = e.event_id"
        " LEFT JOIN events t ON t.event_id = r.relates_to_id"
        " WHERE e.stream_ordering > ? AND e.stream_ordering <= ? AND e.type IN (?, ?, ?) AND e.sender <> ?"
        " ORDER BY e.stream_ordering LIMIT ?",
        (bot, after, end, MESSAGE, REACTION, MEMBER, bot, SCAN),
    )
    rows = txn.fetchall()
    found: Found = []
    for stream, event, room, kind, official, target, text in rows:
        if target == bot or flagged(text) if kind == REACTION else concerns(json.loads(text), direct=official is None):
            found.append((stream, event, room))
            if len(found) == limit:
                return found, stream
    return found, rows[-1][0] if len(rows) == SCAN else end


def flagged(text: str) -> bool:
    """Tell whether a reaction, as JSON, is a report."""
    event = json.loads(text)
    return is_report(REACTION, event.get("content", {}))


def concerns(event: Mapping[str, Any], *, direct: bool) -> bool:
    """Tell whether the bot must know a message or membership: what is said to it, and who is in a kamar no more."""
    content = event.get("content", {})
    if event.get("type") == MEMBER:
        return content.get("membership") in ("leave", "ban") and not direct
    body = content.get("body")
    return isinstance(body, str) and (direct or body.lstrip().startswith("!"))
