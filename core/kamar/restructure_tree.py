"""The touched part of the organisation as values, and what each operation does to it. Pure; nothing is written.

A :class:`Tree` is worked on operation by operation, as the registry would be. Every refusal is a ``KamarError``; the
tree after a refusal is of no use any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of, is_below, is_hidden, is_within, parent_of
from kamar.restructure import last_part
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import room_name
from kamar.wilayah import Level, parse


@dataclass(frozen=True, slots=True)
class Spot:
    """One node: what it is called, and whether it is in force. ``level`` is its level's word."""

    level: str
    kind: str
    name: str
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class RoomAt:
    """One official room that is wanted or open."""

    row: int
    key: RoomKey


@dataclass(frozen=True, slots=True)
class Office:
    """One mandate that is neither over nor revoked. ``user`` is the holder's account name."""

    mandate: int
    node: NodePath
    office: str
    user: str


@dataclass(slots=True)
class Tree:
    """Nodes, how many people live at exactly each, rooms, offices. Complete below every touched node."""

    spots: dict[NodePath, Spot]
    people: dict[NodePath, int] = field(default_factory=dict)
    rooms: list[RoomAt] = field(default_factory=list)
    offices: list[Office] = field(default_factory=list)
    archived: dict[int, int | None] = field(default_factory=dict)  # row of a room, row of the room in its place

    def copy(self) -> Tree:
        """Return a tree that can be worked on without changing this one."""
        return Tree(dict(self.spots), dict(self.people), list(self.rooms), list(self.offices), dict(self.archived))

    def open_at(self, path: NodePath) -> Spot:
        """Return a node that is in force.

        Raises:
            KamarError: ``node_unknown``, ``node_closed``.
        """
        spot = self.spots.get(path)
        if spot is None:
            raise KamarError("node_unknown", path=path)
        if not spot.is_open:
            raise KamarError("node_closed", path=path)
        return spot

    def is_open(self, path: NodePath) -> bool:
        """Tell whether a node is there and in force."""
        spot = self.spots.get(path)
        return spot is not None and spot.is_open

    def children(self, path: NodePath) -> list[NodePath]:
        """Return the nodes in force one step below."""
        return sorted(key for key, spot in self.spots.items() if spot.is_open and parent_of(key) == path)

    def living(self, path: NodePath) -> int:
        """Return how many people live at or below a node."""
        return sum(count for home, count in self.people.items() if is_within(home, path))

    def room(self, path: NodePath, kind: RoomKind, number: int = 1) -> RoomAt | None:
        """Return a room."""
        return next((room for room in self.rooms if room.key == RoomKey(path, kind, number)), None)

    def words(self, path: NodePath) -> str:
        """Return what people call a node."""
        spot = self.spots.get(path)
        if spot is None:
            return path
        if axis_of(path) is Axis.WILAYAH and parse(path).rt_rw:
            village = self.spots.get(NodePath(parse(path).code))
            return f"{parse(path).rt_rw} {village.name if village else ''}".strip()
        return f"{spot.kind} {spot.name}".strip()

    def room_words(self, key: RoomKey) -> str:
        """Return the name of a room."""
        if is_hidden(key.node):  # its rooms have names that say nothing, and keep them
            return room_name(key, "tempat kerja", "")
        wilayah = axis_of(key.node) is Axis.WILAYAH
        named = self.spots.get((parse(key.node).village if wilayah else None) or key.node)
        if named is None:
            return key.node
        return room_name(key, named.name, named.kind)

    def create(self, path: NodePath, level: str, kind: str, name: str) -> None:
        """Make a node.

        Raises:
            KamarError: ``node_exists``, ``node_unknown``, ``node_closed``, ``plan_name``.
        """
        if self.is_open(path):
            raise KamarError("node_exists", path=path)
        parent = parent_of(path)
        if parent is not None and parent_of(parent) is not None:
            self.open_at(parent)
        if level in (Level.RT.value, Level.RW.value):
            kind, name = level.upper(), parse(path).rt_rw.partition("/")[0]
        elif not name:
            raise KamarError("plan_name", path=path)
        self.spots[path] = Spot(level, kind, name)

    def rename(self, path: NodePath, name: str, kind: str) -> None:
        """Call a node otherwise; RW and RT are called by their numbers."""
        spot = self.open_at(path)
        if spot.level in (Level.RT.value, Level.RW.value):
            raise KamarError("plan_numbered", path=path)
        self.spots[path] = replace(spot, name=name, kind=kind or spot.kind)

    def move(self, moves: Iterable[tuple[NodePath, NodePath]]) -> None:
        """Give nodes and everything below them new paths, all at once.

        Raises:
            KamarError: ``node_unknown``, ``node_closed``, ``node_cycle``, ``node_exists``, ``plan_level``.
        """
        pairs = dict(moves)
        for old, new in pairs.items():
            spot = self.open_at(old)
            if is_below(new, old):
                raise KamarError("node_cycle", path=old, into=new)
            if axis_of(old) is not axis_of(new) or _depth(old) != _depth(new):
                raise KamarError("plan_level", path=old, into=new, level=spot.level)
        changes = {path: self._after(path, pairs) for path, spot in self.spots.items() if spot.is_open}
        changes = {old: new for old, new in changes.items() if old != new}
        for new in changes.values():
            if self.is_open(new) and new not in changes:
                raise KamarError("node_exists", path=new)
        for new in pairs.values():
            parent = parent_of(new)
            if parent is not None and parent not in changes.values():
                self.open_at(parent)
        before = {old: self.spots[old] for old in changes}
        for old, spot in before.items():
            self.spots[old] = replace(spot, is_open=False)
        for old, new in changes.items():
            self.spots[new] = _numbered(new, before[old])
        self.people = _sum((self._after(home, pairs), count) for home, count in self.people.items())
        self.rooms = [
            replace(room, key=replace(room.key, node=self._after(room.key.node, pairs))) for room in self.rooms
        ]
        self.offices = [replace(office, node=self._after(office.node, pairs)) for office in self.offices]

    def merge(self, path: NodePath, into: NodePath) -> None:
        """Let a node without children become part of another; its rooms live on where the other has none."""
        for room in [room for room in self.rooms if room.key.node == path]:
            there = self.room(into, room.key.kind)
            if there is None and room.key.number == 1:
                self.rooms[self.rooms.index(room)] = replace(room, key=replace(room.key, node=into))
            else:
                self._archive(room, there)
        self._end(path, into)

    def close(self, path: NodePath) -> None:
        """End a node; who lives there belongs to what lies above.

        Raises:
            KamarError: ``node_has_children``, ``plan_people``: nothing above is small enough to live in.
        """
        self.open_at(path)
        if left := self.children(path):
            raise KamarError("node_has_children", path=path, child=left[0])
        parent = parent_of(path)
        if parent is None or (self.people.get(path) and not home_may_be(parent)):
            raise KamarError("plan_people", path=path)
        for room in [room for room in self.rooms if room.key.node == path]:
            self._archive(room, self.room(parent, RoomKind.OBROLAN))
        self._end(path, parent)

    def _end(self, path: NodePath, home: NodePath) -> None:
        self.spots[path] = replace(self.open_at(path), is_open=False)
        self.people[home] = self.people.get(home, 0) + self.people.pop(path, 0)
        self.offices = [office for office in self.offices if office.node != path]

    def _archive(self, room: RoomAt, into: RoomAt | None) -> None:
        self.rooms.remove(room)
        self.archived[room.row] = into.row if into else None
        for row, place in self.archived.items():
            if place == room.row:
                self.archived[row] = into.row if into else None

    def _after(self, path: NodePath, pairs: dict[NodePath, NodePath]) -> NodePath:
        over = next((node for node in chain_of(path) if node in pairs), None)
        return path if over is None else NodePath(pairs[over] + path[len(over) :])


def home_may_be(path: NodePath) -> bool:
    """Tell whether people may live at a node: a village or what lies in it."""
    return axis_of(path) is not Axis.WILAYAH or parse(path).village is not None


def _depth(path: NodePath) -> str:
    """Return what must stay the same when a node moves: of a wilayah its level, elsewhere nothing."""
    return parse(path).level.value if axis_of(path) is Axis.WILAYAH else ""


def _numbered(path: NodePath, spot: Spot) -> Spot:
    if spot.level in (Level.RT.value, Level.RW.value):
        return replace(spot, name=f"{spot.kind} {last_part(path)[2:]}")
    return spot


def _sum(counts: Iterable[tuple[NodePath, int]]) -> dict[NodePath, int]:
    total: dict[NodePath, int] = {}
    for path, count in counts:
        total[path] = total.get(path, 0) + count
    return total
