"""``GET nodes/<path>``: the tree as one member may see it, for clients that want to draw it.

An unknown node, a node of a workplace and a node without rooms answer alike, with nothing, after the same questions to
the database. So neither the answer nor its time tells anybody that a workplace has a kamar: of one its own people see
the rooms where they have a seat, and no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import axis_of, below, chain_of, check, is_hidden, level_of, parent_of
from kamar.wilayah import Level
from kamar_modules.database import Database, Transaction
from kamar_modules.official import memberships, states
from kamar_modules.resource import Ask

NAME = "m.room.name"
COUNTED = frozenset({Level.KECAMATAN, Level.KELURAHAN, Level.UNIT, Level.RW})  # above them a count reads too many rows


class Nodes:
    """Answers what a member may see of a node; counts below ``floor`` are withheld."""

    def __init__(self, database: Database, floor: int) -> None:
        self._database = database
        self._floor = floor

    async def answer(self, ask: Ask) -> Mapping[str, Any]:
        """Return the asker's rooms at the node, and how many rooms and members its children have."""
        rooms = await self._database.run("node_rooms", rooms_at, ask.part, ask.user)
        try:
            place = check(ask.part)
        except KamarError:
            return {"path": ask.part, "rooms": rooms, "children": []}
        children = await self._database.run("node_children", children_of, place, ask.user)
        for child in children:
            members = child["members"]
            child["members"] = members if members is not None and members >= self._floor else None
        return {"path": ask.part, "rooms": rooms, "children": children}


def rooms_at(txn: Transaction, path: str, user: str) -> list[dict[str, Any]]:
    """Return the rooms of a node in which ``user`` has a seat."""
    txn.execute(
        "SELECT r.room_id, r.kind FROM kamar_room r JOIN kamar_seat s ON s.room_id = r.room_id"
        " WHERE r.path = ? AND s.user_id = ? ORDER BY r.kind, r.number",
        (path, user),
    )
    kinds = dict(txn.fetchall())
    names = {room: event["content"].get("name", "") for (room, _), event in states(txn, kinds, (NAME,)).items()}
    found = memberships(txn, user, kinds)
    return [
        {"room_id": room, "kind": kind, "name": names.get(room, ""), "joined": found.get(room) == "join"}
        for room, kind in kinds.items()
    ]


def children_of(txn: Transaction, place: NodePath, user: str) -> list[dict[str, Any]]:
    """Return the children of a node that have rooms at or below them, in the order of their paths.

    At a workplace only rooms where ``user`` has a seat are rooms.
    """
    hidden, (low, high) = is_hidden(place), below(place)
    txn.execute(
        "SELECT r.path, COUNT(*) FROM kamar_room r WHERE r.axis = ? AND r.path >= ? AND r.path < ? AND (? = 0 OR EXISTS"
        " (SELECT 1 FROM kamar_seat s WHERE s.room_id = r.room_id AND s.user_id = ?)) GROUP BY r.path",
        (axis_of(place).value, low, high, int(hidden), user),
    )
    rooms: dict[str, int] = {}
    for path, count in txn.fetchall():
        child = _child(place, NodePath(path))
        rooms[child] = rooms.get(child, 0) + int(count)
    level = level_of(place)
    counted = not hidden and (level is None or level in COUNTED)
    return [
        {"path": path, "rooms": count, "members": _members(txn, path) if counted else None}
        for path, count in sorted(rooms.items())
    ]


def _child(place: NodePath, path: NodePath) -> str:
    """Return the child of ``place`` in which ``path`` lies."""
    return next(each for each in chain_of(path) if parent_of(each) == place)


def _members(txn: Transaction, path: str) -> int:
    low, high = below(path)
    txn.execute(
        "SELECT COUNT(DISTINCT s.user_id) FROM kamar_seat s JOIN kamar_room r ON r.room_id = s.room_id"
        " WHERE r.axis = ? AND (r.path = ? OR (r.path >= ? AND r.path < ?))",
        (axis_of(path).value, path, low, high),
    )
    row = txn.fetchone()
    return int(row[0]) if row else 0
