"""Which rooms a node has, and who sits where. How each looks in Matrix says :mod:`kamar.structure_room`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kamar.ids import NodePath
from kamar.node import Axis, axis_of, village_of
from kamar.organisation import Organisation, profile
from kamar.policy import Action, Sort, Standing, may, talk_of
from kamar.wilayah import Level, Wilayah, parse


class RoomKind(StrEnum):
    """What an official room is for."""

    SPACE = "space"
    OBROLAN = "obrolan"
    SIARAN = "siaran"
    PERINTIS = "perintis"
    PENGURUS = "pengurus"  # officers of a node, and the boards of its children


class RoomState(StrEnum):
    """Life of an official room's row."""

    WANTED = "wanted"  # decided, not tried yet
    OPENING = "opening"  # tried: it may exist in Matrix already
    OPEN = "open"
    SHUT = "shut"


SORTS = {
    RoomKind.PERINTIS: Sort.PERINTIS,
    RoomKind.SIARAN: Sort.SIARAN,
    RoomKind.SPACE: Sort.SPACE,
    RoomKind.PENGURUS: Sort.PENGURUS,
}
_ALONE = frozenset({RoomKind.SPACE, RoomKind.PERINTIS, RoomKind.PENGURUS})  # listed in no space, by invitation only


@dataclass(frozen=True, slots=True, order=True)
class RoomKey:
    """Which official room: the ``number``-th room of this kind at this node."""

    node: NodePath
    kind: RoomKind
    number: int = 1


@dataclass(frozen=True, slots=True)
class OpenRules:
    """From how many members a kamar opens by itself."""

    rt: int
    rw: int
    kelurahan: int
    perintis: int

    def least(self, level: Level) -> int:
        """Return the number for a node of ``level``."""
        return {Level.RT: self.rt, Level.RW: self.rw, Level.KELURAHAN: self.kelurahan}.get(level, self.perintis)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one member sits; ``waiting``: the kamar of the own path not open yet, with the people missing."""

    rooms: tuple[RoomKey, ...]
    waiting: tuple[tuple[NodePath, int], ...]


def placement(
    home: NodePath,
    members: Mapping[NodePath, int],
    opened: Collection[RoomKey],
    rules: OpenRules,
    standing: Standing = Standing.NEIGHBOUR,
    *,
    crowded: bool = False,
) -> Placement:
    """Return the rooms of a member who lives at ``home``, smallest first.

    ``members`` counts the people at and below each node of :func:`counted`, the member included; ``opened`` are the
    rooms that exist already and stay open whatever the count. Rooms in the answer but not in ``opened`` are to be made.
    ``crowded``: the RT's kamar has too many people for this newcomer, who waits in a starter kamar.
    """
    place = parse(home)
    village = place.village
    rooms: list[RoomKey] = []
    waiting: list[tuple[NodePath, int]] = []
    for node in kamar_nodes(place):
        key = RoomKey(node, RoomKind.OBROLAN)
        if crowded or not may(standing, Action.SEE, sort_of(key)):
            continue
        missing = rules.least(parse(node).level) - members.get(node, 0)
        if key in opened or missing <= 0:
            rooms.append(key)
            if node == village:
                rooms.append(RoomKey(node, RoomKind.SIARAN))
        else:
            waiting.append((node, missing))
    if rooms and village is not None:
        space = [RoomKey(village, RoomKind.SPACE)] if may(standing, Action.SEE, Sort.SPACE) else []
        return Placement((*rooms, *space), tuple(waiting))
    return Placement((_perintis(place, members, opened, rules),), tuple(waiting))


def sort_of(key: RoomKey) -> Sort:
    """Return what a room is, as far as rights go."""
    return SORTS.get(key.kind) or talk_of(key.node) or Sort.VILLAGE


def kamar_nodes(place: Wilayah) -> tuple[NodePath, ...]:
    """Return the nodes of ``place`` that have a kamar of their own: RT, RW, kelurahan or desa; smallest first."""
    chain = (place, *place.ancestors())
    return tuple(item.path for item in chain if item.level in (Level.RT, Level.RW, Level.KELURAHAN))


def rooms_of_kamar(node: NodePath) -> tuple[RoomKey, ...]:
    """Return the rooms that opening the kamar of a node makes, the space first."""
    place = parse(node)
    rooms = [RoomKey(node, RoomKind.OBROLAN)]
    if place.level is Level.KELURAHAN:
        rooms.append(RoomKey(node, RoomKind.SIARAN))
    space = space_of(rooms[0])
    return tuple(rooms) if space is None else (space, *rooms)


def counted(place: Wilayah) -> tuple[NodePath, ...]:
    """Return the nodes whose members :func:`placement` needs to know, smallest first."""
    chain = (place, *place.ancestors())
    levels = (Level.RT, Level.RW, Level.KELURAHAN, Level.KECAMATAN)
    return tuple(item.path for item in chain if item.level in levels)


def _perintis(
    place: Wilayah, members: Mapping[NodePath, int], opened: Collection[RoomKey], rules: OpenRules
) -> RoomKey:
    """Return the starter kamar: of the kecamatan once it has people enough to talk, else of the kabupaten or kota."""
    by_level = {item.level: item.path for item in (place, *place.ancestors())}
    kecamatan = by_level.get(Level.KECAMATAN)
    if kecamatan is not None:
        key = RoomKey(kecamatan, RoomKind.PERINTIS)
        if key in opened or members.get(kecamatan, 0) >= rules.perintis:
            return key
    return RoomKey(by_level.get(Level.KOTA, place.path), RoomKind.PERINTIS)


def space_of(key: RoomKey, organisation: Organisation | None = None) -> RoomKey | None:
    """Return the space that lists the room; spaces, starter kamar and officers' rooms have none.

    On other axes than the wilayah the levels of ``organisation`` say which node has one (none: the party's).
    """
    if key.kind in _ALONE:
        return None
    wilayah = axis_of(key.node) is Axis.WILAYAH
    node = village_of(key.node) if wilayah else (organisation or profile()).space_of(key.node)
    return None if node is None else RoomKey(node, RoomKind.SPACE)
