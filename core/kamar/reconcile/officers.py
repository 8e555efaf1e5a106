"""What a mandate gives in a room: power, a line of the badge, a seat among officers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kamar.ids import MemberId, NodePath, UserId
from kamar.node import parent_of
from kamar.organisation import Office
from kamar.reconcile.area import counting
from kamar.structure import RoomKey

BADGE_EVENT = "id.sosialkamar.officers"  # state of every official room: who leads here
BADGE_VERSION = 1
NOBODY: dict[str, Any] = {"officers": [], "version": BADGE_VERSION}  # a room that never had a badge says the same
BADGES = 100  # names in one badge; an event holds 64 KB


@dataclass(frozen=True, slots=True)
class Holder:
    """One mandate in force. ``closed``: the account is closed or its owner left, so it gives nothing any more."""

    member: MemberId
    user: UserId
    node: NodePath
    office: Office
    acting: bool = False
    closed: bool = False


def power_of(room: RoomKey, holders: Iterable[Holder]) -> dict[UserId, int]:
    """Return the power of each office-holder in a room; offices without power there give none."""
    near = counting(room.node)
    power: dict[UserId, int] = {}
    for holder in holders:
        level = holder.office.power.get(room.kind.value, 0)
        if level > 0 and not holder.closed and holder.node in near:
            power[holder.user] = max(level, power.get(holder.user, 0))
    return power


def badge_of(room: RoomKey, holders: Iterable[Holder]) -> dict[str, Any]:
    """Return the content of the badge: who leads here, nearest first."""
    near = counting(room.node)
    leading = [each for each in holders if not each.closed and each.node in near]
    leading.sort(key=lambda each: (near.index(each.node), each.office.code, each.user))
    lines = [
        {
            "user_id": each.user,
            "office": each.office.code,
            "title": each.office.title,
            "node": each.node,
            "acting": each.acting,
        }
        for each in leading[:BADGES]
    ]
    return {"officers": lines, "version": BADGE_VERSION}


def sits_among_officers(node: NodePath, holder: Holder) -> bool:
    """Tell whether a holder sits in the officers' room of ``node``: its officers, and the boards of its children."""
    if holder.closed:
        return False
    return holder.node == node or (holder.office.board and parent_of(holder.node) == node)
