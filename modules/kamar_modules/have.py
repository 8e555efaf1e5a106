"""``POST have``: official rooms as Matrix has them, many in one request, for the reconciler.

Four statements whatever the number of rooms: the state that we manage, who is in the rooms, who has a seat, which
listed rooms are official. Two more tell which accounts are closed, and which of these somebody closed: an account
that never was is no deactivated one. Contents are passed through unread.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from synapse.api.errors import Codes, SynapseError

from kamar.reconcile import BADGE_EVENT
from kamar.structure_room import NODE_EVENT
from kamar_modules.database import Database, Transaction, listed
from kamar_modules.official import CREATE, JOIN_RULES
from kamar_modules.resource import Ask

ROOMS_MAX = 200
USERS_MAX = 2000
CHILD = "m.space.child"
MANAGED = (
    CREATE,  # its version decides how @kamar holds the room
    "m.room.power_levels",
    "m.room.name",
    "m.room.topic",
    "m.room.history_visibility",
    JOIN_RULES,
    "m.space.parent",
    CHILD,
    NODE_EVENT,
    BADGE_EVENT,
)
SIGNED = frozenset({NODE_EVENT, BADGE_EVENT})  # told as empty unless @kamar sent them


class Have:
    """Answers how official rooms stand."""

    def __init__(self, database: Database, bot: str) -> None:
        self._database = database
        self._bot = bot

    async def answer(self, ask: Ask) -> Mapping[str, Any]:
        """Return each of ``rooms``, and which of ``users`` have no account, or a closed one."""
        rooms, users = ask.texts("rooms"), ask.texts("users")
        if len(rooms) > ROOMS_MAX or len(users) > USERS_MAX:
            raise SynapseError(400, f"rooms: at most {ROOMS_MAX}, users: at most {USERS_MAX}", Codes.INVALID_PARAM)
        return await self._database.run("have", have, rooms, users, self._bot)


def have(txn: Transaction, rooms: Collection[str], users: Collection[str], bot: str) -> dict[str, Any]:
    """Return the answer. A room that does not exist is told like one that ``bot`` is not in."""
    found: dict[str, dict[str, Any]] = {
        room: {"held": False, "state": [], "members": {}, "seats": [], "official": []} for room in rooms
    }
    if rooms:
        _state(txn, found, bot)
        _members(txn, found, bot)
        _seats(txn, found)
        _official(txn, found)
    return {"rooms": found, "closed": _closed(txn, users), "deactivated": _deactivated(txn, users)}


def _state(txn: Transaction, found: Mapping[str, dict[str, Any]], bot: str) -> None:
    txn.execute(
        listed(
            "SELECT c.room_id, c.type, c.state_key, j.json FROM current_state_events c"
            " JOIN event_json j ON j.event_id = c.event_id WHERE c.room_id IN (*) AND c.type IN (*)",
            found,
            MANAGED,
        ),
        (*found, *MANAGED),
    )
    for room, kind, key, text in txn.fetchall():
        event = json.loads(text)
        forged = kind in SIGNED and event["sender"] != bot
        found[room]["state"].append([kind, key, {} if forged else event.get("content", {})])


def _members(txn: Transaction, found: Mapping[str, dict[str, Any]], bot: str) -> None:
    txn.execute(
        listed(
            "SELECT room_id, user_id, membership FROM local_current_membership"
            " WHERE room_id IN (*) AND membership <> 'leave'",
            found,
        ),
        tuple(found),
    )
    for room, user, membership in txn.fetchall():
        if user != bot:
            found[room]["members"][user] = membership
        elif membership == "join":
            found[room]["held"] = True


def _seats(txn: Transaction, found: Mapping[str, dict[str, Any]]) -> None:
    txn.execute(listed("SELECT room_id, user_id FROM kamar_seat WHERE room_id IN (*)", found), tuple(found))
    for room, user in txn.fetchall():
        found[room]["seats"].append(user)


def _official(txn: Transaction, found: Mapping[str, dict[str, Any]]) -> None:
    children = {key for room in found.values() for kind, key, content in room["state"] if kind == CHILD and content}
    if not children:
        return
    txn.execute(listed("SELECT room_id FROM kamar_room WHERE room_id IN (*)", children), tuple(children))
    official = {room for (room,) in txn.fetchall()}
    for room in found.values():
        room["official"] = [key for kind, key, _ in room["state"] if kind == CHILD and key in official]


def _closed(txn: Transaction, users: Collection[str]) -> list[str]:
    if not users:
        return []
    txn.execute(listed("SELECT name FROM users WHERE name IN (*) AND deactivated = 0", users), tuple(users))
    living = {name for (name,) in txn.fetchall()}
    return [user for user in users if user not in living]


def _deactivated(txn: Transaction, users: Collection[str]) -> list[str]:
    """Return whose account was there and is closed; Synapse writes that before it leaves the rooms."""
    if not users:
        return []
    txn.execute(listed("SELECT name FROM users WHERE name IN (*) AND deactivated = 1", users), tuple(users))
    return sorted(name for (name,) in txn.fetchall())
