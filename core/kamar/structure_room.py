"""What an official room looks like in Matrix: its name, topic and address, how it is locked, who reads its past.

Every room stands alone by its name: clients show no path. Structural events need 150, officers have at most 100, and
only ``@kamar`` stands above: as creator in room version 12, with 200 in version 11.
"""

from __future__ import annotations

from typing import Any

from kamar.ids import RoomId, UserId
from kamar.node import Axis, axis_of, is_hidden, level_of
from kamar.policy import Action, Sort, Standing, may
from kamar.structure import SORTS, RoomKey, RoomKind
from kamar.wilayah import Level, parse

NODE_EVENT = "id.sosialkamar.node"
KEY_FIELD = "id.sosialkamar.key"
SCHEMA = 1
STRUCTURAL = 150  # above every officer
OWNER = 200  # @kamar in room version 11; creators of version 12 need no number
OFFICER = 50
_ELSEWHERE = {RoomKind.SPACE: "Ruang bersama", RoomKind.OBROLAN: "Obrolan anggota"}


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
    everybody = may(Standing.NEIGHBOUR, Action.WRITE, SORTS.get(kind, Sort.VILLAGE))
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
