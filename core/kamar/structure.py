"""Which rooms a node has, what they are called, how they are locked, and who sits where.

Every room stands alone by its name: clients show no path. Structural events need 150, officers have at most 100, and
only ``@kamar`` stands above: as creator in room version 12, with 200 in version 11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kamar.ids import NodePath, RoomId, UserId
from kamar.node import Axis, axis_of, is_hidden, level_of, village_of
from kamar.organisation import Organisation, profile
from kamar.policy import Action, Sort, Standing, may, talk_of
from kamar.wilayah import Level, Wilayah, parse

NODE_EVENT = "id.sosialkamar.node"
KEY_FIELD = "id.sosialkamar.key"
SCHEMA = 1
STRUCTURAL = 150  # above every officer
OWNER = 200  # @kamar in room version 11; creators of version 12 need no number
OFFICER = 50


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


_SORTS = {
    RoomKind.PERINTIS: Sort.PERINTIS,
    RoomKind.SIARAN: Sort.SIARAN,
    RoomKind.SPACE: Sort.SPACE,
    RoomKind.PENGURUS: Sort.PENGURUS,
}
_ELSEWHERE = {RoomKind.SPACE: "Ruang bersama", RoomKind.OBROLAN: "Obrolan anggota"}
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
    return _SORTS.get(key.kind) or talk_of(key.node) or Sort.VILLAGE


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


def room_name(key: RoomKey, village: str, kind_word: str) -> str:
    """Return the room's name; ``village`` names the kelurahan or desa, above it the place itself."""
    if key.kind is RoomKind.PERINTIS:
        return f"Kamar Perintis {village}" + (f" {key.number}" if key.number > 1 else "")
    if key.kind is RoomKind.SPACE:
        return f"{kind_word} {village}".strip()
    if key.kind is RoomKind.PENGURUS:
        return f"Pengurus {kind_word} {village}" if kind_word else f"Pengurus {village}"
    if key.kind is RoomKind.SIARAN:
        return f"Pengumuman {village}"
    if axis_of(key.node) is not Axis.WILAYAH:
        return f"Kamar {village}"
    place = parse(key.node)
    if place.level is Level.KELURAHAN:
        return f"Obrolan {village}"
    return f"Kamar {place.rt_rw} {village}"


def room_topic(key: RoomKey, full_name: str) -> str:
    """Return the room's topic: where it is, and in one sentence who reads along."""
    what = {
        RoomKind.SPACE: "Ruang bersama warga",
        RoomKind.OBROLAN: "Obrolan tetangga",
        RoomKind.SIARAN: "Pengumuman dari koordinator",
        RoomKind.PERINTIS: "Kamar sementara sampai kamar tetangga Anda dibuka",
        RoomKind.PENGURUS: "Ruang pengurus",
    }[key.kind]
    if key.kind is RoomKind.PENGURUS:
        return f"{what} - {full_name}. Siapa yang ada di sini mengikuti surat keputusan. Ketik !bantuan."
    if axis_of(key.node) is not Axis.WILAYAH:
        what = _ELSEWHERE.get(key.kind, what)
        return f"{what} - {full_name}. Pesan di sini terbaca anggota kamar dan pengelola server. Ketik !bantuan."
    note = "Bukan grup resmi RT/RW. Pesan di sini terbaca anggota kamar dan pengelola server. Ketik !bantuan."
    return f"{what} - {full_name}. {note}"


def alias_of(key: RoomKey) -> str:
    """Return the local part of the room's alias, e.g. ``kamar-32.16.19.2005-rw005-rt003``.

    A workplace's room has none: anybody may ask a homeserver for an alias.
    """
    if is_hidden(key.node):
        return ""
    suffix = "" if key.kind is RoomKind.OBROLAN else f"-{key.kind.value}"
    number = "" if key.number == 1 else f"-{key.number}"
    return f"kamar-{key.node.lower().replace('/', '-')}{suffix}{number}"


def child_order(key: RoomKey) -> str:
    """Return ``m.space.child`` order: RT first, then RW, the village's chat, its announcements."""
    if key.kind is RoomKind.SIARAN:
        return "40"
    if axis_of(key.node) is not Axis.WILAYAH:
        return f"{30 - min(key.node.count('/'), 9)}-{key.node.rpartition('/')[2]}"[:50]  # the smallest node first
    place = parse(key.node)
    rank = {Level.RT: "10", Level.RW: "20"}.get(place.level, "30")
    return f"{rank}-{key.node.split('/', 1)[-1]}"[:50] if rank != "30" else rank


def power_levels(kind: RoomKind, version: str, owner: UserId) -> dict[str, Any]:
    """Return the content of ``m.room.power_levels`` for an official room (without officers)."""
    everybody = may(Standing.NEIGHBOUR, Action.WRITE, _SORTS.get(kind, Sort.VILLAGE))
    talk = 0 if everybody or kind is RoomKind.PENGURUS else OFFICER  # whoever sits among officers may speak
    return {
        "users": {} if version == "12" else {owner: OWNER},
        "users_default": 0,
        "events": {
            "m.room.power_levels": STRUCTURAL,
            "m.room.join_rules": STRUCTURAL,
            "m.room.encryption": STRUCTURAL,
            "m.room.tombstone": STRUCTURAL,
            "m.room.server_acl": STRUCTURAL,
            "m.room.pinned_events": OFFICER,
            "m.reaction": 0,
            "m.room.redaction": 0,
        },
        "events_default": talk,
        "state_default": STRUCTURAL,
        "invite": STRUCTURAL,
        "kick": OFFICER,
        "ban": OFFICER,
        "redact": OFFICER,
        "notifications": {"room": OFFICER},
    }


def create_content(
    key: RoomKey, row_key: str, version: str, owner: UserId, space: RoomId | None, server: str
) -> dict[str, Any]:
    """Return the body of ``createRoom`` for an official room, without name, topic and avatar.

    ``row_key`` marks the room, so that one made just before a crash is found again; ``space`` is the room whose members
    may join (none: by invitation only). ``m.federate``: :func:`federates`.
    """
    creation: dict[str, Any] = {KEY_FIELD: row_key, "m.federate": federates(key)}
    if key.kind is RoomKind.SPACE:
        creation["type"] = "m.space"
    return {
        "preset": "public_chat",  # what it would open, the join rules below shut; guests stay out without an event
        "visibility": "private",
        "room_version": version,
        "creation_content": creation,
        **({"room_alias_name": alias} if (alias := alias_of(key)) else {}),
        "power_level_content_override": power_levels(key.kind, version, owner),
        "initial_state": [
            _state(NODE_EVENT, node_content(key)),
            _state("m.room.join_rules", join_rules(space)),
            _state("m.room.history_visibility", {"history_visibility": history(key)}),
            *([] if space is None else [_state("m.space.parent", {"via": [server], "canonical": True}, space)]),
        ],
    }


def federates(key: RoomKey) -> bool:
    """Tell whether other servers may ever be in the room: for officers above the kabupaten only, and for ever.

    What neighbours say stays on their server.
    """
    return key.kind is RoomKind.PENGURUS and level_of(key.node) in (Level.NEGARA, Level.PROVINSI)


def node_content(key: RoomKey) -> dict[str, Any]:
    """Return the content of ``id.sosialkamar.node``: the map room <-> node can be rebuilt from these alone."""
    return {
        "axis": axis_of(key.node).value,
        "path": key.node,
        "kind": key.kind.value,
        "number": key.number,
        "version": SCHEMA,
    }


def join_rules(space: RoomId | None) -> dict[str, Any]:
    """Return the content of ``m.room.join_rules``: restricted to the space, or by invitation."""
    if space is None:
        return {"join_rule": "invite"}
    return {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": space}]}


def history(key: RoomKey) -> str:
    """Return who reads what was said before: narrow rooms and workplaces since joining, wider rooms all members."""
    narrow = key.kind is RoomKind.PERINTIS or level_of(key.node) is Level.RT or is_hidden(key.node)
    return "joined" if narrow else "shared"


def _state(kind: str, content: dict[str, Any], key: str = "") -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content}
