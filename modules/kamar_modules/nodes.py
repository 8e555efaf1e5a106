"""``GET nodes/<path>``: the tree as one member may see it, for clients that want to draw it.

An unknown node, a node of a workplace and a node without rooms answer alike: with nothing. So the answer tells nobody
that a workplace has a kamar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamar.errors import KamarError
from kamar.wilayah import Level, Wilayah, below, parse
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
            place = parse(ask.part)
        except KamarError:
            return {"path": ask.part, "rooms": rooms, "children": []}
        children = await self._database.run("node_children", children_of, place)
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


def children_of(txn: Transaction, place: Wilayah) -> list[dict[str, Any]]:
    """Return the children of a place that have rooms at or below them, in the order of their codes."""
    low, high = below(place.path)
    txn.execute(
        "SELECT path, COUNT(*) FROM kamar_room WHERE axis = 'wilayah' AND path >= ? AND path < ? GROUP BY path",
        (low, high),
    )
    rooms: dict[str, int] = {}
    for path, count in txn.fetchall():
        child = _child(place, path)
        rooms[child] = rooms.get(child, 0) + int(count)
    counted = place.level in COUNTED
    return [
        {"path": path, "rooms": count, "members": _members(txn, path) if counted else None}
        for path, count in sorted(rooms.items())
    ]


def _child(place: Wilayah, path: str) -> str:
    """Return the child of ``place`` in which ``path`` lies."""
    chain = (parse(path), *parse(path).ancestors())
    return next(item.path for item in chain if item.parent == place.path)


def _members(txn: Transaction, path: str) -> int:
    low, high = below(path)
    txn.execute(
        "SELECT COUNT(DISTINCT s.user_id) FROM kamar_seat s JOIN kamar_room r ON r.room_id = s.room_id"
        " WHERE r.axis = 'wilayah' AND (r.path = ? OR (r.path >= ? AND r.path < ?))",
        (path, low, high),
    )
    row = txn.fetchone()
    return int(row[0]) if row else 0
