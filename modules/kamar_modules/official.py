"""What Synapse's own tables say about official rooms: their node, their key, who is in them.

Read directly because each question is one indexed look-up there, and a handful of transactions through the module API.
Every function takes the transaction first and runs inside :meth:`kamar_modules.database.Database.run`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kamar.structure_room import KEY_FIELD, NODE_EVENT
from kamar_modules.database import Transaction, listed

JOIN_RULES = "m.room.join_rules"
CREATE = "m.room.create"
REMOVAL = "shutdown_and_purge_room"  # the task by which Synapse removes a room


@dataclass(frozen=True, slots=True)
class Node:
    """Which node a room belongs to, as its state says."""

    axis: str
    path: str
    kind: str
    number: int


def read_node(event: Mapping[str, Any], bot: str) -> Node | None:
    """Return the node that an event names; none unless ``bot`` sent it: anybody may write one in a room of his own."""
    content = event.get("content")
    if event.get("sender") != bot or not isinstance(content, Mapping):
        return None
    axis, path, kind, number = (content.get(name) for name in ("axis", "path", "kind", "number"))
    if not (isinstance(axis, str) and isinstance(path, str) and isinstance(kind, str)):
        return None
    return Node(axis, path, kind, number if isinstance(number, int) else 1)


def states(txn: Transaction, rooms: Collection[str], kinds: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the state events with an empty state key, by room and type."""
    if not rooms:
        return {}
    txn.execute(
        listed(
            "SELECT c.room_id, c.type, j.json FROM current_state_events c JOIN event_json j ON j.event_id = c.event_id"
            " WHERE c.room_id IN (*) AND c.type IN (*) AND c.state_key = ''",
            rooms,
            kinds,
        ),
        (*rooms, *kinds),
    )
    return {(room, kind): json.loads(event) for room, kind, event in txn.fetchall()}


def nodes_after(txn: Transaction, bot: str, after: str, limit: int) -> tuple[dict[str, Node], str]:
    """Return the nodes of the next rooms that ``bot`` is in, and the room to go on after, which is empty at the end."""
    txn.execute(
        "SELECT room_id FROM local_current_membership WHERE user_id = ? AND membership = 'join' AND room_id > ?"
        " ORDER BY room_id LIMIT ?",
        (bot, after, limit),
    )
    rooms = [room for (room,) in txn.fetchall()]
    found = {room: read_node(event, bot) for (room, _), event in states(txn, rooms, (NODE_EVENT,)).items()}
    return {room: node for room, node in found.items() if node is not None}, rooms[-1] if rooms else ""


def memberships(txn: Transaction, user: str, rooms: Collection[str]) -> dict[str, str]:
    """Return the membership of a local user in each of the rooms; rooms never touched are absent."""
    if not rooms:
        return {}
    txn.execute(
        listed("SELECT room_id, membership FROM local_current_membership WHERE user_id = ? AND room_id IN (*)", rooms),
        (user, *rooms),
    )
    return dict(txn.fetchall())


def is_active(txn: Transaction, user: str) -> bool:
    """Tell whether an account exists and was not closed."""
    txn.execute("SELECT deactivated FROM users WHERE name = ?", (user,))
    row = txn.fetchone()
    return row is not None and not row[0]


def room_of_key(txn: Transaction, key: str, bot: str) -> tuple[str, bool] | None:
    """Return the room that ``bot`` made for ``key``, and whether its making came to the end.

    Looks at every room of ``bot``: for the rare question after a crash, not for daily use. Synapse writes the node
    event in the last batch of a new room, together with everything else of ``createRoom``. A room that is being removed
    is not found, though Synapse takes its time.
    """
    txn.execute(
        "SELECT r.room_id, j.json FROM rooms r JOIN current_state_events c ON c.room_id = r.room_id"
        " JOIN event_json j ON j.event_id = c.event_id"
        " WHERE r.creator = ? AND c.type = ? AND c.state_key = '' AND j.json LIKE ? AND NOT EXISTS"
        " (SELECT 1 FROM scheduled_tasks t WHERE t.resource_id = r.room_id AND t.action = ? AND t.status <> 'failed')",
        (bot, CREATE, f"%{json.dumps(key)[1:-1]}%", REMOVAL),
    )
    for room, event in txn.fetchall():
        if json.loads(event)["content"].get(KEY_FIELD) == key:
            return room, (room, NODE_EVENT) in states(txn, [room], (NODE_EVENT,))
    return None


def is_ours(txn: Transaction, room: str, bot: str) -> bool | None:
    """Tell whether ``bot`` made the room for one of our keys; none when there is no such room, or hardly one.

    A room without its first event was never made, or is just being removed: Synapse does neither in one transaction.
    """
    txn.execute("SELECT creator FROM rooms WHERE room_id = ?", (room,))
    row = txn.fetchone()
    event = states(txn, [room], (CREATE,)).get((room, CREATE))
    if row is None or (row[0] == bot and event is None):
        return None
    return event is not None and event["sender"] == bot and KEY_FIELD in event["content"]


def named_events(txn: Transaction, room: str, user: str) -> list[str]:
    """Return the membership events of a user that may still show a name, oldest first.

    The leave is one of them: Synapse shows with it what it replaced, from a cache that only its own redaction clears.
    The event in force is left out while the user is in the room.
    """
    txn.execute(
        "SELECT m.event_id FROM room_memberships m JOIN events e ON e.event_id = m.event_id"
        " WHERE m.room_id = ? AND m.user_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM redactions r WHERE r.redacts = m.event_id)"
        " AND NOT EXISTS"
        " (SELECT 1 FROM current_state_events c WHERE c.event_id = m.event_id AND c.membership = 'join')"
        " ORDER BY e.stream_ordering",
        (room, user),
    )
    return [event for (event,) in txn.fetchall()]
